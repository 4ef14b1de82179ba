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

/* The median elapsed time of the sequential rows; 0 when there is none, or memory is out. */
double compare_baseline_ms(const struct compare_row *rows, size_t n);

/* One line for each mode and number of workers, in the order of first appearance: the median over
 * its repeats (and the range, where there are several). At most 80 columns. 0, or -1: no memory. */
int compare_table(const struct compare_row *rows, size_t n, struct buf *out);

#endif
