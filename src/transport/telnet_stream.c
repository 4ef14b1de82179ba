#include "transport/telnet_stream.h"

#include <libtelnet.h>
#include <string.h>

/* libtelnet inflates, without being asked to, what follows a COMPRESS2 marker in the bytes of one
 * call, a thousandfold at worst. Small pieces keep that small; nothing of it is kept. */
#define PIECE_MAX 512
/* Room that only answers may use, so that our own queued input cannot crowd them out. */
#define ANSWERS_MAX 4096

static const telnet_telopt_t options_with_size[] = {
    {TELNET_TELOPT_ECHO, TELNET_WONT, TELNET_DO},
    {TELNET_TELOPT_SGA, TELNET_WILL, TELNET_DO},
    {TELNET_TELOPT_TTYPE, TELNET_WILL, TELNET_DONT},
    {TELNET_TELOPT_NAWS, TELNET_WILL, TELNET_DONT},
    {-1, 0, 0},
};

static const telnet_telopt_t options_without_size[] = {
    {TELNET_TELOPT_ECHO, TELNET_WONT, TELNET_DO},
    {TELNET_TELOPT_SGA, TELNET_WILL, TELNET_DO},
    {TELNET_TELOPT_TTYPE, TELNET_WILL, TELNET_DONT},
    {-1, 0, 0},
};

static void take_data(struct telnet_stream *s, const char *bytes, size_t n)
{
    while (n > 0) {
        if (s->after_cr && *bytes == '\0') {
            bytes++;
            n--;
        }
        s->after_cr = false;
        const char *cr = memchr(bytes, '\r', n);
        size_t run = cr ? (size_t)(cr - bytes) + 1 : n;
        if (run > 0 && buf_add(&s->in, bytes, run) < 0)
            err_set(&s->failed, FAIL_INTERNAL, "no memory for what the device sent over Telnet");
        s->after_cr = cr != NULL;
        bytes += run;
        n -= run;
    }
}

static void queue(struct telnet_stream *s, const char *bytes, size_t n)
{
    if (buf_add(&s->out, bytes, n) < 0)
        err_set(&s->failed, FAIL_PEER_CLOSED,
                "the device asks for Telnet options and does not read the answers; it is given up");
}

/* Every request counts, agreed to or refused: an answer goes out for each. */
static void count_negotiation(struct telnet_stream *s)
{
    if (++s->negotiations > TELNET_NEGOTIATIONS_MAX)
        err_set(&s->failed, FAIL_PEER_CLOSED,
                "the device asked for Telnet options more than %d times; it is given up",
                TELNET_NEGOTIATIONS_MAX);
}

static void send_size(struct telnet_stream *s)
{
    const char size[] = {(char)(s->cols >> 8), (char)s->cols, (char)(s->rows >> 8), (char)s->rows};
    telnet_subnegotiation(s->telnet, TELNET_TELOPT_NAWS, size, sizeof(size));
}

static void subnegotiation(struct telnet_stream *s, unsigned char option)
{
    count_negotiation(s);
    if (option == TELNET_TELOPT_COMPRESS2)
        err_set(&s->failed, FAIL_PEER_CLOSED,
                "the device began to compress the Telnet stream without being asked to: turn that "
                "off on the device");
}

static bool is_negotiation(const char *bytes, size_t n)
{
    unsigned char command = n == 3 ? (unsigned char)bytes[1] : 0;
    return n == 3 && (unsigned char)bytes[0] == TELNET_IAC && command >= TELNET_WILL &&
           command <= TELNET_DONT;
}

static void on_event(telnet_t *telnet, telnet_event_t *event, void *ctx)
{
    struct telnet_stream *s = ctx;
    if (err_is_set(&s->failed))
        return;
    switch (event->type) {
    case TELNET_EV_DATA:
        take_data(s, event->data.buffer, event->data.size);
        break;
    case TELNET_EV_SEND:
        if (is_negotiation(event->data.buffer, event->data.size))
            count_negotiation(s);
        queue(s, event->data.buffer, event->data.size);
        break;
    case TELNET_EV_WILL:
    case TELNET_EV_WONT:
        if (event->neg.telopt == TELNET_TELOPT_ECHO)
            s->echo = event->type == TELNET_EV_WILL;
        break;
    case TELNET_EV_DO:
        if (event->neg.telopt == TELNET_TELOPT_NAWS)
            send_size(s);
        break;
    case TELNET_EV_TTYPE:
        if (event->ttype.cmd == TELNET_TTYPE_SEND)
            telnet_ttype_is(telnet, s->term);
        break;
    case TELNET_EV_SUBNEGOTIATION:
        subnegotiation(s, event->sub.telopt);
        break;
    case TELNET_EV_WARNING:
        count_negotiation(s); /* what is malformed wears the same patience out */
        break;
    case TELNET_EV_ERROR:
        err_set(&s->failed, FAIL_PEER_CLOSED, "the device broke the Telnet protocol: %.200s",
                event->error.msg);
        break;
    default:
        break;
    }
}

int telnet_stream_init(struct telnet_stream *s, int cols, int rows, const char *term,
                       size_t max_out)
{
    memset(s, 0, sizeof(*s));
    s->cols = cols;
    s->rows = rows;
    s->term = term;
    buf_init(&s->in, TELNET_FEED_MAX);
    s->max_put = max_out;
    buf_init(&s->out, max_out + ANSWERS_MAX);
    s->telnet = telnet_init(cols > 0 ? options_with_size : options_without_size, on_event, 0, s);
    return s->telnet ? 0 : -1;
}

void telnet_stream_feed(struct telnet_stream *s, const char *bytes, size_t n)
{
    while (n > 0 && !err_is_set(&s->failed)) {
        size_t piece = n < PIECE_MAX ? n : PIECE_MAX;
        telnet_recv(s->telnet, bytes, piece);
        bytes += piece;
        n -= piece;
    }
}

size_t telnet_stream_put(struct telnet_stream *s, const char *bytes, size_t n)
{
    if (err_is_set(&s->failed) || s->out.len >= s->max_put)
        return 0;
    size_t room = (s->max_put - s->out.len + 1) / 2; /* each byte may need an escape */
    if (n > room)
        n = room;
    if (n > 0)
        telnet_send(s->telnet, bytes, n);
    return err_is_set(&s->failed) ? 0 : n;
}

void telnet_stream_free(struct telnet_stream *s)
{
    if (s->telnet)
        telnet_free(s->telnet);
    s->telnet = NULL;
    buf_wipe(&s->in);
    buf_wipe(&s->out);
}
