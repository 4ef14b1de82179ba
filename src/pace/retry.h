/* Which failures are visited again, and when: pure, every time is an argument. */
#ifndef POLLER_PACE_RETRY_H
#define POLLER_PACE_RETRY_H

#include "base/timers.h"

#include <poller/result.h>

#define RETRY_MAX              100   /* further attempts: the collector keeps a number in a byte */
#define RETRY_DELAY_MS         1000  /* before the second attempt */
#define RETRY_DELAY_CEILING_MS 30000 /* doubling ends here, or at a first delay that is longer */

/* A set of failure classes: bit 1 << class. */
typedef uint32_t fail_set;
_Static_assert(FAIL_COUNT <= 32, "a class is a bit of a fail_set");

static inline fail_set fail_bit(enum fail_class c)
{
    return (fail_set)1 << c;
}

/* What --retry-on is where only --retry is given: nothing was sent to the device, or it had no free
 * line, so no command can run twice. */
fail_set retry_default_set(void);

/* No attempt follows by itself on these: a password that was refused once locks the account when
 * it is sent again. */
fail_set retry_forbidden_set(void);

/* Zero-initialised: nothing is visited again. */
struct retry_policy {
    unsigned max; /* further attempts, at most RETRY_MAX */
    fail_set on;
    int64_t delay_ms; /* 0: RETRY_DELAY_MS */
    uint64_t seed;    /* of the jitter */
};

/* Whether another attempt follows on this result. */
bool retry_wanted(const struct retry_policy *p, const struct result *result);

/* From the end of this attempt (from 1) of a device to the next: the delay, doubled with each
 * attempt up to its ceiling, less or more by up to a half. */
int64_t retry_delay_ms(const struct retry_policy *p, uint32_t index, uint32_t attempt);

/* A device that waits, and the failure that stands should its turn never come. */
struct retry_waiting {
    struct timer timer; /* first, so that a timer's address is its owner's */
    uint32_t index;
    uint32_t attempt; /* that failed */
    enum fail_class class;
    bool was_ready;
    double device_ms;
    size_t doubts; /* of its outputs */
};

/* Those that wait, by time. Its memory is that of what waits. Zero-initialised is empty. */
struct retry_queue {
    struct timers timers;
};

/* 0, or -1: memory is out. */
int retry_push(struct retry_queue *q, const struct retry_policy *p, const struct result *result,
               struct mono now);

/* When the first is due; MONO_NEVER: none waits. */
struct mono retry_due(const struct retry_queue *q);

/* Takes the first out, due or not; the caller's (free). NULL: none waits. */
struct retry_waiting *retry_pop(struct retry_queue *q);

size_t retry_count(const struct retry_queue *q);
void retry_free(struct retry_queue *q);

#endif
