/* A poll with a computation behind every device's output, and with or without the interpreter lock
 * in front of everything that is not waiting. */
#ifndef POLLER_LAB_EXPERIMENTS_LOCKED_POLL_H
#define POLLER_LAB_EXPERIMENTS_LOCKED_POLL_H

#include "lab/experiments/poll.h"
#include "lab/experiments/target.h"

struct locked_poll {
    struct target target;
    struct poll_world *world;
    double compute_ms; /* behind each output; 0: none */
};

/* Starts a simulator with these options; calibrates. 0, or -1 with err. */
int locked_poll_start(struct locked_poll *p, const struct experiment_env *env,
                      const char *const *options, struct err *e);
void locked_poll_stop(struct locked_poll *p);

/* One run; its elapsed time is added to ms. Every device must succeed. 0, or -1 with err. */
int locked_poll_measure(struct locked_poll *p, enum engine_mode mode, unsigned workers,
                        bool is_locked, struct samples *ms, struct err *e);

#endif
