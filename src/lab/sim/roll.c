#include "lab/sim/roll.h"

#include <stddef.h>
#include <sys/mman.h>

struct entry {
    uint32_t device : 31; /* its number + 1; 0: a free place */
    uint32_t is_logged_in : 1;
    uint32_t next_free; /* place + 1; 0: none */
};

struct roll {
    size_t size;
    uint32_t most, used; /* used: places that ever were */
    uint32_t first_free; /* place + 1; 0: none below used */
    struct entry entries[];
};

struct roll *roll_new(uint32_t most)
{
    size_t size = sizeof(struct roll) + most * sizeof(struct entry);
    struct roll *roll =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (roll == MAP_FAILED)
        return NULL;
    roll->size = size;
    roll->most = most;
    return roll;
}

void roll_free(struct roll *roll)
{
    if (roll)
        munmap(roll, roll->size);
}

uint32_t roll_enter(struct roll *roll, uint32_t device)
{
    uint32_t place = roll->first_free ? roll->first_free - 1 : roll->used;
    /* More than was promised are not written down. */
    if (place >= roll->most)
        return roll->most;
    if (roll->first_free)
        roll->first_free = roll->entries[place].next_free;
    else
        roll->used++;
    roll->entries[place] = (struct entry){.device = (device + 1) & INT32_MAX};
    return place;
}

void roll_log_in(struct roll *roll, uint32_t place)
{
    if (place < roll->most)
        roll->entries[place].is_logged_in = 1;
}

void roll_leave(struct roll *roll, uint32_t place)
{
    if (place >= roll->most)
        return;
    roll->entries[place] = (struct entry){.next_free = roll->first_free};
    roll->first_free = place + 1;
}

void roll_settle(struct roll *roll, struct stats *stats)
{
    for (uint32_t i = 0; i < roll->used && i < roll->most; i++) {
        const struct entry *entry = &roll->entries[i];
        if (entry->device)
            stats_disconnected(stats, entry->device - 1u,
                               entry->is_logged_in ? STATS_DROPPED : STATS_NO_LOGIN);
    }
    roll->used = roll->first_free = 0;
}
