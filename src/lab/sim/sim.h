/* The simulator: a parent that forks the shards, replaces one that dies, and tells what they saw.
 */
#ifndef POLLER_LAB_SIM_SIM_H
#define POLLER_LAB_SIM_SIM_H

#include "lab/sim/sim_config.h"

#include <poller/err.h>

/* Runs until SIGTERM or SIGINT. Fills what config lacks (shards, keys). Prints one line on standard
 * output once every shard serves. Returns the exit code; where err is set it holds the reason. */
int sim_run(struct sim_config *config, struct err *e);

#endif
