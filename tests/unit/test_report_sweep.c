/* links: report/sweep report/sweep_cause report/sweep_table report/compare report/stats base/buf
 * base/err model/result tests/lib/failing_malloc */
#include "report/sweep.h"
#include "tests/lib/failing_malloc.h"
#include "tests/lib/sweep_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct sweep read_on(const struct compare_row *rows, size_t n, unsigned cores)
{
    struct sweep s;
    assert_int_equal(
        sweep_read(&s, &(struct sweep_input){.rows = rows, .n_rows = n, .cores = cores}), 0);
    return s;
}

static void near(double a, double b)
{
    assert_true(a > b - 1e-6 && a < b + 1e-6);
}

static void waiting_is_shared_but_not_below_the_slowest(void **state)
{
    (void)state;
    near(sweep_waiting_ms(4000, 300, 1), 4000);
    near(sweep_waiting_ms(4000, 300, 10), 400);
    near(sweep_waiting_ms(4000, 300, 20), 300);
    near(sweep_waiting_ms(4000, 300, 0), 4000);
}

static void graham_bounds_what_a_list_can_cost(void **state)
{
    (void)state;
    near(sweep_graham_ms(4000, 300, 1), 4000);
    near(sweep_graham_ms(4000, 300, 10), 400 + 270);
    assert_true(sweep_graham_ms(4000, 300, 7) >= sweep_waiting_ms(4000, 300, 7));
    near(sweep_graham_ms(4000, 300, 0), 4000);
}

static void amdahl_leaves_the_serial_part(void **state)
{
    (void)state;
    near(sweep_amdahl_ms(1000, 100, 50, 1), 1000);
    near(sweep_amdahl_ms(1000, 100, 50, 9), 200);
    near(sweep_amdahl_ms(1000, 0, 50, 10), 100);
    near(sweep_amdahl_ms(1000, 2000, 0, 10), 1000);
    near(sweep_amdahl_ms(1000, 100, 50, 0), 1000);
}

/* It adds to the waiting bound: it is never below it, whatever the workers. */
static void amdahl_waits_for_the_slowest_too(void **state)
{
    (void)state;
    near(sweep_amdahl_ms(9570, 30, 1140, 29), 30 + 1140);
    near(sweep_amdahl_ms(1150, 30, 1140, 2), 1150);
    for (unsigned workers = 1; workers < 60; workers++) {
        assert_true(sweep_amdahl_ms(9570, 30, 1140, workers) >=
                    sweep_waiting_ms(9570, 1140, workers));
        assert_true(sweep_amdahl_ms(9570, 30, 1140, workers) <= 9570);
    }
}

static void a_mode_keeps_so_many_processors_busy(void **state)
{
    (void)state;
    assert_int_equal(sweep_mode_cores("sequential", 20, 4, 0), 1);
    assert_int_equal(sweep_mode_cores("threads", 20, 4, 0), 4);
    assert_int_equal(sweep_mode_cores("threads", 2, 4, 0), 2);
    assert_int_equal(sweep_mode_cores("events", 20, 4, 0), 1);
    assert_int_equal(sweep_mode_cores("events", 20, 4, 3), 3);
    assert_int_equal(sweep_mode_cores("events", 20, 2, 3), 2);
    assert_int_equal(sweep_mode_cores("processes", 0, 0, 0), 1);
}

static void default_workers_are(size_t devices, const unsigned *expected, size_t n)
{
    unsigned found[32];
    assert_int_equal(sweep_default_workers(devices, found, 32), n);
    assert_memory_equal(found, expected, n * sizeof *expected);
}

static void default_workers_grow_to_the_devices(void **state)
{
    (void)state;
    default_workers_are(0, (const unsigned[]){0}, 1);
    default_workers_are(1, (const unsigned[]){1}, 1);
    default_workers_are(3, (const unsigned[]){1, 2, 3}, 3);
    default_workers_are(40, (const unsigned[]){1, 2, 5, 10, 20, 40}, 6);
    default_workers_are(100, (const unsigned[]){1, 2, 5, 10, 20, 40, 80, 100}, 8);
    unsigned few[2];
    assert_int_equal(sweep_default_workers(100, few, 2), 2);
}

/* Medians, and the smallest number within a twentieth of the best; the order does not matter. */
static void the_bend_is_the_smallest_that_is_nearly_best(void **state)
{
    (void)state;
    const struct compare_row rows[] = {
        row("threads", 40, 1000, 100, 0), row("threads", 20, 9000, 100, 0),
        row("threads", 20, 1050, 100, 0), row("threads", 20, 1040, 100, 0),
        row("threads", 10, 1051, 100, 0), row("events", 2, 10, 100, 0)};
    size_t n;
    struct compare_point *points = compare_points(ROWS(rows), &n);
    assert_int_equal(n, 4);
    const struct compare_point *bend = sweep_bend_point(points, n, "threads");
    assert_int_equal(bend->run.workers, 20);
    near(bend->run.elapsed_ms, 1050);
    near(bend->fastest_ms, 1040);
    near(bend->slowest_ms, 9000);
    assert_null(sweep_bend_point(points, n, "hybrid"));
    free(points);
}

/* Failing is fast: such a run is neither the best nor the floor of what devices take. */
static void a_run_with_more_failures_is_no_candidate(void **state)
{
    (void)state;
    struct compare_row rows[] = {row("threads", 10, 400, 100, 4), row("threads", 20, 200, 100, 4),
                                 row("threads", 40, 50, 20, 4)};
    rows[2].run.failed = 12;
    struct sweep s = read_on(ROWS(rows), 2);
    assert_int_equal(s.n_bends, 1);
    assert_int_equal(s.bends[0].workers, 20);
    assert_int_equal(s.bends[0].cause, SWEEP_DEVICES);
    assert_string_equal(s.bends[0].because, "with more workers more devices fail: 12 of 40 at 40 "
                                            "workers, 0 at 20");
    near(s.bounds[0].waiting_ms, 400);
    near(s.bounds[2].waiting_ms, 100);
    sweep_free(&s);
}

static void bounds_stand_beside_every_point(void **state)
{
    (void)state;
    const struct compare_row rows[] = {
        row("sequential", 1, 4200, 105, 200), row("threads", 10, 500, 110, 210),
        row("threads", 40, 200, 150, 190), row("events", 40, 180, 120, 100)};
    struct sweep s = read_on(ROWS(rows), 2);
    near(s.baseline_ms, 4200);
    assert_int_equal(s.n_bends, 2);
    near(s.bounds[0].waiting_ms, 4200);
    near(s.bounds[0].amdahl_ms, 4200);
    near(s.bounds[1].waiting_ms, 420);
    near(s.bounds[1].amdahl_ms, 95 + (4200 - 95) / 10.0); /* two processors share the least CPU */
    near(s.bounds[2].waiting_ms, 105);
    near(s.bounds[3].amdahl_ms, 100 + 105); /* a loop has one */
    sweep_free(&s);
    s = read_on(&rows[1], 2, 2);
    near(s.baseline_ms, 0);
    near(s.bounds[0].amdahl_ms, 95 + (4400 - 95) / 10.0);
    sweep_free(&s);
}

struct cause_case {
    struct compare_row rows[2];
    enum sweep_cause cause;
    const char *because;
};

static void causes_are_named_with_their_numbers(void **state)
{
    (void)state;
    const struct cause_case cases[] = {
        {{row("events", 20, 1000, 400, 950), row("events", 40, 1000, 900, 960)},
         SWEEP_CPU,
         "poller itself computes: 0.95 s of CPU time in 1.00 s on 1 core is 95 % busy"},
        {{row("threads", 20, 1000, 400, 1700), row("threads", 40, 1000, 900, 1700)},
         SWEEP_CPU,
         "poller itself computes: 1.70 s of CPU time in 1.00 s on 2 cores is 85 % busy"},
        {{row("threads", 20, 210, 100, 21), row("threads", 40, 110, 100, 22)},
         SWEEP_DEVICES,
         "elapsed 0.11 s is near the slowest device's own 0.10 s; the CPU is 10 % busy"},
        {{row("threads", 10, 410, 100, 82), row("threads", 20, 405, 100, 82)},
         SWEEP_DEVICES,
         "elapsed 0.41 s is near 0.40 s: 40 devices by 10 workers are 4 rounds of 0.10 s, the mean "
         "device; the CPU is 10 % busy"},
        {{row("threads", 5, 820, 100, 82), row("threads", 10, 410, 100, 82)},
         SWEEP_DEVICES,
         "elapsed 0.41 s is near 0.40 s: 40 devices by 10 workers are 4 rounds of 0.10 s, the mean "
         "device; the CPU is 10 % busy; the time still falls: more workers were not measured"},
        {{row("threads", 10, 820, 200, 164), row("threads", 20, 815, 100, 164)},
         SWEEP_DEVICES,
         "elapsed 0.82 s is near 0.80 s: 40 devices by 10 workers are 4 rounds of 0.20 s, the mean "
         "device; the CPU is 10 % busy; a device takes 0.20 s on average here and 0.10 s at best"},
        {{row("threads", 10, 1000, 100, 200), row("threads", 20, 990, 100, 200)},
         SWEEP_UNKNOWN,
         "elapsed 1.00 s is more than the devices' own times explain (at most 0.49 s), and the "
         "CPU is 10 % busy"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sweep s = read_on(cases[i].rows, 2, 2);
        assert_string_equal(s.bends[0].because, cases[i].because);
        assert_int_equal(s.bends[0].cause, cases[i].cause);
        sweep_free(&s);
    }
}

/* One device is much slower than the others, and began in the middle. */
static void grahams_window_is_the_devices_too(void **state)
{
    (void)state;
    struct compare_row rows[] = {row("threads", 10, 900, 100, 90),
                                 row("threads", 20, 900, 100, 90)};
    rows[0].run.max = rows[1].run.max = 700;
    struct sweep s = read_on(ROWS(rows), 2);
    assert_int_equal(s.bends[0].cause, SWEEP_DEVICES);
    assert_non_null(strstr(s.bends[0].because, "0.70 s to 1.03 s as their order falls (Graham)"));
    sweep_free(&s);
}

static void numbers_left_out_for_descriptors_are_the_cause(void **state)
{
    (void)state;
    const struct compare_row rows[] = {row("threads", 5, 820, 100, 8),
                                       row("threads", 10, 410, 100, 8),
                                       row("events", 40, 110, 100, 8)};
    const struct sweep_refused refused[] = {{"events", "-n 80 needs 90 and the limit is 50"},
                                            {"threads", "-n 40 needs 90 and the limit is 50"}};
    struct sweep s;
    assert_int_equal(
        sweep_read(&s,
                   &(struct sweep_input){
                       .rows = rows, .n_rows = 3, .cores = 2, .refused = refused, .n_refused = 2}),
        0);
    assert_int_equal(s.n_bends, 2);
    assert_int_equal(s.bends[0].cause, SWEEP_DESCRIPTORS);
    assert_string_equal(s.bends[0].because,
                        "the time still falls, but -n 40 needs 90 and the limit is 50");
    assert_int_equal(s.bends[1].cause, SWEEP_DEVICES); /* all at once: more would not help */
    sweep_free(&s);
}

static void one_worker_is_one(void **state)
{
    (void)state;
    const struct compare_row rows[] = {row("threads", 1, 4010, 100, 8)};
    struct sweep s = read_on(ROWS(rows), 2);
    assert_non_null(strstr(s.bends[0].because, "40 devices by 1 worker are 40 rounds of 0.10 s"));
    sweep_free(&s);
}

static void causes_have_names(void **state)
{
    (void)state;
    assert_string_equal(sweep_cause_name(SWEEP_UNKNOWN), "unknown");
    assert_string_equal(sweep_cause_name(SWEEP_CPU), "cpu");
    assert_string_equal(sweep_cause_name(SWEEP_DEVICES), "devices");
    assert_string_equal(sweep_cause_name(SWEEP_DESCRIPTORS), "descriptors");
    assert_string_equal(sweep_cause_name(SWEEP_LOGIN_RATE), "login_rate");
    assert_string_equal(sweep_cause_name(SWEEP_LIMIT), "limit");
}

static void the_table_has_the_bounds_as_columns(void **state)
{
    (void)state;
    const struct compare_row rows[] = {
        row("sequential", 1, 4200, 100, 42), row("threads", 20, 220, 100, 44),
        row("threads", 40, 110, 100, 22), row("threads", 20, 230, 100, 44)};
    struct sweep s = read_on(ROWS(rows), 2);
    struct buf b;
    buf_init(&b, 1 << 16);
    assert_int_equal(sweep_table(&s, &b), 0);
    assert_string_equal(
        buf_bytes(&b),
        "mode       workers   elapsed        speed-up   waiting    Amdahl   CPU failures\n"
        "sequential       1    4.20 s            1.0x    4.00 s    4.20 s    1%        0\n"
        "threads         20    0.23 s    ±2%    18.3x    0.20 s    0.22 s   10%        0\n"
        "threads         40    0.11 s           38.2x    0.10 s    0.12 s   10%        0\n"
        "threads: from 40 workers on within 5 % of the best (0.11 s); the devices decide:\n"
        "  elapsed 0.11 s is near the slowest device's own 0.10 s; the CPU is 10 % busy\n");
    buf_free(&b);
    sweep_free(&s);
}

static void lines_fit_a_terminal(void **state)
{
    (void)state;
    struct compare_row rows[] = {row("processes", 100000, 3600000, 99999, 3000000),
                                 row("processes", 100000, 3900000, 99999, 3000000),
                                 row("sequential", 1, 39000000, 99999, 30000)};
    rows[0].run.failed = 1000000;
    struct sweep s = read_on(ROWS(rows), 2);
    struct buf b;
    size_t columns = 0;
    buf_init(&b, 1 << 16);
    assert_int_equal(sweep_table(&s, &b), 0);
    for (const char *p = buf_bytes(&b); *p; p++) {
        columns = *p == '\n' ? 0 : columns + (((unsigned char)*p & 0xc0) != 0x80);
        assert_true(columns <= 80);
    }
    buf_free(&b);
    sweep_free(&s);
}

static void nothing_measured_is_nothing_told(void **state)
{
    (void)state;
    struct sweep s = read_on(NULL, 0, 2);
    assert_int_equal(s.n_points + s.n_bends, 0);
    sweep_free(&s);
    const struct compare_row none[] = {{.run = {.mode = "threads", .workers = 1}, .repeat = 1}};
    s = read_on(none, 1, 0);
    assert_int_equal(s.n_bends, 1);
    near(s.bounds[0].waiting_ms, 0);
    sweep_free(&s);
}

static void no_memory_is_told(void **state)
{
    (void)state;
    const struct compare_row rows[] = {row("threads", 2, 500, 10, 1), row("events", 2, 500, 10, 1)};
    const struct sweep_input in = {.rows = rows, .n_rows = 2, .cores = 2};
    if (!failing_malloc_works())
        return;
    bool failed = true;
    for (long nth = 1; failed; nth++) {
        struct sweep s;
        struct buf b;
        assert_true(nth < 20);
        buf_init(&b, 1 << 16);
        failing_malloc_at(nth);
        int rc = sweep_read(&s, &in);
        rc = rc ? rc : sweep_table(&s, &b);
        failed = failing_malloc_stop();
        assert_int_equal(rc, failed ? -1 : 0);
        buf_free(&b);
        sweep_free(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waiting_is_shared_but_not_below_the_slowest),
        cmocka_unit_test(graham_bounds_what_a_list_can_cost),
        cmocka_unit_test(amdahl_leaves_the_serial_part),
        cmocka_unit_test(amdahl_waits_for_the_slowest_too),
        cmocka_unit_test(a_mode_keeps_so_many_processors_busy),
        cmocka_unit_test(default_workers_grow_to_the_devices),
        cmocka_unit_test(the_bend_is_the_smallest_that_is_nearly_best),
        cmocka_unit_test(a_run_with_more_failures_is_no_candidate),
        cmocka_unit_test(bounds_stand_beside_every_point),
        cmocka_unit_test(causes_are_named_with_their_numbers),
        cmocka_unit_test(grahams_window_is_the_devices_too),
        cmocka_unit_test(numbers_left_out_for_descriptors_are_the_cause),
        cmocka_unit_test(one_worker_is_one),
        cmocka_unit_test(causes_have_names),
        cmocka_unit_test(the_table_has_the_bounds_as_columns),
        cmocka_unit_test(lines_fit_a_terminal),
        cmocka_unit_test(nothing_measured_is_nothing_told),
        cmocka_unit_test(no_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
