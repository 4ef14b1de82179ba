#include "pace/adapt_parts.h"

#include <math.h>

/* A window of which not half is used does not grow (RFC 7661, 4.4). */
#define USED 0.5
/* A state that does not help is tried ever more seldom, but no less than this. */
#define PATIENCE_MAX 64

void window_set(struct adapt *a, struct mono now, double window, bool comes_back)
{
    a->window = fmin(fmax(window, 1), a->ceiling);
    a->most = fmax(a->most, a->window);
    a->mark = comes_back ? a->window : fmin(a->mark, a->window);
    if (a->window >= 2 * a->mark) {
        a->grew++;
        a->mark = a->window;
    }
    if (a->window >= 2 * a->doubled_from || a->window < a->doubled_from) {
        a->doubled_from = a->window;
        a->doubled_at = now;
    }
}

double window_limit(const struct adapt *a)
{
    double limit = a->state == ADAPT_PROBING ? probe_limit(a) : a->edge;
    return fmin(fmin(limit, a->credit), a->ceiling);
}

bool window_is_used(const struct adapt *a, unsigned under_way)
{
    return under_way >= USED * a->window;
}

void window_grow(struct adapt *a, struct mono now, unsigned under_way)
{
    double limit = window_limit(a);
    if ((a->state != ADAPT_GROWING && a->state != ADAPT_PROBING) || !window_is_used(a, under_way))
        return;
    a->banked++;
    if (a->window >= limit)
        return;
    window_set(a, now, fmin(a->window + a->banked, limit), false);
    a->banked = 0;
}

void adapt_go_on(struct adapt *a, enum adapt_state state, unsigned patience)
{
    a->state = state;
    a->held = a->banked = 0;
    a->patience = patience < PATIENCE_MAX ? patience : PATIENCE_MAX;
}

void adapt_begin_rounds(struct adapt *a, struct mono now)
{
    series_begin(&a->log_ins, now, a->window);
    series_begin(&a->visits, now, a->window);
}
