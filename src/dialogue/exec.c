/* Commands by exec: a channel for each; no login, no prompt, an exit status. */
#include "dialogue/exec.h"

#include "dialogue/closing.h"
#include "dialogue/ending.h"
#include "dialogue/script.h"
#include "dialogue/settling.h"

bool exec_wanted(const struct dialogue *d, const struct job *job)
{
    enum tristate wish = job->device->exec;
    if (!d->config.may_exec || job->privilege || wish == TRI_NO ||
        (wish != TRI_YES && !d->platform->exec))
        return false;
    for (size_t i = 0; i < job->commands.n; i++)
        if (job->commands.items[i].n_answers > 0)
            return false;
    return true;
}

void exec_next(struct dialogue *d)
{
    turn_to(d, STAGE_EXEC);
    d->by_exec = true;
    if (!d->ready)
        d->ready = d->update->reached_ready = true;
    if (d->next_command == d->outcome.n) {
        turn_drop_cur(d);
        if (d->config.rounds)
            closing_round(d);
        else
            closing_idle(d);
        return;
    }
    struct input in;
    script_command(d, d->next_command++, &in);
    turn_run(d, &in);
    d->out_start = stream_end(&d->stream);
    d->exec_status = -1;
    d->update->start = DIALOGUE_START_EXEC;
    d->update->exec_command = d->cur.text;
}

void exec_end(struct dialogue *d)
{
    if (d->cur.kind != INPUT_COMMAND || ending_refused(d))
        return;
    if (d->exec_status < 0) {
        turn_fail(d, FAIL_TRUNCATED,
                  "'%.160s' ended without an exit status: a signal, or a device that is closing",
                  d->cur.text);
        return;
    }
    d->out_end = stream_end(&d->stream);
    d->cur.done_at = d->now;
    turn_add_proofs(d, PROOF_EXIT_STATUS);
    d->outcome.results[d->cur.command].exit_status = d->exec_status;
    struct span what = settling_span(d);
    outcome_settle(&d->outcome, &d->stream, &what);
    d->stream.line_start = stream_end(&d->stream);
    stream_drop_to(&d->stream, d->stream.line_start);
    exec_next(d);
}
