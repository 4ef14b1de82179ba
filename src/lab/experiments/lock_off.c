#include "lab/experiments/threads.h"
#include "lab/experiments/work.h"

#include <poller/clock.h>
#include <stdatomic.h>

#define THREADS 2
#define WORK_MS 150
#define FASTER  1.5

struct resource {
    struct start_line line;
    struct interpreter_lock lock;
    bool is_locked;
    atomic_int users, most;
};

static void touch(struct resource *r)
{
    int now = atomic_fetch_add(&r->users, 1) + 1;
    int most = atomic_load(&r->most);
    while (now > most && !atomic_compare_exchange_weak(&r->most, &most, now))
        continue;
    work_for(1, NULL);
    atomic_fetch_sub(&r->users, 1);
}

static void *use(void *ctx)
{
    struct resource *r = ctx;
    start_line_wait(&r->line);
    if (r->is_locked)
        interpreter_lock_take(&r->lock);
    for (int i = 0; i < WORK_MS; i++) {
        touch(r);
        if (r->is_locked)
            interpreter_lock_check(&r->lock);
    }
    if (r->is_locked)
        interpreter_lock_drop(&r->lock);
    return NULL;
}

struct seen {
    struct samples ms, cores;
    int most;
};

static int measure(bool is_locked, struct seen *seen, struct err *e)
{
    struct resource r = {.is_locked = is_locked};
    double ms, before = work_cpu_ms();
    interpreter_lock_init(&r.lock, INTERPRETER_INTERVAL_US);
    start_line_init(&r.line, THREADS);
    int rc = threads_run(use, &r, THREADS, &ms, e);
    start_line_destroy(&r.line);
    interpreter_lock_destroy(&r.lock);
    if (rc != 0)
        return -1;
    samples_add(&seen->ms, ms);
    samples_add(&seen->cores, (work_cpu_ms() - before) / ms);
    seen->most = atomic_load(&r.most) > seen->most ? atomic_load(&r.most) : seen->most;
    return 0;
}

static int run(const struct experiment_env *env, struct finding *f, struct err *e)
{
    struct seen seen[2] = {{{{0}, 0}, {{0}, 0}, 0}};
    unsigned repeats = env->thorough ? 15 : 5;
    work_calibrate();
    for (unsigned r = 0; r < repeats; r++)
        for (int locked = 0; locked < 2; locked++)
            if (measure(locked, &seen[locked], e) != 0)
                return -1;
    for (int locked = 1; locked >= 0; locked--) {
        const char *name = locked ? "lock on" : "lock off";
        finding_number(f, &seen[locked].ms, "ms", "%d threads x %d ms of work, %s", THREADS,
                       WORK_MS, name);
        finding_number(f, &seen[locked].cores, "cores", "CPU used over elapsed, %s", name);
        finding_value(f, seen[locked].most, "", "most threads at the resource at once, %s", name);
    }
    double faster = samples_low(&seen[1].ms) / samples_low(&seen[0].ms);
    if (env->cores < 2)
        return finding_depends(f, "a second core",
                               "on one core two threads are at the resource by turns: %d at once",
                               seen[0].most);
    bool holds = seen[1].most == 1 && seen[0].most == THREADS && faster > FASTER;
    return finding_decide(
        f, holds ? VERDICT_HOLDS : VERDICT_NOT,
        "holds where with the lock one thread is at the resource (%d), without it "
        "both (%d), and the best run is more than %.1f x faster then (%.2f)",
        seen[1].most, seen[0].most, FASTER, faster);
}

const struct experiment experiment_lock_off = {
    "lock-off", "Without the lock, threads touch one resource at once.",
    "Two threads touch one resource 150 times for a millisecond each, with a lock of CPython's "
    "rule "
    "and without. How many are at it at once is counted, elapsed and CPU time are taken.",
    run};
