/* links: report/stats base/buf base/err model/result */

/* The lines that a run ends with, byte for byte. */
#include "report/stats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void closes_with(const struct run_summary *run, double compared_ms, const char *expected)
{
    struct buf b;
    buf_init(&b, 4096);
    assert_int_equal(stats_closing_lines(run, compared_ms, &b), 0);
    assert_string_equal(buf_bytes(&b), expected);
    buf_free(&b);
}

/* The lines that the conventions show, byte for byte. */
static void the_closing_lines(void **state)
{
    (void)state;
    struct run_summary run = {.mode = "threads",
                              .workers = 20,
                              .devices = 40,
                              .ok = 39,
                              .failed = 1,
                              .elapsed_ms = 1320,
                              .device_ms_sum = 24800,
                              .p50 = 610,
                              .p95 = 900,
                              .max = 1210,
                              .slowest = "core-sw3"};
    run.classes[FAIL_NONE] = 39;
    run.classes[FAIL_AUTH] = 1;
    closes_with(
        &run, 0,
        "40 devices: 39 ok, 1 failed (auth 1) | threads, 20 workers\n"
        "elapsed 1.32 s | one by one about 24.8 s (sum of device times, estimated) | 18.8x\n"
        "per device: median 0.61 s, p95 0.90 s, slowest 1.21 s (core-sw3)\n");
    closes_with(&run, 26400,
                "40 devices: 39 ok, 1 failed (auth 1) | threads, 20 workers\n"
                "elapsed 1.32 s | one by one 26.4 s (measured) | 20.0x\n"
                "per device: median 0.61 s, p95 0.90 s, slowest 1.21 s (core-sw3)\n");
}

static void closing_lines_of_other_runs(void **state)
{
    (void)state;
    struct run_summary run = {.mode = "sequential", .workers = 1, .devices = 1, .ok = 1};
    run.classes[FAIL_NONE] = 1;
    closes_with(
        &run, 0,
        "1 device: 1 ok, 0 failed | sequential, 1 worker\n"
        "elapsed 0.000 s | one by one about 0.000 s (sum of device times, estimated) | 0.0x\n"
        "per device: median 0.000 s, p95 0.000 s, slowest 0.000 s\n");
    run = (struct run_summary){.mode = "events", .workers = 500, .devices = 6, .failed = 6};
    run.classes[FAIL_INTERNAL] = 1;
    run.classes[FAIL_DNS] = 2;
    run.classes[FAIL_COMMAND_ERROR] = 3;
    run.elapsed_ms = 20;
    run.device_ms_sum = 60;
    closes_with(
        &run, 0,
        "6 devices: 0 ok, 6 failed (dns 2, command_error 3, internal 1)\n"
        "  | events, 500 workers\n"
        "elapsed 0.020 s | one by one about 0.060 s (sum of device times, estimated) | 3.0x\n"
        "per device: median 0.000 s, p95 0.000 s, slowest 0.000 s\n");
}

static void closing_lines_of_a_run_that_was_stopped(void **state)
{
    (void)state;
    struct run_summary run = {.mode = "events",
                              .workers = 2,
                              .devices = 3,
                              .ok = 1,
                              .failed = 2,
                              .not_visited = 2,
                              .elapsed_ms = 1000,
                              .device_ms_sum = 500,
                              .p50 = 500,
                              .p95 = 500,
                              .max = 500};
    run.classes[FAIL_NONE] = 1;
    run.classes[FAIL_CANCELLED] = 2;
    closes_with(&run, 0,
                "3 devices: 1 ok, 0 failed, 2 not visited | events, 2 workers\n"
                "elapsed 1.00 s | one by one about 0.50 s (sum of device times, estimated) | 0.5x\n"
                "per device: median 0.50 s, p95 0.50 s, slowest 0.50 s\n");
    run = (struct run_summary){
        .mode = "events", .workers = 2, .devices = 3, .failed = 3, .not_visited = 3};
    run.classes[FAIL_CANCELLED] = 3;
    closes_with(&run, 0,
                "3 devices: 0 ok, 0 failed, 3 not visited | events, 2 workers\nelapsed 0.000 s\n");
}

static void a_long_list_of_classes_is_wrapped(void **state)
{
    (void)state;
    struct buf b;
    struct run_summary run = {.mode = "threads", .workers = 300, .elapsed_ms = 1000};
    size_t column = 0, breaks = 0;
    for (int c = FAIL_NONE + 1; c < FAIL_COUNT; c++)
        run.failed += run.classes[c] = 100000;
    run.devices = run.failed;
    run.not_visited = 99999;
    buf_init(&b, 1 << 16);
    assert_int_equal(stats_closing_lines(&run, 0, &b), 0);
    const char *end = strstr(buf_bytes(&b), "\nelapsed ");
    assert_non_null(end);
    for (const char *p = buf_bytes(&b); p < end; p++) {
        column = *p == '\n' ? 0 : column + 1;
        assert_true(column <= 80);
        if (*p == '\n') {
            assert_memory_equal(p, "\n  ", 3);
            breaks++;
        }
    }
    assert_true(breaks >= 4);
    assert_non_null(strstr(buf_bytes(&b), "),"));
    buf_free(&b);
}

/* Behind the counts, of whose ok they say something. */
static void outputs_in_doubt_are_told(void **state)
{
    (void)state;
    struct run_summary run = {.mode = "threads", .workers = 2, .devices = 2, .ok = 2, .doubts = 1};
    closes_with(
        &run, 0,
        "2 devices: 2 ok, 0 failed | threads, 2 workers\n"
        "1 output in doubt\n"
        "elapsed 0.000 s | one by one about 0.000 s (sum of device times, estimated) | 0.0x\n"
        "per device: median 0.000 s, p95 0.000 s, slowest 0.000 s\n");
    run.doubts = 3;
    closes_with(
        &run, 0,
        "2 devices: 2 ok, 0 failed | threads, 2 workers\n"
        "3 outputs in doubt\n"
        "elapsed 0.000 s | one by one about 0.000 s (sum of device times, estimated) | 0.0x\n"
        "per device: median 0.000 s, p95 0.000 s, slowest 0.000 s\n");
}

#define ELAPSED_ONE                                                                                \
    "elapsed 1.00 s | one by one about 60.0 s (sum of device times, estimated) | 60.0x\n"          \
    "per device: median 0.61 s, p95 0.90 s, slowest 1.21 s\n"

static void what_auto_did_is_one_line(void **state)
{
    (void)state;
    struct run_summary run = {.mode = "threads",
                              .workers = 160,
                              .devices = 400,
                              .ok = 400,
                              .elapsed_ms = 1000,
                              .device_ms_sum = 60000,
                              .p50 = 610,
                              .p95 = 900,
                              .max = 1210};
    run.windows = (struct windows_summary){
        .is_auto = true,
        .run = {.start = 20, .most = 160, .final = 160, .grew = 3, .backed_off = 1}};
    closes_with(&run, 0,
                "400 devices: 400 ok, 0 failed | threads, auto (at most 160 at once)\n" ELAPSED_ONE
                "auto: 20 to 160 at once (grew 3 times, backed off once)\n");
    run.windows.run =
        (struct window_summary){.start = 20, .most = 160, .final = 90, .grew = 1, .backed_off = 2};
    run.windows.n_groups = 5;
    for (size_t i = 0; i < 5; i++)
        run.windows.groups[i] =
            (struct window_summary){.group = "ams", .final = 3, .backed_off = i < 4};
    closes_with(&run, 0,
                "400 devices: 400 ok, 0 failed | threads, auto (at most 160 at once)\n" ELAPSED_ONE
                "auto: 20 to 160 at once, 90 at the end (grew once, backed off twice) | held back: "
                "ams at 3, ams at 3, ams at 3\n");
    run.windows = (struct windows_summary){
        .is_auto = true, .run = {.start = 20, .most = 20, .final = 9, .backed_off = 1}};
    closes_with(&run, 0,
                "400 devices: 400 ok, 0 failed | threads, auto (at most 160 at once)\n" ELAPSED_ONE
                "auto: 20 at once, 9 at the end (backed off once)\n");
}

/* A handful of devices all at once are nothing to tell of. */
static void where_auto_did_nothing_there_is_no_line(void **state)
{
    (void)state;
    struct run_summary run = {.mode = "threads", .workers = 5, .devices = 5, .ok = 5};
    run.windows =
        (struct windows_summary){.is_auto = true, .run = {.start = 5, .most = 5, .final = 5}};
    closes_with(
        &run, 0,
        "5 devices: 5 ok, 0 failed | threads, auto (at most 5 at once)\n"
        "elapsed 0.000 s | one by one about 0.000 s (sum of device times, estimated) | 0.0x\n"
        "per device: median 0.000 s, p95 0.000 s, slowest 0.000 s\n");
}

static void what_held_the_run_back_is_told(void **state)
{
    (void)state;
    struct run_summary run = {.mode = "threads", .workers = 2, .elapsed_ms = 1000};
    run.held_ms[HOLD_LOGIN_RATE] = 400;
    run.held_ms[HOLD_HANDSHAKES] = 50; /* a twentieth is not worth a line */
    run.held_ms[HOLD_LIMITS] = 612;
    closes_with(
        &run, 0,
        "0 devices: 0 ok, 0 failed | threads, 2 workers\n"
        "elapsed 1.00 s | one by one about 0.000 s (sum of device times, estimated) | 0.0x\n"
        "per device: median 0.000 s, p95 0.000 s, slowest 0.000 s\n"
        "places stood empty for 0.61 s (limits of groups or hosts), 0.40 s (--login-rate)\n");
}

static void without_room_it_says_so(void **state)
{
    (void)state;
    struct run_summary run = {.mode = "threads", .workers = 2};
    for (size_t max = 0; max < 100; max++) {
        struct buf b;
        buf_init(&b, max);
        assert_int_equal(stats_closing_lines(&run, 0, &b), -1);
        buf_free(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_closing_lines),
        cmocka_unit_test(closing_lines_of_other_runs),
        cmocka_unit_test(closing_lines_of_a_run_that_was_stopped),
        cmocka_unit_test(a_long_list_of_classes_is_wrapped),
        cmocka_unit_test(outputs_in_doubt_are_told),
        cmocka_unit_test(what_auto_did_is_one_line),
        cmocka_unit_test(where_auto_did_nothing_there_is_no_line),
        cmocka_unit_test(what_held_the_run_back_is_told),
        cmocka_unit_test(without_room_it_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
