/* Telnet: libtelnet between the socket and the dialogue (RFC 854, 855). */
#include "lab/sim/visit.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define READS_AT_ONCE 8
#define TOGGLE_NS     INT64_C(20000000)
/* Answers to negotiation wait too. */
#define UNSENT_ENOUGH (64u << 10)

/* What a device agrees to, whoever begins. */
static const telnet_telopt_t options[] = {
    {TELNET_TELOPT_ECHO, TELNET_WILL, TELNET_DONT}, {TELNET_TELOPT_SGA, TELNET_WILL, TELNET_DO},
    {TELNET_TELOPT_NAWS, TELNET_WONT, TELNET_DO},   {TELNET_TELOPT_TTYPE, TELNET_WONT, TELNET_DO},
    {TELNET_TELOPT_BINARY, TELNET_WILL, TELNET_DO}, {-1, 0, 0},
};

/* Sends what the socket takes; the rest waits in unsent. An end of the connection shows when it is
 * read. */
static void send_bytes(struct visit *v, const char *bytes, size_t n)
{
    size_t most = v->device.misbehaviour == MIS_ONE_BYTE ? 1 : n;
    while (n > 0 && v->unsent.len == 0 && !v->telnet.is_lost) {
        ssize_t sent = send(v->source.fd, bytes, n < most ? n : most, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR)
            continue;
        v->telnet.is_lost = sent < 0 && errno != EAGAIN;
        if (sent < 0)
            break;
        bytes += sent;
        n -= (size_t)sent;
    }
    if (n > 0 && !v->telnet.is_lost && buf_add(&v->unsent, bytes, n) != 0)
        visit_end(v);
}

static void on_naws(struct visit *v, const char *bytes, size_t n)
{
    if (n == 4 && v->cli)
        v->cli->rows = (unsigned)((unsigned char)bytes[2] << 8 | (unsigned char)bytes[3]);
}

static void on_event(telnet_t *telnet, telnet_event_t *event, void *ctx)
{
    struct visit *v = ctx;
    (void)telnet;
    switch (event->type) {
    case TELNET_EV_DATA:
        cli_input(v->cli, event->data.buffer, event->data.size, mono_now());
        break;
    case TELNET_EV_SEND:
        if (v->telnet.sends_data || v->device.misbehaviour != MIS_TELNET_MUTE)
            send_bytes(v, event->data.buffer, event->data.size);
        break;
    case TELNET_EV_SUBNEGOTIATION:
        if (event->sub.telopt == TELNET_TELOPT_NAWS)
            on_naws(v, event->sub.buffer, event->sub.size);
        break;
    default:
        break;
    }
}

static void negotiate(struct visit *v)
{
    const struct persona_telnet *t = &v->device.persona->telnet;
    if (v->device.misbehaviour == MIS_TELNET_MUTE)
        return;
    for (size_t i = 0; i < t->n_options; i++)
        telnet_negotiate(v->telnet.telnet, t->options[i].command, t->options[i].option);
}

/* An option asked for and withdrawn, without end, and nothing else ever. */
static void toggle(struct visit *v, struct mono now)
{
    unsigned char command = v->telnet.toggles++ % 2 ? TELNET_DONT : TELNET_DO;
    const char bytes[] = {(char)TELNET_IAC, (char)command, TELNET_TELOPT_TTYPE};
    send_bytes(v, bytes, sizeof bytes);
    v->due = (struct mono){now.ns + TOGGLE_NS};
}

static void send_out(struct visit *v)
{
    struct buf *out = &v->cli->out;
    if (v->cli->holds || out->len == 0 || v->state == VISIT_OVER || v->unsent.len > 0)
        return;
    v->telnet.sends_data = true;
    telnet_send(v->telnet.telnet, buf_bytes(out), out->len);
    v->telnet.sends_data = false;
    buf_free(out);
}

static void finish(struct visit *v, struct mono now)
{
    v->has_ended_well = v->cli->end == CLI_LOGGED_OUT;
    visit_close_soon(v, now);
}

static void send_unsent(struct visit *v)
{
    struct buf held = v->unsent;
    if (held.len == 0)
        return;
    buf_init(&v->unsent, held.max);
    send_bytes(v, buf_bytes(&held), held.len);
    buf_free(&held);
}

static void cork(struct visit *v, int on)
{
    (void)setsockopt(v->source.fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on);
}

/* A client that does not read what it is told is not read from. */
static bool listens(const struct visit *v)
{
    return v->unsent.len < UNSENT_ENOUGH && !v->cli->is_full;
}

static void flush(struct visit *v, struct mono now)
{
    bool is_last = v->cli->end == CLI_LAST_WORDS;
    if (is_last)
        cork(v, 1);
    send_unsent(v);
    send_out(v);
    if (v->state == VISIT_OVER)
        return;
    bool is_empty = v->unsent.len == 0 && v->cli->out.len == 0;
    if (is_empty && v->cli->end != CLI_GOES_ON)
        finish(v, now);
    else if (is_empty && (v->cli->state == CLI_ENDLESS || v->cli->is_full))
        v->cli->due = now;
    if (is_last && v->state != VISIT_OVER)
        cork(v, 0);
    uint32_t events =
        (listens(v) ? (uint32_t)EPOLLIN : 0u) | (v->unsent.len > 0 ? (uint32_t)EPOLLOUT : 0u);
    if (v->state == VISIT_OPEN && shard_watch(v->shard, &v->source, events) != 0)
        visit_end(v);
}

void visit_telnet_start(struct visit *v, struct mono now)
{
    v->state = VISIT_OPEN;
    (void)setsockopt(v->source.fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    v->telnet.telnet = telnet_init(options, on_event, 0, v);
    if (!v->telnet.telnet || !visit_make_cli(v)) {
        visit_end(v);
        return;
    }
    if (v->device.misbehaviour == MIS_TELNET_ENDLESS) {
        toggle(v, now);
        return;
    }
    negotiate(v);
    cli_open_telnet(v->cli, now);
    flush(v, now);
}

void visit_telnet_ready(struct visit *v, uint32_t events, struct mono now)
{
    char scratch[4096];
    ssize_t n = -1;
    v->telnet.is_lost = v->telnet.is_lost || (events & (EPOLLHUP | EPOLLERR));
    bool reads = v->telnet.is_lost || (events & EPOLLIN);
    for (int i = 0; reads && i < READS_AT_ONCE; i++) {
        n = recv(v->source.fd, scratch, sizeof scratch, MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
            visit_end(v);
            return;
        }
        if (n < 0)
            break;
        if (v->is_logged_in)
            v->limit = (struct mono){now.ns + v->shard->config->idle_ns};
        telnet_recv(v->telnet.telnet, scratch, (size_t)n);
        if (v->state == VISIT_OVER)
            return;
        reads = v->telnet.is_lost || listens(v);
    }
    flush(v, now);
}

void visit_telnet_tick(struct visit *v, struct mono now)
{
    if (v->device.misbehaviour == MIS_TELNET_ENDLESS) {
        toggle(v, now);
        return;
    }
    cli_tick(v->cli, now);
    flush(v, now);
}

void visit_telnet_free(struct visit *v)
{
    if (v->telnet.telnet)
        telnet_free(v->telnet.telnet);
    close(v->source.fd);
}
