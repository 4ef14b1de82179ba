/* What `poller-lab sim` was asked for. Const while it runs. */
#ifndef POLLER_LAB_SIM_SIM_CONFIG_H
#define POLLER_LAB_SIM_SIM_CONFIG_H

#include "lab/devices/fleet.h"

#include <libssh/libssh.h>
#include <stdint.h>

#define SIM_SHARDS_MAX 64
#define SIM_KEYS_MAX   16

/* Ports FIRST-LAST, a device each; first 0: not so. */
struct port_range {
    uint16_t first, last;
};

struct sim_config {
    struct fleet fleet;
    struct fleet_options devices;
    const char *listen; /* NULL: loopback, every 127.A.B.C a device */
    struct port_range ssh_ports, telnet_ports;
    const char *stats_path;      /* NULL: none; "-": standard output */
    const char *authorized_path; /* NULL: no public key is taken */
    ssh_key authorized[SIM_KEYS_MAX];
    unsigned n_authorized;
    int shards;
    int logins_per_second;   /* of login_limit */
    int sessions_per_device; /* of session_limit */
    int64_t grace_ns;        /* from the connection to the log-in */
    int64_t idle_ns;         /* of a session in which nothing is typed */
    ssh_key old_key;         /* for old_algorithms, or NULL */
};

#endif
