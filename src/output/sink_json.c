/* One object: `results`, streamed as they come, then `run`. */
#include "output/out.h"
#include "output/record.h"
#include "output/sinks.h"

static int json_begin(struct sink *s, struct err *e)
{
    out_fmt(s->out, "{\"schema\":%d,\"results\":[", RECORD_SCHEMA);
    return out_flush(s->out, "standard output", e);
}

static int json_result(struct sink *s, const struct device *device, const struct job *job,
                       const struct result *result, struct err *e)
{
    json_t *record = record_json(&s->options, device, job, result, NULL);
    out_str(s->out, s->written > 0 ? ",\n" : "\n");
    int rc = record ? record_write(s->out, record) : -1;
    json_decref(record);
    if (rc != 0) {
        buf_truncate(&s->out->pending, 0); /* a comma without its record would spoil the object */
        return err_set(e, FAIL_INTERNAL, "the record of %s could not be made: out of memory",
                       device->name);
    }
    return out_flush(s->out, "standard output", e);
}

static int json_end(struct sink *s, const struct run_summary *run, struct err *e)
{
    json_t *summary = run_summary_json(run);
    out_str(s->out, "\n],\n\"run\":");
    int rc = summary ? record_write(s->out, summary) : -1;
    json_decref(summary);
    if (rc != 0)
        return err_set(e, FAIL_INTERNAL, "the run object could not be made: out of memory");
    out_str(s->out, "}\n");
    return out_flush(s->out, "standard output", e);
}

const struct sink_ops sink_json = {
    .name = "json", .begin = json_begin, .result = json_result, .end = json_end};
