/* links: report/stats base/buf base/err model/result tests/lib/sample_result
 *        tests/lib/failing_malloc */
#include "report/stats.h"
#include "tests/lib/failing_malloc.h"
#include "tests/lib/sample_result.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void add(struct stats *s, const char *name, enum fail_class class, double total_ms,
                double close_ms)
{
    struct device device = {.name = name};
    struct result r = {.class = class, .total_ms = total_ms, .was_ready = true};
    for (int p = 0; p < PHASE_COUNT; p++)
        r.phase_ms[p] = -1;
    r.phase_ms[PHASE_CLOSE] = close_ms;
    assert_int_equal(stats_add(s, &device, &r), 0);
}

static void percentiles_are_by_nearest_rank(void **state)
{
    (void)state;
    static const double ten[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    static const double one[] = {7};
    static const struct {
        double q, expected;
    } rows[] = {{0, 1},   {0.1, 1},   {0.11, 2},  {0.5, 5}, {0.51, 6},
                {0.9, 9}, {0.95, 10}, {0.99, 10}, {1, 10},  {1.5, 10}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_true(stats_percentile(ten, 10, rows[i].q) == rows[i].expected);
        assert_true(stats_percentile(one, 1, rows[i].q) == 7);
        assert_true(stats_percentile(NULL, 0, rows[i].q) == 0);
    }
}

static void a_run_is_summed_up(void **state)
{
    (void)state;
    struct stats s;
    struct usage before = usage_now();
    struct run_summary run = {.mode = "threads", .workers = 4, .elapsed_ms = 500};
    stats_init(&s);
    add(&s, "r1", FAIL_NONE, 310, 10); /* the close is left out: 300 */
    add(&s, "r2", FAIL_AUTH, 100, -1);
    add(&s, "r3", FAIL_NONE, 700, 0);
    add(&s, "r4", FAIL_AUTH, 400, -1);
    add(&s, "r5", FAIL_DNS, 0, -1);
    stats_summary(&s, &before, &run);
    assert_int_equal(run.devices, 5);
    assert_int_equal(run.ok, 2);
    assert_int_equal(run.failed, 3);
    assert_int_equal(run.classes[FAIL_NONE], 2);
    assert_int_equal(run.classes[FAIL_AUTH], 2);
    assert_int_equal(run.classes[FAIL_DNS], 1);
    assert_int_equal(run.classes[FAIL_SILENCE], 0);
    assert_true(run.device_ms_sum == 1500);
    assert_true(run.speedup_estimate == 3);
    assert_true(run.p50 == 300 && run.p95 == 700 && run.p99 == 700 && run.max == 700);
    assert_string_equal(run.slowest, "r3");
    assert_int_equal(s.exit_code, 4);
    assert_true(run.cpu_user_ms >= 0 && run.cpu_system_ms >= 0 && run.max_rss_kib > 100);
    assert_string_equal(run.mode, "threads"); /* the caller's stay */
    assert_true(run.elapsed_ms == 500 && run.workers == 4);
    stats_free(&s);
}

static void devices_that_needed_more_than_one_attempt_are_told(void **state)
{
    (void)state;
    struct stats s;
    struct usage before = usage_now();
    struct run_summary run = {.mode = "threads", .workers = 1};
    struct device device = {.name = "r1"};
    struct result once = {.attempt = 1}, twice = {.attempt = 2}, thrice = {.attempt = 3};
    struct buf text;
    buf_init(&text, 4096);
    stats_init(&s);
    assert_int_equal(stats_add(&s, &device, &once), 0);
    stats_summary(&s, &before, &run);
    assert_int_equal(stats_closing_lines(&run, 0, &text), 0);
    assert_null(strstr(buf_bytes(&text), "attempt"));
    assert_int_equal(stats_add(&s, &device, &twice), 0);
    assert_int_equal(stats_add(&s, &device, &thrice), 0);
    stats_summary(&s, &before, &run);
    assert_int_equal(run.retried, 2);
    assert_int_equal(stats_closing_lines(&run, 0, &text), 0);
    assert_non_null(strstr(buf_bytes(&text), "\n2 devices needed more than one attempt\n"));
    stats_free(&s);
    buf_free(&text);
}

/* Whatever became of the output: a doubt that is a failure stays one. */
static void outputs_in_doubt_are_counted(void **state)
{
    (void)state;
    struct stats s;
    struct usage before = usage_now();
    struct run_summary run = {.mode = "threads"};
    struct result *proved = sample_ok(), *one = sample_in_doubt(), *both = sample_in_doubt();
    both->commands[1].doubt = strdup("a close behind the prompt");
    both->commands[1].class = both->class = FAIL_TRUNCATED;
    stats_init(&s);
    assert_int_equal(stats_add(&s, &sample_device, proved), 0);
    assert_int_equal(stats_add(&s, &sample_device, one), 0);
    assert_int_equal(s.exit_code, 0); /* ok is ok */
    assert_int_equal(stats_add(&s, &sample_device, both), 0);
    stats_summary(&s, &before, &run);
    assert_int_equal(run.doubts, 3);
    assert_int_equal(run.ok, 2);
    result_free(proved);
    result_free(one);
    result_free(both);
    stats_free(&s);
}

static void of_nothing_there_is_nothing(void **state)
{
    (void)state;
    struct stats s;
    struct usage before = usage_now();
    struct run_summary run = {.mode = "threads"};
    stats_init(&s);
    stats_summary(&s, &before, &run);
    assert_int_equal(run.devices | run.ok | run.failed, 0);
    assert_true(run.p50 == 0 && run.max == 0 && run.speedup_estimate == 0);
    assert_null(run.slowest);
    assert_int_equal(s.exit_code, 0);
    stats_free(&s);
}

static void a_device_that_took_no_time_can_be_the_slowest(void **state)
{
    (void)state;
    struct stats s;
    stats_init(&s);
    add(&s, "r1", FAIL_CANCELLED, 0, 0);
    assert_string_equal(s.slowest, "r1");
    assert_int_equal(s.exit_code, 130);
    stats_free(&s);
}

/* They count, as failed and as cancelled, but have no part in the times. */
static void devices_not_visited_have_no_times(void **state)
{
    (void)state;
    struct stats s;
    struct usage before = usage_now();
    struct run_summary run = {.mode = "threads", .workers = 4, .elapsed_ms = 500};
    struct buf text;
    stats_init(&s);
    add(&s, "r1", FAIL_CANCELLED, 0, -1);
    assert_null(s.slowest);
    add(&s, "r2", FAIL_NONE, 300, 0);
    add(&s, "r3", FAIL_AUTH, 100, -1);
    add(&s, "r4", FAIL_CANCELLED, 200, 0); /* in the middle of its visit */
    add(&s, "r5", FAIL_CANCELLED, 0, -1);
    add(&s, "r6", FAIL_CANCELLED, 0, -1);
    add(&s, "r7", FAIL_CANCELLED, 0, -1);
    stats_summary(&s, &before, &run);
    assert_int_equal(run.devices, 7);
    assert_int_equal(run.failed, 6);
    assert_int_equal(run.classes[FAIL_CANCELLED], 5);
    assert_int_equal(run.not_visited, 4);
    assert_true(run.device_ms_sum == 600 && run.p50 == 200 && run.max == 300);
    buf_init(&text, 4096);
    assert_int_equal(stats_closing_lines(&run, 0, &text), 0);
    assert_string_equal(
        buf_bytes(&text),
        "7 devices: 1 ok, 2 failed (auth 1, cancelled 1), 4 not visited\n"
        "  | threads, 4 workers\n"
        "elapsed 0.50 s | one by one about 0.60 s (sum of device times, estimated) | 1.2x\n"
        "per device: median 0.20 s, p95 0.30 s, slowest 0.30 s (r2)\n");
    buf_free(&text);
    stats_free(&s);
}

static void exit_codes_are_merged(void **state)
{
    (void)state;
    struct stats s;
    stats_init(&s);
    add(&s, "r1", FAIL_NONE, 1, -1);
    assert_int_equal(s.exit_code, 0);
    add(&s, "r2", FAIL_PEER_CLOSED, 1, -1); /* was ready */
    assert_int_equal(s.exit_code, 5);
    add(&s, "r3", FAIL_SILENCE, 1, -1);
    assert_int_equal(s.exit_code, 3);
    add(&s, "r4", FAIL_KEX, 1, -1);
    assert_int_equal(s.exit_code, 4);
    add(&s, "r5", FAIL_WORKER_LOST, 1, -1);
    assert_int_equal(s.exit_code, 1);
    add(&s, "r6", FAIL_COMMAND_ERROR, 1, -1);
    assert_int_equal(s.exit_code, 1);
    stats_free(&s);
}

static void many_results_are_kept(void **state)
{
    (void)state;
    struct stats s;
    struct usage before = usage_now();
    struct run_summary run = {.mode = "events", .elapsed_ms = 1};
    stats_init(&s);
    for (int i = 0; i < 10000; i++)
        add(&s, "r", FAIL_NONE, (i * 7919) % 10000 + 1, -1);
    stats_summary(&s, &before, &run);
    assert_int_equal(run.devices, 10000);
    assert_true(run.p50 == 5000 && run.p95 == 9500 && run.p99 == 9900 && run.max == 10000);
    stats_free(&s);
}

static void no_memory_is_told(void **state)
{
    (void)state;
    struct stats s;
    if (!failing_malloc_works())
        skip();
    stats_init(&s);
    struct result *r = sample_ok();
    failing_malloc_at(1);
    assert_int_equal(stats_add(&s, &sample_device, r), -1);
    assert_true(failing_malloc_stop());
    assert_int_equal(s.n, 0);
    for (int i = 0; i < 256; i++)
        assert_int_equal(stats_add(&s, &sample_device, r), 0);
    failing_malloc_at(1);
    assert_int_equal(stats_add(&s, &sample_device, r), -1);
    assert_true(failing_malloc_stop());
    assert_int_equal(s.n, 256);
    assert_int_equal(stats_add(&s, &sample_device, r), 0);
    result_free(r);
    stats_free(&s);
}

static void times_read_well(void **state)
{
    (void)state;
    static const struct {
        double ms;
        const char *expected;
    } rows[] = {{0, "0.000 s"},    {13, "0.013 s"},     {99.4, "0.099 s"}, {99.6, "0.10 s"},
                {610, "0.61 s"},   {1320, "1.32 s"},    {9994, "9.99 s"},  {9996, "10.0 s"},
                {24800, "24.8 s"}, {360000, "360.0 s"}, {-1, "-"},         {NAN, "-"},
                {INFINITY, "-"},   {1e300, NULL}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[32];
        assert_ptr_equal(stats_time(rows[i].ms, text), text);
        if (rows[i].expected)
            assert_string_equal(text, rows[i].expected);
        assert_true(strlen(text) < sizeof text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percentiles_are_by_nearest_rank),
        cmocka_unit_test(a_run_is_summed_up),
        cmocka_unit_test(devices_that_needed_more_than_one_attempt_are_told),
        cmocka_unit_test(outputs_in_doubt_are_counted),
        cmocka_unit_test(of_nothing_there_is_nothing),
        cmocka_unit_test(a_device_that_took_no_time_can_be_the_slowest),
        cmocka_unit_test(devices_not_visited_have_no_times),
        cmocka_unit_test(exit_codes_are_merged),
        cmocka_unit_test(many_results_are_kept),
        cmocka_unit_test(no_memory_is_told),
        cmocka_unit_test(times_read_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
