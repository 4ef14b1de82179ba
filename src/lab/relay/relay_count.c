#include "lab/relay/relay_count.h"

#include <assert.h>

#define DEPTH_SYN_ACK 2
#define DEPTH_ACK     3

void relay_count_init(struct relay_count *count)
{
    *count = (struct relay_count){0};
    count->way[TO_CLIENT].deepest = DEPTH_SYN_ACK;
    count->way[TO_SERVER].deepest = DEPTH_ACK;
}

/* The client's first bytes go with its ACK, or right behind it: they answer the SYN-ACK. */
void relay_count_taken(struct relay_count *count, enum relay_direction direction, size_t n)
{
    struct relay_depth *way = &count->way[direction];
    unsigned depth = count->way[direction == TO_CLIENT ? TO_SERVER : TO_CLIENT].deepest + 1;
    way->taken += n;
    if (way->runs == 0 || way->run[way->runs - 1].depth != depth) {
        assert(way->runs < 2);
        way->runs++;
    }
    way->run[way->runs - 1].end = way->taken;
    way->run[way->runs - 1].depth = depth;
}

void relay_count_delivered(struct relay_count *count, enum relay_direction direction, size_t n)
{
    struct relay_depth *way = &count->way[direction];
    bool counts = direction == TO_SERVER || !count->client_left;
    if (n == 0)
        return;
    way->delivered += n;
    assert(way->delivered <= way->taken);
    if (way->runs == 2 && way->delivered > way->run[0].end) {
        way->run[0] = way->run[1];
        way->runs = 1;
    }
    if (counts && way->run[0].depth > way->deepest)
        way->deepest = way->run[0].depth;
    if (way->runs > 0 && way->delivered == way->run[0].end) {
        way->run[0] = way->run[1];
        way->runs--;
    }
}

void relay_count_client_left(struct relay_count *count)
{
    count->client_left = true;
}

unsigned relay_count_round_trips(const struct relay_count *count)
{
    return count->way[TO_CLIENT].deepest / 2;
}
