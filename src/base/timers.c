#include "base/timers.h"

#include <assert.h>
#include <stdlib.h>

int timers_init(struct timers *t, size_t room)
{
    *t = (struct timers){.heap = calloc(room ? room : 1, sizeof(struct timer *)), .room = room};
    return t->heap ? 0 : -1;
}

void timers_free(struct timers *t)
{
    free(t->heap);
    *t = (struct timers){0};
}

int timers_reserve(struct timers *t, size_t room)
{
    if (room <= t->room)
        return 0;
    size_t doubled = t->room < 16 ? 16 : 2 * t->room;
    size_t more = room > doubled ? room : doubled;
    struct timer **heap = realloc(t->heap, more * sizeof(struct timer *));
    if (!heap)
        return -1;
    t->heap = heap;
    t->room = more;
    return 0;
}

static void put(struct timers *t, size_t at, struct timer *timer)
{
    t->heap[at] = timer;
    timer->at = at;
}

static void sift_up(struct timers *t, struct timer *timer)
{
    size_t at = timer->at;
    while (at > 0 && timer->due.ns < t->heap[(at - 1) / 2]->due.ns) {
        put(t, at, t->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    put(t, at, timer);
}

static void sift_down(struct timers *t, struct timer *timer)
{
    size_t at = timer->at;
    for (size_t child; (child = 2 * at + 1) < t->n; at = child) {
        if (child + 1 < t->n && t->heap[child + 1]->due.ns < t->heap[child]->due.ns)
            child++;
        if (timer->due.ns <= t->heap[child]->due.ns)
            break;
        put(t, at, t->heap[child]);
    }
    put(t, at, timer);
}

static void take_out(struct timers *t, struct timer *timer)
{
    struct timer *last = t->heap[--t->n];
    size_t at = timer->at;
    timer->at = TIMER_IDLE;
    if (last == timer)
        return;
    put(t, at, last);
    sift_up(t, last);
    sift_down(t, last);
}

void timers_set(struct timers *t, struct timer *timer, struct mono due)
{
    timer->due = due;
    if (mono_is_never(due)) {
        if (timer->at != TIMER_IDLE)
            take_out(t, timer);
        return;
    }
    if (timer->at == TIMER_IDLE) {
        assert(t->n < t->room);
        put(t, t->n++, timer);
    }
    sift_up(t, timer);
    sift_down(t, timer);
}

struct timer *timers_first(const struct timers *t)
{
    return t->n > 0 ? t->heap[0] : NULL;
}
