/* links: base/buf tests/lib/failing_malloc */
#include "base/buf.h"
#include "tests/lib/failing_malloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The sanitizers end the program where memory is out, unless they are told not to. */
const char *__asan_default_options(void);
const char *__tsan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}
const char *__tsan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static void holds(const struct buf *b, const char *expected)
{
    assert_int_equal(b->len, strlen(expected));
    assert_string_equal(buf_bytes(b), expected);
}

static void an_empty_one_reads_as_empty_text(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    holds(&b, "");
    assert_null(b.data);
    buf_truncate(&b, 0);
    buf_drop_front(&b, 5);
    assert_int_equal(buf_add(&b, NULL, 0), 0);
    holds(&b, "");
    buf_free(&b);
    buf_wipe(&b);
    assert_int_equal(b.max, 100);
}

static void all_ways_of_adding_end_in_a_nul(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1000);
    assert_int_equal(buf_add(&b, "abcXX", 3), 0);
    holds(&b, "abc");
    assert_int_equal(buf_add_char(&b, 'd'), 0);
    assert_int_equal(buf_add_str(&b, "ef"), 0);
    assert_int_equal(buf_addf(&b, "-%d-%s", 42, "x"), 0);
    assert_int_equal(buf_addf(&b, "%s", ""), 0);
    holds(&b, "abcdef-42-x");
    char *room = buf_room(&b, 3);
    memcpy(room, "yz!", 3);
    buf_grew(&b, 2);
    holds(&b, "abcdef-42-xyz");
    buf_free(&b);
    holds(&b, "");
}

static void nul_is_a_byte_like_others(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    assert_int_equal(buf_add(&b, "a\0b\0", 4), 0);
    assert_int_equal(buf_add_char(&b, '\0'), 0);
    assert_int_equal(b.len, 5);
    assert_memory_equal(buf_bytes(&b), "a\0b\0\0", 6);
    buf_drop_front(&b, 2);
    assert_memory_equal(buf_bytes(&b), "b\0\0", 4);
    buf_free(&b);
}

/* At each maximum: full to the byte, and not one more; what does not fit changes nothing. */
static void the_maximum_is_hard(void **state)
{
    (void)state;
    static const size_t maxima[] = {0, 1, 2, 255, 256, 257, 511, 4096, 65536};
    char bytes[65536];
    memset(bytes, 'x', sizeof bytes);
    for (size_t i = 0; i < sizeof maxima / sizeof *maxima; i++) {
        struct buf b;
        buf_init(&b, maxima[i]);
        assert_int_equal(buf_add(&b, bytes, maxima[i]), 0);
        assert_int_equal(b.len, maxima[i]);
        assert_int_equal(buf_add(&b, "y", 1), -1);
        assert_int_equal(buf_add_char(&b, 'y'), -1);
        assert_int_equal(buf_add_str(&b, "yy"), -1);
        assert_int_equal(buf_addf(&b, "%d", 7), -1);
        assert_null(buf_room(&b, 1));
        assert_int_equal(b.len, maxima[i]);
        assert_memory_equal(buf_bytes(&b), bytes, maxima[i]);
        assert_int_equal(buf_bytes(&b)[b.len], '\0');
        assert_int_equal(buf_add_str(&b, ""), 0);
        buf_free(&b);
    }
}

static void byte_by_byte_reaches_the_maximum(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 5000);
    for (size_t i = 0; i < 5000; i++) {
        assert_int_equal(buf_add_char(&b, (char)('a' + i % 26)), 0);
        assert_true(b.cap <= 5001 && b.start == 0);
    }
    assert_int_equal(buf_add_char(&b, 'x'), -1);
    for (size_t i = 0; i < 5000; i++)
        assert_int_equal(buf_bytes(&b)[i], 'a' + (char)(i % 26));
    buf_free(&b);
}

/* Sizes whose sum with the length, or with the NUL, would wrap. */
static void sizes_do_not_wrap(void **state)
{
    (void)state;
    static const size_t maxima[] = {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2, 1000};
    for (size_t i = 0; i < sizeof maxima / sizeof *maxima; i++) {
        struct buf b;
        buf_init(&b, maxima[i]);
        assert_null(buf_room(&b, SIZE_MAX));
        assert_null(buf_room(&b, SIZE_MAX - 1));
        assert_int_equal(buf_add(&b, "0123456789", 10), 0);
        assert_null(buf_room(&b, SIZE_MAX));
        for (size_t less = 1; less < 14; less++)
            assert_null(buf_room(&b, SIZE_MAX - less));
        assert_int_equal(buf_add(&b, "x", SIZE_MAX - 10), -1);
        holds(&b, "0123456789");
        buf_free(&b);
    }
}

static void no_memory_changes_nothing(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, SIZE_MAX / 2);
    assert_int_equal(buf_add_str(&b, "kept"), 0);
    assert_null(buf_room(&b, SIZE_MAX / 4));
    holds(&b, "kept");
    if (failing_malloc_works()) {
        failing_malloc_at(1);
        assert_null(buf_room(&b, 1000));
        assert_true(failing_malloc_stop());
        holds(&b, "kept");
    }
    assert_int_equal(buf_add_str(&b, "!"), 0);
    holds(&b, "kept!");
    buf_free(&b);
}

static void dropping_and_cutting(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    buf_add_str(&b, "0123456789");
    buf_drop_front(&b, 3);
    holds(&b, "3456789");
    buf_truncate(&b, 5);
    holds(&b, "34567");
    buf_truncate(&b, 50);
    holds(&b, "34567");
    buf_drop_front(&b, 0);
    holds(&b, "34567");
    buf_add_str(&b, "ab");
    holds(&b, "34567ab");
    buf_drop_front(&b, 6);
    holds(&b, "b");
    buf_drop_front(&b, 1);
    holds(&b, "");
    assert_int_equal(b.start, 0);
    buf_add_str(&b, "c");
    buf_drop_front(&b, SIZE_MAX);
    holds(&b, "");
    buf_free(&b);
}

/* A stream that is taken from the front and added to behind never grows past what it holds. */
static void a_stream_stays_small(void **state)
{
    (void)state;
    struct buf b;
    unsigned char in = 0, out = 0;
    buf_init(&b, 1000);
    for (int round = 0; round < 100000; round++) {
        for (int i = 0; i < 7 && b.len < 1000; i++)
            assert_int_equal(buf_add_char(&b, (char)in++), 0);
        for (int i = 0; i < 7 && b.len > 300; i++) {
            assert_int_equal((unsigned char)buf_bytes(&b)[0], out++);
            buf_drop_front(&b, 1);
        }
        assert_true(b.cap <= 1001 && b.start + b.len < b.cap);
    }
    while (b.len > 0) {
        assert_int_equal((unsigned char)buf_bytes(&b)[0], out++);
        buf_drop_front(&b, 1);
    }
    assert_int_equal(in, out);
    buf_free(&b);
}

/* The maximum counts what is there, not what was dropped. */
static void dropped_bytes_make_room(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 10);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(buf_add_str(&b, "0123456789"), 0);
        buf_drop_front(&b, 9);
        assert_int_equal(buf_add_str(&b, "abcdefghi"), 0);
        holds(&b, "9abcdefghi");
        assert_int_equal(buf_add_char(&b, 'x'), -1);
        buf_drop_front(&b, 10);
    }
    buf_free(&b);
}

static void what_is_taken_is_the_callers(void **state)
{
    (void)state;
    struct buf b;
    size_t n = 99;
    buf_init(&b, 100);
    char *taken = buf_take(&b, &n);
    assert_non_null(taken);
    assert_int_equal(n, 0);
    assert_string_equal(taken, "");
    free(taken);
    buf_add(&b, "xa\0b", 4);
    buf_drop_front(&b, 1);
    taken = buf_take(&b, &n);
    assert_int_equal(n, 3);
    assert_memory_equal(taken, "a\0b", 4);
    holds(&b, "");
    assert_null(b.data);
    assert_int_equal(b.max, 100);
    buf_add_str(&b, "next");
    holds(&b, "next");
    free(taken);
    taken = buf_take(&b, NULL);
    assert_string_equal(taken, "next");
    free(taken);
    buf_init(&b, 0);
    taken = buf_take(&b, &n);
    assert_string_equal(taken, "");
    free(taken);
}

/* Also where a secret was cut off, dropped from the front, or left behind in growing. */
static void a_wipe_leaves_no_secret_behind(void **state)
{
    (void)state;
    static const char secret[] = "hunter2-hunter2";
    struct buf b;
    if (!failing_malloc_works())
        skip();
    buf_init(&b, 100000);
    freed_with(secret);
    for (int i = 0; i < 1000; i++)
        buf_addf(&b, "%d%s", i, secret);
    buf_drop_front(&b, b.len / 2);
    buf_truncate(&b, 3);
    buf_wipe(&b);
    assert_null(b.data);
    assert_int_equal(b.len, 0);
    assert_int_equal(b.max, 100000);
    assert_int_equal(freed_with(secret), 0);
    /* The watch itself works: this one is not wiped. */
    buf_add_str(&b, secret);
    buf_free(&b);
    assert_int_equal(freed_with(NULL), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_one_reads_as_empty_text),
        cmocka_unit_test(all_ways_of_adding_end_in_a_nul),
        cmocka_unit_test(nul_is_a_byte_like_others),
        cmocka_unit_test(the_maximum_is_hard),
        cmocka_unit_test(byte_by_byte_reaches_the_maximum),
        cmocka_unit_test(sizes_do_not_wrap),
        cmocka_unit_test(no_memory_changes_nothing),
        cmocka_unit_test(dropping_and_cutting),
        cmocka_unit_test(a_stream_stays_small),
        cmocka_unit_test(dropped_bytes_make_room),
        cmocka_unit_test(what_is_taken_is_the_callers),
        cmocka_unit_test(a_wipe_leaves_no_secret_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
