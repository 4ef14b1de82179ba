/* One worker process as its parent sees it. */
#ifndef POLLER_ENGINE_WORKER_PROCESS_H
#define POLLER_ENGINE_WORKER_PROCESS_H

#include "engine/share.h"
#include "model/codec.h"

#include <sys/types.h>

/* A job that the process has and has not answered. */
struct flight {
    struct job job;
    struct mono handed_out;
    struct result *part; /* the commands that are settled so far; or NULL */
    bool logged_in;
};

struct worker_process {
    struct share share; /* its part; the child replaces the client */
    pid_t pid;
    int fd; /* -1: it is not running */
    struct buf out;
    struct codec_reader *reader;
    unsigned asked; /* jobs it waits for */
    struct flight *flights;
    size_t n_flights, room_flights;
};

/* Forks it. all[0..n) are its siblings, whose ends the child closes. 0, or -1 with err. */
int worker_process_start(struct worker_process *w, const struct worker_process *all, size_t n,
                         runner_fn *runner, struct err *e);

/* Sends it a job. 0, or -1 when memory is out: the job is not its own then. */
int worker_process_hand(struct worker_process *w, const struct job *job, struct mono now);

/* The flight that this result ends. False: it answers no job that the process has. */
bool worker_process_land(struct worker_process *w, const struct result *result);

/* Keeps the commands of a part, which is taken over. False: as above. */
bool worker_process_keep(struct worker_process *w, struct result *part);

/* The job of a visit that is logged in, or NULL: the process has none such, or said so before.
 * Borrowed until the flight lands. */
const struct job *worker_process_log_in(struct worker_process *w, const struct codec_job *job);

/* Tells it that there are no more jobs. */
void worker_process_end(struct worker_process *w);

/* Waits for it (killing it first where kill_it), and writes how it ended to why. Its flights stay,
 * for the caller to tell of. */
void worker_process_reap(struct worker_process *w, bool kill_it, char *why, size_t size);

void worker_process_free(struct worker_process *w);

/* The most bytes of one message: outputs, and what came on the wire for them. */
size_t worker_process_max_message(const struct engine_options *options);

#endif
