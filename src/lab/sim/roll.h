/* The open connections of one shard, in memory that its parent shares: so that the parent can close
 * the books of a shard that was killed.
 *
 * Only the shard writes it, and the parent once the shard is gone. */
#ifndef POLLER_LAB_SIM_ROLL_H
#define POLLER_LAB_SIM_ROLL_H

#include "lab/sim/stats.h"

#include <stdint.h>

struct roll;

/* For so many connections; before the fork. Costs what is used of it. NULL: memory is out. */
struct roll *roll_new(uint32_t most);
void roll_free(struct roll *roll);

/* A connection to a device; its log-in; its end, which gives the place back. */
uint32_t roll_enter(struct roll *roll, uint32_t device);
void roll_log_in(struct roll *roll, uint32_t place);
void roll_leave(struct roll *roll, uint32_t place);

/* Ends everything that a shard which is gone had open, and clears the roll. */
void roll_settle(struct roll *roll, struct stats *stats);

#endif
