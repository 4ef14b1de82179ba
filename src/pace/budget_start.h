/* The places of a run, opened at random moments at its start instead of all at once. Pure.
 *
 * The moments are the order statistics of as many uniform ones, each made from the one before it
 * (J. L. Bentley, J. B. Saxe: "Generating sorted lists of random numbers", ACM TOMS 6, 1980), so
 * that their number costs no memory. */
#ifndef POLLER_PACE_BUDGET_START_H
#define POLLER_PACE_BUDGET_START_H

#include <poller/clock.h>

struct start {
    unsigned places, opened;
    double within_ns; /* 0: all are open */
    double at;        /* of the next, from 0 to 1 */
    struct mono begun;
    uint64_t chance;
};

void start_init(struct start *s, unsigned places, int64_t within_ms, uint64_t seed,
                struct mono begun);

/* Opens those whose moment has come. */
void start_advance(struct start *s, struct mono now);

static inline bool start_is_over(const struct start *s)
{
    return s->opened >= s->places;
}

/* From when on one of them is free while under_way are taken; MONO_NEVER: when one ends. */
struct mono start_open_at(const struct start *s, unsigned under_way);

#endif
