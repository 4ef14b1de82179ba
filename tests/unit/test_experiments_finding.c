/* links: lab/experiments/finding */
#include "lab/experiments/experiment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct samples samples_of(const double *values, unsigned n)
{
    struct samples s = {0};
    for (unsigned i = 0; i < n; i++)
        samples_add(&s, values[i]);
    return s;
}

/* --- samples --- */

static void the_median_is_the_middle(void **state)
{
    (void)state;
    const double odd[] = {9, 1, 5}, even[] = {8, 2, 4, 100}, one[] = {7};
    struct samples s = samples_of(odd, 3);
    assert_float_equal(samples_median(&s), 5, 0);
    assert_float_equal(s.values[0], 9, 0); /* as they came */
    s = samples_of(even, 4);
    assert_float_equal(samples_median(&s), 6, 0);
    s = samples_of(one, 1);
    assert_float_equal(samples_median(&s), 7, 0);
    assert_float_equal(samples_low(&s), 7, 0);
    assert_float_equal(samples_high(&s), 7, 0);
}

static void the_range_is_of_the_least_and_the_most(void **state)
{
    (void)state;
    const double values[] = {3, -2, 11, 4};
    struct samples s = samples_of(values, 4);
    assert_float_equal(samples_low(&s), -2, 0);
    assert_float_equal(samples_high(&s), 11, 0);
}

static void none_is_nothing(void **state)
{
    (void)state;
    struct samples s = {0};
    assert_float_equal(samples_median(&s), 0, 0);
    assert_float_equal(samples_low(&s), 0, 0);
    assert_float_equal(samples_high(&s), 0, 0);
    assert_false(samples_suffice(&s, 1, 5, 1));
}

static void samples_beyond_the_room_are_left_out(void **state)
{
    (void)state;
    struct samples s = {0};
    for (unsigned i = 0; i < SAMPLES_MAX + 10; i++)
        samples_add(&s, i < SAMPLES_MAX ? 1 : 1000);
    assert_int_equal(s.n, SAMPLES_MAX);
    assert_float_equal(samples_high(&s), 1, 0);
    assert_true(samples_suffice(&s, 1000, 1000, 0)); /* there will not be more */
}

static void the_spread_decides_when_there_are_enough(void **state)
{
    (void)state;
    const double near[] = {100, 104, 96}, far[] = {100, 150, 60, 90};
    struct samples s = samples_of(near, 2);
    assert_false(samples_suffice(&s, 3, 9, 0.10)); /* near, but too few */
    s = samples_of(near, 3);
    assert_true(samples_suffice(&s, 3, 9, 0.10));
    assert_true(samples_suffice(&s, 3, 9, 0.08)); /* exactly within it */
    assert_false(samples_suffice(&s, 3, 9, 0.07));
    s = samples_of(far, 3);
    assert_false(samples_suffice(&s, 3, 4, 0.10));
    s = samples_of(far, 4);
    assert_true(samples_suffice(&s, 3, 4, 0.10)); /* as many as there may be */
}

/* --- what is told --- */

static struct finding found;

static int forget(void **state)
{
    (void)state;
    found = (struct finding){0};
    return 0;
}

static void a_number_is_its_samples_median_and_range(void **state)
{
    (void)state;
    const double values[] = {3, 1, 8};
    struct samples s = samples_of(values, 3);
    finding_number(&found, &s, "ms", "%d threads", 5);
    finding_value(&found, 42, "", "counted");
    assert_int_equal(found.n_numbers, 2);
    const struct number *n = &found.numbers[0];
    assert_string_equal(n->name, "5 threads");
    assert_string_equal(n->unit, "ms");
    assert_float_equal(n->median, 3, 0);
    assert_float_equal(n->low, 1, 0);
    assert_float_equal(n->high, 8, 0);
    assert_int_equal(n->n, 3);
    n = &found.numbers[1];
    assert_int_equal(n->n, 1);
    assert_float_equal(n->median, 42, 0);
    assert_float_equal(n->low, 42, 0);
    assert_float_equal(n->high, 42, 0);
}

static void a_curve_is_its_points(void **state)
{
    (void)state;
    struct series *s = finding_series(&found, "threads", "workers", "rate", "1/s");
    series_add(s, 1, 10.5);
    series_add(s, 2, 20);
    assert_int_equal(found.n_series, 1);
    assert_string_equal(found.series[0].name, "threads");
    assert_string_equal(found.series[0].x, "workers");
    assert_string_equal(found.series[0].y, "rate");
    assert_string_equal(found.series[0].unit, "1/s");
    assert_int_equal(found.series[0].n, 2);
    assert_float_equal(found.series[0].points[0][1], 10.5, 0);
    assert_float_equal(found.series[0].points[1][0], 2, 0);
}

static void what_is_too_much_is_left_out(void **state)
{
    (void)state;
    struct samples s = {0};
    struct series *curve = NULL;
    for (int i = 0; i < NUMBERS_MAX + 5; i++) {
        finding_number(&found, &s, "ms", "number %d", i);
        finding_value(&found, i, "ms", "number %d", i);
    }
    for (int i = 0; i < SERIES_MAX; i++)
        assert_non_null(curve = finding_series(&found, "s", "x", "y", "u"));
    assert_null(finding_series(&found, "one more", "x", "y", "u"));
    series_add(NULL, 1, 1);
    for (int i = 0; i < POINTS_MAX + 5; i++)
        series_add(curve, i, i);
    for (int i = 0; i < SKIPPED_MAX + 5; i++)
        finding_skip(&found, "skip %d", i);
    assert_int_equal(found.n_numbers, NUMBERS_MAX);
    assert_int_equal(found.n_series, SERIES_MAX);
    assert_int_equal(curve->n, POINTS_MAX);
    assert_float_equal(curve->points[POINTS_MAX - 1][0], POINTS_MAX - 1, 0);
    assert_int_equal(found.n_skipped, SKIPPED_MAX);
    assert_string_equal(found.skipped[SKIPPED_MAX - 1], "skip 7");
}

static void long_words_are_cut(void **state)
{
    (void)state;
    char text[2 * SENTENCE_LEN];
    memset(text, 'w', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    finding_value(&found, 1, text, "%s", text);
    finding_skip(&found, "%s", text);
    finding_series(&found, text, text, text, text);
    finding_depends(&found, text, "%s", text);
    assert_int_equal(strlen(found.numbers[0].name), NAME_LEN - 1);
    assert_int_equal(strlen(found.numbers[0].unit), sizeof found.numbers[0].unit - 1);
    assert_int_equal(strlen(found.skipped[0]), SENTENCE_LEN - 1);
    assert_int_equal(strlen(found.series[0].name), NAME_LEN - 1);
    assert_int_equal(strlen(found.series[0].unit), sizeof found.series[0].unit - 1);
    assert_int_equal(strlen(found.rule), SENTENCE_LEN - 1);
    assert_int_equal(strlen(found.depends_on), SENTENCE_LEN - 1);
}

/* --- verdicts --- */

static void a_verdict_has_its_rule(void **state)
{
    (void)state;
    assert_int_equal(finding_decide(&found, VERDICT_NOT, "less than %.1f: %.2f", 1.5, 1.234), 0);
    assert_int_equal(found.verdict, VERDICT_NOT);
    assert_string_equal(found.rule, "less than 1.5: 1.23");
    assert_string_equal(found.depends_on, "");
    assert_int_equal(finding_depends(&found, "a second core", "only %u core", 1u), 0);
    assert_int_equal(found.verdict, VERDICT_DEPENDS);
    assert_string_equal(found.depends_on, "a second core");
    assert_string_equal(found.rule, "only 1 core");
}

static void verdicts_have_names(void **state)
{
    (void)state;
    assert_string_equal(verdict_name(VERDICT_HOLDS), "holds");
    assert_string_equal(verdict_name(VERDICT_NOT), "does not hold");
    assert_string_equal(verdict_name(VERDICT_DEPENDS), "depends");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_median_is_the_middle),
        cmocka_unit_test(the_range_is_of_the_least_and_the_most),
        cmocka_unit_test(none_is_nothing),
        cmocka_unit_test(samples_beyond_the_room_are_left_out),
        cmocka_unit_test(the_spread_decides_when_there_are_enough),
        cmocka_unit_test_setup(a_number_is_its_samples_median_and_range, forget),
        cmocka_unit_test_setup(a_curve_is_its_points, forget),
        cmocka_unit_test_setup(what_is_too_much_is_left_out, forget),
        cmocka_unit_test_setup(long_words_are_cut, forget),
        cmocka_unit_test_setup(a_verdict_has_its_rule, forget),
        cmocka_unit_test(verdicts_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
