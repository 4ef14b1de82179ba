/* What the simulator saw, to prove a client right: counts in memory that all shards share, so that
 * they are whole at any moment and outlive a shard.
 *
 * Four things are counted, over all devices and again for each persona (a group of the inventory
 * that `poller-lab inventory` writes is a persona):
 *
 *   connections  from the accept to the end
 *   handshakes   of these, what is not logged in: key exchange, authentication, log-in dialogue
 *   attempts     to log in: each password or key that was judged, let in or refused. One that only
 *                asks ("none", whether a key would do) is none, nor one by a method that the device
 *                does not have. An attempt is when it came, a log-in when it was let in
 *   logins       from being let in to the end
 *
 * In JSON: `now` and `most` are at once, `most_per_device` at once with one device, `devices` how
 * many of them there were any with, `most_in_a_second` the most in any second (it slides by
 * milliseconds, see rate.h), `per_second` the mean from the first to the last (0: none between).
 *
 *   connections  total now most most_per_device devices most_in_a_second per_second
 *   handshakes   now most
 *   attempts     total most_in_a_second per_second
 *   logins       total now most most_per_device devices most_in_a_second logged_out dropped
 *   by_persona   {name: {connections, handshakes, attempts, logins}}: total now most and the
 * seconds
 *
 * What is at once is counted as the shards see it: one that is busy sees an end later than another
 * sees what began after it. A limit is proved with one shard, which sees all in its order.
 *
 * Every call may come from any process; each takes a lock of its own. */
#ifndef POLLER_LAB_SIM_STATS_H
#define POLLER_LAB_SIM_STATS_H

#include <poller/clock.h>
#include <poller/err.h>
#include <stdbool.h>
#include <stdint.h>

#define STATS_PERSONAS_MAX 64
#define STATS_STORM_MAX    100

struct stats;

struct stats_setup {
    uint32_t devices;
    uint32_t logins_per_second;  /* what stats_is_storm() lets pass: 1 to STATS_STORM_MAX */
    const char *const *personas; /* names, copied; what is beyond the bound is only in the whole */
    uint32_t n_personas;
};

/* Before any fork. NULL: memory is out. */
struct stats *stats_new(const struct stats_setup *setup);
void stats_free(struct stats *s);

/* How a connection ended: without a log-in; logged out, as was asked for; or otherwise. */
enum stats_end { STATS_NO_LOGIN, STATS_LOGGED_OUT, STATS_DROPPED };

/* A connection that stands, to a device that is always this persona (its place in the setup). The
 * device's number of connections so far. */
uint32_t stats_connected(struct stats *s, uint32_t device, uint32_t persona, struct mono now);
/* It is over, and the session in it. */
void stats_disconnected(struct stats *s, uint32_t device, enum stats_end end);

/* A password or key has come. */
void stats_attempt(struct stats *s, uint32_t device, struct mono now);

/* A session, on a connection that stands. How many the device has now, this one counted. */
uint32_t stats_logged_in(struct stats *s, uint32_t device, struct mono now);

/* A refused password; how many in a row the device has now refused. Names beyond a bound are
 * counted together, as "(others)". */
uint32_t stats_refused(struct stats *s, uint32_t device, const char *user, struct mono now);
/* The same without a new one; a row whose last refusal is forget_ms ago is over. */
uint32_t stats_refused_in_row(struct stats *s, uint32_t device, struct mono now, double forget_ms);

void stats_command(struct stats *s, const char *command);

/* Whether the device has let logins_per_second others pass within the second before now. One that
 * is not let pass does not count towards the next. */
bool stats_is_storm(struct stats *s, uint32_t device, struct mono now);

/* A connection that was dropped because it took too long, or sent too much. */
void stats_shed(struct stats *s);

/* Everything as a JSON text (free()); NULL: memory is out. */
char *stats_json(struct stats *s, uint64_t seed, double elapsed_ms);

/* Writes it to a file beside path and renames it. 0, or -1 with err (FAIL_INTERNAL). */
int stats_write(struct stats *s, uint64_t seed, double elapsed_ms, const char *path, struct err *e);

#endif
