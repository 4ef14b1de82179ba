/* links: base/buf tests/trust/line tests/trust/manner tests/trust/oddity tests/trust/random
 * tests/trust/ways */

/* The line editor of the campaign's devices edits and shows as terminals do. */
#include "tests/trust/line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define DIGITS "0123abcd"
#define DELS   "\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f"

struct typed {
    struct line line;
    struct buf shown;
    unsigned lines;
};

static void type(struct typed *t, const struct manner *m, bool by_kernel, const char *keys)
{
    *t = (struct typed){0};
    buf_init(&t->shown, 65536);
    for (; *keys && !t->lines; keys++)
        t->lines += line_key(&t->line, m, "r1#", by_kernel, *keys, &t->shown) == LINE_DONE;
}

static void expect(struct typed *t, const char *line, const char *shown)
{
    assert_int_equal(t->line.n, strlen(line));
    assert_memory_equal(t->line.text, line, strlen(line));
    assert_string_equal(buf_bytes(&t->shown), shown);
    buf_free(&t->shown);
}

static void digits_are_erased_in_each_style(void **state)
{
    static const struct {
        enum erasing erasing;
        bool by_kernel;
        const char *shown;
    } rows[] = {
        {ERASE_BLANK, false, "ab\b \b\b \bx\r\n"},
        {ERASE_TO_END, false, "ab\b\x1b[K\b\x1b[Kx\r\n"},
        {ERASE_REDRAW, false, "ab\r\x1b[Kr1#a\r\x1b[Kr1#x\r\n"},
        {ERASE_TO_END, true, "ab\b \b\b \bx\r\n"},
        {ERASE_NOT, true, "ab\b \b\b \bx\r\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct manner m = {.width = 80, .erasing = rows[i].erasing};
        struct typed t;
        type(&t, &m, rows[i].by_kernel, "ab\x7f\x7fx\r");
        assert_int_equal(t.lines, 1);
        expect(&t, "x", rows[i].shown);
    }
}

static void a_nonce_leaves_the_command(void **state)
{
    struct manner m = {.width = 80, .erasing = ERASE_TO_END};
    struct typed t;
    (void)state;
    type(&t, &m, false, DIGITS DELS "show clock\n");
    assert_int_equal(t.line.n, 10);
    assert_memory_equal(t.line.text, "show clock", 10);
    buf_free(&t.shown);
}

static void a_device_that_does_not_erase_keeps_the_bytes(void **state)
{
    struct manner m = {.width = 80, .erasing = ERASE_NOT};
    struct typed t;
    (void)state;
    type(&t, &m, false, "1\x7fx\r");
    expect(&t, "1\x7fx", "1^?x\r\n");
}

static void kill_erases_the_line_and_a_kernel_knows_no_bs(void **state)
{
    struct manner m = {.width = 80};
    struct typed t;
    (void)state;
    type(&t, &m, false, "ab\x15x\r");
    expect(&t, "x", "ab\b \b\b \bx\r\n");
    type(&t, &m, true, "ab\bx\r");
    expect(&t, "ab\bx", "ab^Hx\r\n");
    type(&t, &m, false, "\x7fx\r"); /* nothing to erase */
    expect(&t, "x", "x\r\n");
}

static void long_lines_wrap_and_scroll(void **state)
{
    struct manner m = {.width = 8, .width_style = WIDTH_WRAPS};
    struct typed t;
    (void)state;
    type(&t, &m, false, "abcdefg\r");
    expect(&t, "abcdefg", "abcde \rfg\r\n");
    m = (struct manner){.width = 30, .width_style = WIDTH_SCROLLS};
    type(&t, &m, false, "abcdefghijklmnopqrstuvwxyz0123\r");
    assert_int_equal(t.line.n, 30);
    const char *dollar = strchr(buf_bytes(&t.shown), '$');
    assert_non_null(dollar);
    assert_memory_equal(dollar + 1, "klmnopqrstuvwxyz", 16);
    buf_free(&t.shown);
}

static void each_key_redraws_the_line(void **state)
{
    struct manner m = {.width = 8, .redraws = true};
    struct typed t;
    (void)state;
    type(&t, &m, false, "ab\r");
    expect(&t, "ab", "\r\rr1#     \rr1#a\r\rr1#a    \rr1#ab\r\n");
}

static void an_echo_comes_twice(void **state)
{
    struct manner m = {.width = 80, .echo_twice = true};
    struct typed t;
    (void)state;
    type(&t, &m, false, "ab\r");
    expect(&t, "ab", "ab\r\nab\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digits_are_erased_in_each_style),
        cmocka_unit_test(a_nonce_leaves_the_command),
        cmocka_unit_test(a_device_that_does_not_erase_keeps_the_bytes),
        cmocka_unit_test(kill_erases_the_line_and_a_kernel_knows_no_bs),
        cmocka_unit_test(long_lines_wrap_and_scroll),
        cmocka_unit_test(each_key_redraws_the_line),
        cmocka_unit_test(an_echo_comes_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
