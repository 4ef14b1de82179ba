/* links: lab/wire/duration */

/* What is a time span and what is not. */
#include "lab/wire/duration.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void spans_are_read_exactly(void **state)
{
    static const struct {
        const char *text;
        int64_t ns;
    } rows[] = {
        {"0", 0},
        {"50ms", 50000000},
        {"1.5s", 1500000000},
        {"20us", 20000},
        {"0.5us", 500},
        {"1.234567890s", 1234567890},
        {"0.0000000019s", 1},
        {"2m", 120000000000},
        {"0.5m", 30000000000},
        {"0.001m", 60000000},
        {"3", 3000000000},
        {"0.1", 100000000},
        {"007ms", 7000000},
        {"86400", DURATION_MAX_NS},
        {"1440m", DURATION_MAX_NS},
        {"86400000000us", DURATION_MAX_NS},
        {"0.00000000000000000000000000000000000001s", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        int64_t ns = -1;
        assert_int_equal(duration_parse(rows[i].text, &ns), 0);
        assert_int_equal(ns, rows[i].ns);
    }
}

static void anything_else_is_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "ms",
        ".",
        "5.",
        ".5s",
        "-1s",
        "+1s",
        "1e3s",
        " 1s",
        "1 s",
        "1s ",
        "1h",
        "1S",
        "1.2.3s",
        "1..2",
        "0x10",
        "1,5s",
        "1msx",
        "5.ms",
        "inf",
        "86400.1",
        "86401s",
        "1440.01m",
        "86400001ms",
        "1441m",
        "99999999999999999999",
        "nan",
        "18446744073709551616s",
        "9223372036854775808us",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        int64_t ns = 77;
        assert_int_equal(duration_parse(rows[i], &ns), -1);
        assert_int_equal(ns, 77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_are_read_exactly),
        cmocka_unit_test(anything_else_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
