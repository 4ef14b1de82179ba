/* links: base/timers base/clock */

/* The heap of deadlines against a plain array that is searched. */
#include "base/timers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define N 200

static uint32_t seed = 1;

static uint32_t chance(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

static int64_t first_of(const struct timer *all)
{
    int64_t first = INT64_MAX;
    for (int i = 0; i < N; i++)
        if (all[i].at != TIMER_IDLE && all[i].due.ns < first)
            first = all[i].due.ns;
    return first;
}

static void the_first_is_always_the_soonest(void **state)
{
    static struct timer all[N];
    struct timers t;
    (void)state;
    assert_int_equal(timers_init(&t, N), 0);
    assert_null(timers_first(&t));
    for (int i = 0; i < N; i++)
        all[i].at = TIMER_IDLE;
    for (int round = 0; round < 20000; round++) {
        struct timer *one = &all[chance(N)];
        bool out = chance(3) == 0;
        timers_set(&t, one, out ? MONO_NEVER : (struct mono){chance(1000)});
        const struct timer *first = timers_first(&t);
        assert_int_equal(first ? first->due.ns : INT64_MAX, first_of(all));
        for (size_t k = 0; k < t.n; k++)
            assert_int_equal(t.heap[k]->at, k);
    }
    timers_free(&t);
}

static void room_is_added_where_it_is_asked_for(void **state)
{
    static struct timer all[N];
    struct timers t = {0};
    (void)state;
    for (int i = 0; i < N; i++) {
        all[i].at = TIMER_IDLE;
        assert_int_equal(timers_reserve(&t, (size_t)i + 1), 0);
        timers_set(&t, &all[i], (struct mono){N - i});
        assert_true(timers_first(&t) == &all[i]);
    }
    assert_int_equal(t.n, N);
    assert_true(t.room < 4 * (size_t)N);
    timers_free(&t);
}

static void taking_out_what_is_not_in_changes_nothing(void **state)
{
    struct timer a = {.at = TIMER_IDLE}, b = {.at = TIMER_IDLE};
    struct timers t;
    (void)state;
    assert_int_equal(timers_init(&t, 2), 0);
    timers_set(&t, &a, MONO_NEVER);
    assert_null(timers_first(&t));
    timers_set(&t, &a, (struct mono){5});
    timers_set(&t, &b, (struct mono){5});
    timers_set(&t, &a, MONO_NEVER);
    assert_ptr_equal(timers_first(&t), &b);
    assert_true(a.at == TIMER_IDLE);
    timers_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_is_always_the_soonest),
        cmocka_unit_test(room_is_added_where_it_is_asked_for),
        cmocka_unit_test(taking_out_what_is_not_in_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
