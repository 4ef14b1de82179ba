/* links: pace/adapt pace/adapt_failures pace/adapt_series pace/adapt_tries
 * pace/adapt_window base/clock tests/lib/adapt_sim */

/* The window of -n auto against devices of many kinds, in virtual time. Bounds are wide: what is
 * tested is that it ends where it should, not by which steps. */
#include "tests/lib/adapt_sim.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define BOOK 5460

/* What most tests visit: a log-in of 150 ms, 450 ms of thinking. */
static struct sim_model usual(unsigned devices, unsigned ceiling)
{
    return (struct sim_model){
        .devices = devices, .ceiling = ceiling, .log_in_ms = 150, .think_ms = 450, .noise = 0.2};
}

/* How much longer than with a number that never changes. */
static double against(const struct sim_model *m, const struct sim_outcome *o, unsigned fixed)
{
    struct sim_model other = *m;
    other.fixed = fixed;
    return o->elapsed_ms / sim_run(&other).elapsed_ms;
}

static void expect_within(double value, double low, double high)
{
    if (value < low || value > high)
        fail_msg("%.2f is not within %.2f and %.2f", value, low, high);
}

/* --- where it should grow --- */

static void devices_that_only_wait_are_visited_at_the_ceiling(void **state)
{
    (void)state;
    static const double noises[] = {0, 0.45, 0.9};
    for (size_t i = 0; i < 3; i++) {
        struct sim_model m = usual(BOOK, 300);
        m.noise = noises[i];
        struct sim_outcome o = sim_run(&m);
        assert_int_equal(o.most, 300);
        assert_int_equal(o.low, 300); /* and there it stays */
        assert_int_equal(o.grew, 3);
        assert_int_equal(o.backed_off, 0);
        expect_within(against(&m, &o, 300), 1, 1.15);
    }
}

static void a_run_that_is_short_is_still_much_faster_than_at_the_start(void **state)
{
    (void)state;
    struct sim_model m = usual(400, 300);
    struct sim_outcome o = sim_run(&m);
    expect_within(against(&m, &o, 300), 1, 1.75);
    expect_within(against(&m, &o, ADAPT_START), 0, 0.25);
}

static void thousands_at_once_are_reached_in_few_laps(void **state)
{
    (void)state;
    struct sim_model m = usual(20000, 5000);
    struct sim_outcome o = sim_run(&m);
    assert_int_equal(o.most, 5000);
    expect_within(o.elapsed_ms, 2400, 9 * 600.0); /* 4 laps of 5,000 are the least */
}

static void tiny_inventories_and_tiny_ceilings(void **state)
{
    (void)state;
    for (unsigned devices = 1; devices <= 21; devices++) {
        struct sim_model m = usual(devices, devices);
        struct sim_outcome o = sim_run(&m);
        assert_int_equal(o.most, devices < ADAPT_START ? devices : o.most);
        expect_within(against(&m, &o, devices), 0.99, 2.1);
    }
    struct sim_model one = usual(30, 1);
    struct sim_outcome o = sim_run(&one);
    assert_int_equal(o.most, 1);
    assert_int_equal(o.window, 1);
    assert_int_equal(o.grew, 0);
}

/* --- dead devices are no overload --- */

static void dead_devices_among_the_others_do_not_stop_it(void **state)
{
    (void)state;
    static const double dies_ms[] = {20, 1000, 15000};
    for (size_t i = 0; i < 3; i++) {
        struct sim_model m = usual(BOOK, 300);
        m.dead_every = 20;
        m.dead_ms = dies_ms[i];
        struct sim_outcome o = sim_run(&m);
        assert_int_equal(o.most, 300);
        expect_within(o.mean, 270, 300);
        expect_within(against(&m, &o, 300), 0.95, 1.25);
    }
}

static void a_dead_site_costs_little(void **state)
{
    (void)state;
    static const double dies_ms[] = {20, 15000};
    for (size_t i = 0; i < 2; i++) {
        struct sim_model m = usual(BOOK, 300);
        m.dead_from = 1000;
        m.dead_to = 1500;
        m.dead_ms = dies_ms[i];
        struct sim_outcome o = sim_run(&m);
        expect_within(against(&m, &o, 300), 0.95, 1.5);
    }
}

/* Smaller windows would make an outage last longer, and end nothing. */
static void an_outage_leaves_it_where_it_was(void **state)
{
    (void)state;
    struct sim_model m = usual(1000, 300);
    m.dead_to = 1000;
    m.dead_ms = 15000;
    struct sim_outcome o = sim_run(&m);
    assert_int_equal(o.window, ADAPT_START);
    assert_int_equal(o.backed_off, 0);
    expect_within(against(&m, &o, ADAPT_START), 0.99, 1.15);
}

/* --- where it should stop --- */

static void a_server_of_log_ins_is_given_what_it_can_do(void **state)
{
    (void)state;
    static const unsigned ceilings[] = {300, 5000};
    for (size_t i = 0; i < 2; i++) {
        struct sim_model m = usual(BOOK, ceilings[i]);
        m.log_ins_per_s = 100; /* the knee: 100 a second x 0.6 s = 60 */
        struct sim_outcome o = sim_run(&m);
        expect_within(against(&m, &o, 90), 0.98, 1.05);
        expect_within(o.mean, 60, 180);
        expect_within(o.high, 60, 240);
    }
}

static void a_server_of_commands_is_given_what_it_can_do(void **state)
{
    (void)state;
    static const unsigned ceilings[] = {300, 5000};
    for (size_t i = 0; i < 2; i++) {
        struct sim_model m = usual(2 * BOOK, ceilings[i]);
        m.visits_per_s = 100; /* nothing of this shows in the log-ins */
        struct sim_outcome o = sim_run(&m);
        expect_within(against(&m, &o, 90), 0.98, 1.05);
        expect_within(o.mean, 60, 180);
        expect_within(o.window, 60, 180);
    }
}

static void a_busy_machine_is_not_made_busier(void **state)
{
    (void)state;
    struct sim_model m = usual(BOOK, 5000);
    m.log_ins_per_s = 1000; /* the knee: 600 */
    struct sim_outcome o = sim_run(&m);
    expect_within(against(&m, &o, 700), 0.95, 1.25);
    expect_within(o.window, 450, 1500);
}

static void log_ins_that_get_slower_the_more_there_are(void **state)
{
    (void)state;
    struct sim_model m = usual(BOOK, 5000);
    m.log_in_knee = 100;
    struct sim_outcome o = sim_run(&m);
    expect_within(o.mean, 80, 350);
    expect_within(against(&m, &o, 200), 0.95, 1.25);
}

/* --- what refuses beyond a number --- */

static void what_refuses_beyond_a_number_is_kept_below_it(void **state)
{
    (void)state;
    static const unsigned most[] = {3, 10, 25, 50, 120};
    for (size_t i = 0; i < 5; i++) {
        struct sim_model m = usual(1000, 300);
        m.at_once_max = most[i];
        struct sim_outcome o = sim_run(&m);
        expect_within(o.refused, 1, 50); /* 5 % */
        expect_within(o.mean, 0.6 * most[i], 1.05 * most[i]);
        assert_true(o.backed_off > 0);
    }
}

static void refusals_stay_few_however_long_it_takes(void **state)
{
    (void)state;
    struct sim_model m = usual(20000, 5000);
    m.at_once_max = 50;
    struct sim_outcome o = sim_run(&m);
    expect_within(o.refused, 1, 200); /* 1 % */
    expect_within(o.mean, 35, 52);
}

static void dead_devices_do_not_hide_refusals(void **state)
{
    (void)state;
    struct sim_model m = usual(2000, 300);
    m.at_once_max = 50;
    m.dead_every = 20;
    m.dead_ms = 1000;
    struct sim_outcome o = sim_run(&m);
    expect_within(o.refused, 1, 100);
    expect_within(o.mean, 25, 60);
}

/* --- what looks like overload and is none --- */

static void devices_that_are_slow_are_not_overloaded(void **state)
{
    (void)state;
    struct sim_model m = usual(4000, 300);
    m.slow_from = 1000;
    m.slow_ms = 5000;
    struct sim_outcome o = sim_run(&m);
    assert_int_equal(o.window, 300);
    assert_int_equal(o.backed_off, 0);
    expect_within(against(&m, &o, 300), 0.98, 1.2);
}

static void noise_does_not_make_it_swing(void **state)
{
    (void)state;
    struct sim_model m = usual(BOOK, 300);
    m.noise = 0.9;
    m.visits_per_s = 100;
    struct sim_outcome o = sim_run(&m);
    expect_within((double)o.high / o.low, 1, 3);
    expect_within(against(&m, &o, 90), 0.98, 1.1);
}

/* --- the rules themselves --- */

static void classes_that_may_be_overload(void **state)
{
    (void)state;
    static const enum fail_class overload[] = {FAIL_REFUSED,    FAIL_CONNECT_TIMEOUT, FAIL_KEX,
                                               FAIL_NO_SESSION, FAIL_SILENCE,         FAIL_NOT_SSH};
    static const enum fail_class other[] = {
        FAIL_AUTH,     FAIL_DNS,       FAIL_ENABLE,      FAIL_WORKER_LOST,
        FAIL_INTERNAL, FAIL_CANCELLED, FAIL_UNREACHABLE, FAIL_HOSTKEY_CHANGED};
    for (size_t i = 0; i < sizeof overload / sizeof *overload; i++)
        assert_int_equal(adapt_verdict_of(overload[i], false), ADAPT_OVERLOAD);
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        assert_int_equal(adapt_verdict_of(other[i], false), ADAPT_OTHER);
    assert_int_equal(adapt_verdict_of(FAIL_PEER_CLOSED, false), ADAPT_OVERLOAD);
    assert_int_equal(adapt_verdict_of(FAIL_PEER_CLOSED, true), ADAPT_OTHER);
    assert_int_equal(adapt_verdict_of(FAIL_NONE, true), ADAPT_GOOD);
    assert_int_equal(adapt_verdict_of(FAIL_COMMAND_ERROR, true), ADAPT_GOOD);
}

static struct mono at_ms(unsigned ms)
{
    return (struct mono){ms * (int64_t)1000000};
}

static void a_window_that_is_not_used_does_not_grow(void **state)
{
    (void)state;
    struct adapt a;
    adapt_init(&a, 20, 300, at_ms(0));
    for (unsigned i = 1; i < 200; i++)
        adapt_logged_in(&a, at_ms(100 + i), at_ms(i), 9);
    assert_int_equal(adapt_window(&a), 20);
    adapt_logged_in(&a, at_ms(400), at_ms(300), 10);
    assert_int_equal(adapt_window(&a), 21);
}

static void it_grows_to_eight_times_before_anything_has_ended(void **state)
{
    (void)state;
    struct adapt a;
    adapt_init(&a, 20, 300, at_ms(0));
    for (unsigned i = 1; i < 1000; i++)
        adapt_logged_in(&a, at_ms(100 + i), at_ms(i), adapt_window(&a));
    assert_int_equal(adapt_window(&a), 160);
}

/* Whatever it is told, in whatever order. */
static void it_stays_within_its_bounds(void **state)
{
    (void)state;
    uint64_t chance = 1;
    for (unsigned ceiling = 1; ceiling < 400; ceiling = ceiling * 3 + 1) {
        struct adapt a;
        adapt_init(&a, ADAPT_START, ceiling, at_ms(0));
        for (unsigned now = 1; now < 30000; now++) {
            chance = chance * 6364136223846793005u + 1442695040888963407u;
            unsigned dice = (unsigned)(chance >> 33);
            unsigned under_way = 1 + dice / 64 % (ceiling + 3);
            unsigned long_ms = dice / 8 % (now < 2000 ? now : 2000);
            struct adapt_visit v = {at_ms(now - long_ms), dice % 5 ? ADAPT_GOOD : ADAPT_OVERLOAD,
                                    long_ms};
            if (dice % 2)
                adapt_logged_in(&a, at_ms(now), v.started, under_way);
            else
                adapt_ended(&a, at_ms(now), &v, under_way);
            assert_in_range(adapt_window(&a), 1, ceiling);
            assert_true(isfinite(a.window) && isfinite(a.edge) && isfinite(a.log_ins.base));
            assert_in_range(a.backed_off, 0, 30000);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(devices_that_only_wait_are_visited_at_the_ceiling),
        cmocka_unit_test(a_run_that_is_short_is_still_much_faster_than_at_the_start),
        cmocka_unit_test(thousands_at_once_are_reached_in_few_laps),
        cmocka_unit_test(tiny_inventories_and_tiny_ceilings),
        cmocka_unit_test(dead_devices_among_the_others_do_not_stop_it),
        cmocka_unit_test(a_dead_site_costs_little),
        cmocka_unit_test(an_outage_leaves_it_where_it_was),
        cmocka_unit_test(a_server_of_log_ins_is_given_what_it_can_do),
        cmocka_unit_test(a_server_of_commands_is_given_what_it_can_do),
        cmocka_unit_test(a_busy_machine_is_not_made_busier),
        cmocka_unit_test(log_ins_that_get_slower_the_more_there_are),
        cmocka_unit_test(what_refuses_beyond_a_number_is_kept_below_it),
        cmocka_unit_test(refusals_stay_few_however_long_it_takes),
        cmocka_unit_test(dead_devices_do_not_hide_refusals),
        cmocka_unit_test(devices_that_are_slow_are_not_overloaded),
        cmocka_unit_test(noise_does_not_make_it_swing),
        cmocka_unit_test(classes_that_may_be_overload),
        cmocka_unit_test(a_window_that_is_not_used_does_not_grow),
        cmocka_unit_test(it_grows_to_eight_times_before_anything_has_ended),
        cmocka_unit_test(it_stays_within_its_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
