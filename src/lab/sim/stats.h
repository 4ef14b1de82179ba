/* What the simulator saw, to prove a client right: counts in memory that all shards share, so that
 * they are whole at any moment and outlive a shard.
 *
 * Every call may come from any process; each takes a lock of its own. */
#ifndef POLLER_LAB_SIM_STATS_H
#define POLLER_LAB_SIM_STATS_H

#include <poller/clock.h>
#include <poller/err.h>
#include <stdbool.h>
#include <stdint.h>

struct stats;

/* For n devices; before any fork. NULL: memory is out. */
struct stats *stats_new(uint32_t n);
void stats_free(struct stats *s);

/* A connection that stood and is over again. opened: the device's number of connections so far. */
uint32_t stats_connected(struct stats *s, uint32_t device);
void stats_disconnected(struct stats *s, uint32_t device);

/* A session: from the log-in to its end, in order (the log-out was asked for) or not. How many the
 * device has now, this one counted. */
uint32_t stats_logged_in(struct stats *s, uint32_t device, struct mono now);
void stats_ended(struct stats *s, uint32_t device, bool in_order);

/* A refused password; how many in a row the device has now refused. Names beyond a bound are
 * counted together, as "(others)". */
uint32_t stats_refused(struct stats *s, uint32_t device, const char *user, struct mono now);
/* The same without a new one; a row whose last refusal is forget_ms ago is over. */
uint32_t stats_refused_in_row(struct stats *s, uint32_t device, struct mono now, double forget_ms);

void stats_command(struct stats *s, const char *command);

/* Counts an attempt to log in at now; whether it is one too many for a device that takes most a
 * second. */
bool stats_is_storm(struct stats *s, uint32_t device, struct mono now, uint32_t most);

/* A connection that was dropped because it took too long, or sent too much. */
void stats_shed(struct stats *s);

/* Everything as a JSON text (free()); NULL: memory is out. */
char *stats_json(struct stats *s, uint64_t seed, double elapsed_ms);

/* Writes it to a file beside path and renames it. 0, or -1 with err (FAIL_INTERNAL). */
int stats_write(struct stats *s, uint64_t seed, double elapsed_ms, const char *path, struct err *e);

#endif
