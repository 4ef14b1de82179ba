#include "lab/experiments/threads.h"

#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>

#define THREADS 12
#define ROUNDS  20
#define PERMITS 3

struct gate;

/* One way to guard the inside. */
struct way {
    const char *name;
    void (*enter)(struct gate *g);
    void (*leave)(struct gate *g);
};

struct gate {
    struct start_line line;
    const struct way *way;
    pthread_mutex_t mutex;
    sem_t semaphore;
    atomic_int inside, most;
};

static void nothing(struct gate *g)
{
    (void)g;
}

static void lock(struct gate *g)
{
    pthread_mutex_lock(&g->mutex);
}

static void unlock(struct gate *g)
{
    pthread_mutex_unlock(&g->mutex);
}

static void acquire(struct gate *g)
{
    while (sem_wait(&g->semaphore) != 0)
        continue;
}

static void release(struct gate *g)
{
    sem_post(&g->semaphore);
}

static void *go_in_and_out(void *ctx)
{
    struct gate *g = ctx;
    const struct timespec stay = {0, 200000};
    start_line_wait(&g->line);
    for (int i = 0; i < ROUNDS; i++) {
        g->way->enter(g);
        int now = atomic_fetch_add(&g->inside, 1) + 1;
        int most = atomic_load(&g->most);
        while (now > most && !atomic_compare_exchange_weak(&g->most, &most, now))
            continue;
        nanosleep(&stay, NULL);
        atomic_fetch_sub(&g->inside, 1);
        g->way->leave(g);
    }
    return NULL;
}

static int most_inside(const struct way *way, int *most, struct err *e)
{
    struct gate g = {.way = way, .mutex = PTHREAD_MUTEX_INITIALIZER};
    double ms;
    sem_init(&g.semaphore, 0, PERMITS);
    start_line_init(&g.line, THREADS);
    int rc = threads_run(go_in_and_out, &g, THREADS, &ms, e);
    *most = atomic_load(&g.most);
    sem_destroy(&g.semaphore);
    start_line_destroy(&g.line);
    return rc;
}

/* --- the event: nobody goes on before it is set, everybody after --- */

struct event {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool is_set;
    atomic_int waiting, early, through;
};

static void *wait_for_event(void *ctx)
{
    struct event *v = ctx;
    pthread_mutex_lock(&v->mutex);
    atomic_fetch_add(&v->waiting, 1);
    while (!v->is_set)
        pthread_cond_wait(&v->changed, &v->mutex);
    if (!v->is_set)
        atomic_fetch_add(&v->early, 1);
    atomic_fetch_add(&v->through, 1);
    pthread_mutex_unlock(&v->mutex);
    return NULL;
}

/* Sets it once all wait, and looks first whether one went on before. */
static void *set_event(void *ctx)
{
    struct event *v = ctx;
    const struct timespec pause = {0, 1000000};
    while (atomic_load(&v->waiting) < THREADS - 1)
        nanosleep(&pause, NULL);
    atomic_store(&v->early, atomic_load(&v->through));
    pthread_mutex_lock(&v->mutex);
    v->is_set = true;
    pthread_cond_broadcast(&v->changed);
    pthread_mutex_unlock(&v->mutex);
    return NULL;
}

struct role {
    void *(*body)(void *);
    struct event *event;
};

static void *play(void *ctx)
{
    const struct role *role = ctx;
    return role->body(role->event);
}

static int hand_over(int *early, int *through, struct err *e)
{
    struct event v = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    struct role roles[THREADS];
    double ms;
    for (int i = 0; i < THREADS; i++)
        roles[i] = (struct role){i == 0 ? set_event : wait_for_event, &v};
    int rc = threads_run_parts(play, roles, sizeof *roles, THREADS, &ms, e);
    *early = atomic_load(&v.early);
    *through = atomic_load(&v.through);
    return rc;
}

static int run(const struct experiment_env *env, struct finding *f, struct err *e)
{
    static const struct way ways[] = {{"nothing", nothing, nothing},
                                      {"a mutex", lock, unlock},
                                      {"a semaphore", acquire, release}};
    int most[3], early, through;
    (void)env;
    for (int i = 0; i < 3; i++) {
        if (most_inside(&ways[i], &most[i], e) != 0)
            return -1;
        finding_value(f, most[i], "", "most threads inside at once, with %s", ways[i].name);
    }
    if (hand_over(&early, &through, e) != 0)
        return -1;
    finding_value(f, early, "", "threads past the event before it was set");
    finding_value(f, through, "", "threads past the event after it was set");
    bool holds = most[0] > PERMITS && most[1] == 1 && most[2] == PERMITS && early == 0 &&
                 through == THREADS - 1;
    return finding_decide(
        f, holds ? VERDICT_HOLDS : VERDICT_NOT,
        "holds where of %d threads at most 1 is inside with a mutex (%d), exactly "
        "%d with a semaphore of %d (%d), more with nothing (%d), and an event lets "
        "none through before (%d) and all after (%d)",
        THREADS, most[1], PERMITS, PERMITS, most[2], most[0], early, through);
}

const struct experiment experiment_primitives = {
    "primitives", "A mutex admits one, a semaphore N, an event hands control over.",
    "Twelve threads go in and out of one place twenty times each, and the greatest number inside "
    "at "
    "once is counted: with nothing (the control), a mutex, a semaphore of three. Then eleven wait "
    "for "
    "an event that the twelfth sets once all wait.",
    run};
