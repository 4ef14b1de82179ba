#include "pace/adapt_parts.h"

#include <math.h>

/* A test falls to where, in proportion, nobody would wait, and a little more: an empty queue would
 * be an idle server. */
#define LANDING    1.25
#define FALL_MOST  0.5
#define FALL_LEAST 0.9
/* Where dead devices hold all places, a test ends by time. */
#define TEST_MAX     8
#define TEST_MORE_MS 500.0

#define PROBE_FACTOR 1.2
/* Visits may take longer by this power of the growth: with 1, no more would be done at all. */
#define PROBE_WORTH 0.75
/* So many in a row, and growth is free again. */
#define PROBE_WINS 3

void test_begin(struct adapt *a, struct adapt_series *slow, struct mono now)
{
    double factor = fmin(fmax(LANDING * slow->base / slow->last, FALL_MOST), FALL_LEAST);
    if (a->window < 2) { /* fewer than one there are not */
        slow->base = slow->last;
        return;
    }
    a->test = (struct adapt_test){
        .slow = slow, .from = a->window, .ms = slow->last, .at = now, .before = a->state};
    a->backed_off++;
    adapt_go_on(a, ADAPT_TESTING, a->patience);
    window_set(a, now, floor(a->window * factor), false);
    adapt_begin_rounds(a, now);
}

/* Nearer to a fall in proportion than to none: they were too many. */
void test_end(struct adapt *a, struct mono now)
{
    const struct adapt_test *t = &a->test;
    if (t->slow->last <= t->ms * sqrt(a->window / t->from)) {
        adapt_go_on(a, ADAPT_HOLDING, 2 * ADAPT_PATIENCE);
        return;
    }
    a->backed_off--;
    t->slow->base = t->slow->last;
    adapt_go_on(a, t->before, a->patience);
    window_set(a, now, t->from, true);
    adapt_begin_rounds(a, now);
}

void test_watch(struct adapt *a, struct mono now, unsigned under_way)
{
    struct adapt_test *t = &a->test;
    if (a->state != ADAPT_TESTING)
        return;
    if (!t->drained && under_way <= a->window) {
        t->drained = true;
        adapt_begin_rounds(a, now);
    } else if (mono_ms_between(t->at, now) > TEST_MAX * (t->ms + TEST_MORE_MS)) {
        test_end(a, now);
    }
}

double probe_limit(const struct adapt *a)
{
    return a->probe.from * PROBE_FACTOR + 1;
}

void probe_begin(struct adapt *a, struct mono now)
{
    a->state = ADAPT_PROBING;
    if (a->probe.wins == 0)
        a->probe.first = a->window;
    a->probe.from = a->window;
    a->probe.ms = a->visits.last;
    adapt_begin_rounds(a, now);
}

void probe_give_up(struct adapt *a, struct mono now, double window)
{
    window_set(a, now, window, true);
    a->probe.wins = 0;
    adapt_go_on(a, ADAPT_HOLDING, 2 * a->patience);
}

void probe_end(struct adapt *a, struct mono now)
{
    double grown = a->window / a->probe.from;
    if (a->visits.last > a->probe.ms * pow(grown, PROBE_WORTH)) {
        probe_give_up(a, now, a->probe.from);
        return;
    }
    a->edge = fmax(a->edge, a->window);
    if (a->window < window_limit(a)) { /* nobody used more */
        a->probe.wins = 0;
        adapt_go_on(a, ADAPT_HOLDING, a->patience);
    } else if (++a->probe.wins < PROBE_WINS || a->window < a->failures.together) {
        probe_begin(a, now); /* step by step at least to where it failed */
    } else {
        a->probe.wins = 0;
        a->edge = a->ceiling;
        a->failures.patience = ADAPT_PATIENCE / 2;
        adapt_go_on(a, ADAPT_GROWING, ADAPT_PATIENCE);
    }
}
