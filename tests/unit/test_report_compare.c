/* links: report/compare report/stats base/buf base/err model/result tests/lib/failing_malloc */
#include "report/compare.h"
#include "tests/lib/failing_malloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct compare_row row(const char *mode, unsigned workers, unsigned repeat, double ms)
{
    return (struct compare_row){.run = {.mode = mode,
                                        .workers = workers,
                                        .devices = 40,
                                        .ok = 40,
                                        .elapsed_ms = ms,
                                        .cpu_user_ms = ms / 10,
                                        .cpu_system_ms = 2,
                                        .max_rss_kib = 10240},
                                .repeat = repeat};
}

static void prints(const struct compare_row *rows, size_t n, const char *expected)
{
    struct buf b;
    buf_init(&b, 1 << 16);
    assert_int_equal(compare_table(rows, n, &b), 0);
    assert_string_equal(buf_bytes(&b), expected);
    buf_free(&b);
}

#define HEAD "mode        workers    elapsed        speed-up          CPU      memory failures\n"

static void the_baseline_is_the_median_sequential_run(void **state)
{
    (void)state;
    const struct compare_row rows[] = {row("threads", 20, 1, 100), row("sequential", 1, 1, 900),
                                       row("sequential", 1, 2, 2000), row("threads", 20, 2, 90),
                                       row("sequential", 1, 3, 1000)};
    assert_true(compare_baseline_ms(rows, 5) == 1000);
    assert_true(compare_baseline_ms(rows, 1) == 0);
    assert_true(compare_baseline_ms(rows, 2) == 900);
    assert_true(compare_baseline_ms(rows, 0) == 0);
}

static void one_line_for_each_mode_and_number(void **state)
{
    (void)state;
    struct compare_row rows[] = {row("sequential", 1, 1, 24800), row("threads", 20, 1, 1320),
                                 row("threads", 40, 1, 700), row("processes", 20, 1, 1400)};
    rows[3].run.failed = 3;
    prints(rows, 4,
           HEAD
           "sequential        1     24.8 s            1.0x      2482 ms    10.0 MiB        0\n"
           "threads          20     1.32 s           18.8x       134 ms    10.0 MiB        0\n"
           "threads          40     0.70 s           35.4x        72 ms    10.0 MiB        0\n"
           "processes        20     1.40 s           17.7x       142 ms    10.0 MiB        3\n");
}

/* Of repeats the median stands there, with the range around it, aligned with the rest. */
static void repeats_are_one_line_with_their_range(void **state)
{
    (void)state;
    const struct compare_row rows[] = {
        row("sequential", 1, 1, 10000), row("threads", 20, 1, 1000), row("threads", 20, 2, 900),
        row("sequential", 1, 2, 10000), row("threads", 20, 3, 1300), row("sequential", 1, 3, 10000),
        row("events", 1000, 1, 500)};
    prints(rows, 7,
           HEAD
           "sequential        1     10.0 s    ±0%     1.0x      1002 ms    10.0 MiB        0\n"
           "threads          20     1.00 s   ±20%    10.0x       102 ms    10.0 MiB        0\n"
           "events         1000     0.50 s           20.0x        52 ms    10.0 MiB        0\n");
}

static void without_a_baseline_there_is_no_speedup(void **state)
{
    (void)state;
    const struct compare_row rows[] = {row("threads", 20, 1, 1320), row("events", 5, 1, 0),
                                       row("events", 5, 2, 0)};
    prints(rows, 3,
           HEAD
           "threads          20     1.32 s               -       134 ms    10.0 MiB        0\n"
           "events            5    0.000 s               -         2 ms    10.0 MiB        0\n");
    prints(rows, 0, HEAD);
}

/* Eighty columns hold what real runs have; characters are counted, not bytes. */
static void lines_fit_a_terminal(void **state)
{
    (void)state;
    struct compare_row rows[] = {row("sequential", 1, 1, 3600000), row("sequential", 1, 2, 3900000),
                                 row("processes", 100000, 1, 99999), row("hybrid", 64, 1, 1200)};
    struct buf b;
    size_t columns = 0;
    rows[2].run.failed = 1000000;
    rows[2].run.max_rss_kib = 60000 * 1024;
    buf_init(&b, 1 << 16);
    assert_int_equal(compare_table(rows, 4, &b), 0);
    for (const char *p = buf_bytes(&b); *p; p++) {
        columns = *p == '\n' ? 0 : columns + (((unsigned char)*p & 0xc0) != 0x80);
        assert_true(columns <= 80);
    }
    buf_free(&b);
}

static void no_memory_and_no_room_are_told(void **state)
{
    (void)state;
    const struct compare_row rows[] = {row("sequential", 1, 1, 1000), row("threads", 2, 1, 500)};
    struct buf b;
    for (size_t max = 0; max < 243; max += 27) {
        buf_init(&b, max);
        assert_int_equal(compare_table(rows, 2, &b), max < 243 ? -1 : 0);
        buf_free(&b);
    }
    if (!failing_malloc_works())
        return;
    bool failed = true;
    for (long nth = 1; failed; nth++) {
        assert_true(nth < 20);
        buf_init(&b, 1 << 16);
        failing_malloc_at(nth);
        int rc = compare_table(rows, 2, &b);
        failed = failing_malloc_stop();
        assert_int_equal(rc, failed ? -1 : 0);
        buf_free(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_baseline_is_the_median_sequential_run),
        cmocka_unit_test(one_line_for_each_mode_and_number),
        cmocka_unit_test(repeats_are_one_line_with_their_range),
        cmocka_unit_test(without_a_baseline_there_is_no_speedup),
        cmocka_unit_test(lines_fit_a_terminal),
        cmocka_unit_test(no_memory_and_no_room_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
