/* A worker process's side of its socket: the engine_client that its runner sees. A thread of its
 * own waits for the socket, so no visit ever waits for the parent; what can be sent at once its
 * callers send themselves. A loop waits for the socket among its own descriptors and reads it
 * itself: there the thread only sends what did not fit, and hears of a cancel. */
#ifndef POLLER_ENGINE_PORT_H
#define POLLER_ENGINE_PORT_H

#include "engine/share.h"

struct port;

/* Takes fd over. share->client is the parent's: only looked at, for what it wants to know. NULL
 * with err. max_message: the most bytes of one result. */
struct port *port_new(int fd, const struct share *share, size_t max_message, struct err *e);

struct engine_client port_client(struct port *p);

/* Sends what is still queued, ends the thread and frees. 0, or -1: the parent is gone. */
int port_finish(struct port *p);

#endif
