/* Leaving: the channel, the session, the descriptor. */
#include "transport/ssh.h"

#include <stdlib.h>
#include <unistd.h>

#define ROUNDS_MAX 32

/* Whose the descriptor is (pitfalls of 0.10.6): libssh closes it on its own errors and when a
 * session is freed, but not after ssh_disconnect, unless the farewell could not be sent; then its
 * status says so. Before the first ssh_connect it has never seen it. */
static void release(struct ssht *t, bool politely)
{
    bool seen = ssh_get_fd(t->session) == t->fd;
    bool closed = !seen && (ssh_get_status(t->session) & (SSH_CLOSED | SSH_CLOSED_ERROR)) != 0;

    if (seen && politely) {
        ssh_disconnect(t->session);
        closed = (ssh_get_status(t->session) & SSH_CLOSED_ERROR) != 0;
    } else if (seen) {
        closed = true; /* by ssh_free */
    }
    ssh_free(t->session);
    t->session = NULL;
    if (closed)
        t->fd = -1;
}

void ssht_drop_tcp(struct ssht *t)
{
    if (t->tcp != NULL)
        tcp_free(t->tcp);
    free(t->tcp);
    t->tcp = NULL;
}

void ssht_teardown(struct ssht *t, bool politely)
{
    ssht_agent_stop(t);
    if (t->session != NULL) {
        politely = politely && !ssht_is_dead(t);
        if (politely)
            ssht_channel_drop(t);
        t->channel = NULL; /* freed with its session */
        if (t->pump != NULL) {
            ssh_event_remove_session(t->pump, t->session);
            ssh_event_free(t->pump);
            t->pump = NULL;
        }
        release(t, politely);
    }
    if (t->fd >= 0)
        close(t->fd);
    t->fd = -1;
    ssht_drop_tcp(t);
    t->state = SSHT_CLOSED;
}

/* The channel's end and what is queued must be out before the farewell, which libssh gives one try
 * only, and that only after its poll saw room. */
static bool still_leaving(struct ssht *t)
{
    if (t->state != SSHT_OPEN || ssht_is_dead(t))
        return false;
    t->closing = true;
    ssht_hold_back(t, true); /* until the descriptor is closed, which sends it all */
    if (t->stream >= SSHT_STREAM_RUNNING && ssh_channel_close(t->channel) == SSH_AGAIN &&
        !ssht_is_dead(t)) {
        ssht_pump(t);
        return true;
    }
    for (int i = 0; i < ROUNDS_MAX && ssht_pump(t); i++)
        continue;
    return !ssht_is_dead(t) && ssht_write_pending(t);
}

enum io_result ssht_close(struct transport *base, struct mono now)
{
    struct ssht *t = ssht_of(base);

    (void)now;
    if (t->state == SSHT_CLOSED)
        return IO_OK;
    ssht_agent_stop(t);
    ssht_inbox_free(&t->inbox);
    if (t->session != NULL && still_leaving(t))
        return IO_AGAIN;
    ssht_teardown(t, true);
    return IO_OK;
}
