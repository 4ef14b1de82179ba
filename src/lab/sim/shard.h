/* One process of the simulator: a loop over its listening sockets and its connections. */
#ifndef POLLER_LAB_SIM_SHARD_H
#define POLLER_LAB_SIM_SHARD_H

#include "base/timers.h"
#include "lab/sim/hostkeys.h"
#include "lab/sim/listen.h"
#include "lab/sim/roll.h"
#include "lab/sim/sim_config.h"
#include "lab/sim/stats.h"

#include <poller/clock.h>
#include <poller/err.h>
#include <stdint.h>

/* Something with a descriptor that the loop watches: the first member of what it is part of. */
struct source {
    int fd;
    uint32_t watched; /* epoll's events; 0: not registered */
    void (*ready)(struct source *source, uint32_t events, struct mono now);
};

struct visit;
struct wires;

struct shard {
    const struct sim_config *config;
    struct stats *stats;
    struct roll *roll;
    struct hostkeys hostkeys;
    struct timers timers;
    struct visit *visits, *over; /* lists; those over are freed after the round */
    struct wires *wires;         /* NULL: no device has one */
    size_t n_visits, most;
    int epoll;
    bool is_full, is_ending;
};

/* The process's whole life: runs until SIGTERM or its parent's end. listeners are this shard's own.
 * ready_fd gets a byte once it serves. Returns the exit status. */
int shard_run(const struct sim_config *config, struct stats *stats, struct roll *roll,
              const struct listeners *listeners, int ready_fd);

/* Sets what epoll watches; 0 takes it out. 0, or -1. */
int shard_watch(struct shard *shard, struct source *source, uint32_t events);

#endif
