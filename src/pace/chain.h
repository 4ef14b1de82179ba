/* Queues of numbers: each number stands in at most one of those that share an array of links, so
 * that no queue ever needs memory of its own. */
#ifndef POLLER_PACE_CHAIN_H
#define POLLER_PACE_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

#define CHAIN_NONE UINT32_MAX

struct chain {
    uint32_t head, tail; /* CHAIN_NONE: it is empty; start with CHAIN_EMPTY */
};

#define CHAIN_EMPTY ((struct chain){CHAIN_NONE, CHAIN_NONE})

static inline bool chain_is_empty(const struct chain *c)
{
    return c->head == CHAIN_NONE;
}

static inline void chain_push(struct chain *c, uint32_t *next, uint32_t id)
{
    next[id] = CHAIN_NONE;
    if (chain_is_empty(c))
        c->head = id;
    else
        next[c->tail] = id;
    c->tail = id;
}

/* The first, taken out; CHAIN_NONE: it is empty. */
static inline uint32_t chain_pop(struct chain *c, const uint32_t *next)
{
    uint32_t id = c->head;
    if (id != CHAIN_NONE)
        c->head = next[id];
    return id;
}

#endif
