/* Telnet over TCP: moves bytes between a socket and telnet_stream. There is no login here: the
 * dialogue does that in the stream. */
#include "transport/tcp.h"
#include "transport/telnet_stream.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Most reads of a call that give nothing but protocol: then others have their turn. */
#define READS_MAX 16
/* How long a device that did not end the session itself is given to do so after our FIN. */
#define LINGER_MS 500

struct telnet {
    struct transport base;
    struct tcp tcp;
    struct telnet_stream stream;
    int fd;              /* connected; or -1 */
    bool ended;          /* the peer's FIN came */
    int broken;          /* errno of a write that failed, or 0 */
    bool shut;           /* our FIN went */
    struct mono give_up; /* closing: until when the peer's FIN is waited for */
};

static struct telnet *self(struct transport *t)
{
    return (struct telnet *)t;
}

static const struct telnet *self_const(const struct transport *t)
{
    return (const struct telnet *)t;
}

static void telnet_destroy(struct transport *base)
{
    if (!base)
        return;
    struct telnet *t = self(base);
    tcp_free(&t->tcp);
    telnet_stream_free(&t->stream);
    if (t->fd >= 0)
        close(t->fd);
    free(base->host_key);
    free(base->known_hosts_line);
    free(t);
}

static struct transport *telnet_open(const struct transport_config *config, struct err *e)
{
    struct telnet *t = calloc(1, sizeof(*t));
    if (!t) {
        err_set(e, FAIL_INTERNAL, "no memory for a Telnet connection");
        return NULL;
    }
    t->base.ops = &transport_telnet;
    for (size_t i = 0; i < PHASE_COUNT; i++)
        t->base.phase_end[i] = MONO_UNSET;
    t->fd = -1;
    t->give_up = MONO_UNSET;
    tcp_init(&t->tcp, config->device->host, config->device->port, NULL);
    if (telnet_stream_init(&t->stream, config->pty_cols, config->pty_rows,
                           config->pty_term ? config->pty_term : "", config->max_pending) < 0) {
        err_set(e, FAIL_INTERNAL, "no memory for a Telnet connection");
        telnet_destroy(&t->base);
        return NULL;
    }
    return &t->base;
}

static enum io_result telnet_step(struct transport *base, struct mono now, struct err *e)
{
    struct telnet *t = self(base);
    enum io_result result = tcp_step(&t->tcp, base->phase_end, now, e);
    if (result == IO_OK && t->fd < 0)
        t->fd = tcp_take_fd(&t->tcp);
    return result;
}

static enum io_result telnet_start(struct transport *base, const char *command, struct mono now,
                                   struct err *e)
{
    (void)base;
    (void)now;
    if (!command)
        return IO_OK;
    err_set(e, FAIL_NO_SESSION, "Telnet cannot run a single command: use a shell");
    return IO_FAIL;
}

/* Writes what the socket takes. After a failed write there is only reading left. */
static void flush(struct telnet *t)
{
    struct buf *out = &t->stream.out;
    while (out->len > 0 && !t->broken) {
        ssize_t n = send(t->fd, buf_bytes(out), out->len, MSG_NOSIGNAL);
        if (n > 0)
            buf_drop_front(out, (size_t)n);
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            return;
        else if (errno != EINTR)
            t->broken = errno;
    }
    if (t->broken)
        buf_wipe(out);
}

static enum io_result lost(int error, struct err *e)
{
    const char *how = "the connection broke";
    if (error == ECONNRESET || error == EPIPE)
        how = "the device cut the connection";
    else if (error == ETIMEDOUT)
        how = "the device stopped answering";
    err_set(e, FAIL_PEER_CLOSED, "%s (%s)", how, strerror(error));
    return IO_FAIL;
}

/* A device that sends a line in two pieces, and the second only when the first is acknowledged
 * (RFC 896), must not wait 40 ms for us at every line. Linux forgets this option by itself. */
static void acknowledge(const struct telnet *t)
{
    int on = 1;
    (void)setsockopt(t->fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

/* Reads once: IO_OK when bytes were fed to the stream. */
static enum io_result read_wire(struct telnet *t, struct err *e)
{
    char wire[TELNET_FEED_MAX];
    ssize_t n = recv(t->fd, wire, sizeof(wire), 0);
    if (n > 0) {
        acknowledge(t);
        telnet_stream_feed(&t->stream, wire, (size_t)n);
        flush(t);
        return IO_OK;
    }
    if (n == 0) {
        t->ended = true;
        return IO_END;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
        return IO_AGAIN;
    return lost(errno, e);
}

static enum io_result telnet_recv_some(struct transport *base, char *to, size_t size, size_t *n,
                                       enum transport_stream *stream, struct mono now,
                                       struct err *e)
{
    struct telnet *t = self(base);
    struct buf *in = &t->stream.in;
    (void)now;
    *n = 0;
    *stream = STREAM_OUT;
    for (int i = 0; i < READS_MAX && in->len == 0; i++) {
        if (err_is_set(&t->stream.failed)) {
            err_set(e, t->stream.failed.class, "%s", t->stream.failed.text);
            return IO_FAIL;
        }
        if (t->ended)
            return IO_END;
        enum io_result result = read_wire(t, e);
        if (result != IO_OK)
            return result;
    }
    *n = in->len < size ? in->len : size;
    memcpy(to, buf_bytes(in), *n);
    buf_drop_front(in, *n);
    return *n > 0 ? IO_OK : IO_AGAIN;
}

static enum io_result telnet_send_some(struct transport *base, const char *from, size_t n,
                                       size_t *sent, struct mono now, struct err *e)
{
    struct telnet *t = self(base);
    (void)now;
    *sent = 0;
    flush(t);
    if (t->broken)
        return lost(t->broken, e);
    *sent = telnet_stream_put(&t->stream, from, n);
    flush(t);
    return *sent > 0 ? IO_OK : IO_AGAIN;
}

static size_t telnet_want(const struct transport *base, struct pollfd *want, struct mono *deadline)
{
    const struct telnet *t = self_const(base);
    if (t->fd < 0)
        return tcp_want(&t->tcp, want, deadline);
    if (mono_is_set(t->give_up))
        *deadline = mono_min(*deadline, t->give_up);
    int events = (t->ended ? 0 : POLLIN) | (t->stream.out.len > 0 ? POLLOUT : 0);
    *want = (struct pollfd){.fd = t->fd, .events = (short)events};
    return events ? 1 : 0;
}

static int telnet_exit_status(const struct transport *base)
{
    (void)base;
    return -1;
}

static bool telnet_echo(const struct transport *base)
{
    return self_const(base)->stream.echo;
}

/* True while the peer may still be sending: a socket closed over unread bytes is reset, and what we
 * sent last, the log-out, could be lost with it. */
static bool drain(struct telnet *t)
{
    char wire[TELNET_FEED_MAX];
    for (int i = 0; i < READS_MAX && !t->ended; i++) {
        ssize_t n = recv(t->fd, wire, sizeof(wire), 0);
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
            return true;
        t->ended = n <= 0;
    }
    return !t->ended;
}

static enum io_result telnet_close(struct transport *base, struct mono now)
{
    struct telnet *t = self(base);
    if (t->fd < 0)
        return IO_OK;
    flush(t);
    if (!mono_is_set(t->give_up))
        t->give_up = mono_add_ms(now, LINGER_MS);
    if (t->stream.out.len == 0 && !t->shut) {
        t->shut = true;
        shutdown(t->fd, SHUT_WR);
    }
    if (drain(t) && !mono_reached(now, t->give_up))
        return IO_AGAIN;
    close(t->fd);
    t->fd = -1;
    return IO_OK;
}

const struct transport_ops transport_telnet = {
    .name = "telnet",
    .open = telnet_open,
    .step = telnet_step,
    .start = telnet_start,
    .recv = telnet_recv_some,
    .send = telnet_send_some,
    .want = telnet_want,
    .exit_status = telnet_exit_status,
    .echo = telnet_echo,
    .close = telnet_close,
    .free = telnet_destroy,
};
