/* How many round trips a connection took, as causal depth.
 *
 * Depth counts ways: a segment that was sent after one of depth d had arrived from the other side
 * can be its answer, so its depth is d + 1. TCP's SYN, SYN-ACK and ACK are 1, 2 and 3. What
 * arrives at the client at depth d has taken d / 2 round trips.
 *
 * What is counted is order in time, which is cause only where the delay is long beside the peers'
 * thinking: without a delay a segment that merely comes later counts as an answer.
 *
 * Pure; one thread. */
#ifndef POLLER_LAB_RELAY_COUNT_H
#define POLLER_LAB_RELAY_COUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum relay_direction { TO_CLIENT, TO_SERVER, RELAY_DIRECTIONS };

/* Of one direction. */
struct relay_depth {
    uint64_t taken, delivered; /* bytes */
    unsigned deepest;          /* of what was delivered */
    /* What is under way, by depth: bytes up to `end` (from the start of the connection). Two are
     * enough: a third depth can only come about when the first has been delivered whole. */
    struct {
        uint64_t end;
        unsigned depth;
    } run[2];
    size_t runs;
};

struct relay_count {
    struct relay_depth way[RELAY_DIRECTIONS];
    bool client_left;
};

void relay_count_init(struct relay_count *count);

/* n bytes were sent in this direction, now. */
void relay_count_taken(struct relay_count *count, enum relay_direction direction, size_t n);

/* The next n of them have arrived, now. */
void relay_count_delivered(struct relay_count *count, enum relay_direction direction, size_t n);

/* The client has sent its end: what arrives there now is something that it does not wait for. */
void relay_count_client_left(struct relay_count *count);

/* Round trips until the last byte that the client waited for, the one of TCP with them. */
unsigned relay_count_round_trips(const struct relay_count *count);

#endif
