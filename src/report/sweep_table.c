#include "report/stats.h"
#include "report/sweep.h"

#include <stdio.h>
#include <string.h>

static int put_point(const struct sweep *s, size_t i, struct buf *out)
{
    const struct compare_point *point = &s->points[i];
    const struct run_summary *run = &point->run;
    char elapsed[32], range[32], speedup[32], waiting[32], amdahl[32];
    compare_range(point, range);
    int width = range[0] ? 7 : 6; /* the sign has two bytes and one column */
    return buf_addf(out, "%-10s %7u %9s %*s %8s %9s %9s %4.0f%% %8zu\n", run->mode, run->workers,
                    stats_time(run->elapsed_ms, elapsed), width, range,
                    compare_speedup(s->baseline_ms, run->elapsed_ms, speedup),
                    stats_time(s->bounds[i].waiting_ms, waiting),
                    stats_time(s->bounds[i].amdahl_ms, amdahl), 100 * sweep_cpu_share(s, point),
                    point->failed);
}

static int put_bend(const struct sweep_bend *bend, struct buf *out)
{
    static const char *const causes[] = {
        [SWEEP_UNKNOWN] = "no cause was found",        [SWEEP_CPU] = "the CPU decides",
        [SWEEP_DEVICES] = "the devices decide",        [SWEEP_DESCRIPTORS] = "descriptors decide",
        [SWEEP_LOGIN_RATE] = "the login rate decides", [SWEEP_LIMIT] = "a group's limit decides"};
    char text[sizeof bend->because + 128], elapsed[32];
    snprintf(text, sizeof text, "%s: from %u worker%s on within %.0f %% of the best (%s); %s: %s",
             bend->mode, bend->workers, bend->workers == 1 ? "" : "s", 100 * SWEEP_WITHIN,
             stats_time(bend->elapsed_ms, elapsed), causes[bend->cause], bend->because);
    return wrapped_words(&(struct wrapped){.out = out}, text);
}

int sweep_table(const struct sweep *s, struct buf *out)
{
    int rc = buf_addf(out, "%-10s %7s %9s %6s %8s %9s %9s %5s %8s\n", "mode", "workers", "elapsed",
                      "", "speed-up", "waiting", "Amdahl", "CPU", "failures");
    for (size_t i = 0; rc == 0 && i < s->n_points; i++)
        rc = put_point(s, i, out);
    for (size_t i = 0; rc == 0 && i < s->n_bends; i++)
        rc = put_bend(&s->bends[i], out);
    return rc;
}
