/* A channel for each command: no login, no prompt, an exit status. */
#include "dialogue/internal.h"

bool exec_wanted(const struct dialogue *d)
{
    const struct job *job = d->job;
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
    d->stage = STAGE_EXEC;
    if (!d->ready)
        d->ready = d->update->reached_ready = true;
    if (d->next_command == d->n_results) {
        d->cur.kind = INPUT_NONE;
        ending_settle(d);
        d->stage = STAGE_DONE;
        d->finished = true;
        return;
    }
    command_begin(d, d->next_command++, &d->cur);
    d->cur.sent_at = d->now;
    d->out_start = stream_end(d);
    d->exec_status = -1;
    d->update->start = DIALOGUE_START_EXEC;
    d->update->exec_command = d->cur.text;
}

/* By exec the log-in and the first command are one: a device without a session for us says so in
 * the command's place, and fails it or leaves. */
bool exec_refused(struct dialogue *d)
{
    return d->cur.kind == INPUT_COMMAND && d->cur.command == 0 && d->exec_status != 0 &&
           login_refused(d);
}

void exec_end(struct dialogue *d)
{
    if (d->cur.kind != INPUT_COMMAND || exec_refused(d))
        return;
    if (d->exec_status < 0) {
        ending_fail(d, FAIL_TRUNCATED,
                    "'%.160s' ended without an exit status: a signal, or a device that is closing",
                    d->cur.text);
        return;
    }
    struct held done = {.command = d->cur.command,
                        .start = d->out_start,
                        .end = stream_end(d),
                        .proofs = PROOF_EXIT_STATUS,
                        .ms = mono_ms_between(d->cur.sent_at, d->now)};
    d->results[d->cur.command].exit_status = d->exec_status;
    command_settle(d, &done);
    d->line_start = stream_end(d);
    stream_drop_to(d, d->line_start);
    exec_next(d);
}
