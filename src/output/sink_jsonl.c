/* One record a line and nothing else. */
#include "output/out.h"
#include "output/record.h"
#include "output/sinks.h"

static int jsonl_result(struct sink *s, const struct device *device, const struct job *job,
                        const struct result *result, struct err *e)
{
    json_t *record = record_json(&s->options, device, job, result, NULL);
    int rc = record ? record_write(s->out, record) : -1;
    json_decref(record);
    if (rc != 0)
        return err_set(e, FAIL_INTERNAL, "the record of %s could not be made: out of memory",
                       device->name);
    out_str(s->out, "\n");
    return out_flush(s->out, "standard output", e);
}

const struct sink_ops sink_jsonl = {.name = "jsonl", .result = jsonl_result};
