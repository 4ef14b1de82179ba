/* links: report/sweep report/sweep_cause report/sweep_table report/compare report/stats base/buf
 * base/err model/result */
#include "report/sweep.h"
#include "tests/lib/sweep_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct sweep read_paced(const struct compare_row *rows, size_t n, struct sweep_pace pace)
{
    struct sweep s;
    assert_int_equal(
        sweep_read(&s,
                   &(struct sweep_input){
                       .rows = rows, .n_rows = n, .cores = 2, .paces = &pace, .n_paces = 1}),
        0);
    return s;
}

static void a_rate_that_is_used_up_is_the_cause(void **state)
{
    (void)state;
    const struct compare_row rows[] = {row("threads", 5, 900, 30, 8),
                                       row("threads", 20, 800, 30, 8)};
    struct sweep s = read_paced(ROWS(rows), (struct sweep_pace){.devices = 40, .login_rate = 50});
    assert_int_equal(s.bends[0].cause, SWEEP_LOGIN_RATE);
    assert_string_equal(s.bends[0].because,
                        "elapsed 0.80 s is near 0.81 s: 40 devices where --login-rate is 50 a "
                        "second, and the mean device takes 0.030 s");
    sweep_free(&s);
    s = read_paced(ROWS(rows),
                   (struct sweep_pace){.group = "site", .devices = 20, .login_rate = 27});
    assert_int_equal(s.bends[0].cause, SWEEP_LOGIN_RATE);
    assert_string_equal(
        s.bends[0].because,
        "elapsed 0.80 s is near 0.73 s: 20 devices where the login_rate of group 'site' is 27 "
        "a second, and the mean device takes 0.030 s");
    sweep_free(&s);
    s = read_paced(ROWS(rows), (struct sweep_pace){.devices = 40, .login_rate = 60});
    assert_int_not_equal(s.bends[0].cause, SWEEP_LOGIN_RATE);
    sweep_free(&s);
}

/* Of few devices the last one's own time is no small part. */
static void a_rate_decides_on_few_devices(void **state)
{
    (void)state;
    struct compare_row rows[] = {row("threads", 20, 1740, 330, 8),
                                 row("threads", 29, 1730, 330, 8)};
    for (size_t i = 0; i < 2; i++) {
        rows[i].run.devices = rows[i].run.ok = 29;
        rows[i].run.device_ms_sum = 29 * 330.0;
    }
    struct sweep s = read_paced(ROWS(rows), (struct sweep_pace){.devices = 29, .login_rate = 20});
    assert_int_equal(s.bends[0].cause, SWEEP_LOGIN_RATE);
    assert_string_equal(s.bends[0].because,
                        "elapsed 1.74 s is near 1.73 s: 29 devices where --login-rate is 20 a "
                        "second, and the mean device takes 0.33 s");
    sweep_free(&s);
    s = read_paced(ROWS(rows),
                   (struct sweep_pace){.group = "site", .devices = 15, .login_rate = 10});
    assert_int_equal(s.bends[0].cause, SWEEP_LOGIN_RATE);
    sweep_free(&s);
    s = read_paced(ROWS(rows), (struct sweep_pace){.group = "site", .login_rate = 10});
    assert_int_not_equal(s.bends[0].cause, SWEEP_LOGIN_RATE); /* nobody is in it */
    sweep_free(&s);
}

/* Devices that take long by themselves are not made faster by a faster rate. */
static void a_rate_that_hardly_counts_is_not_the_cause(void **state)
{
    (void)state;
    const struct compare_row rows[] = {row("threads", 40, 1040, 1000, 8)};
    struct sweep s = read_paced(ROWS(rows), (struct sweep_pace){.devices = 40, .login_rate = 1000});
    assert_int_equal(s.bends[0].cause, SWEEP_DEVICES);
    sweep_free(&s);
}

static void a_group_limit_that_is_used_up_is_the_cause(void **state)
{
    (void)state;
    const struct compare_row rows[] = {row("threads", 10, 1000, 100, 8)};
    struct sweep_pace site = {.group = "site", .devices = 40, .limit = 4};
    struct sweep s = read_paced(ROWS(rows), site);
    assert_int_equal(s.bends[0].cause, SWEEP_LIMIT);
    assert_string_equal(s.bends[0].because, "group 'site' lets 4 of its 40 devices be visited at "
                                            "once, and the mean device takes 0.10 s");
    sweep_free(&s);
    site.limit = 10; /* as many as there are workers */
    s = read_paced(ROWS(rows), site);
    assert_int_not_equal(s.bends[0].cause, SWEEP_LIMIT);
    sweep_free(&s);
    site = (struct sweep_pace){.group = "site", .devices = 20, .limit = 4};
    s = read_paced(ROWS(rows), site);
    assert_int_not_equal(s.bends[0].cause, SWEEP_LIMIT);
    sweep_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rate_that_is_used_up_is_the_cause),
        cmocka_unit_test(a_rate_decides_on_few_devices),
        cmocka_unit_test(a_rate_that_hardly_counts_is_not_the_cause),
        cmocka_unit_test(a_group_limit_that_is_used_up_is_the_cause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
