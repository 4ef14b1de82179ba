/* The engine: modes only decide who steps which session when. Two independent choices, composed:
 * who the workers are (none, threads, forked processes) and how each runs its sessions (one at a
 * time by drive, or many in one loop).
 *
 * Jobs are handed out one by one as a worker becomes free; each ends in exactly one result, or is
 * told as lost. */
#ifndef POLLER_ENGINE_H
#define POLLER_ENGINE_H

#include <poller/session.h>

struct drive_hooks;

enum engine_mode {
    ENGINE_SEQUENTIAL,
    ENGINE_THREADS,
    ENGINE_PROCESSES,
    ENGINE_HYBRID,
    ENGINE_EVENTS,
    ENGINE_MODES
};

const char *engine_mode_name(enum engine_mode mode);
/* The mode of that name, or -1. */
int engine_mode_by_name(const char *name);

/* An interrupt that every thread and process of a run can see. */
struct cancel;
struct cancel *cancel_new(struct err *e);
void cancel_free(struct cancel *c);
/* Async-signal-safe. */
void cancel_raise(struct cancel *c);
bool cancel_raised(const struct cancel *c);
/* Readable from the first raise on; look, never read. */
int cancel_fd(const struct cancel *c);

enum engine_next {
    ENGINE_JOB,  /* *job is filled */
    ENGINE_WAIT, /* none now: ask again when room_fd is readable (only with may_block false) */
    ENGINE_NONE  /* there will be none */
};

/* The other side: where jobs come from and results go. */
struct engine_client {
    void *ctx;
    /* The next job. With may_block it may wait for room in the collector's queue. Called on any
     * worker's thread, by several at once (threads), or by the main thread of the parent. */
    enum engine_next (*next)(void *ctx, bool may_block, struct job *job);
    /* Takes the result over. Any worker's thread, or the parent's main thread. Never blocks for
     * long where next() was obeyed. */
    void (*result)(void *ctx, struct result *result);
    /* A job has no result: no memory was left to make one. As result, in its place. NULL: nobody
     * wants to know. */
    void (*lost)(void *ctx, const struct job *job);
    /* A command of a visit that goes on is settled: to be kept should the visitor die. Borrowed.
     * Any worker's thread; NULL: nobody wants to know. */
    void (*command)(void *ctx, const struct job *job, size_t index,
                    const struct command_result *command);
    /* The visit is logged in: its key exchange and authentication, or its login dialogue, are
     * through. At most once per job, before its result; never where the visit ended before. Any
     * worker's thread, or the parent's main thread where there are worker processes; NULL: nobody
     * wants to know. */
    void (*logged_in)(void *ctx, const struct job *job);
    /* A loop has told all it had to tell for now, and is about to wait: what is held back leaves
     * together. NULL: nothing is held back. */
    void (*flush)(void *ctx);
    /* Readable when next() would no longer say ENGINE_WAIT; -1: it never says it. */
    int room_fd;
};

struct engine_options {
    enum engine_mode mode;
    unsigned workers;        /* devices visited at once, in every mode */
    unsigned processes;      /* hybrid; 0: one per core */
    unsigned shards;         /* events: forked loops; 1: inline; 0: engine_shards() */
    const struct plan *plan; /* jobs by index, for the worker processes */
    const struct session_env *env;
    struct mono run_start; /* queued counts from here */
    struct cancel *cancel;
    const struct drive_hooks *hooks; /* experiments only; or NULL */
};

/* Runs until next() says none and every job has its result, or until 2 s after a cancel. Jobs that
 * were never handed out are the caller's to report. Forks before it starts any thread; where there
 * are worker processes the calling process must be single-threaded. 0, or -1 with err when the
 * engine itself could not be set up or lost something (FAIL_INTERNAL). */
int engine_run(const struct engine_options *options, const struct engine_client *client,
               struct err *e);

/* The cores that this process may run on. */
unsigned engine_cores(void);

/* Shards where none are chosen: one per core, fewer where each would have few devices to visit at
 * once; 1: inline. */
unsigned engine_shards(unsigned cores, unsigned places);

/* True where mode has worker processes: results come on the calling thread alone. */
bool engine_forks(const struct engine_options *options);

/* Worker processes, 0: none. */
unsigned engine_processes(const struct engine_options *options);

/* Descriptors that workers, processes and mode need at once, in whichever process needs the most;
 * for the check before the start. */
size_t engine_descriptors(const struct engine_options *options);

#endif
