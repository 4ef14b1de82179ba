/* How many of something fell into any second, and how many there were a second on the whole.
 *
 * The second slides by milliseconds: it is 1,000 of them in a row, wherever they begin, so that
 * what lies 999 ms apart is in one second and what lies 1,000 ms apart is not. Zero-initialised is
 * "nothing yet". Pure; the caller locks. */
#ifndef POLLER_LAB_SIM_RATE_H
#define POLLER_LAB_SIM_RATE_H

#include <poller/clock.h>
#include <stdint.h>

#define RATE_SLOTS 2048

struct rate {
    uint64_t total;
    uint32_t most;  /* in any second */
    uint32_t sum;   /* in the second that ends at newest */
    int64_t newest; /* milliseconds */
    struct mono first, last;
    uint32_t counts[RATE_SLOTS]; /* by millisecond, up to newest */
};

/* One more at now. Processes may come with times out of order: by up to a second that changes
 * nothing, what comes later still is counted a second back. */
void rate_count(struct rate *rate, struct mono now);

/* A second, between the first and the last; 0 where there is no time between. */
double rate_mean(const struct rate *rate);

#endif
