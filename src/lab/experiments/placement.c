#include "lab/experiments/threads.h"
#include "lab/experiments/work.h"

#include <sched.h>

#define LOOKS     120
#define CORES_MAX 256

struct look {
    struct start_line *line;
    int pinned_to; /* or -1 */
    bool failed;
    unsigned cores_seen, moves;
    bool seen[CORES_MAX];
};

static void *look_around(void *ctx)
{
    struct look *look = ctx;
    cpu_set_t set;
    int last = -1;
    if (look->pinned_to >= 0) {
        CPU_ZERO(&set);
        CPU_SET((size_t)look->pinned_to, &set);
        look->failed = pthread_setaffinity_np(pthread_self(), sizeof set, &set) != 0;
    }
    start_line_wait(look->line);
    for (int i = 0; i < LOOKS; i++) {
        work_for(1, NULL);
        int core = sched_getcpu();
        if (core < 0 || core >= CORES_MAX)
            continue;
        look->cores_seen += !look->seen[core];
        look->seen[core] = true;
        look->moves += last >= 0 && core != last;
        last = core;
    }
    return NULL;
}

struct total {
    unsigned cores_in_all, most_cores_of_one, moves, astray;
};

static int measure(unsigned threads, const int *pins, struct total *out, struct err *e)
{
    struct look looks[EXPERIMENT_THREADS_MAX] = {{0}};
    struct start_line line;
    bool seen[CORES_MAX] = {false};
    double ms;
    start_line_init(&line, threads);
    for (unsigned i = 0; i < threads; i++)
        looks[i] = (struct look){.line = &line, .pinned_to = pins ? pins[i] : -1};
    int rc = threads_run_parts(look_around, looks, sizeof *looks, threads, &ms, e);
    start_line_destroy(&line);
    *out = (struct total){0};
    for (unsigned i = 0; rc == 0 && i < threads; i++) {
        const struct look *look = &looks[i];
        out->moves += look->moves;
        if (look->cores_seen > out->most_cores_of_one)
            out->most_cores_of_one = look->cores_seen;
        for (int c = 0; c < CORES_MAX; c++) {
            out->cores_in_all += look->seen[c] && !seen[c];
            seen[c] = seen[c] || look->seen[c];
            out->astray += pins && look->seen[c] && c != look->pinned_to;
        }
    }
    return rc;
}

/* A core for each thread, in turn, of those this process may use. */
static void choose_pins(int *pins, unsigned threads)
{
    cpu_set_t set;
    unsigned n = 0;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return;
    while (n < threads)
        for (int c = 0; c < CORES_MAX && n < threads; c++)
            if (CPU_ISSET((size_t)c, &set))
                pins[n++] = c;
}

static int run(const struct experiment_env *env, struct finding *f, struct err *e)
{
    int pins[EXPERIMENT_THREADS_MAX] = {0};
    unsigned threads = env->cores * 2 < EXPERIMENT_THREADS_MAX ? env->cores * 2 + 1 : 32;
    struct total loose, pinned;
    work_calibrate();
    choose_pins(pins, threads);
    if (measure(threads, NULL, &loose, e) != 0 || measure(threads, pins, &pinned, e) != 0)
        return -1;
    finding_value(f, loose.cores_in_all, "", "cores that %u threads ran on, not pinned", threads);
    finding_value(f, loose.most_cores_of_one, "", "cores that one of them ran on, at most");
    finding_value(f, loose.moves, "", "times that one was seen on another core than before");
    finding_value(f, pinned.most_cores_of_one, "", "cores that one ran on, pinned, at most");
    finding_value(f, pinned.astray, "", "of them not the one that it was pinned to");
    if (env->cores < 2)
        return finding_depends(f, "a second core", "on one core there is nothing to choose");
    bool holds = loose.cores_in_all > 1 && loose.moves > 0 && pinned.most_cores_of_one == 1 &&
                 pinned.astray == 0;
    return finding_decide(
        f, holds ? VERDICT_HOLDS : VERDICT_NOT,
        "holds where threads that nobody placed run on several cores (%u) and move "
        "(%u times), and pinned ones stay on the one asked for (%u core, %u astray)",
        loose.cores_in_all, loose.moves, pinned.most_cores_of_one, pinned.astray);
}

const struct experiment experiment_placement = {
    "placement", "The system chooses which core runs a thread; pinning is possible but not simple.",
    "One thread more than twice the cores computes, and each looks every millisecond on which core "
    "it "
    "is. Then each is pinned to one core with pthread_setaffinity_np and looks again.",
    run};
