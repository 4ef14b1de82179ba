/* A session's class and sentence where they are not the dialogue's to say, and its phases. */
#include "session/internal.h"

#include <stdio.h>
#include <string.h>

/* Phases that a transport does not have. */
#define BIT(phase) (1u << (phase))
static const unsigned skipped[TRANSPORT_KINDS] = {
    [TRANSPORT_TELNET] = BIT(PHASE_KEX),
    [TRANSPORT_LOCAL] = BIT(PHASE_RESOLVE) | BIT(PHASE_CONNECT) | BIT(PHASE_KEX) | BIT(PHASE_AUTH),
};

/* How far it came when the time was over, and what to do. */
static const char *const late_texts[PHASE_COUNT] = {
    [PHASE_RESOLVE] = "its name was not resolved; does the name server answer?",
    [PHASE_CONNECT] = "no TCP connection; is the device up, and its port open to us?",
    [PHASE_KEX] = "connected, but the SSH key exchange did not end; is the device overloaded, or "
                  "the port not SSH?",
    [PHASE_AUTH] = "the SSH key exchange ended, but authentication did not; is the device's "
                   "authentication server slow?",
    [PHASE_READY] = "logged in, but no shell was opened; are its lines taken?",
};

int64_t limit_ms(int64_t device, int64_t run, int64_t fallback)
{
    return device > 0 ? device : run > 0 ? run : fallback;
}

void verdict_settle(struct session *s, struct mono now)
{
    if (s->settled)
        return;
    s->settled = true;
    s->settled_at = now;
    s->close_deadline =
        mono_add_ms(now, s->cancelled ? SESSION_CANCEL_CLOSE_MS : SESSION_CLOSE_TIMEOUT_MS);
    trace_note(s->trace, now, "settled");
}

void verdict_fail(struct session *s, const struct err *e, struct mono now)
{
    if (!s->settled) {
        s->own = e->class;
        s->own_text = strdup(e->text);
        trace_note(s->trace, now, "%s: %s", fail_name(e->class), e->text);
        verdict_settle(s, now);
    }
    s->stage = STAGE_CLOSING;
}

void verdict_late(struct session *s, enum fail_class deadline, struct mono now)
{
    bool total = deadline == FAIL_TOTAL_TIMEOUT;
    struct mono start = s->handed_out;
    double limit = mono_ms_between(start, total ? s->total_deadline : s->connect_deadline) / 1000;
    const char *how_far = late_texts[verdict_phase(s)];
    struct err e = {0};
    err_set(&e, FAIL_CONNECT_TIMEOUT, "not ready within %g s (%s): %s", limit,
            total ? "the total time" : "the time to connect",
            how_far ? how_far : "connected, but nothing could be started");
    verdict_fail(s, &e, now);
}

void verdict_stamps(struct session *s)
{
    for (int p = PHASE_RESOLVE; s->transport && p <= PHASE_AUTH; p++)
        if (!mono_is_set(s->phase_end[p]))
            s->phase_end[p] = s->transport->phase_end[p];
}

/* The first phase after the last that ended, of those that its transport has. */
static enum phase current_phase(const struct session *s)
{
    int p = PHASE_RESOLVE;
    for (int ended = PHASE_RESOLVE; ended <= PHASE_COMMANDS; ended++)
        if (mono_is_set(s->phase_end[ended]))
            p = ended + 1;
    while (p < PHASE_READY && (skipped[s->job.device->transport] & BIT(p)))
        p++;
    return (enum phase)p;
}

enum phase verdict_phase(const struct session *s)
{
    return s->settled ? PHASE_CLOSE : current_phase(s);
}

bool verdict_logged_in(const struct session *s)
{
    return s->opened && current_phase(s) > PHASE_AUTH;
}

static double span_ms(struct mono from, struct mono to)
{
    double ms = mono_ms_between(from, to);
    return ms > 0 ? ms : 0;
}

static void fill_phases(const struct session *s, struct result *r)
{
    struct mono at = s->handed_out;
    for (int p = PHASE_RESOLVE; p <= PHASE_COMMANDS; p++) {
        if (!mono_is_set(s->phase_end[p]))
            continue;
        r->phase_ms[p] = span_ms(at, s->phase_end[p]);
        at = s->phase_end[p];
    }
    /* The one it was in when the verdict fell counts until then. */
    enum phase current = current_phase(s);
    if (current <= PHASE_COMMANDS && (s->opened || s->transport)) {
        r->phase_ms[current] = span_ms(at, s->settled_at);
        at = s->settled_at;
    }
    if (s->opened)
        r->phase_ms[PHASE_CLOSE] = span_ms(at, s->done_at);
    r->total_ms = span_ms(s->handed_out, s->done_at);
}

static void name_device(struct err *e, const char *name)
{
    size_t n = strlen(name);
    if (err_is_set(e) && (strncmp(e->text, name, n) != 0 || strncmp(e->text + n, ": ", 2) != 0))
        err_prefix(e, "%s: ", name);
}

struct result *verdict_result(struct session *s)
{
    struct result *r = result_new(&s->job);
    if (!r)
        return NULL;
    r->started_at_ms = s->started_at_ms;
    r->phase_ms[PHASE_QUEUED] = s->queued_ms;
    if (s->dialogue && (s->talked || s->own == FAIL_NONE))
        dialogue_take(s->dialogue, r);
    if (s->own != FAIL_NONE) {
        err_clear(&r->err);
        err_set(&r->err, s->own, "%s", s->own_text ? s->own_text : "memory is out");
        r->class = s->own;
    }
    name_device(&r->err, s->job.device->name);
    fill_phases(s, r);
    if (s->transport) {
        r->host_key = s->transport->host_key;
        r->known_hosts_line = s->transport->known_hosts_line;
        s->transport->host_key = s->transport->known_hosts_line = NULL;
    }
    return r;
}
