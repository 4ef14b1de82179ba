#include "engine/share.h"

double share_queued_ms(const struct share *share, struct mono now)
{
    return mono_ms_between(share->options->run_start, now);
}

void share_tell(const struct share *share, const struct job *job, const struct session *s,
                struct share_told *told)
{
    const struct engine_client *client = share->client;
    const struct command_result *c;
    if (client->logged_in && !told->logged_in && session_logged_in(s)) {
        told->logged_in = true;
        client->logged_in(client->ctx, job);
    }
    while (client->command && told->commands + 1 < job->commands.n &&
           (c = session_command(s, told->commands)))
        client->command(client->ctx, job, told->commands++, c);
}

void share_give(const struct share *share, const struct job *job, unsigned worker,
                struct result *result)
{
    if (!result) {
        result = result_new(job);
        if (!result) {
            if (share->client->lost)
                share->client->lost(share->client->ctx, job);
            return;
        }
        result->class = FAIL_INTERNAL;
        err_set(&result->err, FAIL_INTERNAL,
                "%s: no memory was left for the visit: use fewer workers (-n)", job->device->name);
    }
    result->process = share->process;
    result->worker = worker;
    share->client->result(share->client->ctx, result);
}
