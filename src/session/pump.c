/* Between transport and dialogue: events in, wishes out. */
#include "session/internal.h"

#include <stdlib.h>
#include <string.h>

/* No more than keeps the deepest calls of a thread within few pages: there may be thousands. */
#define CHUNK      3072
#define STEP_BYTES 65536 /* most that one step takes from a transport */

static void out_of_memory(struct session *s, struct mono now)
{
    struct err e = {0};
    err_set(&e, FAIL_INTERNAL, "memory is out, or over %zu bytes wait to be sent", s->out.max);
    verdict_fail(s, &e, now);
}

static void note_phases(struct session *s, const struct dialogue_update *u, struct mono now)
{
    const bool reached[PHASE_COUNT] = {
        [PHASE_AUTH] = u->reached_auth,
        [PHASE_READY] = u->reached_ready,
        [PHASE_COMMANDS] = u->reached_commands,
    };
    for (int p = PHASE_AUTH; p <= PHASE_COMMANDS; p++) {
        if (!reached[p] || mono_is_set(s->phase_end[p]))
            continue;
        s->phase_end[p] = now;
        trace_note(s->trace, now, "%s ended", phase_name((enum phase)p));
    }
    if (u->reached_ready)
        s->ready = s->talked = true;
}

/* Carries an update out as far as that needs no transport: the rest is done by pump_talk, in
 * order. */
static void apply(struct session *s, const struct dialogue_update *u, struct mono now)
{
    for (size_t i = 0; i < u->n_stages; i++)
        trace_note(s->trace, now, "%s", u->stages[i]);
    note_phases(s, u, now);
    s->dialogue_deadline = u->deadline;
    if (u->start != DIALOGUE_START_NOTHING) {
        free(s->exec);
        s->exec = u->start == DIALOGUE_START_EXEC ? strdup(u->exec_command) : NULL;
        s->starting = true;
        if (u->start == DIALOGUE_START_EXEC && !s->exec)
            out_of_memory(s, now);
    }
    if (u->send_len > 0 && !s->broken) {
        trace_sent(s->trace, u->send, u->send_len, u->send_secret, now);
        if (buf_add(&s->out, u->send, u->send_len) != 0)
            out_of_memory(s, now);
    }
    if (u->settled)
        verdict_settle(s, now);
    if (u->finished)
        s->finished = true;
}

static void feed(struct session *s, const struct dialogue_event *event, struct mono now)
{
    struct dialogue_update update = {.deadline = MONO_NEVER};
    dialogue_step(s->dialogue, event, now, &update);
    apply(s, &update, now);
}

static void feed_kind(struct session *s, enum dialogue_event_kind kind, struct mono now)
{
    feed(s, &(struct dialogue_event){.kind = kind}, now);
}

/* After an event that nothing can follow: a dialogue that did not settle is settled for it. */
static void insist(struct session *s, enum fail_class class, const char *text, struct mono now)
{
    if (s->settled)
        return;
    struct err e = {0};
    err_set(&e, class, "%s", text && *text ? text : "the connection ended");
    verdict_fail(s, &e, now);
}

void pump_tick(struct session *s, struct mono now)
{
    feed_kind(s, DIALOGUE_TICK, now);
}

void pump_timeout(struct session *s, enum fail_class class, struct mono now)
{
    trace_note(s->trace, now, "deadline: %s", fail_name(class));
    if (!s->talked) {
        verdict_late(s, class, now);
        return;
    }
    feed(s, &(struct dialogue_event){.kind = DIALOGUE_TIMEOUT, .timeout = class}, now);
    insist(s, s->ready ? FAIL_TOTAL_TIMEOUT : FAIL_PROMPT, "the time was over", now);
}

void pump_cancel(struct session *s, struct mono now)
{
    static const char text[] = "the run was interrupted";
    s->cancelled = true;
    s->close_deadline = mono_min(s->close_deadline, mono_add_ms(now, SESSION_CANCEL_CLOSE_MS));
    if (s->settled)
        return;
    trace_note(s->trace, now, "cancelled");
    if (s->talked)
        feed_kind(s, DIALOGUE_CANCEL, now);
    insist(s, FAIL_CANCELLED, text, now);
}

void pump_lost(struct session *s, const char *why, struct mono now)
{
    trace_note(s->trace, now, "lost: %s", why);
    s->starting = s->streaming = false;
    if (s->stage == STAGE_TALKING)
        feed(s, &(struct dialogue_event){DIALOGUE_LOST, .data = why, .len = strlen(why)}, now);
    insist(s, FAIL_PEER_CLOSED, why, now);
    s->stage = STAGE_CLOSING;
}

bool pump_open(struct session *s, struct mono now)
{
    struct err e = {0};
    enum io_result rc = s->transport->ops->step(s->transport, now, &e);
    verdict_stamps(s);
    switch (rc) {
    case IO_AGAIN:
        return false;
    case IO_OK:
        s->opened = true;
        s->stage = STAGE_TALKING;
        trace_note(s->trace, now, "open");
        feed_kind(s, DIALOGUE_OPENED, now);
        return true;
    case IO_END:
    case IO_FAIL:
        break;
    }
    err_set(&e, FAIL_PEER_CLOSED, "the device closed the connection before a stream was there");
    verdict_fail(s, &e, now);
    return true;
}

/* True: the stream that the dialogue asked for is there. */
static bool start_stream(struct session *s, struct mono now)
{
    struct err e = {0};
    enum io_result rc = s->transport->ops->start(s->transport, s->exec, now, &e);
    if (rc == IO_AGAIN)
        return false;
    s->starting = false;
    if (rc == IO_OK) {
        s->was_exec = s->exec != NULL;
        s->streaming = s->streamed = s->talked = true;
        feed_kind(s, DIALOGUE_STARTED, now);
        return true;
    }
    err_set(&e, FAIL_NO_SESSION, "the device opened no stream");
    /* The first refused is the transport's to name; later ones end a dialogue that is under way. */
    if (s->streamed)
        pump_lost(s, e.text, now);
    else
        verdict_fail(s, &e, now);
    return false;
}

/* Sends what goes. A failure is kept back: what the device said before it went is still to be
 * received. */
static void flush(struct session *s, struct mono now)
{
    while (s->out.len > 0 && !s->broken) {
        struct err e = {0};
        size_t sent = 0;
        enum io_result rc =
            s->transport->ops->send(s->transport, buf_bytes(&s->out), s->out.len, &sent, now, &e);
        if (rc == IO_AGAIN || (rc == IO_OK && sent == 0))
            return;
        if (rc != IO_OK) {
            s->broken = strdup(e.text);
            if (!s->broken)
                out_of_memory(s, now);
            break;
        }
        buf_drop_front(&s->out, sent);
    }
    buf_wipe(&s->out); /* secrets; and a visit that waits needs no room for what it said */
}

static void notice_echo(struct session *s, struct mono now)
{
    bool echo = s->transport->ops->echo(s->transport);
    if (echo == s->echo)
        return;
    s->echo = echo;
    trace_note(s->trace, now, "echo %s", echo ? "on" : "off");
    feed(s, &(struct dialogue_event){.kind = DIALOGUE_ECHO, .echo_on = echo}, now);
}

static void end_stream(struct session *s, struct mono now)
{
    int status = s->transport->ops->exit_status(s->transport);
    s->streaming = false;
    trace_note(s->trace, now, "end of stream, exit status %d", status);
    if (s->was_exec || status >= 0) {
        struct dialogue_event exited = {.kind = DIALOGUE_EXIT_STATUS, .exit_status = status};
        feed(s, &exited, now);
    }
    feed_kind(s, DIALOGUE_END, now);
    if (s->starting || s->finished)
        return;
    insist(s, FAIL_PEER_CLOSED, "the device ended the session", now);
    s->stage = STAGE_CLOSING;
}

/* True: something came, so there may be more. */
static bool receive(struct session *s, size_t *budget, struct mono now)
{
    char chunk[CHUNK];
    size_t size = *budget < sizeof chunk ? *budget : sizeof chunk, n = 0;
    enum transport_stream stream = STREAM_OUT;
    struct err e = {0};
    enum io_result rc = s->transport->ops->recv(s->transport, chunk, size, &n, &stream, now, &e);
    notice_echo(s, now);
    switch (rc) {
    case IO_OK:
        if (n == 0)
            break;
        *budget -= n;
        trace_received(s->trace, chunk, n, stream == STREAM_ERR, now);
        feed(s,
             &(struct dialogue_event){.kind = stream == STREAM_ERR ? DIALOGUE_ERR_BYTES
                                                                   : DIALOGUE_BYTES,
                                      .data = chunk,
                                      .len = n},
             now);
        return true;
    case IO_AGAIN:
        break;
    case IO_END:
        end_stream(s, now);
        return true;
    case IO_FAIL:
        pump_lost(s, e.text, now);
        return false;
    }
    if (s->broken)
        pump_lost(s, s->broken, now);
    return false;
}

bool pump_talk(struct session *s, struct mono now)
{
    size_t budget = STEP_BYTES;
    while (s->stage == STAGE_TALKING) {
        if (s->starting && !s->finished && !start_stream(s, now))
            return false;
        flush(s, now);
        if (s->finished && (s->out.len == 0 || !s->streaming)) {
            insist(s, FAIL_INTERNAL, "the dialogue ended without a verdict", now);
            s->stage = STAGE_CLOSING;
            return true;
        }
        if (!s->streaming || s->stage != STAGE_TALKING)
            return false;
        if (budget == 0)
            return true;
        if (!receive(s, &budget, now))
            return false;
    }
    return false;
}

bool pump_close(struct session *s, struct mono now)
{
    if (s->transport && s->opened && s->transport->ops->close(s->transport, now) == IO_AGAIN)
        return false;
    s->stage = STAGE_DONE;
    s->done_at = now;
    trace_note(s->trace, now, "closed");
    return false;
}
