/* Hands records on as JSON values in place of writing them: what the report is made from. */
#include "output/record.h"

#include <stddef.h>

static int no_memory(const char *what, struct err *e)
{
    return err_set(e, FAIL_INTERNAL, "%s could not be made for the report: out of memory", what);
}

static int record_result(struct sink *s, const struct device *device, const struct job *job,
                         const struct result *result, struct err *e)
{
    const struct record_taker *taker = s->options.taker;
    json_t *record = record_json(&s->options, device, job, result, NULL);
    int rc = record ? taker->record(taker->ctx, record, e) : no_memory(device->name, e);
    json_decref(record);
    return rc;
}

static int record_end(struct sink *s, const struct run_summary *run, struct err *e)
{
    const struct record_taker *taker = s->options.taker;
    json_t *summary = run_summary_json(run);
    int rc = summary ? taker->run(taker->ctx, summary, e) : no_memory("the run object", e);
    json_decref(summary);
    return rc;
}

const struct sink_ops sink_record = {.name = "record", .result = record_result, .end = record_end};
