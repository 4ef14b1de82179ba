#include "pace/budget_limiter.h"

#include <math.h>

#define NS_PER_S 1e9
/* Hand-outs are late by a little now and then; up to here they catch up. */
#define TOLERANCE_NS 20e6
/* No second may hold more than this share of the rate, but for rounding up to a whole one. */
#define CEILING 1.1

void limiter_init(struct limiter *l, unsigned limit, double rate)
{
    *l = (struct limiter){
        .timer = {.at = TIMER_IDLE}, .limit = limit, .next = MONO_UNSET, .lines = CHAIN_EMPTY};
    if (rate <= 0)
        return;
    double spare_ns = (floor(rate * CEILING) / rate - 1) * NS_PER_S;
    l->interval_ns = (int64_t)fmax(ceil(NS_PER_S / rate), 1);
    l->tolerance_ns = (int64_t)fmax(fmin(TOLERANCE_NS, spare_ns), 0);
}

struct mono limiter_open_at(const struct limiter *l)
{
    if (l->limit > 0 && l->used >= l->limit)
        return MONO_NEVER;
    return mono_is_set(l->next) ? l->next : (struct mono){0};
}

void limiter_take(struct limiter *l, struct mono now)
{
    int64_t soonest_ns = now.ns - l->tolerance_ns;
    l->used++;
    if (l->interval_ns > 0)
        l->next.ns = (l->next.ns > soonest_ns ? l->next.ns : soonest_ns) + l->interval_ns;
}

void limiter_give(struct limiter *l)
{
    l->used--;
}
