#include "lab/experiments/threads.h"

#include <errno.h>
#include <poller/clock.h>
#include <time.h>

#define LIMIT_MS 200
#define ROUNDS   2000

struct fork_and_knife {
    pthread_mutex_t locks[2];
    pthread_barrier_t both_have_one;
};

struct eater {
    struct fork_and_knife *table;
    int first, second;
    bool waits_for_other; /* holds the first until the other holds its own */
    int failures;         /* times that the second did not come in time */
    double waited_ms;
};

static struct timespec in_ms(int ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_nsec += ms * 1000000L;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    return t;
}

static void eat_once(struct eater *who)
{
    struct fork_and_knife *table = who->table;
    pthread_mutex_lock(&table->locks[who->first]);
    if (who->waits_for_other)
        (void)pthread_barrier_wait(&table->both_have_one);
    struct mono start = mono_now();
    struct timespec limit = in_ms(LIMIT_MS);
    int rc = pthread_mutex_clocklock(&table->locks[who->second], CLOCK_MONOTONIC, &limit);
    if (rc == 0)
        pthread_mutex_unlock(&table->locks[who->second]);
    else if (rc == ETIMEDOUT)
        who->failures++;
    who->waited_ms += mono_ms_between(start, mono_now());
    /* Nobody gives his first one back before both have given up: else the slower would be lucky. */
    if (who->waits_for_other)
        (void)pthread_barrier_wait(&table->both_have_one);
    pthread_mutex_unlock(&table->locks[who->first]);
}

static void *eat_opposite(void *ctx)
{
    eat_once(ctx);
    return NULL;
}

static void *eat_ordered(void *ctx)
{
    for (int i = 0; i < ROUNDS; i++)
        eat_once(ctx);
    return NULL;
}

static int measure(bool is_ordered, int *failures, double *waited_ms, struct err *e)
{
    struct fork_and_knife table = {.locks = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER}};
    struct eater eaters[2] = {{&table, 0, 1, !is_ordered, 0, 0},
                              {&table, is_ordered ? 0 : 1, is_ordered ? 1 : 0, !is_ordered, 0, 0}};
    double ms;
    pthread_barrier_init(&table.both_have_one, NULL, 2);
    int rc = threads_run_parts(is_ordered ? eat_ordered : eat_opposite, eaters, sizeof *eaters, 2,
                               &ms, e);
    *failures = eaters[0].failures + eaters[1].failures;
    *waited_ms = eaters[0].waited_ms;
    pthread_barrier_destroy(&table.both_have_one);
    return rc;
}

static int run(const struct experiment_env *env, struct finding *f, struct err *e)
{
    int opposite, ordered;
    double waited, ordered_wait;
    (void)env;
    if (measure(false, &opposite, &waited, e) != 0 ||
        measure(true, &ordered, &ordered_wait, e) != 0)
        return -1;
    finding_value(f, opposite, "", "of 2 threads that never got their second lock, opposite order");
    finding_value(f, waited, "ms", "waited for it until the limit of %d ms told", LIMIT_MS);
    finding_value(f, ordered, "", "of 2 x %d times, one order", ROUNDS);
    return finding_decide(
        f, opposite == 2 && ordered == 0 ? VERDICT_HOLDS : VERDICT_NOT,
        "holds where in opposite order both threads wait until the limit (%d of 2) "
        "and in one order nobody ever does (%d of %d)",
        opposite, ordered, 2 * ROUNDS);
}

const struct experiment experiment_deadlock = {
    "deadlock", "Locks in opposite order stop everything.",
    "Two threads each hold one of two locks and ask for the other's, with a limit that detects it "
    "and tells. The control takes both locks in one order, two thousand times each.",
    run};
