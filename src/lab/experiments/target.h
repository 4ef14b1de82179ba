/* Devices to poll: a simulator of one's own, or the container lab. */
#ifndef POLLER_LAB_EXPERIMENTS_TARGET_H
#define POLLER_LAB_EXPERIMENTS_TARGET_H

#include "lab/experiments/experiment.h"

#include <sys/types.h>

struct target {
    pid_t pid;            /* the simulator's parent; 0: none */
    int port;             /* its first */
    char inventory[4096]; /* path, for poll_new() */
};

/* Whether there can be targets: --lab docker needs the lab. 0, or -1 with err (FAIL_USAGE). */
int target_check(const struct experiment_env *env, struct err *e);

/* Starts `poller-lab sim` with options (NULL ends them; seed and ports are added) and writes its
 * inventory; with --lab docker nothing is started and the inventory is the container lab's, whose
 * devices the options do not change. 0, or -1 with err. */
int target_start(struct target *t, const struct experiment_env *env, const char *const *options,
                 struct err *e);
/* Writes the inventory of a simulator that runs once more, to path: options are those that it was
 * started with, and what `poller-lab inventory` takes besides. 0, or -1 with err. */
int target_list(const struct target *t, const struct experiment_env *env,
                const char *const *options, const char *path, struct err *e);
void target_stop(struct target *t);

#endif
