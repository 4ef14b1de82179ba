/* links: report/bars report/chart report/compare report/sweep report/sweep_cause report/stats
 * base/term base/buf base/err model/result tests/lib/failing_malloc */
#include "base/term.h"
#include "report/bars.h"
#include "report/chart.h"
#include "tests/lib/failing_malloc.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct bars_style plain = {.columns = 40};
static const struct bars_style blocks = {.columns = 40, .utf8 = true};

static void draws(const struct bar *bars, size_t n, const struct bars_style *style,
                  const char *expected)
{
    struct buf b;
    buf_init(&b, 1 << 16);
    assert_int_equal(bars_draw("title", "the bound", bars, n, style, &b), 0);
    assert_string_equal(buf_bytes(&b), expected);
    buf_free(&b);
}

static struct bar bar(const char *label, double value, const char *text)
{
    return (struct bar){label, value, value, value, -1, text};
}

static void bars_are_as_long_as_their_values(void **state)
{
    (void)state;
    const struct bar bars[] = {bar("one", 100, "100"), bar("two", 50, "50"), bar("none", 0, "0")};
    draws(bars, 3, &plain,
          "title\n"
          "one  ############################### 100\n"
          "two  ################                 50\n"
          "none                                   0\n");
    draws(bars, 3, &blocks,
          "title\n"
          "one  ███████████████████████████████ 100\n"
          "two  ███████████████▌                 50\n"
          "none                                   0\n");
}

static void what_is_not_nothing_shows(void **state)
{
    (void)state;
    const struct bar bars[] = {bar("a", 1000000, "x"), bar("b", 1, "y")};
    draws(bars, 2, &plain,
          "title\n"
          "a #################################### x\n"
          "b #                                    y\n");
    draws(bars, 2, &blocks,
          "title\n"
          "a ████████████████████████████████████ x\n"
          "b ▏                                    y\n");
}

static void ranges_and_marks_are_explained(void **state)
{
    (void)state;
    const struct bar bars[] = {{"a", 20, 18, 36, 9, "x"}, {"b", 18, 18, 18, 18, "y"}};
    draws(bars, 2, &plain,
          "title\n"
          "a ########|#########~~~~~~~~~~~~~~~~~~ x\n"
          "b #################|                   y\n"
          "# to the fastest repeat, ~ to the slowest\n"
          "| the bound\n");
    draws(bars, 2, &blocks,
          "title\n"
          "a ████████┃█████████▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒ x\n"
          "b █████████████████┃                   y\n"
          "█ to the fastest repeat, ▒ to the slowest\n"
          "┃ the bound\n");
}

/* Characters are counted, not bytes; what would move the cursor is no label. */
static void labels_are_cut_and_cleaned(void **state)
{
    (void)state;
    const struct bar bars[] = {bar("ä\033[2J", 1, "1"),
                               bar("ääääääääääääääääääääääääcut off", 1, "1")};
    draws(bars, 2, &plain,
          "title\n"
          "ä?[2J                    ############# 1\n"
          "ääääääääääääääääääääääää ############# 1\n");
}

static void colours_are_closed_in_each_line(void **state)
{
    (void)state;
    const struct bars_style style = {.columns = 10, .color = true}; /* 40 is the least */
    const struct bar bars[] = {{"a", 36, 36, 36, 0, "x"}};
    draws(bars, 1, &style,
          "title\n"
          "a \033[36m\033[33m|\033[36m###################################\033[0m x\n"
          "| the bound\n");
    draws(NULL, 0, &plain, "title\n");
}

static void no_line_is_longer_than_told(void **state)
{
    (void)state;
    for (unsigned columns = 40; columns <= 120; columns += 16) {
        const struct bars_style style = {.columns = columns, .utf8 = true};
        const struct bar bars[] = {
            {"a label of many words, too long", 3, 1, 7, 6.99, "a long text"},
            {"b", 1e9, 0, 1e12, 1e13, "1000000000 s"},
            {"c", 5e12, 5e12, 5e12, 0, "a text that is cut"}};
        struct buf b;
        size_t width = 0;
        buf_init(&b, 1 << 16);
        assert_int_equal(bars_draw("title", "m", bars, 3, &style, &b), 0);
        for (const char *p = strstr(buf_bytes(&b), "a label"); strncmp(p, "█ to", 5) != 0; p++) {
            if (*p == '\n')
                assert_int_equal(width, columns);
            width = *p == '\n' ? 0 : width + (((unsigned char)*p & 0xc0) != 0x80);
        }
        buf_free(&b);
    }
}

static void colour_is_for_terminals_without_no_color(void **state)
{
    (void)state;
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    int pipe_ends[2];
    assert_int_equal(pipe(pipe_ends), 0);
    unsetenv("NO_COLOR");
    assert_false(term_color("auto", pipe_ends[1]));
    assert_true(term_color("always", pipe_ends[1]));
    if (terminal >= 0) {
        assert_true(term_color("auto", terminal));
        assert_false(term_color("never", terminal));
        setenv("NO_COLOR", "", 1);
        assert_true(bars_style_for("auto", terminal).color);
        setenv("NO_COLOR", "1", 1);
        assert_false(bars_style_for("auto", terminal).color);
        close(terminal);
    }
    assert_int_equal(bars_style_for("auto", pipe_ends[1]).columns, 80);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
}

static void the_locale_decides_about_blocks(void **state)
{
    (void)state;
    setenv("LC_ALL", "", 1);
    setenv("LC_CTYPE", "", 1);
    setenv("LANG", "de_DE.UTF-8", 1);
    assert_true(term_utf8());
    setenv("LC_CTYPE", "C", 1);
    assert_false(term_utf8());
    setenv("LC_ALL", "C.utf8", 1);
    assert_true(term_utf8());
    setenv("LC_ALL", "POSIX", 1);
    assert_false(bars_style_for("never", 1).utf8);
    unsetenv("LC_ALL");
    unsetenv("LC_CTYPE");
    unsetenv("LANG");
    assert_false(term_utf8());
}

static struct compare_row row(const char *mode, unsigned workers, unsigned repeat, double ms)
{
    return (struct compare_row){.run = {.mode = mode,
                                        .workers = workers,
                                        .devices = 40,
                                        .elapsed_ms = ms,
                                        .device_ms_sum = 4000,
                                        .max = 100},
                                .repeat = repeat};
}

static void measured_points_are_bars_with_their_bound(void **state)
{
    (void)state;
    const struct compare_row rows[] = {row("sequential", 1, 1, 4000), row("threads", 20, 1, 220),
                                       row("threads", 20, 2, 1100), row("threads", 40, 1, 110)};
    struct buf b;
    buf_init(&b, 1 << 16);
    assert_int_equal(chart_rows(rows, 0, &plain, &b), 0);
    assert_int_equal(b.len, 0);
    assert_int_equal(chart_rows(rows, 4, &plain, &b), 0);
    assert_string_equal(buf_bytes(&b),
                        "\nelapsed, by mode and workers\n"
                        "sequential     1 ###############| 4.00 s\n"
                        "threads       20 |~~~             1.10 s\n"
                        "threads       40 |                0.11 s\n"
                        "# to the fastest repeat, ~ to the slowest\n"
                        "| the bound by waiting: device times / workers, or the slowest device\n");
    buf_free(&b);
}

static void no_memory_is_told(void **state)
{
    (void)state;
    const struct compare_row rows[] = {row("threads", 2, 1, 500), row("events", 2, 1, 500)};
    if (!failing_malloc_works())
        return;
    bool failed = true;
    for (long nth = 1; failed; nth++) {
        struct buf b;
        assert_true(nth < 20);
        buf_init(&b, 1 << 16);
        failing_malloc_at(nth);
        int rc = chart_rows(rows, 2, &blocks, &b);
        failed = failing_malloc_stop();
        assert_int_equal(rc, failed ? -1 : 0);
        buf_free(&b);
    }
    struct buf whole;
    buf_init(&whole, 1 << 16);
    assert_int_equal(chart_rows(rows, 2, &blocks, &whole), 0);
    size_t len = whole.len;
    buf_free(&whole);
    for (size_t max = 0; max < len; max++) {
        struct buf b;
        buf_init(&b, max);
        assert_int_equal(chart_rows(rows, 2, &blocks, &b), -1);
        buf_free(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bars_are_as_long_as_their_values),
        cmocka_unit_test(what_is_not_nothing_shows),
        cmocka_unit_test(ranges_and_marks_are_explained),
        cmocka_unit_test(labels_are_cut_and_cleaned),
        cmocka_unit_test(colours_are_closed_in_each_line),
        cmocka_unit_test(no_line_is_longer_than_told),
        cmocka_unit_test(colour_is_for_terminals_without_no_color),
        cmocka_unit_test(the_locale_decides_about_blocks),
        cmocka_unit_test(measured_points_are_bars_with_their_bound),
        cmocka_unit_test(no_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
