/* links: lab/wire/delay_line base/clock tests/lib/failing_malloc */

/* A line is a queue with due times: order, time and bounds, all on a clock of the test's own. */
#include "lab/wire/delay_line.h"
#include "tests/lib/failing_malloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MS 1000000
#define S  (1000 * (int64_t)MS)

static struct mono at(int64_t ns)
{
    return (struct mono){ns};
}

static struct delay_line line_of(int64_t delay, int64_t jitter, uint64_t rate)
{
    struct delay_line line;
    delay_line_init(&line, &(struct wire_settings){delay, jitter, rate}, 7);
    return line;
}

static void put(struct delay_line *line, const char *text, int64_t now)
{
    assert_int_equal(delay_line_put(line, text, strlen(text), at(now)), 0);
}

static void expect(struct delay_line *line, const char *text, int64_t now)
{
    size_t n;
    const void *bytes = delay_line_peek(line, at(now), &n);
    assert_non_null(bytes);
    assert_int_equal(n, strlen(text));
    assert_memory_equal(bytes, text, n);
    delay_line_drop(line, n);
}

static void nothing(const struct delay_line *line, int64_t now)
{
    size_t n = 9;
    assert_null(delay_line_peek(line, at(now), &n));
    assert_int_equal(n, 0);
}

static void the_delay_is_exact(void **state)
{
    struct delay_line line = line_of(25 * MS, 0, 0);
    (void)state;
    assert_true(mono_is_never(delay_line_due(&line)));
    put(&line, "one", 100);
    put(&line, "two", 103);
    assert_int_equal(delay_line_due(&line).ns, 25 * MS + 100);
    nothing(&line, 25 * MS + 99);
    expect(&line, "one", 25 * MS + 100);
    nothing(&line, 25 * MS + 102);
    expect(&line, "two", 25 * MS + 103);
    assert_true(mono_is_never(delay_line_due(&line)));
    put(&line, "", 200);
    assert_true(mono_is_never(delay_line_due(&line)));
    delay_line_free(&line);
}

static void jitter_is_bounded_and_keeps_the_order(void **state)
{
    struct delay_line line = line_of(10 * MS, 4 * MS, 0);
    int64_t last = 0, least = INT64_MAX, most = 0;
    size_t n;
    (void)state;
    for (int64_t i = 0; i < 1000; i++) {
        int64_t now = i * MS;
        assert_int_equal(delay_line_put(&line, &i, sizeof(i), at(now)), 0);
    }
    for (int64_t i = 0; i < 1000; i++) {
        int64_t due = delay_line_due(&line).ns, took = due - i * MS;
        assert_true(due >= last);
        assert_in_range(took, 10 * MS, 14 * MS);
        const void *bytes = delay_line_peek(&line, at(due), &n);
        assert_memory_equal(bytes, &i, sizeof(i));
        delay_line_drop(&line, n);
        least = took < least ? took : least;
        most = took > most ? took : most;
        last = due;
    }
    assert_true(least < 11 * MS && most > 13 * MS);
    delay_line_free(&line);
}

static void a_seed_decides_the_jitter(void **state)
{
    struct wire_settings settings = {0, S, 0};
    struct delay_line a, b, c;
    (void)state;
    delay_line_init(&a, &settings, 1);
    delay_line_init(&b, &settings, 1);
    delay_line_init(&c, &settings, 2);
    put(&a, "x", 0);
    put(&b, "x", 0);
    put(&c, "x", 0);
    assert_int_equal(delay_line_due(&a).ns, delay_line_due(&b).ns);
    assert_int_not_equal(delay_line_due(&a).ns, delay_line_due(&c).ns);
    delay_line_free(&a);
    delay_line_free(&b);
    delay_line_free(&c);
}

/* 100 bytes at 1000 a second: 10 bytes each 10 ms. What comes behind waits for them. */
static void the_rate_lets_bytes_out_piece_by_piece(void **state)
{
    struct delay_line line = line_of(50 * MS, 0, 1000);
    char bytes[100];
    size_t n;
    (void)state;
    memset(bytes, 'x', sizeof(bytes));
    assert_int_equal(delay_line_put(&line, bytes, sizeof(bytes), at(0)), 0);
    put(&line, "behind", 1 * MS);
    nothing(&line, 60 * MS - 1);
    for (int i = 1; i <= 10; i++) {
        assert_int_equal(delay_line_due(&line).ns, 50 * MS + i * 10 * MS);
        assert_non_null(delay_line_peek(&line, at(50 * MS + i * 10 * MS), &n));
        assert_int_equal(n, 10);
        delay_line_drop(&line, n);
    }
    assert_int_equal(delay_line_due(&line).ns, 156 * MS);
    expect(&line, "behind", 156 * MS);
    put(&line, "later", 1 * S); /* the line is idle again */
    assert_int_equal(delay_line_due(&line).ns, 1 * S + 55 * MS);
    delay_line_free(&line);
}

static void jitter_never_costs_rate(void **state)
{
    struct delay_line line = line_of(0, 20 * MS, 1000);
    size_t n;
    (void)state;
    for (int i = 0; i < 500; i++)
        put(&line, "x", 0);
    for (int64_t i = 1; i <= 500; i++) {
        assert_in_range(delay_line_due(&line).ns, i * MS, i * MS + 20 * MS);
        assert_non_null(delay_line_peek(&line, delay_line_due(&line), &n));
        delay_line_drop(&line, n);
    }
    delay_line_free(&line);
}

static void nothing_comes_before_the_handshake(void **state)
{
    struct delay_line line = line_of(25 * MS, 0, 0);
    (void)state;
    line.not_before = at(75 * MS);
    put(&line, "early", 0);
    put(&line, "late", 60 * MS);
    nothing(&line, 75 * MS - 1);
    expect(&line, "early", 75 * MS);
    assert_int_equal(delay_line_due(&line).ns, 85 * MS);
    delay_line_free(&line);
}

static void a_segment_may_be_taken_in_parts(void **state)
{
    struct delay_line line = line_of(0, 0, 0);
    (void)state;
    put(&line, "abcdef", 5);
    delay_line_drop(&line, 4);
    assert_int_equal(line.held, 2);
    put(&line, "gh", 6);
    expect(&line, "ef", 5);
    expect(&line, "gh", 6);
    assert_int_equal(line.held, 0);
    delay_line_drop(&line, 1);
    assert_int_equal(delay_line_room(&line), DELAY_LINE_MAX);
    delay_line_free(&line);
}

/* A part of a piece does not make the rest of it wait longer, nor come with the next. */
static void a_piece_may_be_taken_in_parts(void **state)
{
    struct delay_line line = line_of(0, 0, 200);
    (void)state;
    put(&line, "abcd", 0);
    assert_int_equal(delay_line_due(&line).ns, 10 * MS);
    delay_line_drop(&line, 1);
    assert_int_equal(delay_line_due(&line).ns, 10 * MS);
    expect(&line, "b", 10 * MS);
    expect(&line, "cd", 20 * MS);
    delay_line_free(&line);
}

static void a_full_line_has_no_room(void **state)
{
    struct delay_line line = line_of(0, 0, 0);
    char *bytes = calloc(1, DELAY_LINE_MAX);
    (void)state;
    assert_non_null(bytes);
    assert_int_equal(delay_line_room(&line), DELAY_LINE_MAX);
    assert_int_equal(delay_line_put(&line, bytes, DELAY_LINE_MAX - 1000, at(0)), 0);
    assert_in_range(delay_line_room(&line), 1, 1000);
    assert_int_equal(delay_line_put(&line, bytes, delay_line_room(&line), at(0)), 0);
    assert_int_equal(delay_line_room(&line), 0);
    delay_line_free(&line);
    assert_int_equal(delay_line_room(&line), DELAY_LINE_MAX);
    free(bytes);
}

static void single_bytes_fill_it_sooner(void **state)
{
    struct delay_line line = line_of(S, 0, 0);
    size_t n = 0;
    (void)state;
    while (delay_line_room(&line) > 0) {
        put(&line, "x", 0);
        assert_in_range(++n, 1, DELAY_LINE_MAX / 32);
    }
    delay_line_free(&line);
}

static void without_memory_nothing_changes(void **state)
{
    struct delay_line line = line_of(10, 5, 1000);
    (void)state;
    if (!failing_malloc_works())
        skip();
    put(&line, "first", 0);
    struct delay_line before = line;
    failing_malloc_at(1);
    assert_int_equal(delay_line_put(&line, "second", 6, at(0)), -1);
    assert_true(failing_malloc_stop());
    assert_memory_equal(&line, &before, sizeof(line));
    put(&line, "third", 0);
    delay_line_free(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_delay_is_exact),
        cmocka_unit_test(jitter_is_bounded_and_keeps_the_order),
        cmocka_unit_test(a_seed_decides_the_jitter),
        cmocka_unit_test(the_rate_lets_bytes_out_piece_by_piece),
        cmocka_unit_test(jitter_never_costs_rate),
        cmocka_unit_test(nothing_comes_before_the_handshake),
        cmocka_unit_test(a_segment_may_be_taken_in_parts),
        cmocka_unit_test(a_piece_may_be_taken_in_parts),
        cmocka_unit_test(a_full_line_has_no_room),
        cmocka_unit_test(single_bytes_fill_it_sooner),
        cmocka_unit_test(without_memory_nothing_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
