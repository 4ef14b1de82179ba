#include "report/compare.h"

#include "report/stats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool same_row(const struct compare_row *a, const struct compare_row *b)
{
    return strcmp(a->run.mode, b->run.mode) == 0 && a->run.workers == b->run.workers;
}

static int by_elapsed(const void *a, const void *b)
{
    const struct run_summary *x = *(const struct run_summary *const *)a;
    const struct run_summary *y = *(const struct run_summary *const *)b;
    return (x->elapsed_ms > y->elapsed_ms) - (x->elapsed_ms < y->elapsed_ms);
}

/* The repeats of one row, sorted by elapsed time; the caller's array has room for n. */
static size_t repeats_of(const struct compare_row *rows, size_t n, const struct compare_row *like,
                         const struct run_summary **sorted)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        if (same_row(&rows[i], like))
            sorted[k++] = &rows[i].run;
    qsort(sorted, k, sizeof *sorted, by_elapsed);
    return k;
}

static double baseline_ms_of(const struct compare_row *rows, size_t n,
                             const struct run_summary **sorted)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].run.mode, "sequential") == 0)
            return sorted[repeats_of(rows, n, &rows[i], sorted) / 2]->elapsed_ms;
    return 0;
}

double compare_baseline_ms(const struct compare_row *rows, size_t n)
{
    const struct run_summary **sorted = calloc(n + 1, sizeof *sorted);
    double ms = sorted ? baseline_ms_of(rows, n, sorted) : 0;
    free(sorted);
    return ms;
}

static int put_row(const struct run_summary *const *sorted, size_t k, double baseline_ms,
                   struct buf *out)
{
    const struct run_summary *run = sorted[k / 2];
    char elapsed[32], range[32] = "", speedup[32] = "-";
    stats_time(run->elapsed_ms, elapsed);
    if (k > 1 && run->elapsed_ms > 0)
        snprintf(range, sizeof range, "±%.0f%%",
                 50 * (sorted[k - 1]->elapsed_ms - sorted[0]->elapsed_ms) / run->elapsed_ms);
    if (baseline_ms > 0 && run->elapsed_ms > 0)
        snprintf(speedup, sizeof speedup, "%.1fx", baseline_ms / run->elapsed_ms);
    int width = range[0] ? 7 : 6; /* the sign has two bytes and one column */
    return buf_addf(out, "%-11s %7u %10s %*s %8s %9.0f ms %7.1f MiB %8zu\n", run->mode,
                    run->workers, elapsed, width, range, speedup,
                    run->cpu_user_ms + run->cpu_system_ms, (double)run->max_rss_kib / 1024,
                    run->failed);
}

int compare_table(const struct compare_row *rows, size_t n, struct buf *out)
{
    const struct run_summary **sorted = calloc(n + 1, sizeof *sorted);
    if (!sorted)
        return -1;
    double baseline_ms = baseline_ms_of(rows, n, sorted);
    int rc = buf_addf(out, "%-11s %7s %10s %6s %8s %12s %11s %8s\n", "mode", "workers", "elapsed",
                      "", "speed-up", "CPU", "memory", "failures");
    for (size_t i = 0; rc == 0 && i < n; i++) {
        bool seen = false;
        for (size_t k = 0; k < i; k++)
            seen |= same_row(&rows[k], &rows[i]);
        if (!seen)
            rc = put_row(sorted, repeats_of(rows, n, &rows[i], sorted), baseline_ms, out);
    }
    free(sorted);
    return rc;
}
