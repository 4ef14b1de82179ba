#include "report/compare.h"

#include "report/stats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool same_run(const struct run_summary *a, const struct run_summary *b)
{
    return strcmp(a->mode, b->mode) == 0 && a->workers == b->workers;
}

static int by_elapsed(const void *a, const void *b)
{
    const struct run_summary *x = *(const struct run_summary *const *)a;
    const struct run_summary *y = *(const struct run_summary *const *)b;
    return (x->elapsed_ms > y->elapsed_ms) - (x->elapsed_ms < y->elapsed_ms);
}

/* sorted: room for n. */
static struct compare_point point_of(const struct compare_row *rows, size_t n,
                                     const struct run_summary *like,
                                     const struct run_summary **sorted)
{
    size_t k = 0, failed = 0;
    for (size_t i = 0; i < n; i++)
        if (same_run(&rows[i].run, like)) {
            sorted[k++] = &rows[i].run;
            failed = rows[i].run.failed > failed ? rows[i].run.failed : failed;
        }
    qsort(sorted, k, sizeof *sorted, by_elapsed);
    return (struct compare_point){.run = *sorted[k / 2],
                                  .fastest_ms = sorted[0]->elapsed_ms,
                                  .slowest_ms = sorted[k - 1]->elapsed_ms,
                                  .repeats = (unsigned)k,
                                  .failed = failed};
}

struct compare_point *compare_points(const struct compare_row *rows, size_t n, size_t *n_points)
{
    struct compare_point *points = calloc(n + 1, sizeof *points);
    const struct run_summary **sorted = calloc(n + 1, sizeof *sorted);
    *n_points = 0;
    for (size_t i = 0; points && sorted && i < n; i++) {
        bool seen = false;
        for (size_t k = 0; k < *n_points; k++)
            seen |= same_run(&points[k].run, &rows[i].run);
        if (!seen)
            points[(*n_points)++] = point_of(rows, n, &rows[i].run, sorted);
    }
    if (!sorted) {
        free(points);
        points = NULL;
    }
    free(sorted);
    return points;
}

double compare_points_baseline_ms(const struct compare_point *points, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(points[i].run.mode, "sequential") == 0)
            return points[i].run.elapsed_ms;
    return 0;
}

double compare_baseline_ms(const struct compare_row *rows, size_t n)
{
    size_t n_points;
    struct compare_point *points = compare_points(rows, n, &n_points);
    double ms = points ? compare_points_baseline_ms(points, n_points) : 0;
    free(points);
    return ms;
}

const char *compare_range(const struct compare_point *point, char out[32])
{
    out[0] = '\0';
    if (point->repeats > 1 && point->run.elapsed_ms > 0)
        snprintf(out, 32, "±%.0f%%",
                 50 * (point->slowest_ms - point->fastest_ms) / point->run.elapsed_ms);
    return out;
}

const char *compare_speedup(double alone_ms, double elapsed_ms, char out[32])
{
    if (alone_ms > 0 && elapsed_ms > 0)
        snprintf(out, 32, "%.1fx", alone_ms / elapsed_ms);
    else
        snprintf(out, 32, "-");
    return out;
}

static int put_point(const struct compare_point *point, double baseline_ms, struct buf *out)
{
    const struct run_summary *run = &point->run;
    char elapsed[32], range[32], speedup[32];
    stats_time(run->elapsed_ms, elapsed);
    compare_range(point, range);
    compare_speedup(baseline_ms, run->elapsed_ms, speedup);
    int width = range[0] ? 7 : 6; /* the sign has two bytes and one column */
    return buf_addf(out, "%-11s %7u %10s %*s %8s %9.0f ms %7.1f MiB %8zu\n", run->mode,
                    run->workers, elapsed, width, range, speedup,
                    run->cpu_user_ms + run->cpu_system_ms, (double)run->max_rss_kib / 1024,
                    point->failed);
}

int compare_table(const struct compare_row *rows, size_t n, struct buf *out)
{
    size_t n_points;
    struct compare_point *points = compare_points(rows, n, &n_points);
    if (!points)
        return -1;
    double baseline_ms = compare_points_baseline_ms(points, n_points);
    int rc = buf_addf(out, "%-11s %7s %10s %6s %8s %12s %11s %8s\n", "mode", "workers", "elapsed",
                      "", "speed-up", "CPU", "memory", "failures");
    for (size_t i = 0; rc == 0 && i < n_points; i++)
        rc = put_point(&points[i], baseline_ms, out);
    free(points);
    return rc;
}
