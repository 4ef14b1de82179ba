#include "lab/experiments/sweep.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define DEVICES "300"
#define RTT     "2ms"
#define THINK   "220ms"
/* Tens and hundreds: what is gained from one to the other decides. */
#define TENS     50
#define HUNDREDS 200
#define GAIN     1.25
/* "Tens of thousands" begins here. */
#define THREADS_MANY 10000
/* Where the experiment stops by itself, so that others can still start something. */
#define THREADS_ENOUGH 20000
#define THREADS_LEFT   4000
#define STACK          16384

static const unsigned counts[] = {0 /* one per core */, TENS, 100, HUNDREDS, 300};

struct how_many {
    const struct experiment_env *env;
    struct target target;
    struct poll_world *world;
    struct sweep sweeps[3];
    unsigned threads, threads_asked;
    double threads_ms;
};

/* --- workers --- */

static int measure_count(struct how_many *x, size_t i, struct err *e)
{
    for (size_t m = 0; m < 3; m++) {
        unsigned workers = counts[i] ? counts[i] : x->env->cores;
        struct poll_request request = {.mode = sweep_modes[m], .workers = workers};
        request.most = counts[i] ? 0 : (size_t)workers * 4;
        struct sweep_point *point = &x->sweeps[m].points[i];
        if (sweep_measure(x->world, &x->target, x->env, &request, point, e) != 0)
            return -1;
    }
    return 0;
}

static int measure_all(struct how_many *x, struct err *e)
{
    unsigned rounds = x->env->thorough ? 5 : 2;
    for (unsigned r = 0; r < rounds; r++)
        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
            bool decides = counts[i] == TENS || counts[i] == HUNDREDS;
            if ((r == 0 || decides || x->env->thorough) && measure_count(x, i, e) != 0)
                return -1;
        }
    for (size_t m = 0; m < 3; m++) {
        x->sweeps[m].mode = sweep_modes[m];
        x->sweeps[m].n = sizeof counts / sizeof *counts;
        sweep_find_bend(&x->sweeps[m]);
    }
    return 0;
}

/* --- threads that can exist at all --- */

static void *wait_for_end(void *end)
{
    sem_wait(end);
    return NULL;
}

static double limit_of(const char *path)
{
    char line[64] = "";
    FILE *file = fopen(path, "re");
    if (file && !fgets(line, sizeof line, file))
        line[0] = '\0';
    if (file)
        fclose(file);
    return strtod(line, NULL);
}

static unsigned threads_to_try(const struct experiment_env *env)
{
    double limit = limit_of("/proc/sys/kernel/pid_max"), most = THREADS_ENOUGH;
    if (env->thorough && limit > THREADS_LEFT)
        most = limit - THREADS_LEFT;
    return (unsigned)(limit > THREADS_LEFT && most > limit - THREADS_LEFT ? limit - THREADS_LEFT
                                                                          : most);
}

static void count_threads(struct how_many *x)
{
    sem_t end;
    pthread_attr_t attributes;
    x->threads_asked = threads_to_try(x->env);
    pthread_t *threads = calloc(x->threads_asked, sizeof *threads);
    if (!threads)
        return;
    struct mono start = mono_now();
    sem_init(&end, 0, 0);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    while (x->threads < x->threads_asked &&
           pthread_create(&threads[x->threads], &attributes, wait_for_end, &end) == 0)
        x->threads++;
    x->threads_ms = mono_ms_between(start, mono_now());
    for (unsigned i = 0; i < x->threads; i++)
        sem_post(&end);
    for (unsigned i = 0; i < x->threads; i++)
        pthread_join(threads[i], NULL);
    pthread_attr_destroy(&attributes);
    sem_destroy(&end);
    free(threads);
}

/* --- what it says --- */

static double gain(const struct sweep *s)
{
    const struct sweep_point *few = sweep_at(s, TENS), *many = sweep_at(s, HUNDREDS);
    return few && many ? samples_median(&many->per_second) / samples_median(&few->per_second) : 0;
}

static int judge(const struct how_many *x, struct finding *f)
{
    double threads = gain(&x->sweeps[0]), processes = gain(&x->sweeps[1]);
    bool is_threads = threads >= GAIN && x->threads >= THREADS_MANY;
    bool is_processes = processes < GAIN;
    char rule[SENTENCE_LEN];
    snprintf(rule, sizeof rule,
             "threads run in hundreds where %d give at least %.2f times the rate of %d: %.2f; "
             "processes in tens where theirs do not: %.2f; tens of thousands of threads exist "
             "where %u of %u could be started",
             HUNDREDS, GAIN, TENS, threads, processes, x->threads, x->threads_asked);
    if (is_threads && is_processes)
        return finding_decide(f, VERDICT_HOLDS, "%s", rule);
    if (!is_threads)
        return finding_decide(f, VERDICT_NOT, "%s", rule);
    return finding_depends(f,
                           "the work: where it waits, processes gain in the hundreds as threads "
                           "do; one per core is for computation (cpu-bound)",
                           "%s", rule);
}

static void tell(const struct how_many *x, struct finding *f)
{
    for (size_t m = 0; m < 3; m++) {
        const struct sweep *s = &x->sweeps[m];
        sweep_tell(s, f);
        for (unsigned i = 0; i < s->n; i++)
            if (s->points[i].failed)
                finding_value(f, (double)s->points[i].failed, "", "%s, %u at once: failed",
                              engine_mode_name(s->mode), s->points[i].workers);
    }
    finding_value(f, x->threads, "", "threads that existed at once, of %u asked for",
                  x->threads_asked);
    finding_value(f, x->threads_ms * 1000 / (x->threads ? x->threads : 1), "us",
                  "creation of one of them");
    finding_value(f, limit_of("/proc/sys/kernel/threads-max"), "", "limit: kernel.threads-max");
    finding_value(f, limit_of("/proc/sys/kernel/pid_max"), "", "limit: kernel.pid_max");
    finding_value(f, limit_of("/proc/sys/vm/max_map_count"), "", "limit: vm.max_map_count");
}

static int run(const struct experiment_env *env, struct finding *f, struct err *e)
{
    struct how_many x = {.env = env};
    const char *const options[] = {"--devices", DEVICES, "--rtt", RTT, "--think", THINK, NULL};
    struct experiment_env own = *env;
    if (env->is_docker)
        finding_skip(f, "the container lab: it has no hundreds of devices; the simulator's are "
                        "taken");
    own.is_docker = false;
    if (target_start(&x.target, &own, options, e) != 0)
        return -1;
    x.world = poll_new(x.target.inventory, e);
    int rc = x.world ? measure_all(&x, e) : -1;
    if (rc == 0) {
        /* Last: the stacks that libc keeps for later would make every fork before it slower. */
        count_threads(&x);
        tell(&x, f);
        rc = judge(&x, f);
    }
    poll_free(x.world);
    target_stop(&x.target);
    return rc;
}

const struct experiment experiment_how_many = {
    "how-many",
    "Processes run in tens (cores), threads for I/O in hundreds, a desktop bears up to tens of "
    "thousands of threads.",
    "300 devices that wait are polled by one worker per core, by 50, 100, 200 and 300, in every "
    "mode; the best count is the first within 10 % of the best rate. Besides, threads that only "
    "wait are started until one is refused, or until 20,000 (thorough: all but 4,000 of "
    "kernel.pid_max) exist.",
    run};
