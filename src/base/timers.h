/* A binary heap of deadlines. A timer is part of its owner, which may set it again at any time;
 * one thread. */
#ifndef POLLER_BASE_TIMERS_H
#define POLLER_BASE_TIMERS_H

#include <poller/clock.h>
#include <stddef.h>

#define TIMER_IDLE ((size_t)-1)

struct timer {
    struct mono due;
    size_t at; /* its place in the heap; TIMER_IDLE: in none. Start with that. */
};

struct timers {
    struct timer **heap;
    size_t n, room;
};

/* 0, or -1 when memory is out. Holds at most room timers. */
int timers_init(struct timers *t, size_t room);
void timers_free(struct timers *t);

/* Room for that many, where their number is not known from the start (a zero-initialised heap holds
 * none). 0, or -1 when memory is out: then it is as it was. */
int timers_reserve(struct timers *t, size_t room);

/* Puts it in or moves it; MONO_NEVER takes it out. */
void timers_set(struct timers *t, struct timer *timer, struct mono due);

/* The one that is due first; NULL when there is none. */
struct timer *timers_first(const struct timers *t);

#endif
