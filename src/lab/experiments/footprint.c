#include "lab/experiments/poll.h"
#include "lab/experiments/target.h"
#include "lab/experiments/tree.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define IDLE    100 /* of each kind */
#define FEW     10  /* what a run takes beside its sessions is the same for few and many */
#define MANY    60
#define DEVICES "60"
#define THINK   "60s" /* sessions stay open meanwhile */
#define LOOK_MS 50
#define LOOKS   120
#define CALM    5 /* looks in a row that saw the same */
#define HEAVIER 1.5

struct kind {
    const char *name;
    enum engine_mode mode;
    /* Makes IDLE of them in this process, tells how long that took and what they weigh. */
    void (*make)(const struct poll_world *w, double *ms, long *pss_kib);
    struct samples idle_kib, idle_us, open_kib;
};

static long own_pss_kib(void)
{
    return tree_look(getpid(), TREE_MEMORY).pss_kib;
}

/* --- idle --- */

static void make_processes(const struct poll_world *w, double *ms, long *pss_kib)
{
    pid_t pids[IDLE];
    int up[2], end[2], n = 0;
    char byte = 0;
    (void)w;
    if (pipe(up) != 0 || pipe(end) != 0)
        return;
    struct mono start = mono_now();
    for (; n < IDLE; n++) {
        pids[n] = fork();
        if (pids[n] == 0) {
            close(end[1]);
            _Exit(write(up[1], &byte, 1) == 1 ? (int)read(end[0], &byte, 1) : 1);
        }
        if (pids[n] < 0 || read(up[0], &byte, 1) != 1)
            break;
    }
    *ms = n == IDLE ? mono_ms_between(start, mono_now()) : 0;
    *pss_kib = own_pss_kib();
    close(end[1]);
    for (int i = 0; i < n; i++)
        while (waitpid(pids[i], NULL, 0) < 0 && errno == EINTR)
            continue;
}

struct gate {
    sem_t up, end;
};

static void *be_idle(void *ctx)
{
    struct gate *gate = ctx;
    sem_post(&gate->up);
    sem_wait(&gate->end);
    return NULL;
}

static void make_threads(const struct poll_world *w, double *ms, long *pss_kib)
{
    pthread_t threads[IDLE];
    struct gate gate;
    int n = 0;
    (void)w;
    sem_init(&gate.up, 0, 0);
    sem_init(&gate.end, 0, 0);
    struct mono start = mono_now();
    for (; n < IDLE && pthread_create(&threads[n], NULL, be_idle, &gate) == 0; n++)
        sem_wait(&gate.up);
    *ms = n == IDLE ? mono_ms_between(start, mono_now()) : 0;
    *pss_kib = own_pss_kib();
    for (int i = 0; i < n; i++)
        sem_post(&gate.end);
    for (int i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
}

static void make_sessions(const struct poll_world *w, double *ms, long *pss_kib)
{
    struct session *sessions[IDLE];
    int n = 0;
    struct mono start = mono_now();
    while (n < IDLE && (sessions[n] = poll_session(w, (size_t)n % poll_devices(w))))
        n++;
    *ms = n == IDLE ? mono_ms_between(start, mono_now()) : 0;
    *pss_kib = own_pss_kib();
    while (n > 0)
        result_free(session_finish(sessions[--n]));
}

struct weighed {
    double ms;
    long before_kib, after_kib;
};

/* In a process of its own, so that nothing of an earlier one is used again. */
static int weigh_idle(struct kind *k, const struct poll_world *w, struct err *e)
{
    struct weighed *out =
        mmap(NULL, sizeof *out, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (out == MAP_FAILED)
        return err_set(e, FAIL_INTERNAL, "out of memory");
    pid_t pid = fork();
    if (pid == 0) {
        out->before_kib = own_pss_kib();
        k->make(w, &out->ms, &out->after_kib);
        _Exit(0);
    }
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    struct weighed got = *out;
    munmap(out, sizeof *out);
    if (got.ms <= 0)
        return err_set(e, FAIL_INTERNAL, "%d %s could not be made", IDLE, k->name);
    samples_add(&k->idle_us, got.ms * 1000 / IDLE);
    samples_add(&k->idle_kib, (double)(got.after_kib - got.before_kib) / IDLE);
    return 0;
}

/* --- with an open session --- */

/* What the run weighs once its sessions are connected and it grows no more. */
static long calm_kib(const struct poll_running *running, unsigned sessions)
{
    const struct timespec pause = {0, LOOK_MS * 1000000L};
    long last = 0;
    unsigned calm = 0;
    for (unsigned i = 0; i < LOOKS && calm < CALM; i++) {
        nanosleep(&pause, NULL);
        struct tree t = tree_look(running->pid, TREE_MEMORY);
        calm = t.pss_kib == last && t.sockets >= (long)sessions ? calm + 1 : 0;
        last = t.pss_kib;
    }
    return calm == CALM ? last : -1;
}

static long weigh_run(struct kind *k, struct poll_world *w, unsigned sessions, struct err *e)
{
    const struct poll_request request = {.mode = k->mode, .workers = sessions, .most = sessions};
    struct poll_running running;
    if (poll_start(w, &request, 0, &running, e) != 0)
        return -1;
    long kib = calm_kib(&running, sessions);
    poll_kill(&running);
    return kib >= 0 ? kib
                    : err_set(e, FAIL_INTERNAL, "%u %s did not come to rest", sessions, k->name);
}

static int weigh_open(struct kind *k, struct poll_world *w, struct err *e)
{
    long few = weigh_run(k, w, FEW, e);
    long many = few >= 0 ? weigh_run(k, w, MANY, e) : -1;
    if (many < 0)
        return -1;
    samples_add(&k->open_kib, (double)(many - few) / (MANY - FEW));
    return 0;
}

/* --- what it says --- */

static int judge(struct kind kinds[3], struct finding *f)
{
    double idle = samples_median(&kinds[0].idle_kib) / samples_median(&kinds[1].idle_kib);
    /* The best of each: what else the machine does can only make them take longer. */
    double time = samples_low(&kinds[0].idle_us) / samples_low(&kinds[1].idle_us);
    double open = samples_median(&kinds[0].open_kib) / samples_median(&kinds[1].open_kib);
    for (int i = 0; i < 3; i++)
        finding_number(f, &kinds[i].idle_kib, "KiB", "%s, idle: memory (PSS)", kinds[i].name);
    for (int i = 0; i < 3; i++)
        finding_number(f, &kinds[i].idle_us, "us", "%s, idle: creation", kinds[i].name);
    for (int i = 0; i < 3; i++)
        finding_number(f, &kinds[i].open_kib, "KiB", "%s, SSH session open: memory (PSS)",
                       kinds[i].name);
    return finding_decide(
        f, idle >= HEAVIER && time >= HEAVIER && open >= HEAVIER ? VERDICT_HOLDS : VERDICT_NOT,
        "holds where a process takes at least %.1f times what a thread takes: idle %.1f times the "
        "memory, %.1f times the time to create (best of each), with a session open %.2f times the "
        "memory; page "
        "tables and what the kernel keeps besides are not counted",
        HEAVIER, idle, time, open);
}

static int measure(struct poll_world *w, const struct experiment_env *env, struct finding *f,
                   struct err *e)
{
    struct kind kinds[3] = {
        {.name = "process", .mode = ENGINE_PROCESSES, .make = make_processes},
        {.name = "thread", .mode = ENGINE_THREADS, .make = make_threads},
        {.name = "loop session", .mode = ENGINE_EVENTS, .make = make_sessions},
    };
    for (int i = 0; i < 3; i++) {
        struct kind *k = &kinds[i];
        while (!samples_suffice(&k->idle_us, 5, env->thorough ? 30 : 10, 0.1))
            if (weigh_idle(k, w, e) != 0)
                return -1;
        while (!samples_suffice(&k->open_kib, 2, env->thorough ? 10 : 3, 0.05))
            if (weigh_open(k, w, e) != 0)
                return -1;
    }
    return judge(kinds, f);
}

static int run(const struct experiment_env *env, struct finding *f, struct err *e)
{
    const char *const options[] = {"--devices", DEVICES, "--think", THINK, NULL};
    struct target target;
    struct experiment_env own = *env;
    if (env->is_docker)
        finding_skip(f, "the container lab: its sessions do not stay open long enough to be "
                        "weighed; the simulator's are taken");
    own.is_docker = false;
    if (target_start(&target, &own, options, e) != 0)
        return -1;
    struct poll_world *w = poll_new(target.inventory, e);
    int rc = w ? measure(w, env, f, e) : -1;
    poll_free(w);
    target_stop(&target);
    return rc;
}

const struct experiment experiment_footprint = {
    "footprint", "Processes are heavier than threads: own memory, own resources.",
    "100 idle processes, threads and sessions without a connection are made, and timed until each "
    "of them runs; then 10 and 60 SSH sessions are held open in each mode, and what 50 more weigh "
    "is divided by 50. Memory is PSS, where a page shared by k processes counts 1/k in each.",
    run};
