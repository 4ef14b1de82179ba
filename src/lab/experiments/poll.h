/* The real engine, in front of a target: what `poller` runs, with a client that only counts. */
#ifndef POLLER_LAB_EXPERIMENTS_POLL_H
#define POLLER_LAB_EXPERIMENTS_POLL_H

#include "session/drive.h"

#include <poller/engine.h>
#include <poller/err.h>
#include <sys/types.h>

struct poll_world;

/* Everything a run needs: inventory, patterns, keys. Host keys are not checked. NULL with err. */
struct poll_world *poll_new(const char *inventory, struct err *e);
void poll_free(struct poll_world *w);
size_t poll_devices(const struct poll_world *w);

/* Parts of it: a session of a device that was not stepped yet, and a device's compiled patterns. */
struct session *poll_session(const struct poll_world *w, size_t index);
const struct dialogue_rules *poll_rules(const struct poll_world *w, size_t index);

struct poll_request {
    enum engine_mode mode;
    unsigned workers, processes, shards;
    const struct drive_hooks *hooks; /* or NULL */
    size_t most;                     /* only so many devices; 0: all */
    double *device_ms;               /* by device, in shared memory; or NULL */
};

struct poll_outcome {
    double elapsed_ms;
    double device_ms_sum, device_ms_most; /* hand-out to settled, without the log-out */
    double cpu_ms;                        /* of the polling processes, user and system */
    double cancel_ms;                     /* from the cancel to the end; negative: not cancelled */
    long max_rss_kib;
    size_t ok, failed;
};

/* Runs it in a process of its own, so that every run begins alike. 0, or -1 with err. */
int poll_run(struct poll_world *w, const struct poll_request *request, struct poll_outcome *out,
             struct err *e);

/* The same, and a cancel after so many milliseconds (stop-flag). */
int poll_run_cancelled(struct poll_world *w, const struct poll_request *request, int after_ms,
                       struct poll_outcome *out, struct err *e);

/* A run that goes on while its caller looks at it from outside. */
struct poll_running {
    pid_t pid; /* 0: none */
    int fd;    /* where its outcome comes from */
};

/* cancel_after_ms 0: never. 0, or -1 with err. */
int poll_start(struct poll_world *w, const struct poll_request *request, int cancel_after_ms,
               struct poll_running *running, struct err *e);
/* Waits for its end. 0, or -1 with err. */
int poll_wait(struct poll_running *running, struct poll_outcome *out, struct err *e);
/* Ends it at once, with its worker processes. */
void poll_kill(struct poll_running *running);

#endif
