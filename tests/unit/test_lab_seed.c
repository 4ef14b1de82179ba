/* links: base/seed lab/devices/share lab/devices/spread lab/devices/misbehave
 * lab/wire/duration base/err base/text */

/* Numbers from a seed: the permutation, shares of a fleet, distributions. */
#include "base/seed.h"
#include "lab/devices/misbehave.h"
#include "lab/devices/share.h"
#include "lab/devices/spread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MS     INT64_C(1000000)
#define DAY_NS (86400 * INT64_C(1000000000))

/* --- the permutation --- */

static void every_place_is_given_once(void **state)
{
    static const uint32_t sizes[] = {1, 2, 3, 4, 5, 16, 17, 5460, 65536, 65537};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (uint64_t key = 0; key < 3; key++) {
            uint32_t n = sizes[i];
            unsigned char *seen = calloc(n, 1);
            assert_non_null(seen);
            for (uint32_t index = 0; index < n; index++) {
                uint32_t place = seed_place(key * 0x123456789abcdefu, index, n);
                assert_true(place < n);
                assert_int_equal(seen[place]++, 0);
            }
            free(seen);
        }
    }
}

static void the_order_is_shuffled_and_depends_on_the_key(void **state)
{
    unsigned same = 0, stays = 0, neighbours = 0;
    (void)state;
    for (uint32_t i = 0; i < 5460; i++) {
        uint32_t place = seed_place(7, i, 5460), next = seed_place(7, (i + 1) % 5460, 5460);
        same += place == seed_place(8, i, 5460);
        stays += place == i;
        neighbours += next == place + 1;
    }
    assert_true(same < 20);
    assert_true(stays < 20);
    assert_true(neighbours < 20);
}

static void outside_of_the_fleet_nothing_moves(void **state)
{
    (void)state;
    assert_int_equal(seed_place(1, 0, 0), 0);
    assert_int_equal(seed_place(1, 9, 3), 9);
}

static void numbers_are_the_same_in_every_build(void **state)
{
    uint64_t sequence = 1;
    (void)state;
    assert_true(seed_text("", 0) == 0xcbf29ce484222325u);
    assert_true(seed_text("a", 1) == 0xaf63dc4c8601ec8cu);
    assert_true(seed_mix(1, 2) == seed_mix(1, 2));
    assert_true(seed_mix(1, 2) != seed_mix(2, 1));
    uint64_t first = seed_next(&sequence);
    assert_true(first != seed_next(&sequence));
    assert_true(seed_unit(0) == 0.0);
    assert_true(seed_unit(UINT64_MAX) < 1.0);
    assert_true(seed_unit(UINT64_MAX) > 0.9999);
}

static void between_holds_its_bounds(void **state)
{
    unsigned seen[4] = {0};
    (void)state;
    for (uint64_t i = 0; i < 1000; i++) {
        int64_t value = seed_between(seed_mix(3, i), -1, 2);
        assert_in_range(value + 1, 0, 3);
        seen[value + 1]++;
    }
    for (int i = 0; i < 4; i++)
        assert_in_range(seen[i], 200, 300);
    assert_int_equal(seed_between(99, 5, 5), 5);
    assert_int_equal(seed_between(99, 5, 4), 5);
    assert_true(seed_between(5, INT64_MIN, INT64_MAX) == 5);
    assert_true(seed_between(0, INT64_MIN, INT64_MIN + 1) == INT64_MIN);
}

/* --- shares --- */

static struct shares parsed(const char *text)
{
    struct shares shares = {.n = 0};
    struct err e = {0};
    if (shares_parse(text, "--misbehave", misbehave_number, NULL, &shares, &e) != 0)
        fail_msg("%s: %s", text, e.text);
    return shares;
}

static uint32_t count_of(const struct shares *shares, int what, uint32_t n)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < n; i++)
        found += shares_pick(shares, 0x7f010001 + i, seed_place(42, i, n), n) == what;
    return found;
}

static void five_percent_of_5460_are_273(void **state)
{
    struct shares shares = parsed("silent:1%,auth_refused:5%,drips:0.5%");
    (void)state;
    assert_int_equal(count_of(&shares, MIS_AUTH_REFUSED, 5460), 273);
    assert_int_equal(count_of(&shares, MIS_SILENT, 5460), 55);
    assert_int_equal(count_of(&shares, MIS_DRIPS, 5460), 27);
    assert_int_equal(count_of(&shares, -1, 5460), 5460 - 273 - 55 - 27);
}

static void all_parts_together_are_all(void **state)
{
    struct shares tenths = parsed("silent:10%,resets:10%,chatter:10%,not_ssh:10%,drips:10%,"
                                  "endless:10%,cr_nul:10%,cr_only:10%,lf_cr:10%,one_byte:10%");
    struct shares thirds = parsed("silent:33.3333333%,resets:33.3333333%,drips:33.3333334%");
    struct shares rest = parsed("silent,resets:25%");
    struct shares none = parsed("silent,resets:100%");
    struct shares zero = parsed("silent:0%");
    (void)state;
    assert_int_equal(count_of(&tenths, -1, 5460), 0);
    assert_int_equal(count_of(&tenths, MIS_ONE_BYTE, 5460), 546);
    assert_int_equal(count_of(&thirds, -1, 5460), 0);
    assert_int_equal(count_of(&rest, MIS_SILENT, 40), 30);
    assert_int_equal(count_of(&rest, MIS_RESETS, 40), 10);
    assert_int_equal(count_of(&none, MIS_SILENT, 40), 0);
    assert_int_equal(count_of(&zero, MIS_SILENT, 40), 0);
}

static void an_address_wins_over_parts(void **state)
{
    struct shares shares = parsed("silent:100%,drips@127.1.0.9");
    (void)state;
    assert_int_equal(shares_pick(&shares, 0x7f010009, 0, 10), MIS_DRIPS);
    assert_int_equal(shares_pick(&shares, 0x7f01000a, 9, 10), MIS_SILENT);
    struct shares well = parsed("silent,well@127.1.0.2");
    assert_int_equal(shares_pick(&well, 0x7f010002, 0, 10), MIS_NONE);
}

static void wrong_lists_are_refused(void **state)
{
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"silent:60%,drips:41%", "--misbehave: the shares add up to 101 %"},
        {"silent,drips", "--misbehave: only one of the names may be without a share"},
        {"silent:5", "--misbehave silent:5: a share is a percentage such as 5%"},
        {"silent:-1%", "--misbehave silent:-1%: a share is a percentage such as 5%"},
        {"silent:101%", "--misbehave silent:101%: a share is a percentage such as 5%"},
        {"silent:nan%", "--misbehave silent:nan%: a share is a percentage such as 5%"},
        {"silent:%", "--misbehave silent:%: a share is a percentage such as 5%"},
        {"silent:5%%", "--misbehave silent:5%%: a share is a percentage such as 5%"},
        {"silent@127.1", "--misbehave silent@127.1: '127.1' is no IPv4 address"},
        {"silent@0.0.0.0", "--misbehave silent@0.0.0.0: '0.0.0.0' is no IPv4 address"},
        {"silent@::1", "--misbehave silent@::1: '::1' is no IPv4 address"},
        {"silnt", "--misbehave: nobody knows 'silnt', did you mean 'silent'?: poller-lab "
                  "misbehaviours lists them"},
        {"zzzzzz", "--misbehave: nobody knows 'zzzzzz': poller-lab misbehaviours lists them"},
        {",silent", "--misbehave: an empty or overlong item, or more than 64 of them"},
        {"silent,", "--misbehave: an empty or overlong item, or more than 64 of them"},
        {"silent,,drips:1%", "--misbehave: an empty or overlong item, or more than 64 of them"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct shares shares = {.n = 0};
        struct err e = {0};
        assert_int_equal(
            shares_parse(rows[i].text, "--misbehave", misbehave_number, NULL, &shares, &e), -1);
        assert_int_equal(e.class, FAIL_USAGE);
        assert_string_equal(e.text, rows[i].message);
    }
}

static void more_items_than_fit_are_refused(void **state)
{
    char text[SHARES_MAX * 16 + 32] = "";
    struct shares shares = {.n = 0};
    struct err e = {0};
    (void)state;
    for (int i = 0; i < SHARES_MAX; i++)
        strcat(text, i ? ",silent:1%" : "silent:1%");
    assert_int_equal(shares_parse(text, "-m", misbehave_number, NULL, &shares, &e), 0);
    assert_int_equal(shares.n, SHARES_MAX);
    assert_int_equal(shares_parse("drips:1%", "-m", misbehave_number, NULL, &shares, &e), -1);
    char item[200];
    memset(item, 'x', sizeof item - 1);
    item[sizeof item - 1] = '\0';
    shares.n = 0;
    err_clear(&e);
    assert_int_equal(shares_parse(item, "-m", misbehave_number, NULL, &shares, &e), -1);
}

static void every_misbehaviour_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < MIS_COUNT; i++) {
        struct err e = {0};
        const struct misbehaviour_entry *entry = misbehave_entry((enum misbehaviour)i);
        assert_non_null(entry->name);
        assert_non_null(entry->summary);
        assert_true(entry->ssh || entry->telnet);
        assert_int_equal(misbehave_number(NULL, entry->name, &e), i);
    }
}

/* --- distributions --- */

#define DRAWS 9999

static int ascending(const void *a, const void *b)
{
    const int64_t *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

struct sample {
    int64_t least, median, most;
    double mean;
};

static struct sample sample_of(const char *text)
{
    static int64_t values[DRAWS];
    struct spread spread;
    struct err e = {0};
    double sum = 0;
    assert_int_equal(spread_parse(text, "--think", SPREAD_TIME, &spread, &e), 0);
    for (uint64_t i = 0; i < DRAWS; i++) {
        values[i] = spread_draw(&spread, seed_mix(2024, i));
        assert_true(values[i] == spread_draw(&spread, seed_mix(2024, i)));
        sum += (double)values[i];
    }
    qsort(values, DRAWS, sizeof *values, ascending);
    return (struct sample){values[0], values[DRAWS / 2], values[DRAWS - 1], sum / DRAWS};
}

static void distributions_hold_bounds_and_medians(void **state)
{
    (void)state;
    struct sample fixed = sample_of("300ms");
    assert_int_equal(fixed.least, 300 * MS);
    assert_int_equal(fixed.most, 300 * MS);
    struct sample uniform = sample_of("uniform:100ms,500ms");
    assert_in_range(uniform.least, 100 * MS, 101 * MS);
    assert_in_range(uniform.most, 499 * MS, 500 * MS);
    assert_in_range(uniform.median, 292 * MS, 308 * MS);
    struct sample normal = sample_of("normal:300ms,50ms");
    assert_in_range(normal.median, 297 * MS, 303 * MS);
    assert_in_range(normal.least, 50 * MS, 180 * MS);
    assert_in_range(normal.most, 420 * MS, 550 * MS);
    struct sample lognormal = sample_of("lognormal:300ms,0.5");
    assert_in_range(lognormal.median, 292 * MS, 308 * MS);
    assert_in_range((int64_t)lognormal.mean, 330 * MS, 350 * MS);
    struct sample exponential = sample_of("exponential:300ms");
    assert_in_range((int64_t)exponential.mean, 290 * MS, 310 * MS);
    assert_in_range(exponential.median, 200 * MS, 216 * MS);
    assert_true(exponential.least >= 0);
}

static void a_draw_is_never_below_0_nor_above_a_day(void **state)
{
    (void)state;
    struct sample normal = sample_of("normal:1ms,86400s");
    assert_int_equal(normal.least, 0);
    assert_true(normal.most == DAY_NS);
    struct sample lognormal = sample_of("lognormal:3600s,10");
    assert_true(lognormal.most == DAY_NS);
    struct sample never = sample_of("exponential:0");
    assert_int_equal(never.most, 0);
    struct spread none = {.kind = SPREAD_FIXED};
    assert_int_equal(spread_draw(&none, 77), 0);
}

static void rates_are_whole_numbers(void **state)
{
    struct spread spread;
    struct err e = {0};
    (void)state;
    assert_int_equal(spread_parse("9600", "--rate", SPREAD_RATE, &spread, &e), 0);
    assert_int_equal(spread_draw(&spread, 1), 9600);
    assert_int_equal(spread_parse("uniform:1200,9600", "--rate", SPREAD_RATE, &spread, &e), 0);
    assert_int_equal(spread_parse("9600ms", "--rate", SPREAD_RATE, &spread, &e), -1);
    assert_string_equal(e.text, "--rate '9600ms' is no rate: say bytes per second such as 9600, "
                                "or a distribution such as uniform:1200,9600");
}

static void wrong_spreads_are_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "ms",
        "-1ms",
        "uniform:1ms",
        "uniform:2ms,1ms",
        "uniform:1ms,2ms,3ms",
        "uniform:",
        "uniform:,",
        "normal:1ms",
        "normal:1ms,",
        "lognormal:1ms,-0.5",
        "lognormal:1ms,nan",
        "lognormal:1ms,11",
        "lognormal:1ms,0.5s",
        "exponential:1ms,2ms",
        "gamma:1ms,2ms",
        ":1ms",
        "300ms:",
        "300ms,400ms",
        "uniform:99999999999999999999ms,1ms",
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct spread spread;
        struct err e = {0};
        if (spread_parse(rows[i], "--think", SPREAD_TIME, &spread, &e) != -1)
            fail_msg("'%s' was taken", rows[i]);
        assert_int_equal(e.class, FAIL_USAGE);
    }
    struct spread spread;
    struct err e = {0};
    assert_int_equal(spread_parse("99999999999999999999", "--rate", SPREAD_RATE, &spread, &e), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_place_is_given_once),
        cmocka_unit_test(the_order_is_shuffled_and_depends_on_the_key),
        cmocka_unit_test(outside_of_the_fleet_nothing_moves),
        cmocka_unit_test(numbers_are_the_same_in_every_build),
        cmocka_unit_test(between_holds_its_bounds),
        cmocka_unit_test(five_percent_of_5460_are_273),
        cmocka_unit_test(all_parts_together_are_all),
        cmocka_unit_test(an_address_wins_over_parts),
        cmocka_unit_test(wrong_lists_are_refused),
        cmocka_unit_test(more_items_than_fit_are_refused),
        cmocka_unit_test(every_misbehaviour_has_a_name_of_its_own),
        cmocka_unit_test(distributions_hold_bounds_and_medians),
        cmocka_unit_test(a_draw_is_never_below_0_nor_above_a_day),
        cmocka_unit_test(rates_are_whole_numbers),
        cmocka_unit_test(wrong_spreads_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
