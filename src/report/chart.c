#include "report/chart.h"

#include "report/stats.h"
#include "report/sweep.h"

#include <stdio.h>
#include <stdlib.h>

struct line {
    char label[48], text[32];
};

static struct bar bar_of(const struct compare_point *points, size_t n, size_t i, struct line *line)
{
    const struct compare_point *point = &points[i];
    struct sweep_floor f = sweep_floor(points, n);
    snprintf(line->label, sizeof line->label, "%-10s %5u", point->run.mode, point->run.workers);
    stats_time(point->run.elapsed_ms, line->text);
    return (struct bar){.label = line->label,
                        .value = point->run.elapsed_ms,
                        .least = point->fastest_ms,
                        .greatest = point->slowest_ms,
                        .mark = sweep_waiting_ms(f.sum_ms, f.slowest_ms, point->run.workers),
                        .text = line->text};
}

int chart_points(const struct compare_point *points, size_t n, const struct bars_style *style,
                 struct buf *out)
{
    struct line *lines = calloc(n + 1, sizeof *lines);
    struct bar *bars = calloc(n + 1, sizeof *bars);
    int rc = lines && bars ? 0 : -1;
    if (rc == 0 && n > 0) {
        for (size_t i = 0; i < n; i++)
            bars[i] = bar_of(points, n, i, &lines[i]);
        rc = bars_draw("\nelapsed, by mode and workers",
                       "the bound by waiting: device times / workers, or the slowest device", bars,
                       n, style, out);
    }
    free(lines);
    free(bars);
    return rc;
}

int chart_rows(const struct compare_row *rows, size_t n, const struct bars_style *style,
               struct buf *out)
{
    size_t n_points;
    struct compare_point *points = compare_points(rows, n, &n_points);
    int rc = points ? chart_points(points, n_points, style, out) : -1;
    free(points);
    return rc;
}
