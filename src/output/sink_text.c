/* For people: a heading, the output and an empty line for each command. */
#include "output/out.h"
#include "output/sinks.h"
#include "output/text_parts.h"

#include <errno.h>

static int text_result(struct sink *s, const struct device *d, const struct job *job,
                       const struct result *r, struct err *e)
{
    struct buf *to = &s->out->pending;
    int rc = 0;
    for (size_t i = 0; i < r->n_commands; i++)
        if (r->commands[i].status != COMMAND_NOT_RUN)
            rc |=
                text_put_command(to, s->options.color, d, &job->commands.items[i], &r->commands[i]);
    if (r->class != FAIL_NONE)
        rc |= text_put_failure(to, s->options.color, d, r);
    if (rc != 0 && !s->out->error)
        s->out->error = ENOMEM; /* what is not shown must not pass for all there was */
    return out_flush(s->out, "standard output", e);
}

const struct sink_ops sink_text = {.name = "text", .result = text_result};
