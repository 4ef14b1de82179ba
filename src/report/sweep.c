#include "report/sweep.h"

#include "report/sweep_cause.h"

#include <stdlib.h>
#include <string.h>

double sweep_waiting_ms(double sum_ms, double slowest_ms, unsigned workers)
{
    double shared_ms = workers ? sum_ms / workers : sum_ms;
    return shared_ms > slowest_ms ? shared_ms : slowest_ms;
}

double sweep_graham_ms(double sum_ms, double slowest_ms, unsigned workers)
{
    return workers ? sum_ms / workers + (1 - 1.0 / workers) * slowest_ms : sum_ms;
}

double sweep_amdahl_ms(double alone_ms, double serial_ms, double slowest_ms, unsigned workers)
{
    double serial = serial_ms < alone_ms ? serial_ms : alone_ms;
    double bound_ms = serial + sweep_waiting_ms(alone_ms - serial, slowest_ms, workers);
    return bound_ms < alone_ms ? bound_ms
                               : alone_ms; /* in which the slowest is, computing and all */
}

unsigned sweep_mode_cores(const char *mode, unsigned workers, unsigned cores, unsigned shards)
{
    unsigned most = workers;
    if (strcmp(mode, "sequential") == 0)
        most = 1;
    else if (strcmp(mode, "events") == 0)
        most = shards ? shards : 1;
    most = most < cores ? most : cores;
    return most ? most : 1;
}

static double cpu_ms(const struct compare_point *point)
{
    return point->run.cpu_user_ms + point->run.cpu_system_ms;
}

double sweep_cpu_share(const struct sweep *s, const struct compare_point *point)
{
    const struct run_summary *run = &point->run;
    unsigned cores = sweep_mode_cores(run->mode, run->workers, s->cores, s->shards);
    return run->elapsed_ms > 0 ? cpu_ms(point) / run->elapsed_ms / cores : 0;
}

static bool is_mode(const struct compare_point *point, const char *mode)
{
    return strcmp(point->run.mode, mode) == 0;
}

bool sweep_fails_alike(const struct compare_point *point, size_t least)
{
    return point->failed <= least + point->run.devices / 100;
}

/* The fewest failures of any point of this mode; mode NULL: of all. */
static size_t least_failed(const struct compare_point *points, size_t n, const char *mode)
{
    size_t least = SIZE_MAX;
    for (size_t i = 0; i < n; i++)
        if ((!mode || is_mode(&points[i], mode)) && points[i].failed < least)
            least = points[i].failed;
    return least;
}

struct sweep_floor sweep_floor(const struct compare_point *points, size_t n)
{
    struct sweep_floor f = {0};
    size_t least = least_failed(points, n, NULL);
    bool first = true;
    for (size_t i = 0; i < n; i++) {
        const struct run_summary *run = &points[i].run;
        if (!sweep_fails_alike(&points[i], least))
            continue;
        f.sum_ms = first || run->device_ms_sum < f.sum_ms ? run->device_ms_sum : f.sum_ms;
        f.slowest_ms = first || run->max < f.slowest_ms ? run->max : f.slowest_ms;
        first = false;
    }
    return f;
}

const struct compare_point *sweep_bend_point(const struct compare_point *points, size_t n,
                                             const char *mode)
{
    const struct compare_point *bend = NULL;
    size_t least = least_failed(points, n, mode);
    double best_ms = 0;
    for (size_t i = 0; i < n; i++)
        if (is_mode(&points[i], mode) && sweep_fails_alike(&points[i], least) &&
            (best_ms <= 0 || points[i].run.elapsed_ms < best_ms))
            best_ms = points[i].run.elapsed_ms;
    for (size_t i = 0; i < n; i++)
        if (is_mode(&points[i], mode) && sweep_fails_alike(&points[i], least) &&
            points[i].run.elapsed_ms <= best_ms * (1 + SWEEP_WITHIN) &&
            (!bend || points[i].run.workers < bend->run.workers))
            bend = &points[i];
    return bend;
}

static double least_cpu_ms(const struct sweep *s, const char *mode)
{
    double least = -1;
    for (size_t i = 0; i < s->n_points; i++)
        if (is_mode(&s->points[i], mode) && (least < 0 || cpu_ms(&s->points[i]) < least))
            least = cpu_ms(&s->points[i]);
    return least;
}

/* The serial part is the client's own computing, which only its processors share. */
static struct sweep_bound bound_of(const struct sweep *s, const struct compare_point *point)
{
    const struct run_summary *run = &point->run;
    struct sweep_floor f = sweep_floor(s->points, s->n_points);
    double alone_ms = s->baseline_ms > f.sum_ms ? s->baseline_ms : f.sum_ms;
    double serial_ms =
        least_cpu_ms(s, run->mode) / sweep_mode_cores(run->mode, run->workers, s->cores, s->shards);
    return (struct sweep_bound){
        .mode = run->mode,
        .workers = run->workers,
        .waiting_ms = sweep_waiting_ms(f.sum_ms, f.slowest_ms, run->workers),
        .amdahl_ms = sweep_amdahl_ms(alone_ms, serial_ms, f.slowest_ms, run->workers)};
}

static bool has_bend(const struct sweep *s, const char *mode)
{
    for (size_t i = 0; i < s->n_bends; i++)
        if (s->bends[i].mode && strcmp(s->bends[i].mode, mode) == 0)
            return true;
    return false;
}

static void add_bend(struct sweep *s, const struct sweep_input *in, const char *mode)
{
    const struct compare_point *at = sweep_bend_point(s->points, s->n_points, mode);
    if (!at || strcmp(mode, "sequential") == 0 || has_bend(s, mode))
        return;
    struct sweep_bend *bend = &s->bends[s->n_bends++];
    bend->mode = at->run.mode;
    bend->workers = at->run.workers;
    bend->elapsed_ms = at->run.elapsed_ms;
    sweep_explain(s, in, at, bend);
}

int sweep_read(struct sweep *s, const struct sweep_input *in)
{
    *s = (struct sweep){.cores = in->cores, .shards = in->shards};
    s->points = compare_points(in->rows, in->n_rows, &s->n_points);
    s->bounds = calloc(s->n_points + 1, sizeof *s->bounds);
    s->bends = calloc(s->n_points + 1, sizeof *s->bends);
    if (!s->points || !s->bounds || !s->bends)
        return -1;
    s->baseline_ms = compare_points_baseline_ms(s->points, s->n_points);
    for (size_t i = 0; i < s->n_points; i++)
        s->bounds[i] = bound_of(s, &s->points[i]);
    for (size_t i = 0; i < s->n_points; i++)
        add_bend(s, in, s->points[i].run.mode);
    return 0;
}

void sweep_free(struct sweep *s)
{
    free(s->points);
    free(s->bounds);
    free(s->bends);
    *s = (struct sweep){0};
}

size_t sweep_default_workers(size_t devices, unsigned *out, size_t max)
{
    static const unsigned first[] = {1, 2, 5, 10};
    const size_t n_first = sizeof first / sizeof *first;
    size_t n = 0;
    while (n < max) {
        size_t next = n < n_first ? first[n] : (size_t)out[n - 1] * 2;
        bool last = next >= devices;
        out[n++] = (unsigned)(last ? devices : next);
        if (last)
            break;
    }
    return n;
}
