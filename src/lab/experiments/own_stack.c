#include "lab/experiments/threads.h"

#include <stdint.h>

#define THREADS 8
#define VALUE   1000
/* No stack is smaller than this, so locals of different threads are farther apart. */
#define APART 16384

struct look {
    struct start_line *line;
    unsigned number;
    uintptr_t address; /* of its local */
    int seen;          /* what the local held after all had written theirs */
};

static void *look_at_local(void *ctx)
{
    struct look *look = ctx;
    volatile int local = (int)(VALUE + look->number);
    look->address = (uintptr_t)&local;
    start_line_wait(look->line);
    look->seen = local;
    start_line_wait(look->line);
    return NULL;
}

static uintptr_t apart(uintptr_t a, uintptr_t b)
{
    return a > b ? a - b : b - a;
}

static int run(const struct experiment_env *env, struct finding *f, struct err *e)
{
    struct look looks[THREADS] = {{0}};
    struct start_line line;
    uintptr_t nearest = UINTPTR_MAX;
    unsigned kept = 0;
    double ms;
    (void)env;
    start_line_init(&line, THREADS);
    for (unsigned i = 0; i < THREADS; i++)
        looks[i] = (struct look){.line = &line, .number = i};
    if (threads_run_parts(look_at_local, looks, sizeof *looks, THREADS, &ms, e) != 0)
        return -1;
    start_line_destroy(&line);
    for (unsigned i = 0; i < THREADS; i++) {
        kept += looks[i].seen == (int)(VALUE + i);
        for (unsigned k = 0; k < i; k++)
            if (apart(looks[i].address, looks[k].address) < nearest)
                nearest = apart(looks[i].address, looks[k].address);
    }
    finding_value(f, kept, "", "of %d threads whose local kept its own value", THREADS);
    finding_value(f, (double)nearest / 1024, "KiB", "between the two nearest of these locals");
    return finding_decide(f, kept == THREADS && nearest >= APART ? VERDICT_HOLDS : VERDICT_NOT,
                          "holds where the same local of the same function keeps another value in "
                          "every thread (%u of %d) and no two are nearer than %d KiB (%.0f)",
                          kept, THREADS, APART / 1024, (double)nearest / 1024);
}

const struct experiment experiment_own_stack = {
    "own-stack", "Each thread has its own stack and registers.",
    "Eight threads write their number into the same local of the same function, wait until all "
    "have, "
    "and read it again. Addresses and values are compared.",
    run};
