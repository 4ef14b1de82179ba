/* Monotonic time as a type of its own, so that milliseconds and nanoseconds, and times and
 * durations, cannot be mixed (after OpenBGPD's monotime.h).
 *
 * mono_now() is the only reader of the monotonic clock and wall_ms() of the wall clock; everything
 * below session/ is given the time as an argument. All functions are pure otherwise and may be
 * called on any thread. */
#ifndef POLLER_CLOCK_H
#define POLLER_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* A point on CLOCK_MONOTONIC, in nanoseconds. MONO_NEVER is later than every other point;
 * MONO_UNSET marks "has not happened". */
struct mono {
    int64_t ns;
};

#define MONO_NEVER ((struct mono){INT64_MAX})
#define MONO_UNSET ((struct mono){INT64_MIN})

struct mono mono_now(void);

/* Milliseconds since the epoch: for records only, never for deadlines. */
int64_t wall_ms(void);

static inline bool mono_is_set(struct mono t)
{
    return t.ns != INT64_MIN;
}

static inline bool mono_is_never(struct mono t)
{
    return t.ns == INT64_MAX;
}

/* True when a deadline has come: at the very nanosecond, too. */
static inline bool mono_reached(struct mono now, struct mono deadline)
{
    return deadline.ns != INT64_MAX && now.ns >= deadline.ns;
}

static inline struct mono mono_min(struct mono a, struct mono b)
{
    return a.ns < b.ns ? a : b;
}

/* t + ms; saturates at MONO_NEVER, or at a point before all others where ms is negative. */
struct mono mono_add_ms(struct mono t, int64_t ms);

/* (later - earlier) in milliseconds, with fractions. Both must be set and not NEVER. */
double mono_ms_between(struct mono earlier, struct mono later);

/* The timeout argument for poll(2) or epoll_wait(2): -1 for never, 0 when due, else rounded up, so
 * that a wait never ends before its deadline and spins. */
int mono_poll_timeout(struct mono now, struct mono deadline);

#endif
