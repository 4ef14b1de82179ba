/* The sockets that a shard listens on. Every shard has its own on the same port (SO_REUSEPORT), so
 * the kernel spreads the connections over them. */
#ifndef POLLER_LAB_SIM_LISTEN_H
#define POLLER_LAB_SIM_LISTEN_H

#include "lab/sim/sim_config.h"

#include <poller/err.h>
#include <stdbool.h>
#include <stddef.h>

struct listener_socket {
    int fd;
    int device; /* whose port it is; -1: the address tells */
    bool is_telnet;
};

struct listeners {
    struct listener_socket *items;
    size_t n;
};

/* For one shard. On loopback: one socket a protocol, bound to all addresses of the device lo, so
 * nothing from outside comes in. With --listen: one for each device's port. 0, or -1 with err: a
 * port in use, an address that is not here. listeners_close() in both cases. */
int listeners_open(const struct sim_config *config, struct listeners *out, struct err *e);
void listeners_close(struct listeners *listeners);

/* That none of the ports is in use: SO_REUSEPORT alone would share it with another simulator of the
 * same user. 0, or -1 with err. */
int listeners_check(const struct sim_config *config, struct err *e);

/* Two ports that belong to nobody else while the simulator runs: one on which nobody listens, so
 * connections are refused; one whose queue is full and that nobody accepts from, so they are not
 * answered. Loopback only. 0, or -1 with err. */
struct dead_ports {
    int refuse_fd, deaf_fd, fill_fds[2];
};
int dead_ports_open(const struct fleet *fleet, struct dead_ports *out, struct err *e);
void dead_ports_close(struct dead_ports *ports);

#endif
