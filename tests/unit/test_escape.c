/* links: base/escape */

/* Bytes as text: what each becomes, and where a text that is too long ends. */
#include "base/escape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void expect(enum escape_for use, const char *bytes, size_t n, const char *wanted)
{
    char text[256];
    assert_int_equal(escape_bytes(use, bytes, n, text, sizeof text), strlen(wanted));
    assert_string_equal(text, wanted);
}

#define EXPECT(use, bytes, wanted) expect(use, bytes, sizeof(bytes) - 1, wanted)

static void bytes_that_print_stay(void **state)
{
    (void)state;
    EXPECT(ESCAPE_SENTENCE, "r1# show 'x' \"y\" ~", "r1# show 'x' \"y\" ~");
    EXPECT(ESCAPE_LOG, "r1# show 'x' \"y\" ~", "r1# show 'x' \"y\" ~");
    EXPECT(ESCAPE_SENTENCE, "", "");
}

static void control_bytes_have_letters_or_digits(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        EXPECT(i ? ESCAPE_LOG : ESCAPE_SENTENCE, "\a\b\t\n\v\f\r\x1b", "\\a\\b\\t\\n\\v\\f\\r\\e");
        EXPECT(i ? ESCAPE_LOG : ESCAPE_SENTENCE, "\0\x01\x1f\x7f", "\\x00\\x01\\x1f\\x7f");
    }
}

static void a_sentence_is_ascii_and_a_log_is_read_back(void **state)
{
    (void)state;
    EXPECT(ESCAPE_SENTENCE, "CORP\\admin", "CORP\\admin");
    EXPECT(ESCAPE_SENTENCE, "\xff\xfb\xc3\xa9", "\\xff\\xfb\\xc3\\xa9");
    EXPECT(ESCAPE_LOG, "C:\\new\n", "C:\\\\new\\n");
    EXPECT(ESCAPE_LOG, "\xc3\xa9", "\xc3\xa9");
}

/* Every byte, at every size: a beginning of the whole text, in whole escapes, and no byte more. */
static void an_escape_is_never_cut(void **state)
{
    (void)state;
    for (int use = ESCAPE_SENTENCE; use <= ESCAPE_LOG; use++)
        for (int c = 0; c < 256; c++) {
            const char bytes[] = {(char)c, (char)c, (char)c};
            char whole[16], text[16];
            size_t all = escape_bytes((enum escape_for)use, bytes, 3, whole, sizeof whole);
            for (size_t size = 1; size <= all + 1; size++) {
                memset(text, '?', sizeof text);
                size_t n = escape_bytes((enum escape_for)use, bytes, 3, text, size);
                assert_int_equal(n, (size - 1) / (all / 3) * (all / 3));
                assert_memory_equal(text, whole, n);
                assert_int_equal(text[n], '\0');
                assert_int_equal(text[size], '?');
            }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_that_print_stay),
        cmocka_unit_test(control_bytes_have_letters_or_digits),
        cmocka_unit_test(a_sentence_is_ascii_and_a_log_is_read_back),
        cmocka_unit_test(an_escape_is_never_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
