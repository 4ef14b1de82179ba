/* What the rooms adapt* share. */
#ifndef POLLER_PACE_ADAPT_PARTS_H
#define POLLER_PACE_ADAPT_PARTS_H

#include "pace/adapt.h"

#define ADAPT_PATIENCE 4

static inline bool mono_is_before(struct mono a, struct mono b)
{
    return a.ns < b.ns;
}

/* --- adapt_series --- */

void series_begin(struct adapt_series *s, struct mono since, double window);
/* True: that was the last of a round, and s->last is its median. */
bool series_add(struct adapt_series *s, struct mono started, double ms);
/* The last round was nothing unusual. */
void series_settle(struct adapt_series *s);

/* --- adapt_window --- */

/* comes_back: to where it was, which is no growth. */
void window_set(struct adapt *a, struct mono now, double window, bool comes_back);
/* Room for one more, or as many as are banked. */
void window_grow(struct adapt *a, struct mono now, unsigned under_way);
double window_limit(const struct adapt *a);
/* Whether that window is in use, so that its size tells something. */
bool window_is_used(const struct adapt *a, unsigned under_way);

void adapt_go_on(struct adapt *a, enum adapt_state state, unsigned patience);
void adapt_begin_rounds(struct adapt *a, struct mono now);

/* --- adapt_tries: tests and probes --- */

void test_begin(struct adapt *a, struct adapt_series *slow, struct mono now);
void test_end(struct adapt *a, struct mono now);
/* A round of a test begins where what was too many is gone. */
void test_watch(struct adapt *a, struct mono now, unsigned under_way);

void probe_begin(struct adapt *a, struct mono now);
/* Back to a window that did no worse. */
void probe_give_up(struct adapt *a, struct mono now, double window);
void probe_end(struct adapt *a, struct mono now);
double probe_limit(const struct adapt *a);

/* --- adapt_failures --- */

void failures_init(struct adapt_failures *f);
void failures_count(struct adapt *a, struct mono now, const struct adapt_visit *visit,
                    unsigned under_way);
/* A round of visits is over. */
void failures_end_round(struct adapt *a, struct mono now);

#endif
