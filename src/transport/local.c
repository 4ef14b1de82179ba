#include "transport/local.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct local {
    struct transport base;
    const char *program; /* borrowed */
    struct local_child child;
    bool blocked; /* the last write did not go whole */
    bool eof;     /* nothing more will come by the socket */
    bool shut;    /* closing has begun */
    struct mono term_at, kill_at;
};

static struct local *self(struct transport *t)
{
    return (struct local *)t;
}

static const struct local *self_const(const struct transport *t)
{
    return (const struct local *)t;
}

static struct transport *local_open(const struct transport_config *config, struct err *e)
{
    struct local *t = calloc(1, sizeof(*t));
    if (!t) {
        err_set(e, FAIL_INTERNAL, "no memory for a local program");
        return NULL;
    }
    t->base.ops = &transport_local;
    for (size_t i = 0; i < PHASE_COUNT; i++)
        t->base.phase_end[i] = MONO_UNSET;
    t->program = config->device->host;
    t->child = (struct local_child){.fd = -1, .pidfd = -1, .exit_status = -1};
    return &t->base;
}

static enum io_result local_step(struct transport *base, struct mono now, struct err *e)
{
    (void)e;
    if (!mono_is_set(base->phase_end[PHASE_CONNECT]))
        base->phase_end[PHASE_RESOLVE] = base->phase_end[PHASE_CONNECT] = now;
    return IO_OK;
}

static enum io_result local_start(struct transport *base, const char *command, struct mono now,
                                  struct err *e)
{
    struct local *t = self(base);
    (void)now;
    if (t->child.pid > 0 && !local_child_exited(&t->child)) {
        err_set(e, FAIL_NO_SESSION, "the program before has not ended");
        return IO_FAIL;
    }
    local_child_end(&t->child);
    t->eof = t->blocked = false;
    return local_child_start(&t->child, command ? command : t->program, e) < 0 ? IO_FAIL : IO_OK;
}

static enum io_result local_recv(struct transport *base, char *to, size_t size, size_t *n,
                                 enum transport_stream *stream, struct mono now, struct err *e)
{
    struct local *t = self(base);
    (void)now;
    (void)e;
    *n = 0;
    *stream = STREAM_OUT;
    if (t->child.pid == 0)
        return IO_END;
    /* Asked before reading: what it wrote before it ended is in the socket by then. */
    bool exited = local_child_exited(&t->child);
    ssize_t got = t->eof ? 0 : recv(t->child.fd, to, size, MSG_DONTWAIT);
    if (got > 0) {
        *n = (size_t)got;
        return IO_OK;
    }
    /* Any other error than "nothing now" comes of a peer that went away. */
    if (got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
        t->eof = true;
    return exited ? IO_END : IO_AGAIN;
}

static enum io_result local_send(struct transport *base, const char *from, size_t n, size_t *sent,
                                 struct mono now, struct err *e)
{
    struct local *t = self(base);
    (void)now;
    *sent = 0;
    if (n == 0)
        return IO_AGAIN;
    ssize_t put =
        t->child.pid > 0 ? send(t->child.fd, from, n, MSG_DONTWAIT | MSG_NOSIGNAL) : (ssize_t)-1;
    if (put < 0 && t->child.pid > 0 && (errno == EAGAIN || errno == EINTR)) {
        t->blocked = true;
        return IO_AGAIN;
    }
    if (put < 0) {
        err_set(e, FAIL_PEER_CLOSED, "the program takes no more input: it ended or closed it");
        return IO_FAIL;
    }
    *sent = (size_t)put;
    t->blocked = *sent < n;
    return IO_OK;
}

static size_t local_want(const struct transport *base, struct pollfd *want, struct mono *deadline)
{
    const struct local *t = self_const(base);
    size_t n = 0;
    if (t->child.pid == 0)
        return 0;
    if (t->shut)
        *deadline = mono_min(*deadline, mono_is_set(t->term_at) ? t->term_at : t->kill_at);
    /* Once it has exited, the next recv reads the socket empty. */
    if (!t->child.exited)
        want[n++] = (struct pollfd){.fd = t->child.pidfd, .events = POLLIN};
    if (!t->eof && !t->shut)
        want[n++] = (struct pollfd){.fd = t->child.fd,
                                    .events = (short)(POLLIN | (t->blocked ? POLLOUT : 0))};
    return n;
}

static int local_exit_status(const struct transport *base)
{
    return self_const(base)->child.exit_status;
}

static bool local_echo(const struct transport *base)
{
    (void)base;
    return false;
}

static enum io_result local_close(struct transport *base, struct mono now)
{
    struct local *t = self(base);
    if (t->child.pid > 0 && !t->shut) {
        t->shut = true;
        shutdown(t->child.fd, SHUT_WR);
        t->term_at = mono_add_ms(now, LOCAL_TERM_MS);
        t->kill_at = mono_add_ms(now, LOCAL_KILL_MS);
    }
    if (!local_child_exited(&t->child)) {
        if (mono_reached(now, t->kill_at)) {
            local_child_signal(&t->child, SIGKILL);
            t->kill_at = MONO_NEVER; /* the rest is the kernel's, and seen by the pidfd */
        } else if (mono_is_set(t->term_at) && mono_reached(now, t->term_at)) {
            local_child_signal(&t->child, SIGTERM);
            t->term_at = MONO_UNSET;
        }
        return IO_AGAIN;
    }
    local_child_end(&t->child);
    return IO_OK;
}

static void local_free(struct transport *base)
{
    if (!base)
        return;
    struct local *t = self(base);
    local_child_end(&t->child);
    free(base->host_key);
    free(base->known_hosts_line);
    free(t);
}

const struct transport_ops transport_local = {
    .name = "local",
    .open = local_open,
    .step = local_step,
    .start = local_start,
    .recv = local_recv,
    .send = local_send,
    .want = local_want,
    .exit_status = local_exit_status,
    .echo = local_echo,
    .close = local_close,
    .free = local_free,
};
