#include "lab/experiments/poll.h"
#include "lab/experiments/target.h"

#include <stdio.h>

#define DEVICES "200"
#define RTT     "2ms"
#define THINK   "220ms"
/* Sessions at once, in every arrangement. */
#define SESSIONS 100
/* Threads alone are enough where they take no longer than this many times the best other. */
#define ENOUGH 1.15

struct arrangement {
    enum engine_mode mode;
    unsigned processes, threads; /* for the table; processes is the engine's too */
    struct samples elapsed_ms, cpu_ms;
    size_t failed;
};

static int measure_round(struct poll_world *w, struct arrangement *all, size_t n, struct err *e)
{
    for (size_t i = 0; i < n; i++) {
        struct poll_outcome out;
        struct poll_request request = {
            .mode = all[i].mode, .workers = SESSIONS, .processes = all[i].processes};
        if (poll_run(w, &request, &out, e) != 0)
            return -1;
        samples_add(&all[i].elapsed_ms, out.elapsed_ms);
        samples_add(&all[i].cpu_ms, out.cpu_ms);
        all[i].failed += out.failed;
    }
    return 0;
}

static int judge(const struct experiment_env *env, const struct arrangement *all, size_t n,
                 struct finding *f)
{
    /* The best of each: what else the machine does can only make a run longer. */
    double threads = samples_low(&all[0].elapsed_ms), best = 0;
    size_t failed = all[0].failed, at = 1;
    for (size_t i = 1; i < n; i++) {
        double ms = samples_low(&all[i].elapsed_ms);
        failed += all[i].failed;
        if (best <= 0 || ms < best) {
            best = ms;
            at = i;
        }
    }
    bool holds = failed == 0 && threads <= ENOUGH * best;
    return finding_decide(
        f, holds ? VERDICT_HOLDS : VERDICT_NOT,
        "holds where every arrangement polls all devices (%zu failed) and threads take at most "
        "%.2f times as long as the best other, in the best run of each: %.2f times %u x %u%s",
        failed, ENOUGH, threads / best, all[at].processes, all[at].threads,
        env->cores < 2 ? "; on one core, where processes cannot run side by side" : "");
}

static void tell(const struct arrangement *all, size_t n, struct finding *f)
{
    struct series *s = finding_series(f, "processes x threads = 100", "processes", "elapsed", "ms");
    for (size_t i = 0; i < n; i++) {
        const struct arrangement *a = &all[i];
        finding_number(f, &a->elapsed_ms, "ms", "%u x %u: elapsed", a->processes, a->threads);
        series_add(s, a->processes, samples_median(&a->elapsed_ms));
    }
    for (size_t i = 0; i < n; i++)
        finding_number(f, &all[i].cpu_ms, "ms", "%u x %u: CPU of the polling side",
                       all[i].processes, all[i].threads);
}

static int measure(struct poll_world *w, const struct experiment_env *env, struct finding *f,
                   struct err *e)
{
    struct arrangement all[] = {
        {.mode = ENGINE_THREADS, .processes = 1, .threads = SESSIONS},
        {.mode = ENGINE_HYBRID, .processes = 2, .threads = SESSIONS / 2},
        {.mode = ENGINE_HYBRID, .processes = 10, .threads = SESSIONS / 10},
        {.mode = ENGINE_HYBRID, .processes = 50, .threads = SESSIONS / 50},
        {.mode = ENGINE_PROCESSES, .processes = SESSIONS, .threads = 1},
    };
    size_t n = sizeof all / sizeof *all;
    unsigned most = env->thorough ? 15 : 3;
    while (!samples_suffice(&all[0].elapsed_ms, env->thorough ? 5 : 3, most, 0.05))
        if (measure_round(w, all, n, e) != 0)
            return -1;
    tell(all, n, f);
    return judge(env, all, n, f);
}

static int run(const struct experiment_env *env, struct finding *f, struct err *e)
{
    const char *const options[] = {"--devices", DEVICES, "--rtt", RTT, "--think", THINK, NULL};
    struct target target;
    if (target_start(&target, env, options, e) != 0)
        return -1;
    struct poll_world *w = poll_new(target.inventory, e);
    int rc = w ? measure(w, env, f, e) : -1;
    poll_free(w);
    target_stop(&target);
    return rc;
}

const struct experiment experiment_hybrid = {
    "hybrid", "Processes and threads can be combined; for I/O, threads alone are enough.",
    "200 devices that wait are polled with 100 sessions at once: by 100 threads, by 2 processes of "
    "50 threads, 10 of 10, 50 of 2, and by 100 processes. The arrangements take turns, three times "
    "or more.",
    run};
