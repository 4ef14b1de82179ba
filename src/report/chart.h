/* The measured times of compare and sweep as bars, each with the bound by waiting beside it. */
#ifndef POLLER_REPORT_CHART_H
#define POLLER_REPORT_CHART_H

#include "report/bars.h"
#include "report/compare.h"

/* An empty line, then the chart; nothing where there are no points. 0, or -1: no memory. */
int chart_points(const struct compare_point *points, size_t n, const struct bars_style *style,
                 struct buf *out);
int chart_rows(const struct compare_row *rows, size_t n, const struct bars_style *style,
               struct buf *out);

#endif
