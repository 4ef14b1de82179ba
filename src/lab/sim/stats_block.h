/* The shared memory behind stats.h: private to the rooms stats*. */
#ifndef POLLER_LAB_SIM_STATS_BLOCK_H
#define POLLER_LAB_SIM_STATS_BLOCK_H

#include "lab/sim/stats.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>

#define STATS_WINDOW   1000 /* milliseconds */
#define STATS_NAME_MAX 120
#define STATS_USERS    1024
#define STATS_COMMANDS 4096
#define STATS_PROBES   64

struct stats_name {
    uint64_t count; /* 0: free */
    char name[STATS_NAME_MAX];
};

struct stats_device {
    uint32_t connections, connections_now, connections_most;
    uint32_t sessions_now, sessions_most;
    uint32_t refused_in_row, second_logins;
    struct mono refused_at, second_from;
};

struct stats {
    pthread_mutex_t lock;
    size_t size;
    uint32_t n;
    uint64_t connections, logins, refused, commands, logged_out, dropped, shed, storms;
    uint32_t connections_now, connections_most, sessions_now, sessions_most;
    uint32_t logins_most_a_second;
    int64_t window_at;
    uint32_t window[STATS_WINDOW], window_sum;
    struct stats_name users[STATS_USERS], command_names[STATS_COMMANDS];
    uint64_t users_others, commands_others;
    struct stats_device devices[];
};

void stats_lock(struct stats *s);
void stats_unlock(struct stats *s);

#endif
