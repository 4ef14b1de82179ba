/* links: lab/show lab/show_chart lab/show_json lab/experiments/finding report/bars base/term
 * base/buf
 */
#include "lab/show.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct bars_style plain = {.columns = SHOW_COLUMNS};
static const struct experiment experiment = {"race", "Threads that share data change it.",
                                             "Two threads add.", NULL};

static struct finding found;
static struct buf out;

static int set_up(void **state)
{
    (void)state;
    found = (struct finding){0};
    buf_init(&out, 1u << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    buf_free(&out);
    return 0;
}

static void assert_fits(const char *text)
{
    for (const char *line = text; *line;) {
        size_t n = strcspn(line, "\n");
        if (n > SHOW_COLUMNS || (n > 0 && line[n - 1] == ' '))
            fail_msg("%zu columns, or a blank at the end: '%.*s'", n, (int)n, line);
        line += n + (line[n] == '\n');
    }
}

/* --- words and values --- */

static void words_are_broken_at_blanks(void **state)
{
    (void)state;
    assert_int_equal(show_line_length("short", 10), 5);
    assert_int_equal(show_line_length("two words", 9), 9);
    assert_int_equal(show_line_length("two words", 8), 3);
    assert_int_equal(show_line_length("wordwithoutblank", 4), 4);
    assert_int_equal(show_line_length("", 4), 0);
}

static void a_paragraph_is_indented_and_ends_where_it_must(void **state)
{
    (void)state;
#define FOUR "nine.long nine.long nine.long nine.long "
    static const char text[] = FOUR FOUR FOUR FOUR "nine.long";
    assert_int_equal(show_wrapped("head: ", text, 0, &out), 0);
    assert_string_equal(
        buf_bytes(&out),
        "head: nine.long nine.long nine.long nine.long nine.long nine.long nine.long\n"
        "      nine.long nine.long nine.long nine.long nine.long nine.long nine.long\n"
        "      nine.long nine.long nine.long\n");
    buf_truncate(&out, 0);
    assert_int_equal(show_wrapped("head: ", text, 2, &out), 0);
    assert_string_equal(
        buf_bytes(&out),
        "head: nine.long nine.long nine.long nine.long nine.long nine.long nine.long\n"
        "      nine.long nine.long nine.long nine.long nine.long nine.long nine.long...\n");
    buf_truncate(&out, 0);
    assert_int_equal(show_wrapped("head: ", "no more than one line", 1, &out), 0);
    assert_string_equal(buf_bytes(&out), "head: no more than one line\n");
}

static void values_have_the_places_they_need(void **state)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0, "0"},           {2, "2"},          {0.1464, "0.146"},    {9.9994, "9.999"},
                 {23.151, "23.2"},   {803.31, "803.3"}, {1153.78, "1154"},    {193102, "193102"},
                 {-23.151, "-23.2"}, {-3, "-3"},        {1.25e12, "1.25e+12"}};
    char text[SHOW_VALUE_LEN];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(show_value(cases[i].value, text), cases[i].text);
}

/* --- a finding --- */

static struct samples three(double a, double b, double c)
{
    return (struct samples){{a, b, c}, 3};
}

static void numbers_stand_in_columns(void **state)
{
    (void)state;
    struct samples s = three(27.5, 30, 25);
    finding_number(&found, &s, "ms", "with a lock");
    finding_value(&found, 2, "", "lost");
    finding_skip(&found, "there is no python3");
    finding_decide(&found, VERDICT_HOLDS, "holds where some are lost: 2");
    found.seconds = 1.25;
    assert_int_equal(show_finding(&experiment, &found, &plain, &out), 0);
    assert_string_equal(buf_bytes(&out), "== race: holds\n"
                                         "claim:   Threads that share data change it.\n"
                                         "method:  Two threads add.\n"
                                         "  measured    median    range\n"
                                         "  with a lock   27.5 ms 25-30\n"
                                         "  lost             2\n"
                                         "skipped: there is no python3\n"
                                         "rule:    holds where some are lost: 2\n"
                                         "         (1.2 s)\n\n");
}

static void it_says_on_what_it_depends(void **state)
{
    (void)state;
    finding_depends(&found, "a second core", "one core lends nothing");
    assert_int_equal(show_finding(&experiment, &found, &plain, &out), 0);
    assert_non_null(strstr(buf_bytes(&out), "== race: depends\n"));
    assert_non_null(strstr(buf_bytes(&out), "depends: on a second core\nrule:    one core"));
    assert_null(strstr(buf_bytes(&out), "measured"));
}

static void long_names_go_on_in_the_next_line(void **state)
{
    (void)state;
    struct samples s = three(1234567, 1000000, 2000000);
    finding_number(&found, &s, "devices a sec",
                   "of two threads that never got their second lock, in opposite order, twice");
    finding_decide(&found, VERDICT_NOT, "holds nowhere");
    assert_int_equal(show_finding(&experiment, &found, &plain, &out), 0);
    assert_non_null(strstr(buf_bytes(&out),
                           "  of two threads that never got their\n"
                           "    second lock, in opposite order, twice  1234567 devices a sec "
                           "1000000-2000000\n"));
    assert_fits(buf_bytes(&out));
}

static void the_longest_of_everything_fits(void **state)
{
    (void)state;
    static char words[SENTENCE_LEN], letters[SENTENCE_LEN];
    for (size_t i = 0; i + 1 < sizeof words; i++) {
        words[i] = i % 7 == 6 ? ' ' : 'w';
        letters[i] = 'x';
    }
    for (int i = 0; i < NUMBERS_MAX; i++) {
        struct samples s = three(-1.5e300 * i, -1e300, 123456789);
        finding_number(&found, &s, letters, "%s", i % 2 ? words : letters);
    }
    for (int i = 0; i < SERIES_MAX; i++) {
        struct series *s = finding_series(&found, i % 2 ? words : letters, words, letters, words);
        for (int k = 0; k < POINTS_MAX; k++)
            series_add(s, 1e300 * k, -1e300 * k + 1e301);
    }
    for (int i = 0; i < SKIPPED_MAX; i++)
        finding_skip(&found, "%s", i % 2 ? words : letters);
    finding_depends(&found, words, "%s", letters);
    assert_int_equal(show_finding(&experiment, &found, &plain, &out), 0);
    assert_fits(buf_bytes(&out));
}

/* --- curves --- */

static void curve(const char *name, const char *y, double first, double second)
{
    struct series *s = finding_series(&found, name, "workers", y, "1/s");
    series_add(s, 2, first);
    series_add(s, 100, second);
}

static size_t signs_behind(const char *text, const char *line)
{
    const char *at = strstr(text, line);
    assert_non_null(at);
    return strspn(at + strlen(line), "#");
}

static void curves_with_the_same_axes_have_one_scale(void **state)
{
    (void)state;
    curve("threads", "rate", 10, 40);
    curve("published", "rate", 5, 20);
    curve("other", "time", 1, 2);
    assert_int_equal(show_charts(&found, &plain, &out), 0);
    const char *text = buf_bytes(&out);
    const char *published = strstr(text, "  published: rate (1/s) by workers\n");
    const char *other = strstr(text, "  other: time (1/s) by workers\n");
    assert_non_null(published);
    assert_non_null(other);
    size_t whole = signs_behind(text, "\n  100 ");
    assert_true(whole > 60);
    assert_in_range(signs_behind(published, "\n  100 "), whole / 2, whole / 2 + 1);
    assert_in_range(signs_behind(published, "\n    2 "), whole / 8, whole / 8 + 1);
    assert_true(signs_behind(other, "\n  100 ") > 60);
    assert_fits(text);
}

static void an_empty_curve_is_not_drawn(void **state)
{
    (void)state;
    finding_series(&found, "nothing", "x", "y", "u");
    assert_int_equal(show_charts(&found, &plain, &out), 0);
    assert_string_equal(buf_bytes(&out), "");
}

/* --- the end --- */

static void the_table_has_the_verdicts_and_their_rules(void **state)
{
    (void)state;
    static struct finding other, third;
    static const struct experiment more = {"children-live-on", "c", "m", NULL};
    const struct experiment *x[] = {&experiment, &more, &experiment, &experiment};
    const struct finding *f[] = {&found, &other, NULL, &third};
    finding_decide(&found, VERDICT_HOLDS, "holds where more than %.1f %% are lost (%.1f)", 0.5,
                   46.1);
    finding_depends(&other, "how it ends", "the child lives (%d)", 1);
    finding_decide(&third, VERDICT_NOT,
                   "holds where one %0300d two %0150d three: what comes now is left out", 1, 2);
    assert_int_equal(show_verdicts(x, f, 4, &out), 0);
    const char *text = buf_bytes(&out);
    assert_fits(text);
    assert_non_null(
        strstr(text, "\nrace              holds          more than 0.5 % are lost (46.1)\n"));
    assert_non_null(
        strstr(text, "\nchildren-live-on  depends        on how it ends; the child lives (1)\n"));
    assert_non_null(
        strstr(text, "\nrace              not measured   its process ended before it\n"));
    assert_non_null(strstr(text, "\nrace              does not hold  one\n"));
    assert_non_null(
        strstr(text, "...\n\nof 4: holds 1, does not hold 1, depends 1, not measured 1\n"));
    assert_null(strstr(text, "left out"));
}

static void the_document_has_its_keys(void **state)
{
    (void)state;
    const struct experiment_env env = {.cores = 3, .is_docker = true};
    const struct experiment *x[] = {&experiment, &experiment};
    const struct finding *f[] = {NULL, &found};
    struct samples s = three(1, 2, 4);
    finding_number(&found, &s, "ms", "name");
    curve("threads", "rate", 10, 40);
    finding_decide(&found, VERDICT_NOT, "rule");
    json_t *all = show_json(x, f, 2, &env), *one;
    int schema, cores, n;
    const char *kind, *lab, *verdict, *series;
    double median, point;
    assert_int_equal(json_unpack(all, "{s:i, s:s, s:{s:i, s:s}, s:[o!]}", "schema", &schema, "kind",
                                 &kind, "machine", "cores", &cores, "lab", &lab, "experiments",
                                 &one),
                     0);
    assert_int_equal(json_unpack(one, "{s:s, s:n, s:[{s:f, s:i}!], s:[{s:s, s:[o, [f, f!]!]}!]}",
                                 "verdict", &verdict, "depends_on", "numbers", "median", &median,
                                 "n", &n, "series", "name", &series, "points", &one, &point,
                                 &point),
                     0);
    assert_int_equal(schema, 1);
    assert_string_equal(kind, "experiments");
    assert_int_equal(cores, 3);
    assert_string_equal(lab, "docker");
    assert_string_equal(verdict, "does not hold");
    assert_float_equal(median, 2, 0);
    assert_int_equal(n, 3);
    assert_string_equal(series, "threads");
    assert_float_equal(point, 40, 0);
    json_decref(all);
}

int main(void)
{
#define SHOWN(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_broken_at_blanks),
        SHOWN(a_paragraph_is_indented_and_ends_where_it_must),
        cmocka_unit_test(values_have_the_places_they_need),
        SHOWN(numbers_stand_in_columns),
        SHOWN(it_says_on_what_it_depends),
        SHOWN(long_names_go_on_in_the_next_line),
        SHOWN(the_longest_of_everything_fits),
        SHOWN(curves_with_the_same_axes_have_one_scale),
        SHOWN(an_empty_curve_is_not_drawn),
        SHOWN(the_table_has_the_verdicts_and_their_rules),
        SHOWN(the_document_has_its_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
