/* links: base/arena tests/lib/failing_malloc */
#include "base/arena.h"
#include "tests/lib/failing_malloc.h"

#include <setjmp.h>
#include <stdalign.h>
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

static void memory_is_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    enum { N = 3000 };
    static unsigned char *blocks[N];
    static size_t sizes[N];
    struct arena a = {0};
    size_t total = 0;
    for (size_t i = 0; i < N; i++) {
        sizes[i] = 1 + (i * 7919) % (i % 50 == 0 ? 40000 : 300);
        blocks[i] = arena_alloc(&a, sizes[i]);
        assert_non_null(blocks[i]);
        assert_true((uintptr_t)blocks[i] % alignof(max_align_t) == 0);
        for (size_t k = 0; k < sizes[i]; k++)
            assert_true(blocks[i][k] == 0);
        memset(blocks[i], (int)(i % 255) + 1, sizes[i]);
        assert_non_null(arena_dup(&a, "odd", i % 4)); /* spoils the alignment of the next */
        total += sizes[i] + i % 4 + 1;
    }
    assert_int_equal(a.total, total);
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < sizes[i]; k++)
            assert_true(blocks[i][k] == (unsigned char)(i % 255) + 1);
    arena_free(&a);
    assert_null(a.head);
    assert_int_equal(a.total, 0);
    arena_free(&a);
}

static void texts_are_copied_with_their_nul(void **state)
{
    (void)state;
    struct arena a = {0};
    char text[] = "hello";
    char *copy = arena_strdup(&a, text);
    char *bytes = arena_dup(&a, "a\0b\0c", 4);
    char *none = arena_dup(&a, NULL, 0);
    char *empty = arena_strdup(&a, "");
    text[0] = 'j';
    assert_string_equal(copy, "hello");
    assert_memory_equal(bytes, "a\0b\0\0", 5);
    assert_string_equal(none, "");
    assert_string_equal(empty, "");
    arena_free(&a);
}

/* At both sides of what a block holds. */
static void pieces_of_a_blocks_size_fit(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 16383, 16384, 16385, 65535, 65536, 65537, 1u << 20};
    struct arena a = {0};
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            char *p = arena_alloc(&a, sizes[i]);
            char *q = arena_dup(&a, "x", 1);
            assert_non_null(p);
            memset(p, 0xff, sizes[i]);
            assert_string_equal(q, "x");
        }
    arena_free(&a);
}

/* A large piece must not cost the rest of the block in use. */
static void a_large_piece_leaves_the_block_in_use(void **state)
{
    (void)state;
    struct arena a = {0};
    char *before = arena_alloc(&a, 16);
    char *large = arena_alloc(&a, 100000);
    char *after = arena_alloc(&a, 16);
    memset(large, 0xff, 100000);
    assert_ptr_equal(after, before + 16);
    arena_free(&a);
}

static void sizes_do_not_wrap(void **state)
{
    (void)state;
    struct arena a = {0};
    for (int round = 0; round < 2; round++) { /* empty, then with a block */
        for (size_t less = 0; less < 64; less++) {
            assert_null(arena_alloc(&a, SIZE_MAX - less));
            assert_null(arena_dup(&a, "x", SIZE_MAX - less));
        }
        assert_null(arena_array(&a, SIZE_MAX, 2));
        assert_null(arena_array(&a, SIZE_MAX / 8 + 1, 8));
        assert_null(arena_array(&a, SIZE_MAX / 8, 8));
        assert_null(arena_array(&a, 1ul << 32, 1ul << 32));
        assert_non_null(arena_array(&a, 0, SIZE_MAX));
        assert_non_null(arena_array(&a, SIZE_MAX, 0));
        assert_non_null(arena_alloc(&a, 10));
    }
    assert_int_equal(a.total, 20);
    arena_free(&a);
}

static void no_memory_leaves_it_usable(void **state)
{
    (void)state;
    if (!failing_malloc_works())
        skip();
    struct arena a = {0};
    failing_malloc_at(1);
    assert_null(arena_alloc(&a, 10));
    failing_malloc_at(1);
    assert_null(arena_strdup(&a, "x"));
    char *p = arena_alloc(&a, 10);
    failing_malloc_at(1);
    assert_null(arena_array(&a, 100, 1000));
    assert_true(failing_malloc_stop());
    assert_non_null(p);
    assert_non_null(arena_array(&a, 100, 1000));
    arena_free(&a);
}

static void a_wipe_leaves_no_secret_behind(void **state)
{
    (void)state;
    static const char secret[] = "hunter2-hunter2";
    if (!failing_malloc_works())
        skip();
    struct arena a = {0};
    freed_with(secret);
    for (int i = 0; i < 10000; i++)
        arena_strdup(&a, secret);
    char *large = arena_alloc(&a, 1u << 20);
    memcpy(large + (1u << 20) - sizeof secret, secret, sizeof secret);
    arena_wipe(&a);
    assert_null(a.head);
    assert_int_equal(freed_with(secret), 0);
    arena_strdup(&a, secret);
    arena_free(&a);
    assert_int_equal(freed_with(NULL), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(texts_are_copied_with_their_nul),
        cmocka_unit_test(pieces_of_a_blocks_size_fit),
        cmocka_unit_test(a_large_piece_leaves_the_block_in_use),
        cmocka_unit_test(sizes_do_not_wrap),
        cmocka_unit_test(no_memory_leaves_it_usable),
        cmocka_unit_test(a_wipe_leaves_no_secret_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
