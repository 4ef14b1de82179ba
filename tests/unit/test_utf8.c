/* links: output/utf8 base/buf */
#include "output/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define R "\xef\xbf\xbd" /* U+FFFD */

static void becomes(int (*clean)(struct buf *, const char *, size_t), const char *bytes, size_t n,
                    const char *expected, size_t expected_n)
{
    struct buf b;
    char *exact = malloc(n ? n : 1); /* so that a read past the end is seen */
    assert_non_null(exact);
    memcpy(exact, bytes, n);
    buf_init(&b, 10000);
    assert_int_equal(clean(&b, exact, n), 0);
    assert_int_equal(b.len, expected_n);
    assert_memory_equal(buf_bytes(&b), expected, expected_n);
    buf_free(&b);
    free(exact);
}

#define CLEAN(bytes, expected)                                                                     \
    becomes(utf8_clean, bytes, sizeof(bytes) - 1, expected, sizeof(expected) - 1)
#define PRINTABLE(bytes, expected)                                                                 \
    becomes(utf8_clean_printable, bytes, sizeof(bytes) - 1, expected, sizeof(expected) - 1)

static void what_is_utf8_stays(void **state)
{
    (void)state;
    CLEAN("", "");
    CLEAN("plain\r\n\t\0\033[m\x7f", "plain\r\n\t\0\033[m\x7f");
    CLEAN("\xc2\x80 \xdf\xbf \xe0\xa0\x80 \xef\xbf\xbf \xf0\x90\x80\x80 \xf4\x8f\xbf\xbf",
          "\xc2\x80 \xdf\xbf \xe0\xa0\x80 \xef\xbf\xbf \xf0\x90\x80\x80 \xf4\x8f\xbf\xbf");
    CLEAN("\xed\x9f\xbf\xee\x80\x80", "\xed\x9f\xbf\xee\x80\x80"); /* beside the surrogates */
}

/* Every byte that belongs to no character becomes one U+FFFD; what follows is not swallowed. */
static void what_is_not_is_replaced_byte_by_byte(void **state)
{
    (void)state;
    CLEAN("\x80", R);
    CLEAN("\xff\xfe", R R);
    CLEAN("caf\xe9", "caf" R);                      /* Latin-1 */
    CLEAN("\xc0\xaf", R R);                         /* overlong slash */
    CLEAN("\xc1\xbf", R R);                         /* overlong */
    CLEAN("\xe0\x9f\xbf", R R R);                   /* overlong */
    CLEAN("\xf0\x8f\xbf\xbf", R R R R);             /* overlong */
    CLEAN("\xed\xa0\x80\xed\xbf\xbf", R R R R R R); /* surrogates */
    CLEAN("\xf4\x90\x80\x80", R R R R);             /* over U+10FFFF */
    CLEAN("\xf5\x80\x80\x80", R R R R);
    CLEAN("\xc3(", R "(");
    CLEAN("\xe2\x82(", R R "(");
    CLEAN("\xf0\x9f\x98(", R R R "(");
    CLEAN("\xe2\xe2\x82\xac", R "\xe2\x82\xac");
    CLEAN("a\xc3", "a" R);
    CLEAN("a\xe2\x82", "a" R R);
    CLEAN("a\xf0\x9f\x98", "a" R R R);
}

static void nothing_that_a_terminal_obeys_is_left(void **state)
{
    (void)state;
    PRINTABLE("a\tb\n", "a\tb\n");
    PRINTABLE("a\rb", "a" R "b");
    PRINTABLE("\033[2J\a\b\0\x7f", R "[2J" R R R R);
    PRINTABLE("\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0", R R R "\xc2\xa0"); /* C1: CSI is U+009B */
    PRINTABLE("\x9b\xe2\x82\xac", R "\xe2\x82\xac");
    for (int c = 0; c < 0x20; c++) {
        char byte[] = {(char)c, '\0'};
        bool kept = c == '\n' || c == '\t';
        becomes(utf8_clean_printable, byte, 1, kept ? byte : R, kept ? 1 : 3);
        becomes(utf8_clean, byte, 1, byte, 1);
    }
}

/* Every sequence of four bytes, by samples of each class of byte that the standard tells apart:
 * what is cleaned once is clean. */
static void cleaning_twice_changes_nothing(void **state)
{
    (void)state;
    static const unsigned char kinds[] = {0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f,
                                          0xa0, 0xbf, 0xc0, 0xc2, 0xdf, 0xe0, 0xe1,
                                          0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0xff};
    enum { K = sizeof kinds };
    for (size_t i = 0; i < (size_t)K * K * K * K; i++) {
        const char bytes[] = {(char)kinds[i % K], (char)kinds[i / K % K],
                              (char)kinds[i / K / K % K], (char)kinds[i / K / K / K]};
        struct buf once, twice;
        buf_init(&once, 64);
        buf_init(&twice, 64);
        assert_int_equal(utf8_clean(&once, bytes, sizeof bytes), 0);
        assert_int_equal(utf8_clean(&twice, buf_bytes(&once), once.len), 0);
        assert_true(once.len == twice.len && !memcmp(once.data, twice.data, once.len));
        buf_truncate(&once, 0);
        buf_truncate(&twice, 0);
        assert_int_equal(utf8_clean_printable(&once, bytes, sizeof bytes), 0);
        assert_int_equal(utf8_clean_printable(&twice, buf_bytes(&once), once.len), 0);
        assert_true(once.len == twice.len && !memcmp(once.data, twice.data, once.len));
        buf_free(&once);
        buf_free(&twice);
    }
}

static void it_stops_at_the_buffers_maximum(void **state)
{
    (void)state;
    for (size_t max = 0; max < 5; max++) {
        struct buf b;
        buf_init(&b, max);
        assert_int_equal(utf8_clean(&b, "ab\xff", 3), -1);
        assert_true(b.len <= max);
        buf_free(&b);
    }
    struct buf b;
    buf_init(&b, 5);
    assert_int_equal(utf8_clean(&b, "ab\xff", 3), 0);
    assert_int_equal(utf8_clean(&b, NULL, 0), 0);
    assert_string_equal(buf_bytes(&b), "ab" R);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_utf8_stays),
        cmocka_unit_test(what_is_not_is_replaced_byte_by_byte),
        cmocka_unit_test(nothing_that_a_terminal_obeys_is_left),
        cmocka_unit_test(cleaning_twice_changes_nothing),
        cmocka_unit_test(it_stops_at_the_buffers_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
