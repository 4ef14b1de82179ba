/* links: base/text */
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *const keys[] = {"password", "port", "host", "hostkeys", "secret"};
#define N_KEYS (sizeof keys / sizeof *keys)

static void position_reads_as_compilers_write_it(void **state)
{
    (void)state;
    char text[64];
    struct source_pos pos = {"a.yaml", 3, 7};
    assert_string_equal(source_pos_text(&pos, text, sizeof text), "a.yaml:3:7");
    struct source_pos whole = {"a.yaml", 0, 0};
    assert_string_equal(source_pos_text(&whole, text, sizeof text), "a.yaml");
    char small[4];
    assert_string_equal(source_pos_text(&pos, small, sizeof small), "a.y");
}

static void nearest_finds_typing_errors(void **state)
{
    (void)state;
    assert_string_equal(text_nearest("pasword", keys, N_KEYS), "password");
    assert_string_equal(text_nearest("prot", keys, N_KEYS), "port");
    assert_string_equal(text_nearest("hots", keys, N_KEYS), "host");
    assert_string_equal(text_nearest("host", keys, N_KEYS), "host");
    assert_string_equal(text_nearest("hostkey", keys, N_KEYS), "hostkeys");
    assert_string_equal(text_nearest("secrte", keys, N_KEYS), "secret");
}

static void nearest_does_not_guess_wildly(void **state)
{
    (void)state;
    assert_null(text_nearest("colour", keys, N_KEYS));
    assert_null(text_nearest("", keys, N_KEYS));
    assert_null(text_nearest("port", NULL, 0));
    char word[300];
    memset(word, 'p', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    assert_null(text_nearest(word, keys, N_KEYS));
}

static void glob_matches_the_whole_text(void **state)
{
    (void)state;
    assert_true(text_glob("sw*", "sw1"));
    assert_true(text_glob("sw?", "sw1"));
    assert_true(text_glob("*", ""));
    assert_true(text_glob("", ""));
    assert_true(text_glob("*-core-*", "ams-core-1"));
    assert_true(text_glob("a*b*c", "aXbYbZc"));
    assert_true(text_glob("sw[1-3]", "sw2"));
    assert_true(text_glob("sw[!1-3]", "sw4"));
    assert_true(text_glob("sw[]x]", "sw]"));
    assert_true(text_glob("sw[1", "sw[1"));
    assert_false(text_glob("sw", "sw1"));
    assert_false(text_glob("sw?", "sw"));
    assert_false(text_glob("sw[1-3]", "sw4"));
    assert_false(text_glob("sw[!1-3]", "sw2"));
    assert_false(text_glob("", "x"));
    assert_false(text_glob("a*b", "aXbY"));
}

/* An exponential matcher would not come back from this. */
static void glob_is_bounded(void **state)
{
    (void)state;
    char text[4096];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_false(text_glob("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(position_reads_as_compilers_write_it),
        cmocka_unit_test(nearest_finds_typing_errors),
        cmocka_unit_test(nearest_does_not_guess_wildly),
        cmocka_unit_test(glob_matches_the_whole_text),
        cmocka_unit_test(glob_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
