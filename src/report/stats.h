/* Making sense of results: counts, sums and percentiles of a run, and its closing lines. */
#ifndef POLLER_REPORT_STATS_H
#define POLLER_REPORT_STATS_H

#include "base/buf.h"

#include <poller/clock.h>
#include <poller/result.h>

/* One writer at a time. */
struct stats {
    double *device_ms; /* of the last result of every device visited, in the order they came */
    size_t n, cap;
    size_t devices;     /* visited or not */
    size_t not_visited; /* cancelled before their turn came */
    size_t classes[FAIL_COUNT];
    size_t retried; /* devices that needed more than one attempt */
    size_t doubts;  /* outputs in doubt */
    double sum_ms, max_ms;
    const char *slowest; /* borrowed from the inventory */
    int exit_code;       /* merged over the results */
};

void stats_init(struct stats *s);
void stats_free(struct stats *s);

/* 0, or -1: out of memory. */
int stats_add(struct stats *s, const struct device *device, const struct result *result);

/* The value below which q (0 to 1) of sorted[0..n) lie, by nearest rank; 0 for none. */
double stats_percentile(const double *sorted, size_t n, double q);

/* Resources used by this process and its children, that ended, since the epoch of the process. */
struct usage {
    double user_ms, system_ms;
    long max_rss_kib; /* of the largest single process */
};
struct usage usage_now(void);

/* Fills counts, sums, percentiles; run_id, mode, workers, version and the elapsed time are the
 * caller's. before: usage_now() at the start. Sorts what stats holds. */
void stats_summary(struct stats *s, const struct usage *before, struct run_summary *run);

/* The closing lines of the text form: three, and more where outputs are in doubt, where -n auto
 * changed its number, where limits left places empty, and where devices needed more than one
 * attempt. The first, with its classes, is wrapped at 80 columns. compared_ms: a measured
 * sequential run, or 0. */
int stats_closing_lines(const struct run_summary *run, double compared_ms, struct buf *out);

/* Text of at most 80 columns: where the next piece would not fit, a line that is indented begins.
 * Begins as {.out = …}; rc becomes -1 where there is no room. The caller ends the last line. */
struct wrapped {
    struct buf *out;
    size_t column;
    size_t indent; /* 0: two columns */
    int rc;
};
void wrapped_put(struct wrapped *line, const char *piece, size_t n);
/* The words of text, and the end of the line. 0, or -1: no room. */
int wrapped_words(struct wrapped *line, const char *text);

/* The one that held back longest. */
enum pace_hold stats_longest_hold(const double held_ms[HOLD_COUNT]);

/* For people: the option that held a run back, or what in the inventory did. */
const char *stats_hold_text(enum pace_hold hold);

/* Seconds for people: "0.013 s", "0.61 s", "24.8 s"; "-" for what is no time. Returns out. */
const char *stats_time(double ms, char out[32]);

#endif
