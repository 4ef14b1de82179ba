/* SSH: libssh's server half, pumped by our loop.
 *
 * Messages are taken from libssh's queue (what it calls the old way): unlike in a callback they are
 * ours then, so an answer can wait for the log-in delay. */
#include "lab/sim/visit.h"

#include <libssh/server.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

/* Turns of libssh's own poll in one of ours, and what each reads at most. */
#define PUMPS_AT_ONCE 16
#define PUMP_BYTES    4096
/* What may come from a client that reads nothing: libssh has an answer to nearly everything, and
 * keeps them all. */
#define UNHEARD_MAX (1u << 20)

/* libssh knows a dead session by three signs; no one of them is enough. */
static bool is_dead(const struct visit *v)
{
    ssh_session s = v->ssh.session;
    return ssh_get_fd(s) == -1 || (v->state != VISIT_KEX && !ssh_is_connected(s)) ||
           (ssh_get_status(s) & (SSH_CLOSED | SSH_CLOSED_ERROR)) != 0;
}

static bool has_unsent(const struct visit *v)
{
    return (ssh_get_status(v->ssh.session) & SSH_WRITE_PENDING) != 0;
}

/* Told right before our own offer goes out: it must leave in the call that reads theirs, or a
 * client that has nothing in common with us would never learn what we have, because libssh ends a
 * failed exchange with what is queued. */
static void on_status(void *session, float status)
{
    (void)status;
    ssh_set_fd_towrite(session);
}

void visit_ssh_start(struct visit *v, struct mono now)
{
    ssh_session s = ssh_new();
    ssh_bind bind = hostkeys_for(&v->shard->hostkeys, &v->device, v->nth);
    v->state = VISIT_KEX;
    v->ssh.session = s;
    buf_init(&v->ssh.early, CLI_TYPED_MAX);
    if (!s) {
        visit_end(v);
        return;
    }
    ssh_bind_options_set(bind, SSH_BIND_OPTIONS_BANNER, v->device.persona->ssh.version);
    if (ssh_bind_accept_fd(bind, s, v->source.fd) != SSH_OK) {
        if (ssh_get_fd(s) != v->source.fd)
            close(v->source.fd);
        visit_end(v);
        return;
    }
    ssh_set_blocking(s, 0);
    v->ssh.told =
        (struct ssh_callbacks_struct){.userdata = s, .connect_status_function = on_status};
    ssh_callbacks_init(&v->ssh.told);
    ssh_set_callbacks(s, &v->ssh.told);
    visit_ssh_ready(v, 0, now);
}

static unsigned methods(const struct visit *v)
{
    unsigned auth = v->device.persona->ssh.auth;
    enum misbehaviour m = v->device.misbehaviour;
    if (m == MIS_KBDINT_ONLY || m == MIS_KBDINT_ZERO)
        return SSH_AUTH_METHOD_INTERACTIVE;
    return (auth & PERSONA_PASSWORD ? SSH_AUTH_METHOD_PASSWORD : 0) |
           (auth & PERSONA_KBDINT ? SSH_AUTH_METHOD_INTERACTIVE : 0) |
           (v->shard->config->n_authorized > 0 ? SSH_AUTH_METHOD_PUBLICKEY : 0);
}

static void exchange_keys(struct visit *v)
{
    int rc = ssh_handle_key_exchange(v->ssh.session);
    if (rc == SSH_OK) {
        v->state = VISIT_AUTH;
        ssh_set_auth_methods(v->ssh.session, (int)methods(v));
    } else if (rc != SSH_AGAIN) {
        visit_end(v);
    }
}

static void heed(struct visit *v, ssh_message message, struct mono now)
{
    switch (ssh_message_type(message)) {
    case SSH_REQUEST_AUTH:
        if (v->state == VISIT_AUTH && visit_ssh_auth(v, message, now))
            return;
        break;
    case SSH_REQUEST_CHANNEL_OPEN:
    case SSH_REQUEST_CHANNEL:
        visit_ssh_channel(v, message, now);
        break;
    default:
        ssh_message_reply_default(message);
    }
    ssh_message_free(message);
}

/* Takes what came: messages here, the channel's data through its callbacks. */
static void pump(struct visit *v, struct mono now)
{
    for (int i = 0; i < PUMPS_AT_ONCE && v->state != VISIT_OVER && !v->ssh.pending; i++) {
        if (v->state == VISIT_KEX)
            exchange_keys(v);
        if (v->state == VISIT_OVER || v->state == VISIT_KEX)
            return;
        ssh_message message = ssh_message_get(v->ssh.session);
        if (message)
            heed(v, message, now);
        if (is_dead(v)) {
            visit_end(v);
            return;
        }
        if (!message)
            return;
    }
    /* More may wait in libssh's queue, of which no descriptor tells. */
    if (v->state != VISIT_OVER && !v->ssh.pending)
        v->due = now;
}

static bool is_deaf(struct visit *v)
{
    const unsigned most = PUMPS_AT_ONCE * PUMP_BYTES;
    int n = 0;
    if (!has_unsent(v))
        v->ssh.unheard = 0;
    else if (ioctl(v->source.fd, FIONREAD, &n) == 0 && n > 0)
        v->ssh.unheard += (unsigned)n < most ? (unsigned)n : most;
    return v->ssh.unheard > UNHEARD_MAX;
}

static void set_events(struct visit *v)
{
    /* Who waits for an answer about a password is not read from. */
    uint32_t events = v->ssh.pending ? 0u : (uint32_t)EPOLLIN;
    if (v->state == VISIT_OVER || v->state == VISIT_CLOSING)
        return;
    if (has_unsent(v))
        events |= EPOLLOUT;
    if (shard_watch(v->shard, &v->source, events | EPOLLRDHUP) != 0)
        visit_end(v);
}

void visit_ssh_ready(struct visit *v, uint32_t events, struct mono now)
{
    /* Who waits for an answer is not read from, so that an end would be told again and again. */
    if (v->ssh.pending && (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))) {
        visit_end(v);
        return;
    }
    if (is_deaf(v)) {
        stats_shed(v->shard->stats);
        visit_end(v);
        return;
    }
    pump(v, now);
    if (v->state == VISIT_OPEN)
        visit_ssh_flush(v, now);
    set_events(v);
}

void visit_ssh_tick(struct visit *v, struct mono now)
{
    if (mono_reached(now, v->due)) {
        v->due = MONO_NEVER;
        if (v->ssh.pending)
            visit_ssh_auth_answer(v, now);
    }
    if (v->cli && v->state == VISIT_OPEN)
        cli_tick(v->cli, now);
    if (v->state != VISIT_OVER)
        visit_ssh_ready(v, 0, now);
}

void visit_ssh_free(struct visit *v)
{
    if (v->ssh.pending)
        ssh_message_free(v->ssh.pending);
    /* Closes the descriptor, where libssh has not done so before. */
    if (v->ssh.session)
        ssh_free(v->ssh.session);
    else
        close(v->source.fd);
    free(v->ssh.callbacks);
    buf_free(&v->ssh.early);
}
