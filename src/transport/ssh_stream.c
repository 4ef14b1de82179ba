/* The open stream: start, receive, send. */
#include "transport/ssh.h"

/* More than this waits for the caller before we ask the device for more. */
#define INBOX_FULL   32768
#define ROUNDS_MAX   32
#define SEND_PIECE   4096
#define EOF_GRACE_MS 1000

/* Libssh only queues what it was given until its own poll sees that it may write: where bytes wait,
 * the same call is made once more before anybody waits for the descriptor. */
enum io_result ssht_start(struct transport *base, const char *command, struct mono now,
                          struct err *e)
{
    struct ssht *t = ssht_of(base);
    bool retried = false;

    (void)now;
    if (t->state != SSHT_OPEN)
        return ssht_fail(t, e, FAIL_INTERNAL, "was asked for a session before it was open");
    for (;;) {
        enum io_result rc = ssht_channel_step(t, command, e);

        if (rc == IO_OK && t->stream == SSHT_STREAM_RUNNING)
            return IO_OK;
        if (rc == IO_FAIL)
            return rc;
        if (rc == IO_AGAIN && (retried || !ssht_write_pending(t)))
            return ssht_check_traffic(t, e) == 0 ? IO_AGAIN : IO_FAIL;
        retried = rc == IO_AGAIN;
    }
}

/* The end in order: closed. A peer that ended and told its status is asked to close by our own
 * close; one that does not even then, or told none, is waited for a little. */
static bool has_ended(struct ssht *t, struct mono now)
{
    if (t->remote_closed || t->stream == SSHT_STREAM_ENDED)
        return true;
    if (!t->remote_eof)
        return false;
    if (t->exit_status >= 0 && !ssht_is_dead(t))
        ssh_channel_close(t->channel);
    if (mono_is_never(t->eof_deadline))
        t->eof_deadline = mono_add_ms(now, EOF_GRACE_MS);
    return mono_reached(now, t->eof_deadline) || ssht_is_dead(t);
}

static void fill(struct ssht *t)
{
    for (int i = 0; i < ROUNDS_MAX && ssht_inbox_size(&t->inbox) < INBOX_FULL; i++) {
        if (!ssht_pump(t))
            return;
    }
}

/* Nothing is in the inbox: why. */
static enum io_result nothing(struct ssht *t, struct mono now, struct err *e)
{
    ssht_inbox_rest(&t->inbox);
    t->told = true;
    if (t->state == SSHT_FAILED)
        return ssht_lost(t, e);
    if (t->inbox.overflowed)
        return ssht_fail(t, e, FAIL_TOO_MUCH_OUTPUT,
                         "sent more than its window allows; %zu bytes were kept",
                         t->inbox.pieces.max);
    if (has_ended(t, now)) {
        t->stream = SSHT_STREAM_ENDED;
        return IO_END;
    }
    if (ssht_is_dead(t))
        return ssht_lost(t, e);
    t->told = false;
    return ssht_check_traffic(t, e) == 0 ? IO_AGAIN : IO_FAIL;
}

/* Not before the request is answered: the calls of start() look at what comes themselves. */
enum io_result ssht_recv(struct transport *base, char *to, size_t size, size_t *n,
                         enum transport_stream *stream, struct mono now, struct err *e)
{
    struct ssht *t = ssht_of(base);
    bool running = t->stream == SSHT_STREAM_RUNNING || t->stream == SSHT_STREAM_ENDED;

    *n = 0;
    if (t->state != SSHT_OPEN && t->state != SSHT_FAILED)
        return IO_AGAIN;
    if (ssht_inbox_empty(&t->inbox) && running && t->state == SSHT_OPEN && !ssht_is_dead(t))
        fill(t);
    ssht_inbox_take(&t->inbox, to, size, n, stream);
    if (*n > 0)
        return IO_OK;
    return running || t->state == SSHT_FAILED ? nothing(t, now, e) : IO_AGAIN;
}

/* A failure to send waits until what the device said before it was taken: recv() tells it. */
static enum io_result cannot_send(struct ssht *t, struct err *e)
{
    if (!ssht_inbox_empty(&t->inbox) || t->remote_closed || t->remote_eof)
        return IO_AGAIN;
    return ssht_lost(t, e);
}

/* One small piece at a time, and none while an earlier one waits: what a device does not take stays
 * with the caller. */
enum io_result ssht_send(struct transport *base, const char *from, size_t n, size_t *sent,
                         struct mono now, struct err *e)
{
    struct ssht *t = ssht_of(base);
    int rc;

    (void)now;
    *sent = 0;
    if (t->stream != SSHT_STREAM_RUNNING || t->remote_closed || n == 0)
        return IO_AGAIN;
    if (t->state == SSHT_FAILED || ssht_is_dead(t))
        return cannot_send(t, e);
    if (ssht_write_pending(t))
        ssht_pump(t);
    if (!ssht_is_dead(t) && ssht_write_pending(t))
        return IO_AGAIN;
    rc = ssh_channel_write(t->channel, from, (uint32_t)(n < SEND_PIECE ? n : SEND_PIECE));
    if (rc < 0 || ssht_is_dead(t))
        return cannot_send(t, e);
    if (ssht_write_pending(t))
        ssht_pump(t);
    *sent = (size_t)rc;
    return rc > 0 ? IO_OK : IO_AGAIN;
}
