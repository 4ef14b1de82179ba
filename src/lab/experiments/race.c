#include "lab/experiments/threads.h"

#include <stdatomic.h>

#define THREADS 2
#define ROUNDS  10000000

struct counters {
    struct start_line line;
    /* volatile: read, added to and written back each time, as the source says; that this is a race
     * is what is shown. */
    volatile long plain;
    atomic_long atomic;
    long guarded;
    pthread_mutex_t lock;
    long rounds;
};

/* A race on purpose. */
#if defined(__SANITIZE_THREAD__)
__attribute__((no_sanitize("thread")))
#endif
static void *
count_plain(void *ctx)
{
    struct counters *c = ctx;
    start_line_wait(&c->line);
    for (long i = 0; i < c->rounds; i++)
        c->plain = c->plain + 1;
    return NULL;
}

static void *count_atomic(void *ctx)
{
    struct counters *c = ctx;
    start_line_wait(&c->line);
    for (long i = 0; i < c->rounds; i++)
        atomic_fetch_add_explicit(&c->atomic, 1, memory_order_relaxed);
    return NULL;
}

static void *count_guarded(void *ctx)
{
    struct counters *c = ctx;
    start_line_wait(&c->line);
    for (long i = 0; i < c->rounds; i++) {
        pthread_mutex_lock(&c->lock);
        c->guarded++;
        pthread_mutex_unlock(&c->lock);
    }
    return NULL;
}

/* Lost updates, in parts of all, of one way to count; the time it took. */
static int measure(void *(*count)(void *), struct samples *lost, struct samples *ms, struct err *e)
{
    struct counters c = {.lock = PTHREAD_MUTEX_INITIALIZER, .rounds = ROUNDS};
    double took;
    start_line_init(&c.line, THREADS);
    if (threads_run(count, &c, THREADS, &took, e) != 0)
        return -1;
    long seen = c.plain + atomic_load(&c.atomic) + c.guarded;
    samples_add(lost, 100.0 * (1.0 - (double)seen / ((double)THREADS * ROUNDS)));
    samples_add(ms, took);
    start_line_destroy(&c.line);
    return 0;
}

static int run(const struct experiment_env *env, struct finding *f, struct err *e)
{
    struct samples lost[3] = {{{0}, 0}}, ms[3] = {{{0}, 0}};
    static void *(*const ways[])(void *) = {count_plain, count_guarded, count_atomic};
    static const char *const names[] = {"plain", "under a mutex", "atomic"};
    unsigned repeats = env->thorough ? 20 : 5;
    for (unsigned r = 0; r < repeats; r++)
        for (int w = 0; w < 3; w++)
            if (measure(ways[w], &lost[w], &ms[w], e) != 0)
                return -1;
    for (int w = 0; w < 3; w++) {
        finding_number(f, &lost[w], "%", "updates lost, %s", names[w]);
        finding_number(f, &ms[w], "ms", "%d x %d additions, %s", THREADS, ROUNDS, names[w]);
    }
    double plain = samples_high(&lost[0]);
    double repaired = samples_high(&lost[1]) + samples_high(&lost[2]);
    if (plain <= 0 && env->cores < 2)
        return finding_depends(f,
                               "a second core: on one, a thread is seldom interrupted between "
                               "reading and writing",
                               "no update was lost on %u core", env->cores);
    return finding_decide(
        f, plain > 0 && repaired <= 0 ? VERDICT_HOLDS : VERDICT_NOT,
        "holds where the plain counter loses updates in some run and neither "
        "repaired one ever does: at most %.1f %% lost plain, %.1f %% with the lock "
        "or atomic",
        plain, repaired);
}

const struct experiment experiment_race = {
    "race", "Threads that share data without a lock change it inconsistently; a lock repairs it.",
    "Two threads add one to the same counter ten million times each: plainly, under a mutex, and "
    "by atomic additions. What is missing at the end was lost; the mutex and the atomic counter "
    "are the control.",
    run};
