/* A limiter: so many at once, so many a second. Pure.
 *
 * The rate is the generic cell rate algorithm (ITU-T I.371, annex A): permits stand evenly, and one
 * that was taken late brings the next no nearer than the tolerance. In any stretch of T seconds at
 * most rate x (T + tolerance) go, rounded up to a whole one. */
#ifndef POLLER_PACE_BUDGET_LIMITER_H
#define POLLER_PACE_BUDGET_LIMITER_H

#include "base/timers.h"
#include "pace/chain.h"

struct limiter {
    struct timer timer; /* for those who wait for its time; first, so that a timer's address is its
                         * owner's */
    unsigned limit;     /* at once; 0: any number */
    unsigned used;
    int64_t interval_ns; /* between two permits; 0: no rate */
    int64_t tolerance_ns;
    struct mono next;   /* the next permit's time */
    struct chain lines; /* who waits for it: budget's */
    bool is_ready;      /* it stands among those to be looked at: budget's */
};

/* rate: a second, such as 0.5; 0: any. */
void limiter_init(struct limiter *l, unsigned limit, double rate);

/* From when on one more may go: 0 of the clock where nothing is in the way, MONO_NEVER where first
 * one that goes has to end. */
struct mono limiter_open_at(const struct limiter *l);

static inline bool limiter_is_open(const struct limiter *l, struct mono now)
{
    return mono_reached(now, limiter_open_at(l));
}

/* One goes; one has ended. */
void limiter_take(struct limiter *l, struct mono now);
void limiter_give(struct limiter *l);

#endif
