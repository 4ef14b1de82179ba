#include "lab/experiments/interpreter_lock.h"

#include <errno.h>
#include <time.h>

void interpreter_lock_init(struct interpreter_lock *lock, long interval_us)
{
    pthread_condattr_t attributes;
    *lock = (struct interpreter_lock){.interval_us = interval_us};
    pthread_mutex_init(&lock->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&lock->freed, &attributes);
    pthread_cond_init(&lock->switched, &attributes);
    pthread_condattr_destroy(&attributes);
}

void interpreter_lock_destroy(struct interpreter_lock *lock)
{
    pthread_cond_destroy(&lock->freed);
    pthread_cond_destroy(&lock->switched);
    pthread_mutex_destroy(&lock->mutex);
}

static struct timespec after_us(long us)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_nsec += us * 1000;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    return t;
}

/* Waits for one interval; asks where the lock did not change hands in it. */
static void wait_and_ask(struct interpreter_lock *lock)
{
    uint64_t before = lock->switches;
    struct timespec limit = after_us(lock->interval_us);
    int rc = pthread_cond_timedwait(&lock->freed, &lock->mutex, &limit);
    if (rc == ETIMEDOUT && lock->is_held && lock->switches == before)
        lock->is_asked_for = true;
}

void interpreter_lock_take(struct interpreter_lock *lock)
{
    pthread_mutex_lock(&lock->mutex);
    while (lock->is_held)
        wait_and_ask(lock);
    lock->is_held = true;
    lock->is_asked_for = false;
    if (!lock->has_last_holder || !pthread_equal(lock->last_holder, pthread_self())) {
        lock->last_holder = pthread_self();
        lock->has_last_holder = true;
        lock->switches++;
    }
    pthread_cond_broadcast(&lock->switched);
    pthread_mutex_unlock(&lock->mutex);
}

static void give(struct interpreter_lock *lock)
{
    lock->is_held = false;
    pthread_cond_signal(&lock->freed);
}

void interpreter_lock_drop(struct interpreter_lock *lock)
{
    pthread_mutex_lock(&lock->mutex);
    give(lock);
    pthread_mutex_unlock(&lock->mutex);
}

void interpreter_lock_check(struct interpreter_lock *lock)
{
    pthread_mutex_lock(&lock->mutex);
    bool gives_way = lock->is_asked_for;
    if (gives_way) {
        uint64_t before = lock->switches;
        give(lock);
        /* Who asked is to have it: else the one that runs would have it again at once. */
        while (lock->switches == before)
            pthread_cond_wait(&lock->switched, &lock->mutex);
    }
    pthread_mutex_unlock(&lock->mutex);
    if (gives_way)
        interpreter_lock_take(lock);
}
