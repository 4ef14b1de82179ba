/* Verdicts, by the rules of README.md. */
#include "tests/trust/play.h"

#include <poller/result.h>

/* Was the failure the device's? */
static bool failed_rightly(const struct peer *d, const struct command_result *c, unsigned i)
{
    const struct truth *t = &d->truths[i];
    if (d->scene->commands[i].refused && c->class == FAIL_COMMAND_ERROR)
        return t->read;
    if (d->lost)
        return true;
    return d->cut && !t->followed;
}

bool judge_accepts(const struct peer *d, const struct command_result *c, unsigned i)
{
    const struct truth *t = &d->truths[i];
    return t->read && truth_accepts(t, c->output ? c->output : "", c->output_len);
}

enum verdict judge_command(const struct peer *d, const struct command_result *c, unsigned i)
{
    if (c->status != COMMAND_OK)
        return failed_rightly(d, c, i) ? VERDICT_FAILED : VERDICT_NEEDLESS;
    if (c->doubt)
        return VERDICT_DOUBT;
    return judge_accepts(d, c, i) ? VERDICT_RIGHT : VERDICT_WRONG;
}
