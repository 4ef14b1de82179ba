/* poll(2) around one session: this is all that "blocking" means here. */
#ifndef POLLER_SESSION_DRIVE_H
#define POLLER_SESSION_DRIVE_H

#include <poller/session.h>

/* Set only by the experiments: an interpreter lock or a computation in front of the real work. Any
 * may be NULL. Called on the worker's own thread. */
struct drive_hooks {
    void (*before_wait)(void *ctx);
    void (*after_wait)(void *ctx);
    void (*after_result)(void *ctx, const struct result *result);
    void *ctx;
};

/* Told of the session after each of its steps, the last one too. */
struct drive_watch {
    void (*stepped)(void *ctx, const struct session *s);
    void *ctx;
};

/* Runs one job to its result. cancel_fd: readable when the run is interrupted (-1: none); it is
 * looked at, never read. hooks and watch may be NULL. Returns the result, or NULL when memory is
 * out. Any thread. */
struct result *drive_job(const struct job *job, const struct session_env *env, double queued_ms,
                         int cancel_fd, const struct drive_hooks *hooks,
                         const struct drive_watch *watch);

#endif
