#include "pace/adapt_parts.h"

#include <math.h>

#define CREDIT 8

/* Slow is more than a factor of what is usual, and an allowance: a log-in of a few milliseconds may
 * take some more, and where visits are long, what a log-in takes is not what bounds them. */
static const struct excess {
    double factor, ms, of_visit;
} log_in_slow = {2, 100, 0.125}, log_in_too_slow = {4, 500, 0.5}, visit_too_slow = {1.5, 100, 0};

enum adapt_verdict adapt_verdict_of(enum fail_class class, bool was_ready)
{
    switch (class) {
    case FAIL_NONE:
    case FAIL_COMMAND_ERROR:
    case FAIL_TRUNCATED:
        return ADAPT_GOOD;
    case FAIL_REFUSED:
    case FAIL_CONNECT_TIMEOUT:
    case FAIL_NOT_SSH: /* sshd says in place of its banner that there are too many */
    case FAIL_KEX:
    case FAIL_NO_SESSION:
    case FAIL_LOGIN_PROMPT:
    case FAIL_PROMPT:
    case FAIL_SILENCE:
    case FAIL_TOTAL_TIMEOUT:
        return ADAPT_OVERLOAD;
    case FAIL_PEER_CLOSED:
        return was_ready ? ADAPT_OTHER : ADAPT_OVERLOAD;
    default:
        return ADAPT_OTHER;
    }
}

static bool exceeds(const struct adapt *a, const struct adapt_series *s, const struct excess *x)
{
    double more = fmax(x->ms, x->of_visit * a->visits.base);
    return s->base > 0 && s->last > x->factor * s->base + more;
}

/* One more that ended well, and in the usual time, is worth one more at once. */
static bool is_as_usual(const struct adapt *a, const struct adapt_visit *v)
{
    return v->verdict == ADAPT_GOOD &&
           v->ms <= visit_too_slow.factor * a->visits.base + visit_too_slow.ms;
}

/* The next round is of visits that began since the window last doubled, if it did. */
static void begin_visit_round(struct adapt *a, struct mono now)
{
    if (mono_is_before(a->visits.since, a->doubled_at))
        series_begin(&a->visits, a->doubled_at, a->doubled_from);
    else
        series_begin(&a->visits, now, a->window);
}

static void take_log_in_round(struct adapt *a, struct mono now)
{
    struct adapt_series *s = &a->log_ins;
    bool is_slow = exceeds(a, s, &log_in_slow), is_too_slow = exceeds(a, s, &log_in_too_slow);
    a->log_ins_slow = is_slow;
    if (a->state == ADAPT_TESTING) {
        if (a->test.slow == s && a->test.drained)
            test_end(a, now);
    } else if (is_too_slow && a->state == ADAPT_PROBING) {
        probe_give_up(a, now, a->probe.from);
    } else if (is_too_slow) {
        test_begin(a, s, now);
    } else if (is_slow && a->state == ADAPT_GROWING) {
        adapt_go_on(a, ADAPT_HOLDING, 1);
    } else if (!is_slow) {
        series_settle(s);
    }
}

/* It stands still: by choice, or under what failed. */
static bool is_held(const struct adapt *a)
{
    return a->window < a->ceiling &&
           (a->state == ADAPT_HOLDING || (a->edge < a->ceiling && a->window >= a->edge));
}

/* A pause of growth is over, or more is tried. */
static void try_more(struct adapt *a, struct mono now)
{
    if (a->patience == 1 && !a->log_ins_slow)
        adapt_go_on(a, ADAPT_GROWING, ADAPT_PATIENCE);
    else
        probe_begin(a, now);
}

/* window: under which its visits were begun. */
static void take_visit_round(struct adapt *a, struct mono now, unsigned under_way, double window)
{
    struct adapt_series *s = &a->visits;
    a->credit = fmax(a->credit, CREDIT * window);
    if (a->state == ADAPT_TESTING) {
        if (a->test.slow == s && a->test.drained)
            test_end(a, now);
    } else if (a->state == ADAPT_PROBING) {
        probe_end(a, now);
    } else if (a->window > window && exceeds(a, s, &visit_too_slow)) {
        adapt_go_on(a, ADAPT_HOLDING, ADAPT_PATIENCE); /* first a round of what it has grown to */
    } else if (exceeds(a, s, &visit_too_slow)) {
        test_begin(a, s, now);
    } else {
        series_settle(s);
        if (is_held(a) && window_is_used(a, under_way) && ++a->held >= a->patience)
            try_more(a, now);
    }
}

void adapt_init(struct adapt *a, unsigned start, unsigned ceiling, struct mono now)
{
    unsigned first = start < ceiling ? start : ceiling;
    *a = (struct adapt){.ceiling = ceiling,
                        .window = first,
                        .edge = ceiling,
                        .credit = CREDIT * (double)first,
                        .doubled_from = first,
                        .doubled_at = now,
                        .first = first,
                        .most = first,
                        .mark = first};
    failures_init(&a->failures);
    adapt_go_on(a, ADAPT_GROWING, ADAPT_PATIENCE);
    adapt_begin_rounds(a, now);
}

unsigned adapt_window(const struct adapt *a)
{
    return (unsigned)a->window;
}

void adapt_logged_in(struct adapt *a, struct mono now, struct mono started, unsigned under_way)
{
    window_grow(a, now, under_way);
    if (!series_add(&a->log_ins, started, mono_ms_between(started, now)))
        return;
    series_begin(&a->log_ins, now, a->window);
    take_log_in_round(a, now);
}

void adapt_ended(struct adapt *a, struct mono now, const struct adapt_visit *v, unsigned under_way)
{
    failures_count(a, now, v, under_way);
    a->credit += is_as_usual(a, v);
    if (v->verdict == ADAPT_GOOD && series_add(&a->visits, v->started, v->ms)) {
        double window = a->visits.window;
        begin_visit_round(a, now);
        failures_end_round(a, now);
        take_visit_round(a, now, under_way, window);
    }
    test_watch(a, now, under_way - 1);
}
