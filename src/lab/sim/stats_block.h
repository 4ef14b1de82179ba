/* The shared memory behind stats.h: private to the rooms stats*. */
#ifndef POLLER_LAB_SIM_STATS_BLOCK_H
#define POLLER_LAB_SIM_STATS_BLOCK_H

#include "lab/sim/rate.h"
#include "lab/sim/stats.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>

#define STATS_NAME_MAX 120
#define STATS_USERS    1024
#define STATS_COMMANDS 4096
#define STATS_PROBES   64

struct stats_name {
    uint64_t count; /* 0: free */
    char name[STATS_NAME_MAX];
};

/* At once. */
struct stats_level {
    uint32_t now, most;
};

/* Of all devices, or of those of a persona. */
struct stats_tally {
    struct stats_level connections, handshakes, sessions;
    struct rate connected, attempts, logins;
};

struct stats_device {
    uint32_t n_connections, n_logins; /* so far */
    struct stats_level connections, sessions;
    uint32_t refused_in_row, n_passed;
    uint32_t persona;
    struct mono refused_at;
};

struct stats_persona {
    char name[STATS_NAME_MAX];
    struct stats_tally tally;
};

struct stats {
    pthread_mutex_t lock;
    size_t size;
    uint32_t n, n_personas, logins_per_second;
    uint64_t refused, commands, logged_out, dropped, shed, storms;
    uint32_t connected_devices, login_devices; /* how many there were any with */
    struct stats_tally all;
    struct stats_persona personas[STATS_PERSONAS_MAX];
    struct stats_name users[STATS_USERS], command_names[STATS_COMMANDS];
    uint64_t users_others, commands_others;
    struct mono *passed; /* logins_per_second for each device, a ring: behind the devices */
    struct stats_device devices[];
};

void stats_lock(struct stats *s);
void stats_unlock(struct stats *s);

#endif
