#include "lab/experiments/locked_poll.h"
#include "lab/experiments/work.h"

#define WORKERS 8
/* What counts as no gain, and as a gain, beside one by one. */
#define NO_GAIN 1.2
#define GAIN    1.5

enum { ONE_BY_ONE, THREADS, LOCKED, PROCESSES, WAYS };

static const struct {
    const char *name;
    enum engine_mode mode;
    bool is_locked;
} ways[WAYS] = {
    [ONE_BY_ONE] = {"one by one", ENGINE_SEQUENTIAL, false},
    [THREADS] = {"8 threads", ENGINE_THREADS, false},
    [LOCKED] = {"8 threads under the interpreter lock", ENGINE_THREADS, true},
    [PROCESSES] = {"8 processes", ENGINE_PROCESSES, false},
};

static int decide(const struct experiment_env *env, struct finding *f, const double *speed_up)
{
    if (env->cores < 2)
        return finding_depends(f, "a second core", "this machine lends one core: nothing can gain");
    bool holds = speed_up[LOCKED] < NO_GAIN && speed_up[PROCESSES] > GAIN;
    return finding_decide(f, holds ? VERDICT_HOLDS : VERDICT_NOT,
                          "holds where threads under the lock gain less than %.1f x (%.2f) and "
                          "processes more than %.1f "
                          "x (%.2f) on %u cores; threads without a lock: %.2f",
                          NO_GAIN, speed_up[LOCKED], GAIN, speed_up[PROCESSES], env->cores,
                          speed_up[THREADS]);
}

static int run(const struct experiment_env *env, struct finding *f, struct err *e)
{
    static const char *const options[] = {"--devices", "24", NULL};
    struct locked_poll poll;
    struct samples ms[WAYS] = {{{0}, 0}};
    double speed_up[WAYS];
    unsigned repeats = env->thorough ? 9 : 3;
    if (locked_poll_start(&poll, env, options, e) != 0)
        return -1;
    poll.compute_ms = 25;
    int rc = 0;
    for (unsigned r = 0; r < repeats && rc == 0; r++)
        for (int w = 0; w < WAYS && rc == 0; w++)
            rc = locked_poll_measure(&poll, ways[w].mode, WORKERS, ways[w].is_locked, &ms[w], e);
    locked_poll_stop(&poll);
    if (rc != 0)
        return -1;
    for (int w = 0; w < WAYS; w++) {
        speed_up[w] = samples_low(&ms[ONE_BY_ONE]) / samples_low(&ms[w]);
        finding_number(f, &ms[w], "ms", "24 devices and 25 ms each, %s", ways[w].name);
    }
    return decide(env, f, speed_up);
}

const struct experiment experiment_cpu_bound = {
    "cpu-bound",
    "A CPU-heavy task does not gain from threads under an interpreter lock; processes use other "
    "cores.",
    "Every device's output is followed by 25 ms of computation, in the worker that fetched it: one "
    "by "
    "one, in threads, in threads under a lock with CPython's rule, in processes. The devices "
    "answer at "
    "once, so that computing is all there is.",
    run};
