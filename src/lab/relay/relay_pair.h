/* One relayed connection: two sockets and the two ways between them. One thread. */
#ifndef POLLER_LAB_RELAY_PAIR_H
#define POLLER_LAB_RELAY_PAIR_H

#include "base/timers.h"
#include "lab/relay/relay_way.h"

#define RELAY_SCRATCH (64u << 10)

struct relay_pair;

/* What all connections share. */
struct relay_shared {
    struct relay_options options;
    int epoll;
    struct timers timers; /* one for each connection */
    char *scratch;        /* RELAY_SCRATCH bytes */
    /* Calls the server, when the client's handshake would have ended: 0 (it stands), or -1 with
     * errno, EINPROGRESS where it is under way. NULL: connect(2) to options.to. */
    int (*call)(struct relay_pair *pair);
};

struct relay_pair {
    struct relay_shared *shared;
    const struct relay_options *options; /* its own, or those of all */
    struct relay_pair *next, *previous;  /* the loop's */
    struct relay_side client, server;
    struct relay_way way[RELAY_DIRECTIONS];
    struct relay_count count;
    struct timer timer;
    struct mono connect_due; /* when the server is called; MONO_NEVER: it was */
    struct mono reset_due;   /* when the news of a reset or a refusal arrive at the other side */
    bool connected;          /* to the server */
    bool stalled;
    bool over; /* to be freed */
    uint64_t number;
};

/* For a client that was accepted now; takes both sockets, which are closed where NULL comes back.
 * The server's is called one and a half round trips later, when it would have had the ACK. */
struct relay_pair *relay_pair_new(struct relay_shared *shared, int client, int server,
                                  uint64_t number);

/* The same into memory of the caller's, from malloc: pair is its first member, and free() takes the
 * whole. options outlive it. */
void relay_pair_init(struct relay_pair *pair, struct relay_shared *shared,
                     const struct relay_options *options, int client, int server, uint64_t number);

/* Closes both sockets. */
void relay_pair_free(struct relay_pair *pair);

/* Does what can be done now, and sets what is watched and the timer; or sets over. */
void relay_pair_turn(struct relay_pair *pair);

/* epoll's news of one socket; then relay_pair_turn(). */
void relay_side_event(struct relay_side *side, uint32_t events);

/* Sets what epoll watches; 0 takes it out, so that a socket with an error that nobody reads does
 * not wake the loop for ever. 0, or -1 with errno. */
int relay_side_watch(int epoll, struct relay_side *side, uint32_t events);

#endif
