/* links: base/buf dialogue/clean */
#include "dialogue/clean.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RAW(text) (text), sizeof(text) - 1

static void check(const char *raw, size_t n, const char *expected)
{
    struct buf out;
    buf_init(&out, SIZE_MAX / 2);
    assert_int_equal(clean_text(&out, raw, n, NULL, 0), 0);
    assert_string_equal(buf_bytes(&out), expected);
    buf_free(&out);
}

static void every_line_end_is_one_newline(void **state)
{
    (void)state;
    check(RAW("a\nb\r\nc\r\r\nd\r\0\ne"), "a\nb\nc\nd\ne");
    check(RAW("a\n\rb\n\rc"), "a\nb\nc");
    check(RAW("\r\n\r\n"), "\n\n");
    check(RAW("a\x1b"
              "Eb"),
          "a\nb");
}

static void blanks_at_a_line_end_stay(void **state)
{
    (void)state;
    check(RAW("a  \r\n\tb \n"), "a  \n\tb \n");
}

static void escapes_are_dropped(void **state)
{
    (void)state;
    check(RAW("\x1b[1;31mred\x1b[0m\x1b[?2004h plain\x1b[K\r\n"), "red plain\n");
    check(RAW("\x1b]0;a title\aone\x1b]2;other\x1b\\two\x1bPdcs\x1b\\three"), "onetwothree");
    check(RAW("\x1b(B\x1b)0\x1b=\x1b>\x1b"
              "7a\x1b"
              "8\x1b[12;40Hb"),
          "ab");
    check(RAW("bell\a nul\0 del\x7f so\x0e"), "bell nul del so");
}

static void an_unfinished_title_does_not_eat_its_line(void **state)
{
    (void)state;
    check(RAW("\x1b]0;no end\r\nnext"), "0;no end\nnext");
}

static void an_unfinished_escape_ends_with_its_line(void **state)
{
    (void)state;
    check(RAW("one\x1b[12\r\ntwo\x1b\r\nthree"), "one\ntwo\nthree");
}

static void backspace_and_return_overwrite(void **state)
{
    (void)state;
    check(RAW("abcd\b\b\bXY\n"), "aXYd\n");
    check(RAW("abc\b\b\b\b\b\bX\n"), "Xbc\n");
    check(RAW(" 10%\r 50%\r100%\n"), "100%\n");
    check(RAW("overstruckk\b \b\n"), "overstruck\n");
}

static void what_a_pager_erased_is_gone(void **state)
{
    (void)state;
    check(RAW(" --More-- \0\b\b\b\b\b\b\b\b\b\b          \b\b\b\b\b\b\b\b\b\bnext\r\n"), "next\n");
    check(RAW("--More--\r\x1b[Knext\r\n"), "next\n");
    check(RAW("--More--\r        \rnext\r\n"), "next\n");
    check(RAW("---- More ----\x1b[16D                \x1b[16Dnext\r\n"), "next\n");
    check(RAW("--More--\x1b[2K\rnext\r\n"), "next\n");
}

static void line_editing_is_obeyed(void **state)
{
    (void)state;
    check(RAW("acat\x1b[3D\x1b[@b\n"), "abcat\n");
    check(RAW("abcd\x1b[3D\x1b[2P\n"), "ad\n");
    check(RAW("a\x1b[3Cb\n"), "a   b\n");
    check(RAW("abc\x1b[1GX\n"), "Xbc\n");
}

static void erasing_loses_nothing_where_nothing_is_drawn_anew(void **state)
{
    (void)state;
    check(RAW("red and \x1b[2Kplain\r\n"), "red and plain\n");
    check(RAW("text\x1b[2J\x1b[Hmore\r\n"), "textmore\n");
}

static void numbers_in_escapes_are_bounded(void **state)
{
    (void)state;
    struct buf out;
    static const char raw[] = "a\x1b[99999999999999999999Cb\x1b[99999999999D\x1b[9999999@c\n"
                              "\x1b[1000C\x1b[1000C\x1b[1000Cx";
    buf_init(&out, SIZE_MAX / 2);
    assert_int_equal(clean_text(&out, raw, sizeof raw - 1, NULL, 0), 0);
    assert_true(out.len < 5000);
    buf_free(&out);
}

static void bytes_that_are_not_utf8_stay(void **state)
{
    (void)state;
    check(RAW("bad \xc3\x28 \xfe, good \xc3\xa9\n"), "bad \xc3\x28 \xfe, good \xc3\xa9\n");
}

static void what_is_skipped_is_as_if_it_never_came(void **state)
{
    (void)state;
    static const char raw[] =
        "one\r\n--More--\b\b\b\b\b\b\b\b        \b\b\b\b\b\b\b\btwo\r\nshow x\r\n";
    const struct clean_skip skips[] = {{3, 5}, {sizeof raw - 1 - 8, sizeof raw - 1}};
    struct buf out;
    buf_init(&out, SIZE_MAX / 2);
    assert_int_equal(clean_text(&out, raw, sizeof raw - 1, skips, 2), 0);
    assert_string_equal(buf_bytes(&out), "onetwo\n");
    buf_free(&out);
}

/* Comware erases its mark with blanks before an empty line, too; others with more blanks than the
 * mark is long. Blanks that wiped nothing out stay. */
static void only_blanks_that_wipe_out_are_gone(void **state)
{
    (void)state;
    check(RAW("---- More ----\r              \r\r\nnext\r\n"), "\nnext\n");
    check(RAW("--More--\r                    \rab  \r\n"), "ab  \n");
    check(RAW("--More--\b\b\b\b\b\b\b\b        \b\b\b\b\b\b\b\bab  \r\r\n"), "ab  \n");
    check(RAW("red  \x1b[K\r\r\n"), "red  \n");
    check(RAW(" --More-- \r\n"), " --More-- \n");
}

static void a_full_buffer_is_an_error(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 3);
    assert_int_equal(clean_text(&out, RAW("abcd"), NULL, 0), -1);
    assert_int_equal(clean_text(&out, RAW("a\x1b[mbcdefg"), NULL, 0), -1);
    buf_free(&out);
}

static void check_tail(const char *raw, size_t n, const char *expected)
{
    char text[64];
    size_t len = clean_tail(text, sizeof text, raw, n);
    assert_int_equal(len, strlen(expected));
    assert_memory_equal(text, expected, len);
}

static void a_tail_is_what_stands_on_the_last_line(void **state)
{
    (void)state;
    check_tail(RAW("r1# "), "r1# ");
    check_tail(RAW("\x1b[?2004h\x1b]0;lab@h1: ~\alab@h1:~$ "), "lab@h1:~$ ");
    check_tail(RAW("\r\x1b[Kr1# "), "r1# ");
    check_tail(RAW("\r          \rr1#"), "r1#");
    check_tail(RAW("r1# \r"), "r1# "); /* the LF may come next */
    check_tail(RAW("gone\x1b"
                   "Er1>"),
               "r1>");
}

/* Cut anywhere, an escape sequence never shows its pieces. */
static void a_tail_cut_in_an_escape_shows_nothing_of_it(void **state)
{
    (void)state;
    static const char raw[] = "\x1b]0;a title\x1b\\\x1b[1;31mr1#\x1b[0m\x1b[K";
    for (size_t n = 0; n < sizeof raw; n++) {
        char text[64];
        size_t len = clean_tail(text, sizeof text, raw, n);
        assert_true(len <= 3);
        assert_memory_equal(text, "r1#", len);
    }
}

/* Eight bytes are looked at at once: each byte at each place among them, and behind them. */
static void any_control_byte_is_seen_wherever_it_stands(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 256; c++) {
        bool plain = (c >= 0x20 && c != 0x7f) || c == '\t';
        for (size_t at = 0; at < 19; at++) {
            char text[19];
            memset(text, at % 2 ? 0xff : ' ', sizeof text);
            text[at] = (char)c;
            assert_int_equal(clean_is_plain(text, sizeof text), plain);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_line_end_is_one_newline),
        cmocka_unit_test(blanks_at_a_line_end_stay),
        cmocka_unit_test(escapes_are_dropped),
        cmocka_unit_test(an_unfinished_title_does_not_eat_its_line),
        cmocka_unit_test(an_unfinished_escape_ends_with_its_line),
        cmocka_unit_test(backspace_and_return_overwrite),
        cmocka_unit_test(what_a_pager_erased_is_gone),
        cmocka_unit_test(only_blanks_that_wipe_out_are_gone),
        cmocka_unit_test(line_editing_is_obeyed),
        cmocka_unit_test(erasing_loses_nothing_where_nothing_is_drawn_anew),
        cmocka_unit_test(numbers_in_escapes_are_bounded),
        cmocka_unit_test(bytes_that_are_not_utf8_stay),
        cmocka_unit_test(what_is_skipped_is_as_if_it_never_came),
        cmocka_unit_test(a_full_buffer_is_an_error),
        cmocka_unit_test(a_tail_is_what_stands_on_the_last_line),
        cmocka_unit_test(a_tail_cut_in_an_escape_shows_nothing_of_it),
        cmocka_unit_test(any_control_byte_is_seen_wherever_it_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
