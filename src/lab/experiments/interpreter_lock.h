/* A lock with the hand-over rule of CPython's global interpreter lock, to be put in front of real
 * work.
 *
 * The rule (CPython 3.2 and later; Python/ceval_gil.c, take_gil and drop_gil; Antoine Pitrou's "new
 * GIL", 2009): who wants the lock waits for the interval (5 ms, sys.setswitchinterval); if it was
 * not handed over in that time, the waiter asks for it; the holder looks at its next check whether
 * somebody has asked, gives it up, and waits until another has taken it before it wants it again.
 * Around everything that blocks the lock is given up at once and taken again afterwards. */
#ifndef POLLER_LAB_EXPERIMENTS_INTERPRETER_LOCK_H
#define POLLER_LAB_EXPERIMENTS_INTERPRETER_LOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define INTERPRETER_INTERVAL_US 5000

struct interpreter_lock {
    pthread_mutex_t mutex;
    pthread_cond_t freed, switched;
    long interval_us;
    bool is_held, is_asked_for;
    uint64_t switches; /* how often another thread got it */
    pthread_t last_holder;
    bool has_last_holder;
};

void interpreter_lock_init(struct interpreter_lock *lock, long interval_us);
void interpreter_lock_destroy(struct interpreter_lock *lock);

/* Any thread. take: blocks. drop: by the holder, around what blocks. check: by the holder, between
 * two pieces of work. */
void interpreter_lock_take(struct interpreter_lock *lock);
void interpreter_lock_drop(struct interpreter_lock *lock);
void interpreter_lock_check(struct interpreter_lock *lock);

#endif
