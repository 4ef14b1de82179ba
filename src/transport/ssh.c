/* The transport's table, and the row of states from a name to an open session. */
#include "transport/ssh.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A packet may have 256 KiB and comes whole: so much always finds room behind what is full. */
#define INBOX_MIN (768u << 10)

static struct transport *ssht_open(const struct transport_config *config, struct err *e)
{
    struct ssht *t = calloc(1, sizeof(*t));

    if (t == NULL || (t->tcp = malloc(sizeof(*t->tcp))) == NULL) {
        err_set(e, FAIL_INTERNAL, "memory is out");
        free(t);
        return NULL;
    }
    t->base.ops = &transport_ssh;
    for (int i = 0; i < PHASE_COUNT; i++)
        t->base.phase_end[i] = MONO_UNSET;
    t->config = *config;
    t->fd = -1;
    t->exit_status = -1;
    t->eof_deadline = MONO_NEVER;
    tcp_init(t->tcp, config->device->host, config->device->port, NULL);
    ssht_inbox_init(&t->inbox, config->max_pending > INBOX_MIN ? config->max_pending : INBOX_MIN);
    return &t->base;
}

/* The name of what failed to connect stands in tcp's sentence already. */
static enum io_result step_tcp(struct ssht *t, struct mono now, struct err *e)
{
    struct err failed = {0};
    enum io_result rc = tcp_step(t->tcp, t->base.phase_end, now, &failed);

    if (rc == IO_AGAIN)
        return rc;
    if (rc != IO_OK) {
        ssht_keep_failure(t, failed.class, failed.text);
        return ssht_lost(t, e);
    }
    t->fd = tcp_take_fd(t->tcp);
    ssht_drop_tcp(t);
    if (ssht_setup(t, e) != 0)
        return IO_FAIL;
    t->state = SSHT_HELLO;
    return IO_OK;
}

static ssht_state_fn *const states[SSHT_STATES] = {
    [SSHT_TCP] = step_tcp,
    [SSHT_HELLO] = ssht_hello,
    [SSHT_KEX] = ssht_kex,
    [SSHT_HOSTKEY] = ssht_hostkey,
    [SSHT_AUTH] = ssht_auth,
    [SSHT_AUTH_NONE] = ssht_auth_none,
    [SSHT_AUTH_PASSWORD] = ssht_auth_password,
    [SSHT_AUTH_KBDINT] = ssht_auth_kbdint,
    [SSHT_AUTH_PUBLICKEY] = ssht_auth_publickey,
    [SSHT_AUTH_AGENT_TURN] = ssht_auth_agent_turn,
    [SSHT_AUTH_AGENT] = ssht_auth_agent,
};

/* True where libssh has bytes to send that its own poll has not looked after yet. */
static bool may_retry(const struct ssht *t)
{
    return t->session != NULL && t->state != SSHT_AUTH_AGENT && t->state != SSHT_AUTH_AGENT_TURN &&
           ssht_write_pending(t);
}

static enum io_result ssht_step(struct transport *base, struct mono now, struct err *e)
{
    struct ssht *t = ssht_of(base);
    bool retried = false;

    while (t->state < SSHT_OPEN) {
        enum ssht_state before = t->state;
        enum io_result rc = states[t->state](t, now, e);

        if (rc == IO_FAIL)
            return rc;
        if (rc == IO_AGAIN && (retried || !may_retry(t)))
            return t->session != NULL && t->state != SSHT_AUTH_AGENT &&
                           ssht_check_traffic(t, e) != 0
                       ? IO_FAIL
                       : IO_AGAIN;
        retried = rc == IO_AGAIN && before == t->state;
    }
    if (t->state == SSHT_OPEN)
        return IO_OK;
    return ssht_fail(t, e, FAIL_INTERNAL, "was closed already");
}

/* What recv() has to say without anything more from the device. */
static bool has_news(const struct ssht *t)
{
    if (!ssht_inbox_empty(&t->inbox))
        return true;
    return !t->told &&
           (t->state == SSHT_FAILED || t->remote_closed || ssht_is_dead(t) || t->inbox.overflowed);
}

static size_t ssht_want(const struct transport *base, struct pollfd *want, struct mono *deadline)
{
    const struct ssht *t = (const struct ssht *)base;

    if (t->state == SSHT_TCP)
        return tcp_want(t->tcp, want, deadline);
    if (t->state == SSHT_AUTH_AGENT)
        return ssht_agent_want(t, want);
    if (t->session == NULL)
        return 0;
    if (!t->closing && has_news(t))
        *deadline = mono_min(*deadline, (struct mono){0});
    if (!mono_is_never(t->eof_deadline) && !t->told)
        *deadline = mono_min(*deadline, t->eof_deadline);
    if (t->state == SSHT_AUTH_AGENT_TURN && t->agent != NULL)
        return ssht_agent_want(t, want);
    if (t->state == SSHT_FAILED || ssht_is_dead(t))
        return 0;
    *want = (struct pollfd){.fd = t->fd, .events = POLLIN};
    if (ssht_write_pending(t))
        want->events |= POLLOUT;
    return 1;
}

static int ssht_exit_status(const struct transport *base)
{
    return ((const struct ssht *)base)->exit_status;
}

static bool ssht_echo(const struct transport *base)
{
    return ((const struct ssht *)base)->config.want_pty;
}

static void ssht_free(struct transport *base)
{
    struct ssht *t = ssht_of(base);

    if (t == NULL)
        return;
    ssht_teardown(t, false);
    ssht_inbox_free(&t->inbox);
    free(t->base.host_key);
    free(t->base.known_hosts_line);
    free(t->farewell);
    free(t->failure_text);
    explicit_bzero(t, sizeof(*t));
    free(t);
}

/* The calls in which the peer may hang up, or memory run out: errno tells of this call alone. */
static void begin_call(struct ssht *t, struct ssht_log *before)
{
    errno = 0;
    ssht_log_listen(t, SSH_LOG_WARN, before);
}

static enum io_result heard_step(struct transport *base, struct mono now, struct err *e)
{
    struct ssht_log before;
    enum io_result rc;

    begin_call(ssht_of(base), &before);
    rc = ssht_step(base, now, e);
    ssht_hold_back(ssht_of(base), false);
    ssht_log_stop(&before);
    return rc;
}

static enum io_result heard_start(struct transport *base, const char *command, struct mono now,
                                  struct err *e)
{
    struct ssht_log before;
    enum io_result rc;

    begin_call(ssht_of(base), &before);
    rc = ssht_start(base, command, now, e);
    ssht_log_stop(&before);
    return rc;
}

static enum io_result heard_recv(struct transport *base, char *to, size_t size, size_t *n,
                                 enum transport_stream *stream, struct mono now, struct err *e)
{
    struct ssht_log before;
    enum io_result rc;

    begin_call(ssht_of(base), &before);
    rc = ssht_recv(base, to, size, n, stream, now, e);
    ssht_log_stop(&before);
    return rc;
}

static enum io_result heard_send(struct transport *base, const char *from, size_t n, size_t *sent,
                                 struct mono now, struct err *e)
{
    struct ssht_log before;
    enum io_result rc;

    begin_call(ssht_of(base), &before);
    rc = ssht_send(base, from, n, sent, now, e);
    ssht_log_stop(&before);
    return rc;
}

const struct transport_ops transport_ssh = {
    .name = "ssh",
    .open = ssht_open,
    .step = heard_step,
    .start = heard_start,
    .recv = heard_recv,
    .send = heard_send,
    .want = ssht_want,
    .exit_status = ssht_exit_status,
    .echo = ssht_echo,
    .close = ssht_close,
    .free = ssht_free,
};
