/* links: base/clock */
#include <limits.h>
#include <poller/clock.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#define MS INT64_C(1000000)

static struct mono at(int64_t ns)
{
    return (struct mono){ns};
}

static void the_clock_does_not_go_back(void **state)
{
    (void)state;
    struct mono before = mono_now();
    for (int i = 0; i < 1000; i++) {
        struct mono now = mono_now();
        assert_true(now.ns >= before.ns);
        before = now;
    }
    assert_true(mono_is_set(before));
    assert_false(mono_is_never(before));
}

static void the_wall_clock_counts_milliseconds(void **state)
{
    (void)state;
    int64_t before = (int64_t)time(NULL) * 1000;
    int64_t now = wall_ms();
    int64_t after = ((int64_t)time(NULL) + 1) * 1000;
    assert_true(before - 1000 <= now && now <= after);
}

static void never_and_unset_are_points_of_their_own(void **state)
{
    (void)state;
    assert_true(mono_is_never(MONO_NEVER));
    assert_true(mono_is_set(MONO_NEVER));
    assert_false(mono_is_set(MONO_UNSET));
    assert_false(mono_is_never(MONO_UNSET));
    assert_false(mono_is_never(at(INT64_MAX - 1)));
    assert_true(mono_is_set(at(0)));
}

static void a_deadline_has_come_at_its_very_nanosecond(void **state)
{
    (void)state;
    assert_false(mono_reached(at(99), at(100)));
    assert_true(mono_reached(at(100), at(100)));
    assert_true(mono_reached(at(101), at(100)));
    assert_false(mono_reached(at(INT64_MAX - 1), MONO_NEVER));
    assert_false(mono_reached(MONO_NEVER, MONO_NEVER));
}

static void the_earlier_of_two_is_the_least(void **state)
{
    (void)state;
    assert_true(mono_min(at(1), at(2)).ns == 1);
    assert_true(mono_min(at(2), at(1)).ns == 1);
    assert_true(mono_min(at(2), MONO_NEVER).ns == 2);
    assert_true(mono_is_never(mono_min(MONO_NEVER, MONO_NEVER)));
}

static void adding_saturates_in_its_own_direction(void **state)
{
    (void)state;
    assert_true(mono_add_ms(at(5), 3).ns == 5 + 3 * MS);
    assert_true(mono_add_ms(at(5 * MS), -3).ns == 2 * MS);
    assert_true(mono_add_ms(at(7), 0).ns == 7);
    assert_true(mono_is_never(mono_add_ms(MONO_NEVER, -1000)));
    assert_true(mono_is_never(mono_add_ms(at(1), INT64_MAX)));
    assert_true(mono_is_never(mono_add_ms(at(INT64_MAX - 1), 1)));
    assert_true(mono_is_never(mono_add_ms(at(INT64_MAX / 2), INT64_MAX / MS)));
    /* A deadline too long ago to be told is one that has come, not one that never comes. */
    assert_true(mono_reached(at(0), mono_add_ms(at(0), INT64_MIN)));
    assert_true(mono_reached(at(0), mono_add_ms(at(INT64_MIN + 5), -1)));
    assert_true(mono_is_set(mono_add_ms(at(0), INT64_MIN)));
}

static void a_duration_has_fractions(void **state)
{
    (void)state;
    assert_true(mono_ms_between(at(0), at(1500000)) == 1.5);
    assert_true(mono_ms_between(at(1500000), at(0)) == -1.5);
    assert_true(mono_ms_between(at(9), at(9)) == 0);
}

/* A wait that ended before its deadline would spin. */
static void a_wait_is_rounded_up(void **state)
{
    (void)state;
    assert_int_equal(mono_poll_timeout(at(0), MONO_NEVER), -1);
    assert_int_equal(mono_poll_timeout(at(100), at(100)), 0);
    assert_int_equal(mono_poll_timeout(at(101), at(100)), 0);
    assert_int_equal(mono_poll_timeout(at(0), at(1)), 1);
    assert_int_equal(mono_poll_timeout(at(0), at(MS)), 1);
    assert_int_equal(mono_poll_timeout(at(0), at(MS + 1)), 2);
    assert_int_equal(mono_poll_timeout(at(5), at(20 * MS + 5)), 20);
    assert_int_equal(mono_poll_timeout(at(5), MONO_UNSET), 0);
}

static void a_wait_has_a_maximum(void **state)
{
    (void)state;
    assert_int_equal(mono_poll_timeout(at(0), at(INT_MAX * MS)), INT_MAX);
    assert_int_equal(mono_poll_timeout(at(0), at((INT_MAX - 1) * MS)), INT_MAX - 1);
    assert_int_equal(mono_poll_timeout(at(0), at(INT_MAX * MS + 1)), INT_MAX);
    assert_int_equal(mono_poll_timeout(at(0), at(INT64_MAX - 1)), INT_MAX);
    assert_int_equal(mono_poll_timeout(at(-10), at(INT64_MAX - 1)), INT_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_clock_does_not_go_back),
        cmocka_unit_test(the_wall_clock_counts_milliseconds),
        cmocka_unit_test(never_and_unset_are_points_of_their_own),
        cmocka_unit_test(a_deadline_has_come_at_its_very_nanosecond),
        cmocka_unit_test(the_earlier_of_two_is_the_least),
        cmocka_unit_test(adding_saturates_in_its_own_direction),
        cmocka_unit_test(a_duration_has_fractions),
        cmocka_unit_test(a_wait_is_rounded_up),
        cmocka_unit_test(a_wait_has_a_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
