/* Whether the descriptors suffice, said before the start. */
#ifndef POLLER_LAB_SIM_LIMITS_H
#define POLLER_LAB_SIM_LIMITS_H

#include "lab/sim/sim_config.h"

#include <poller/err.h>
#include <stdint.h>

/* Raises the soft limit to the hard one and chooses the number of shards where none was given: one
 * per core, or as many as a session with every device at once needs. 0, or -1 with err: too few
 * descriptors for the shards that were asked for. */
int limits_check(struct sim_config *config, struct err *e);

/* How many connections a shard takes at once: what the descriptors are good for. With a wire each
 * has three. At least 1. */
uint32_t limits_visits(const struct sim_config *config);

#endif
