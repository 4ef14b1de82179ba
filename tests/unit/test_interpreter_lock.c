/* links: lab/experiments/interpreter_lock base/clock */

/* The lock's rule, by threads that wait for each other and never for a time to pass. */
#include "lab/experiments/interpreter_lock.h"

#include <poller/clock.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define NEVER_US 3600000000 /* an interval that no test lives to see */
#define SOON_US  200
#define LIMIT_S  100 /* a deadlock ends the test */

struct other {
    struct interpreter_lock *lock;
    atomic_bool has_got_it;
    double waited_us;
};

/* Another thread that wants the lock once. */
static void *want(void *ctx)
{
    struct other *other = ctx;
    struct mono start = mono_now();
    interpreter_lock_take(other->lock);
    other->waited_us = mono_ms_between(start, mono_now()) * 1000;
    atomic_store(&other->has_got_it, true);
    interpreter_lock_drop(other->lock);
    return NULL;
}

static bool is_asked_for(struct interpreter_lock *lock)
{
    pthread_mutex_lock(&lock->mutex);
    bool asked = lock->is_asked_for;
    pthread_mutex_unlock(&lock->mutex);
    return asked;
}

static void until_asked_for(struct interpreter_lock *lock)
{
    while (!is_asked_for(lock))
        sched_yield();
}

static pthread_t begin(struct other *other, struct interpreter_lock *lock)
{
    pthread_t thread;
    *other = (struct other){.lock = lock};
    assert_int_equal(pthread_create(&thread, NULL, want, other), 0);
    return thread;
}

/* --- one thread --- */

static void a_check_that_nobody_asked_for_keeps_it(void **state)
{
    struct interpreter_lock lock;
    (void)state;
    interpreter_lock_init(&lock, SOON_US);
    interpreter_lock_take(&lock);
    for (int i = 0; i < 1000; i++)
        interpreter_lock_check(&lock);
    assert_true(lock.is_held);
    assert_int_equal(lock.switches, 1);
    interpreter_lock_drop(&lock);
    assert_false(lock.is_held);
    interpreter_lock_take(&lock);
    assert_int_equal(lock.switches, 1); /* the same one again is no switch */
    interpreter_lock_drop(&lock);
    interpreter_lock_destroy(&lock);
}

/* --- two threads --- */

static void a_waiter_asks_after_the_interval_and_gets_it_at_the_check(void **state)
{
    struct interpreter_lock lock;
    struct other other;
    (void)state;
    interpreter_lock_init(&lock, SOON_US);
    interpreter_lock_take(&lock);
    pthread_t thread = begin(&other, &lock);
    until_asked_for(&lock);
    assert_false(atomic_load(&other.has_got_it)); /* asking alone does not take it away */
    interpreter_lock_check(&lock);
    /* It was forced over: the check comes back only after the other has had it. */
    assert_true(atomic_load(&other.has_got_it));
    assert_true(lock.is_held);
    assert_int_equal(lock.switches, 3);
    interpreter_lock_drop(&lock);
    pthread_join(thread, NULL);
    assert_true(other.waited_us >= SOON_US);
    interpreter_lock_destroy(&lock);
}

static void whoever_takes_it_is_no_longer_asked(void **state)
{
    struct interpreter_lock lock;
    struct other other;
    (void)state;
    interpreter_lock_init(&lock, SOON_US);
    interpreter_lock_take(&lock);
    pthread_t thread = begin(&other, &lock);
    until_asked_for(&lock);
    interpreter_lock_drop(&lock);
    pthread_join(thread, NULL);
    assert_true(atomic_load(&other.has_got_it));
    assert_false(is_asked_for(&lock));
    interpreter_lock_destroy(&lock);
}

static void it_is_free_around_a_wait(void **state)
{
    struct interpreter_lock lock;
    struct other other;
    (void)state;
    interpreter_lock_init(&lock, NEVER_US);
    interpreter_lock_take(&lock);
    pthread_t thread = begin(&other, &lock);
    interpreter_lock_drop(&lock);
    pthread_join(thread, NULL); /* the wait */
    interpreter_lock_take(&lock);
    assert_true(atomic_load(&other.has_got_it));
    assert_false(is_asked_for(&lock)); /* nobody had to ask */
    assert_int_equal(lock.switches, 3);
    interpreter_lock_drop(&lock);
    interpreter_lock_destroy(&lock);
}

static void nobody_asks_before_the_interval(void **state)
{
    struct interpreter_lock lock;
    struct other other;
    (void)state;
    interpreter_lock_init(&lock, NEVER_US);
    interpreter_lock_take(&lock);
    pthread_t thread = begin(&other, &lock);
    for (int i = 0; i < 1000; i++) {
        interpreter_lock_check(&lock);
        sched_yield();
    }
    assert_false(atomic_load(&other.has_got_it));
    assert_int_equal(lock.switches, 1);
    interpreter_lock_drop(&lock);
    pthread_join(thread, NULL);
    assert_true(atomic_load(&other.has_got_it));
    interpreter_lock_destroy(&lock);
}

/* --- several --- */

#define THREADS 6
#define ROUNDS  2000

struct crowd {
    struct interpreter_lock lock;
    atomic_int inside, most;
    unsigned counter; /* guarded by the lock alone */
};

static void work(struct crowd *c)
{
    int now = atomic_fetch_add(&c->inside, 1) + 1, most = atomic_load(&c->most);
    while (now > most && !atomic_compare_exchange_weak(&c->most, &most, now))
        continue;
    c->counter++;
    atomic_fetch_sub(&c->inside, 1);
}

/* Checks between pieces of work, and now and then gives it up as if to wait. */
static void *crowd_in(void *ctx)
{
    struct crowd *c = ctx;
    interpreter_lock_take(&c->lock);
    for (int i = 0; i < ROUNDS; i++) {
        work(c);
        interpreter_lock_check(&c->lock);
        if (i % 7 == 0) {
            interpreter_lock_drop(&c->lock);
            sched_yield();
            interpreter_lock_take(&c->lock);
        }
    }
    interpreter_lock_drop(&c->lock);
    return NULL;
}

static void run_crowd(struct crowd *c, long interval_us)
{
    pthread_t threads[THREADS];
    interpreter_lock_init(&c->lock, interval_us);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, crowd_in, c), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_false(c->lock.is_held);
    interpreter_lock_destroy(&c->lock);
}

static void one_holds_it_at_a_time_and_all_come_to_their_end(void **state)
{
    static const long intervals_us[] = {1, 20, 1000};
    (void)state;
    for (size_t i = 0; i < sizeof intervals_us / sizeof *intervals_us; i++) {
        struct crowd crowd = {.counter = 0};
        run_crowd(&crowd, intervals_us[i]);
        assert_int_equal(crowd.most, 1);
        assert_int_equal(crowd.counter, THREADS * ROUNDS);
        assert_true(crowd.lock.switches >= THREADS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_check_that_nobody_asked_for_keeps_it),
        cmocka_unit_test(a_waiter_asks_after_the_interval_and_gets_it_at_the_check),
        cmocka_unit_test(whoever_takes_it_is_no_longer_asked),
        cmocka_unit_test(it_is_free_around_a_wait),
        cmocka_unit_test(nobody_asks_before_the_interval),
        cmocka_unit_test(one_holds_it_at_a_time_and_all_come_to_their_end),
    };
    alarm(LIMIT_S);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
