/* The wires of a shard: connections whose bytes travel for a while (round trip, jitter, rate).
 *
 * They live on a thread of their own, so that no key exchange holds a byte up: it accepts, holds
 * the connection back for the TCP handshake that it cannot delay, then hands one end of a socket
 * pair to the shard's loop and carries the bytes between that and the client. Where the devices
 * have no wire the loop accepts by itself, and none of this exists. */
#ifndef POLLER_LAB_SIM_WIRES_H
#define POLLER_LAB_SIM_WIRES_H

#include "lab/sim/listen.h"
#include "lab/sim/sim_config.h"

#include <poller/err.h>
#include <stdbool.h>
#include <stdint.h>

/* A connection, as it comes out of the pipe whose end wires_start gives. */
struct arrival {
    int fd;
    uint32_t device;
    bool is_telnet;
    char client[16];
};

struct wires;

/* Starts the thread; most connections at once. *arrivals is the end to read from, whole records,
 * non-blocking. NULL with err. */
struct wires *wires_start(const struct sim_config *config, const struct listeners *listeners,
                          size_t most, int *arrivals, struct err *e);
/* Ends it and closes what it has; NULL allowed. */
void wires_stop(struct wires *wires);

/* The device that a connection is for, or -1 (none: it is reset); client gets the peer's address.
 * Both what listener it came from and the address it was for decide. */
int64_t arrival_device(const struct sim_config *config, const struct listener_socket *listener,
                       int fd, char client[16]);

/* Closes it so that the client sees a reset. */
void arrival_reset(int fd);

#endif
