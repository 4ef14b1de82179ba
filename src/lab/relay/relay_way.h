/* One direction of a relayed connection: what is read from one socket goes through a delay line,
 * and through what spoils it, to the other. One thread; sockets do not block. */
#ifndef POLLER_LAB_RELAY_WAY_H
#define POLLER_LAB_RELAY_WAY_H

#include "lab/relay/relay_options.h"

#include <stdint.h>

struct relay_pair;

/* One socket, as the loop knows it. */
struct relay_side {
    struct relay_pair *pair; /* NULL: it is the relay's own */
    int fd;                  /* -1: none yet */
    uint32_t watched;        /* epoll's events */
    bool readable, writable; /* as far as we know */
};

struct relay_way {
    const struct relay_options *options;
    struct relay_count *count; /* of the connection, both ways */
    enum relay_direction direction;
    struct relay_side *from, *to;
    struct delay_line line;
    struct mono end_due; /* when the sender's end arrives; MONO_NEVER: it has sent none */
    bool ended;          /* the sender sends no more */
    bool closed;         /* the receiver was told the end; what still comes is thrown away */
};

enum way_news {
    WAY_NOTHING,
    WAY_LOST,   /* the sender has reset */
    WAY_BROKEN, /* the receiver takes no more */
    WAY_FAULT,  /* the bytes have gone after which the fault is due */
    WAY_NO_MEMORY
};

/* Reads once, where the sender is readable and there is room. scratch is the loop's. */
enum way_news relay_way_take(struct relay_way *way, char *scratch, size_t size, struct mono now);

/* Sends what is due, a bounded part of it. */
enum way_news relay_way_deliver(struct relay_way *way, struct mono now);

/* Tells the receiver the end, now, and forgets what waits. */
void relay_way_close(struct relay_way *way);

/* Whether it would read. */
bool relay_way_wants(const struct relay_way *way);

/* When there is something to deliver; MONO_NEVER while the receiver is not writable. */
struct mono relay_way_due(const struct relay_way *way);

#endif
