/* The table of modes: who the workers are, and how each runs its sessions. */
#include "engine/pool_processes.h"
#include "engine/share.h"

#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>

/* A look-up and two connections that race, or a connection and what asks its agent. */
#define DESCRIPTORS_OF_A_VISIT 4
/* Standard streams, cancel, epoll, eventfds, the port of a worker process. */
#define DESCRIPTORS_OF_A_PROCESS 16

/* A second loop costs the client a few hundredths more per device, a tenth below 100 at once
 * (tests/bench/shards.py), and pays only where one loop fills its core: with devices that take a
 * quarter of a second each, at about 500. */
#define PLACES_OF_A_SHARD 100

static unsigned at_most(unsigned n, unsigned most)
{
    return n < most ? n : most;
}

unsigned engine_cores(void)
{
    cpu_set_t cores;
    return sched_getaffinity(0, sizeof cores, &cores) == 0 ? (unsigned)CPU_COUNT(&cores) : 1;
}

unsigned engine_shards(unsigned cores, unsigned places)
{
    unsigned n = places / PLACES_OF_A_SHARD;
    return n < 1 ? 1 : at_most(n, cores);
}

/* No more than there are devices. */
static unsigned places_of(const struct engine_options *o)
{
    size_t jobs = o->plan ? plan_count(o->plan) : SIZE_MAX;
    return jobs > 0 && jobs < o->workers ? (unsigned)jobs : o->workers;
}

static unsigned no_process(const struct engine_options *o)
{
    (void)o;
    return 0;
}

static unsigned process_each(const struct engine_options *o)
{
    return places_of(o);
}

static unsigned chosen_processes(const struct engine_options *o)
{
    return at_most(o->processes ? o->processes : engine_cores(), places_of(o));
}

static unsigned shard_each(const struct engine_options *o)
{
    unsigned places = places_of(o),
             n = o->shards ? o->shards : engine_shards(engine_cores(), places);
    return n > 1 ? at_most(n, places) : 0;
}

static const struct mode {
    const char *name;
    unsigned (*processes)(const struct engine_options *); /* 0: in the calling process */
    runner_fn *run;
} modes[ENGINE_MODES] = {
    [ENGINE_SEQUENTIAL] = {"sequential", no_process, run_inline},
    [ENGINE_THREADS] = {"threads", no_process, run_threads},
    [ENGINE_PROCESSES] = {"processes", process_each, run_inline},
    [ENGINE_HYBRID] = {"hybrid", chosen_processes, run_threads},
    [ENGINE_EVENTS] = {"events", shard_each, run_loop},
};

const char *engine_mode_name(enum engine_mode mode)
{
    return modes[mode].name;
}

int engine_mode_by_name(const char *name)
{
    for (int i = 0; i < ENGINE_MODES; i++)
        if (strcmp(modes[i].name, name) == 0)
            return i;
    return -1;
}

unsigned engine_processes(const struct engine_options *o)
{
    return modes[o->mode].processes(o);
}

bool engine_forks(const struct engine_options *o)
{
    return engine_processes(o) > 0;
}

size_t engine_descriptors(const struct engine_options *o)
{
    size_t processes = engine_processes(o);
    size_t all = places_of(o), places = processes ? (all + processes - 1) / processes : all;
    /* In a loop only few of many visits are still looking up or connecting; those that close are
     * bounded by what is left (loop.c). */
    size_t visits = modes[o->mode].run == run_loop ? places + places / 4 + DESCRIPTORS_OF_A_VISIT
                                                   : places * DESCRIPTORS_OF_A_VISIT;
    return visits + processes + DESCRIPTORS_OF_A_PROCESS;
}

/* Who has something to do waits for its turn, instead of taking the core from one in the middle of
 * a key exchange: fewer switches, and no queue at a lock of libcrypto's whose holder does not run.
 * Threads and processes inherit it. Where the kernel does not let us, it is as it was. */
static void take_turns(bool yes)
{
    const struct sched_param none = {0};
    struct sched_param param;
    int policy;
    if (pthread_getschedparam(pthread_self(), &policy, &param) == 0 &&
        policy == (yes ? SCHED_OTHER : SCHED_BATCH))
        (void)pthread_setschedparam(pthread_self(), yes ? SCHED_BATCH : SCHED_OTHER, &none);
}

int engine_run(const struct engine_options *o, const struct engine_client *client, struct err *e)
{
    const struct mode *mode = &modes[o->mode];
    unsigned processes = engine_processes(o);
    struct share all = {.options = o, .client = client, .process = 1, .places = places_of(o)};
    if (o->workers == 0)
        return err_set(e, FAIL_USAGE, "no workers: give at least one (-n 1)");
    take_turns(true);
    int rc = processes ? run_processes(&all, processes, mode->run, e) : mode->run(&all, e);
    take_turns(false);
    return rc;
}
