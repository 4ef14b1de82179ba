/* A share of a run: what one process - the only one, or a worker process - has to do, and with
 * whom. Runners are given a share and run its jobs until there are none. */
#ifndef POLLER_ENGINE_SHARE_H
#define POLLER_ENGINE_SHARE_H

#include <poller/engine.h>

struct share {
    const struct engine_options *options;
    const struct engine_client *client; /* where this process's jobs come from and results go */
    unsigned process;                   /* for the records: from 1 */
    unsigned first_worker;              /* the number of its first slot */
    unsigned places;                    /* devices visited at once here */
};

/* Runs jobs until the client has none, or a cancel has ended all visits. 0, or -1 with err. */
typedef int runner_fn(const struct share *share, struct err *e);

runner_fn run_inline;  /* one after another, on the calling thread */
runner_fn run_threads; /* places threads, each one device at a time */
runner_fn run_loop;    /* one loop on the calling thread, places sessions at once */

/* Milliseconds from the start of the run to now. */
double share_queued_ms(const struct share *share, struct mono now);

/* What the client knows of a visit that goes on; starts as zero. */
struct share_told {
    bool logged_in;
    size_t commands;
};

/* After each step, the last one too: tells the client that the visit is logged in, and of the
 * commands that are settled since the last call. The last command is left out: the result comes
 * with it. */
void share_tell(const struct share *share, const struct job *job, const struct session *s,
                struct share_told *told);

/* Hands a visit's result to the client, marked with process and slot. A NULL result (memory was
 * out) becomes an internal failure of the job's device, or where there is no memory for that
 * either, the job is lost. */
void share_give(const struct share *share, const struct job *job, unsigned worker,
                struct result *result);

#endif
