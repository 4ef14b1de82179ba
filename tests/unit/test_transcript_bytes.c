/* links: tests/lib/transcript_bytes */
#include "tests/lib/transcript_bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WIPED "\b \b\b \b\b \b\b \b\b \b\b \b\b \b\b \b"

static struct transcript_bytes expanded(const char *text, size_t times)
{
    struct transcript_bytes to;
    assert_int_equal(transcript_expand(text, times, &to), 0);
    return to;
}

static void drop(struct transcript_bytes *b)
{
    free(b->bytes);
    free(b->digits);
}

static void escapes_are_bytes(void **state)
{
    (void)state;
    char text[] = "a\\r\\n\\t\\b\\e\\a\\s\\\\\\x7f\\xzz\\q\\N";
    assert_int_equal(transcript_unescape(text), strlen("a\r\n\t\b\x1b\a \\\x7f\\xzz\\q\\N"));
    assert_string_equal(text, "a\r\n\t\b\x1b\a \\\x7f\\xzz\\q\\N");
    struct transcript_bytes b = expanded("x\\0y", 2);
    assert_int_equal(b.n, 6);
    assert_memory_equal(b.bytes, "x\0yx\0y", 6);
    drop(&b);
}

static void digits_have_places(void **state)
{
    (void)state;
    struct transcript_bytes b = expanded("\\Na", 1);
    assert_int_equal(b.n, 9);
    assert_memory_equal(b.digits, "\1\2\3\4\5\6\7\10\0", 9);
    drop(&b);
    b = expanded("-\\N2\\R3", 1);
    assert_int_equal(b.n, 6);
    assert_memory_equal(b.digits, "\0\1\2\6\7\10", 6);
    drop(&b);
    /* Behind a count a digit is text, and 9 and 0 are no counts. */
    b = expanded("\\N81\\R9", 1);
    assert_int_equal(b.n, 18);
    assert_int_equal(b.bytes[8], '1');
    assert_int_equal(b.bytes[17], '9');
    drop(&b);
}

static void wipes_are_written_out(void **state)
{
    (void)state;
    struct transcript_bytes b = expanded("\\W.\\K", 3);
    const char *one = WIPED ".\b\x1b[K\b\x1b[K\b\x1b[K\b\x1b[K\b\x1b[K\b\x1b[K\b\x1b[K\b\x1b[K";
    assert_int_equal(b.n, 3 * strlen(one));
    for (size_t i = 0; i < 3; i++)
        assert_memory_equal(b.bytes + i * strlen(one), one, strlen(one));
    drop(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_are_bytes),
        cmocka_unit_test(digits_have_places),
        cmocka_unit_test(wipes_are_written_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
