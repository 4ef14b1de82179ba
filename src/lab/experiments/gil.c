#include "lab/experiments/locked_poll.h"
#include "lab/experiments/python.h"
#include "lab/experiments/work.h"

#define WORKERS 16
#define SPARED  1.25 /* elapsed under the lock over without it */
#define HURT    1.5

/* The two tasks in CPython: sixteen waits of 0.1 s, and four computations, each one by one and in
 * threads; prints four times in ms. */
static const char script[] =
    "import threading, time\n"
    "def wait(): time.sleep(0.1)\n"
    "def compute():\n"
    "    x = 1\n"
    "    for i in range(600000): x = (x * 5 + 1) & 0xffff\n"
    "def timed(body, n, threaded):\n"
    "    start = time.monotonic()\n"
    "    threads = [threading.Thread(target=body) for _ in range(n)]\n"
    "    for t in threads:\n"
    "        if threaded: t.start()\n"
    "        else: t.run()\n"
    "    for t in threads:\n"
    "        if threaded: t.join()\n"
    "    return (time.monotonic() - start) * 1000\n"
    "print(timed(wait, 16, False), timed(wait, 16, True), timed(compute, 4, False), "
    "timed(compute, 4, True))\n";

struct task {
    const char *name;
    const char *const *options;
    double compute_ms;
    struct samples free_ms, locked_ms;
};

static int measure(const struct experiment_env *env, struct task *task, struct err *e)
{
    struct locked_poll poll;
    unsigned repeats = env->thorough ? 9 : 3;
    int rc = 0;
    if (locked_poll_start(&poll, env, task->options, e) != 0)
        return -1;
    poll.compute_ms = task->compute_ms;
    for (unsigned r = 0; r < repeats && rc == 0; r++) {
        rc = locked_poll_measure(&poll, ENGINE_THREADS, WORKERS, false, &task->free_ms, e);
        if (rc == 0)
            rc = locked_poll_measure(&poll, ENGINE_THREADS, WORKERS, true, &task->locked_ms, e);
    }
    locked_poll_stop(&poll);
    return rc;
}

static double ratio(const struct task *task)
{
    return samples_low(&task->locked_ms) / samples_low(&task->free_ms);
}

static void add_python(const struct experiment_env *env, struct finding *f)
{
    static const char *const names[] = {
        "CPython: 16 waits of 0.1 s, one by one", "CPython: the same in 16 threads",
        "CPython: 4 computations, one by one", "CPython: the same in 4 threads"};
    double ms[4];
    if (!python_run(env, f, script, ms, 4))
        return;
    for (int i = 0; i < 4; i++)
        finding_value(f, ms[i], "ms", "%s", names[i]);
}

static int run(const struct experiment_env *env, struct finding *f, struct err *e)
{
    static const char *const waiting[] = {"--devices", "64", "--think", "200ms", NULL};
    static const char *const at_once[] = {"--devices", "32", NULL};
    struct task tasks[] = {
        {"waiting: 64 devices that think 200 ms", waiting, 0, {{0}, 0}, {{0}, 0}},
        {"computing: 32 devices and 25 ms each", at_once, 25, {{0}, 0}, {{0}, 0}}};
    for (int i = 0; i < 2; i++) {
        if (measure(env, &tasks[i], e) != 0)
            return -1;
        finding_number(f, &tasks[i].free_ms, "ms", "%s, no lock", tasks[i].name);
        finding_number(f, &tasks[i].locked_ms, "ms", "%s, lock", tasks[i].name);
    }
    add_python(env, f);
    double io = ratio(&tasks[0]), cpu = ratio(&tasks[1]);
    if (env->cores < 2)
        return finding_depends(f, "a second core",
                               "on one core threads do not compute at the same time, lock or not: "
                               "%.2f waiting, %.2f computing",
                               io, cpu);
    return finding_decide(
        f, io < SPARED && cpu > HURT ? VERDICT_HOLDS : VERDICT_NOT,
        "holds where the lock costs the waiting task less than %.2f x (%.2f) and the "
        "computing one more than %.1f x (%.2f)",
        SPARED, io, HURT, cpu);
}

const struct experiment experiment_gil = {
    "gil",
    "An interpreter lock lets one thread run at a time, and is handed over while one waits for "
    "I/O. "
    "So it hurts computation and spares I/O.",
    "A lock with CPython's hand-over rule stands in front of sixteen polling threads: on devices "
    "that "
    "make them wait, and on devices that answer at once, with a computation behind each. The same "
    "without the lock is the control, and CPython itself runs two such tasks beside it.",
    run};
