/* Who of an inventory waits with whom: devices under the same limiters stand in one line, so that
 * what is full is asked once for a line and not for each of its devices. Made before the run; pure.
 */
#ifndef POLLER_PACE_BUDGET_LINES_H
#define POLLER_PACE_BUDGET_LINES_H

#include "base/arena.h"
#include "pace/chain.h"

#include <poller/inventory.h>
#include <stddef.h>

struct line {
    const uint32_t *limiters; /* numbers of those its devices are under, the run's left out */
    uint32_t n_limiters;
    struct chain devices; /* who waits */
};

/* The numbers of the limiters: 0 is the run's, then come the groups that limit, then the windows,
 * then the hosts that stand more often than they may be visited at once. */
struct lines {
    struct line *lines; /* the first has no limiter */
    size_t n_lines, room;
    uint32_t *line_of;     /* by device; NULL: all stand in the first */
    uint32_t *next_device; /* links of the lines' devices */
    uint32_t n_groups, n_windows, n_hosts;
    const char **windows; /* names of the groups that windows are for; the inventory's */
    struct arena arena;
};

/* per_host 0: hosts do not limit. windows: each group that is the first of a device has one. 0, or
 * -1: memory is out; lines_free() either way. */
int lines_init(struct lines *l, const struct inventory *inventory, unsigned per_host, bool windows);
void lines_free(struct lines *l);

static inline uint32_t lines_first_window(const struct lines *l)
{
    return 1 + l->n_groups;
}

static inline uint32_t lines_first_host(const struct lines *l)
{
    return lines_first_window(l) + l->n_windows;
}

static inline uint32_t lines_limiters(const struct lines *l)
{
    return lines_first_host(l) + l->n_hosts;
}

static inline struct line *lines_of(const struct lines *l, uint32_t device)
{
    return &l->lines[l->line_of ? l->line_of[device] : 0];
}

#endif
