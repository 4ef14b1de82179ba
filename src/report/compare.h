/* The table that compares modes on the same devices. */
#ifndef POLLER_REPORT_COMPARE_H
#define POLLER_REPORT_COMPARE_H

#include "base/buf.h"

#include <poller/result.h>

/* One measured run. */
struct compare_row {
    struct run_summary run;
    unsigned repeat; /* from 1 */
};

/* All repeats of one mode and number of workers. */
struct compare_point {
    struct run_summary run; /* the median of them by elapsed time (of two, the slower) */
    double fastest_ms, slowest_ms;
    unsigned repeats;
    size_t failed; /* the most of any repeat: a failure is not hidden by a median */
};

/* The points in the order of first appearance, an allocation of the caller's (free); NULL: no
 * memory. */
struct compare_point *compare_points(const struct compare_row *rows, size_t n, size_t *n_points);

/* The median elapsed time of the sequential rows; 0 when there is none, or memory is out. */
double compare_baseline_ms(const struct compare_row *rows, size_t n);
double compare_points_baseline_ms(const struct compare_point *points, size_t n);

/* How far the repeats spread around the median, as text: "±3%", or "" for a single one. Its width
 * in columns is one less than its bytes, or 0. */
const char *compare_range(const struct compare_point *point, char out[32]);
/* "18.8x", or "-" where one of the two is no time. */
const char *compare_speedup(double alone_ms, double elapsed_ms, char out[32]);

/* One line for each mode and number of workers, in the order of first appearance: the median over
 * its repeats (and the range, where there are several). At most 80 columns. 0, or -1: no memory. */
int compare_table(const struct compare_row *rows, size_t n, struct buf *out);

#endif
