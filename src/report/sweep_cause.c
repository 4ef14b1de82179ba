#include "report/sweep_cause.h"

#include "report/stats.h"

#include <stdio.h>
#include <string.h>

/* Of the processors' time: above it the client computes rather than waits. */
#define CPU_BUSY 0.80
/* How far from a bound still counts as near it. */
#define NEAR 1.15
/* Devices that take so much longer than by themselves are slowed down by each other. */
#define SLOWED 1.25
/* Of what a rate or a limit allows: above it, that is what is waited for. */
#define USED_UP  0.90
#define MOSTLY   0.50
#define MS_PER_S 1000.0

/* The point in question and what the checks look at. */
struct view {
    const struct sweep_input *in;
    const struct compare_point *at;
    const struct compare_point *more; /* the next larger number of workers, or NULL */
    double elapsed_ms, cpu_share, mean_ms, mean_at_best_ms;
    unsigned cores;
    char elapsed[32];
};

static size_t devices_of(const struct view *v)
{
    return v->at->run.devices;
}

static size_t devices_or_one(const struct compare_point *point)
{
    return point->run.devices ? point->run.devices : 1;
}

static bool waits_for_slowest(const struct view *v)
{
    return v->elapsed_ms <= v->at->run.max * NEAR;
}

/* More workers would help, but that many were not measured. */
static bool still_falls(const struct view *v)
{
    return !v->more && v->at->run.workers < devices_of(v) && !waits_for_slowest(v);
}

static bool say(struct sweep_bend *bend, enum sweep_cause cause, const char *sentence)
{
    bend->cause = cause;
    snprintf(bend->because, sizeof bend->because, "%s", sentence);
    return true;
}

static bool by_failures(const struct view *v, struct sweep_bend *bend)
{
    char text[sizeof bend->because];
    if (!v->more || sweep_fails_alike(v->more, v->at->failed))
        return false;
    snprintf(text, sizeof text,
             "with more workers more devices fail: %zu of %zu at %u workers, %zu at %u",
             v->more->failed, devices_of(v), v->more->run.workers, v->at->failed,
             v->at->run.workers);
    return say(bend, SWEEP_DEVICES, text);
}

static bool by_descriptors(const struct view *v, struct sweep_bend *bend)
{
    char text[sizeof bend->because];
    for (size_t i = 0; still_falls(v) && i < v->in->n_refused; i++)
        if (strcmp(v->in->refused[i].mode, v->at->run.mode) == 0) {
            snprintf(text, sizeof text, "the time still falls, but %.240s", v->in->refused[i].say);
            return say(bend, SWEEP_DESCRIPTORS, text);
        }
    return false;
}

/* The last one begins that much after the first, and takes its own time. Where the slowest device
 * takes as long, a faster rate would not help. */
static bool by_rate(const struct view *v, const struct sweep_pace *pace, struct sweep_bend *bend)
{
    char text[sizeof bend->because], which[128] = "--login-rate", bound[32], mean[32];
    if (pace->login_rate <= 0 || pace->devices == 0)
        return false;
    double bound_ms = (double)(pace->devices - 1) / pace->login_rate * MS_PER_S + v->mean_ms;
    if (bound_ms < USED_UP * v->elapsed_ms || bound_ms <= v->at->run.max * NEAR)
        return false;
    if (pace->group)
        snprintf(which, sizeof which, "the login_rate of group '%.80s'", pace->group);
    snprintf(text, sizeof text,
             "elapsed %s is near %s: %zu devices where %s is %.3g a second, and the mean device "
             "takes %s",
             v->elapsed, stats_time(bound_ms, bound), pace->devices, which, pace->login_rate,
             stats_time(v->mean_ms, mean));
    return say(bend, SWEEP_LOGIN_RATE, text);
}

static bool by_limit(const struct view *v, const struct sweep_pace *pace, struct sweep_bend *bend)
{
    char text[sizeof bend->because], mean[32];
    if (pace->limit == 0 || v->at->run.workers <= pace->limit ||
        (double)pace->devices / pace->limit * v->mean_ms < USED_UP * v->elapsed_ms)
        return false;
    snprintf(text, sizeof text,
             "group '%.80s' lets %u of its %zu devices be visited at once, and the mean device "
             "takes %s",
             pace->group, pace->limit, pace->devices, stats_time(v->mean_ms, mean));
    return say(bend, SWEEP_LIMIT, text);
}

static bool by_pace(const struct view *v, struct sweep_bend *bend)
{
    for (size_t i = 0; i < v->in->n_paces; i++)
        if (by_rate(v, &v->in->paces[i], bend) || by_limit(v, &v->in->paces[i], bend))
            return true;
    return false;
}

static bool by_cpu(const struct view *v, struct sweep_bend *bend)
{
    char text[sizeof bend->because], cpu[32];
    if (v->cpu_share < CPU_BUSY)
        return false;
    snprintf(text, sizeof text,
             "poller itself computes: %s of CPU time in %s on %u core%s is %.0f %% busy",
             stats_time(v->at->run.cpu_user_ms + v->at->run.cpu_system_ms, cpu), v->elapsed,
             v->cores, v->cores == 1 ? "" : "s", 100 * v->cpu_share);
    return say(bend, SWEEP_CPU, text);
}

/* What leaves places empty is what waiting for more devices at once is spent on. */
static bool by_hold(const struct view *v, struct sweep_bend *bend)
{
    char text[sizeof bend->because], held[32];
    enum pace_hold most = stats_longest_hold(v->at->run.held_ms);
    if (v->at->run.held_ms[most] < MOSTLY * v->elapsed_ms)
        return false;
    snprintf(text, sizeof text, "of %s places stood empty for %s: %s", v->elapsed,
             stats_time(v->at->run.held_ms[most], held), stats_hold_text(most));
    return say(bend, most == HOLD_LOGIN_RATE ? SWEEP_LOGIN_RATE : SWEEP_LIMIT, text);
}

/* What goes with each cause that lies in the devices. */
static void add_asides(const struct view *v, char *text, size_t size)
{
    char here[32], best[32];
    size_t at = strlen(text);
    at += (size_t)snprintf(text + at, size - at, "; the CPU is %.0f %% busy", 100 * v->cpu_share);
    if (v->mean_ms >= v->mean_at_best_ms * SLOWED && at < size)
        at += (size_t)snprintf(text + at, size - at,
                               "; a device takes %s on average here and %s at best",
                               stats_time(v->mean_ms, here), stats_time(v->mean_at_best_ms, best));
    if (still_falls(v) && at < size)
        snprintf(text + at, size - at, "; the time still falls: more workers were not measured");
}

static bool by_slowest(const struct view *v, struct sweep_bend *bend)
{
    char text[sizeof bend->because], slowest[32];
    if (!waits_for_slowest(v))
        return false;
    snprintf(text, sizeof text, "elapsed %s is near the slowest device's own %s", v->elapsed,
             stats_time(v->at->run.max, slowest));
    add_asides(v, text, sizeof text);
    return say(bend, SWEEP_DEVICES, text);
}

static bool by_rounds(const struct view *v, struct sweep_bend *bend)
{
    char text[sizeof bend->because], all[32], mean[32];
    size_t workers = v->at->run.workers;
    size_t rounds = (devices_of(v) + workers - 1) / workers;
    double rounds_ms = (double)rounds * v->mean_ms;
    if (v->elapsed_ms > rounds_ms * NEAR)
        return false;
    snprintf(text, sizeof text,
             "elapsed %s is near %s: %zu device%s by %zu worker%s are %zu round%s of %s, the mean "
             "device",
             v->elapsed, stats_time(rounds_ms, all), devices_of(v), devices_of(v) == 1 ? "" : "s",
             workers, workers == 1 ? "" : "s", rounds, rounds == 1 ? "" : "s",
             stats_time(v->mean_ms, mean));
    add_asides(v, text, sizeof text);
    return say(bend, SWEEP_DEVICES, text);
}

static bool by_graham(const struct view *v, struct sweep_bend *bend)
{
    char text[sizeof bend->because], least[32], most[32];
    const struct run_summary *run = &v->at->run;
    double most_ms = sweep_graham_ms(run->device_ms_sum, run->max, run->workers);
    if (v->elapsed_ms > most_ms)
        return false;
    snprintf(text, sizeof text,
             "elapsed %s is what the devices' own times explain, %s to %s as their order falls "
             "(Graham)",
             v->elapsed,
             stats_time(sweep_waiting_ms(run->device_ms_sum, run->max, run->workers), least),
             stats_time(most_ms, most));
    add_asides(v, text, sizeof text);
    return say(bend, SWEEP_DEVICES, text);
}

static bool by_nothing_known(const struct view *v, struct sweep_bend *bend)
{
    char text[sizeof bend->because], most[32];
    const struct run_summary *run = &v->at->run;
    snprintf(text, sizeof text,
             "elapsed %s is more than the devices' own times explain (at most %s), and the CPU is "
             "%.0f %% busy",
             v->elapsed,
             stats_time(sweep_graham_ms(run->device_ms_sum, run->max, run->workers), most),
             100 * v->cpu_share);
    return say(bend, SWEEP_UNKNOWN, text);
}

static const struct compare_point *next_larger(const struct sweep *s,
                                               const struct compare_point *at)
{
    const struct compare_point *next = NULL;
    for (size_t i = 0; i < s->n_points; i++) {
        const struct compare_point *p = &s->points[i];
        if (strcmp(p->run.mode, at->run.mode) == 0 && p->run.workers > at->run.workers &&
            (!next || p->run.workers < next->run.workers))
            next = p;
    }
    return next;
}

void sweep_explain(const struct sweep *s, const struct sweep_input *in,
                   const struct compare_point *at, struct sweep_bend *bend)
{
    /* Processors before devices: a busy client makes every device look slow. */
    static bool (*const checks[])(const struct view *, struct sweep_bend *) = {
        by_failures, by_descriptors, by_pace,   by_cpu,          by_hold,
        by_slowest,  by_rounds,      by_graham, by_nothing_known};
    const struct run_summary *run = &at->run;
    struct view v = {.in = in,
                     .at = at,
                     .mean_at_best_ms =
                         sweep_floor(s->points, s->n_points).sum_ms / (double)devices_or_one(at),
                     .more = next_larger(s, at),
                     .mean_ms = run->device_ms_sum / (double)devices_or_one(at),
                     .elapsed_ms = run->elapsed_ms,
                     .cpu_share = sweep_cpu_share(s, at),
                     .cores = sweep_mode_cores(run->mode, run->workers, s->cores, s->shards)};
    stats_time(run->elapsed_ms, v.elapsed);
    for (size_t i = 0; i < sizeof checks / sizeof *checks && !checks[i](&v, bend); i++)
        ;
}

const char *sweep_cause_name(enum sweep_cause cause)
{
    static const char *const names[] = {
        [SWEEP_UNKNOWN] = "unknown",       [SWEEP_CPU] = "cpu",
        [SWEEP_DEVICES] = "devices",       [SWEEP_DESCRIPTORS] = "descriptors",
        [SWEEP_LOGIN_RATE] = "login_rate", [SWEEP_LIMIT] = "limit"};
    return names[cause];
}
