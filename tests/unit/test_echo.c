/* links: base/buf dialogue/clean dialogue/echo */
#include "dialogue/echo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static enum echo_result match(const char *raw, const char *input, size_t *matched)
{
    return echo_match(raw, strlen(raw), input, strlen(input), matched);
}

static void expect(enum echo_result expected, const char *raw, const char *input)
{
    size_t matched = 0;
    enum echo_result r = match(raw, input, &matched);
    if (r != expected)
        fail_msg("\"%s\" for \"%s\": %d, not %d", raw, input, r, expected);
}

static void the_input_itself(void **state)
{
    (void)state;
    expect(ECHO_ALL, "show version", "show version");
    expect(ECHO_ALL, " show version\r", "show version"); /* the prompt's blank came late */
    expect(ECHO_ALL, "show version  ", "show version");
    expect(ECHO_ALL, "show version", "show version  ");
    expect(ECHO_ALL, "\x1b[1mshow\x1b[m version\x1b[K", "show version");
    expect(ECHO_ALL, "show vresion\b\b\b\b\b\bersion", "show version");
}

static void what_readline_does_at_the_right_edge(void **state)
{
    (void)state;
    expect(ECHO_ALL, "show a long l\rline to see", "show a long line to see");
    expect(ECHO_ALL, "show a long \rline to see", "show a long line to see");
    expect(ECHO_ALL, "show a long li \rne to see", "show a long line to see");
    expect(ECHO_ALL, "show a long l\rline to s\rsee\x1b[K", "show a long line to see");
}

static void scrolled_lines(void **state)
{
    (void)state;
    expect(ECHO_ALL, "$ing-config interface", "show running-config interface");
    expect(ECHO_ALL, "<ing-config interface", "show running-config interface");
    expect(ECHO_NOT, "$face", "show running-config interface");
    expect(ECHO_NOT, "$ing-config interfacf", "show running-config interface");
}

static void completed_words(void **state)
{
    (void)state;
    expect(ECHO_ALL, "show version", "sh ver");
    expect(ECHO_NOT, "show version brief", "sh ver");
    expect(ECHO_NOT, "exiting", "exit");
}

static void beginnings(void **state)
{
    (void)state;
    size_t matched = 9;
    assert_int_equal(match("", "show version", &matched), ECHO_PART);
    assert_int_equal(matched, 0);
    assert_int_equal(match("\r", "show version", &matched), ECHO_PART);
    assert_int_equal(matched, 0);
    assert_int_equal(match("show ve", "show version", &matched), ECHO_PART);
    assert_int_equal(matched, 7);
}

static void other_things(void **state)
{
    (void)state;
    expect(ECHO_NOT, " is what a prompt looks like", "show version");
    expect(ECHO_NOT, "show version and more", "show version");
    expect(ECHO_NOT, "shaw version", "show version");
    expect(ECHO_NOT, "x", "");
    char big[5000];
    size_t matched = 0;
    memset(big, 'x', sizeof big);
    assert_int_equal(echo_match(big, sizeof big, "x", 1, &matched), ECHO_NOT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_input_itself), cmocka_unit_test(what_readline_does_at_the_right_edge),
        cmocka_unit_test(scrolled_lines),   cmocka_unit_test(completed_words),
        cmocka_unit_test(beginnings),       cmocka_unit_test(other_things),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
