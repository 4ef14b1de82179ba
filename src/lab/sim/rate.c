#include "lab/sim/rate.h"

#include <string.h>

#define WINDOW_MS 1000
#define LATE_MS   1000

_Static_assert(RATE_SLOTS > WINDOW_MS + LATE_MS, "a late one's second is still there");

static uint32_t *slot(struct rate *rate, int64_t ms)
{
    return &rate->counts[(uint64_t)ms % RATE_SLOTS];
}

/* The second ends at ms now. */
static void slide(struct rate *rate, int64_t ms)
{
    if (ms - rate->newest >= RATE_SLOTS) {
        memset(rate->counts, 0, sizeof rate->counts);
        rate->sum = 0;
        rate->newest = ms;
    }
    while (rate->newest < ms) {
        rate->newest++;
        rate->sum -= *slot(rate, rate->newest - WINDOW_MS);
        *slot(rate, rate->newest) = 0;
    }
}

/* All seconds that end at ms or later. */
static void raise_most(struct rate *rate, int64_t ms)
{
    uint32_t sum = rate->sum;
    for (int64_t end = rate->newest; end >= ms; end--) {
        if (rate->most < sum)
            rate->most = sum;
        sum = sum - *slot(rate, end) + *slot(rate, end - WINDOW_MS);
    }
}

void rate_count(struct rate *rate, struct mono now)
{
    int64_t ms = now.ns / 1000000;
    if (rate->total++ == 0) {
        rate->newest = ms;
        rate->first = rate->last = now;
    }
    if (now.ns < rate->first.ns)
        rate->first = now;
    if (now.ns > rate->last.ns)
        rate->last = now;
    slide(rate, ms);
    if (ms < rate->newest - LATE_MS)
        ms = rate->newest - LATE_MS;
    ++*slot(rate, ms);
    rate->sum += ms > rate->newest - WINDOW_MS;
    raise_most(rate, ms);
}

double rate_mean(const struct rate *rate)
{
    double ms = rate->total > 1 ? mono_ms_between(rate->first, rate->last) : 0;
    return ms > 0 ? (double)(rate->total - 1) * 1000 / ms : 0;
}
