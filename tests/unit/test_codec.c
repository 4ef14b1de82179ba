/* links: base/buf base/err model/codec_put model/codec_read model/result
 *        tests/lib/sample_result tests/lib/same_result tests/lib/failing_malloc */
#include "model/codec.h"
#include "tests/lib/failing_malloc.h"
#include "tests/lib/same_result.h"
#include "tests/lib/sample_result.h"

#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MIB  (1u << 20)
#define ROOM ((size_t)64 * MIB)

static struct codec_reader *new_reader(void)
{
    struct codec_reader *r = codec_reader_new(ROOM);
    assert_non_null(r);
    return r;
}

static struct buf frames_of(const struct result *r)
{
    struct buf frames;
    buf_init(&frames, ROOM);
    assert_int_equal(codec_put_result(&frames, r), 0);
    return frames;
}

/* Feeds in pieces whose sizes piece() tells; the messages are all results, equal to expected. */
static size_t feed_all(const struct buf *frames, size_t (*piece)(void),
                       const struct result *expected)
{
    struct codec_reader *reader = new_reader();
    struct codec_message m;
    struct err e = {0};
    size_t at = 0, count = 0;
    while (at < frames->len) {
        size_t left = frames->len - at, n = piece();
        n = n < left ? n : left;
        assert_int_equal(codec_reader_feed(reader, buf_bytes(frames) + at, n, &e), 0);
        at += n;
        int rc;
        while ((rc = codec_reader_next(reader, &m, &e)) > 0) {
            assert_int_equal(m.kind, CODEC_RESULT);
            assert_same_result(expected, m.result);
            result_free(m.result);
            count++;
        }
        assert_int_equal(rc, 0);
    }
    assert_false(err_is_set(&e));
    codec_reader_free(reader);
    return count;
}

static size_t whole_frame(void)
{
    return CODEC_FRAME_MAX;
}

static size_t one_byte(void)
{
    return 1;
}

/* xorshift: the same cuts every time. */
static uint32_t next_random(void)
{
    static uint32_t x = 2463534242u;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return x;
}

static size_t random_cut(void)
{
    uint32_t r = next_random();
    return r % 7 == 0 ? 1 + r % CODEC_FRAME_MAX : 1 + r % 300;
}

static void goes_and_comes_back(const struct result *r)
{
    struct buf frames = frames_of(r);
    assert_int_equal(feed_all(&frames, whole_frame, r), 1);
    buf_free(&frames);
}

static void a_full_result_comes_back(void **state)
{
    (void)state;
    struct result *r = sample_failed();
    r->index = UINT32_MAX;
    r->attempt = 2;
    r->process = 5;
    goes_and_comes_back(r);
    result_free(r);
}

static void a_doubt_comes_back(void **state)
{
    (void)state;
    struct result *r = sample_in_doubt();
    goes_and_comes_back(r);
    r->commands[1].doubt = calloc(1, 1); /* empty, and there nevertheless */
    goes_and_comes_back(r);
    result_free(r);
}

static void a_result_that_reached_nothing_comes_back(void **state)
{
    (void)state;
    struct result *r = sample_unreached();
    goes_and_comes_back(r);
    result_free(r);
    struct job none = {.index = 0, .attempt = 1};
    r = result_new(&none);
    goes_and_comes_back(r);
    result_free(r);
}

static void no_output_and_an_empty_one_are_told_apart(void **state)
{
    (void)state;
    struct result *r = sample_failed();
    sample_set_output(r, 0, "", 0);
    sample_set_raw(r, 1, "", 0);
    free(r->commands[1].error);
    r->commands[1].error = calloc(1, 1);
    goes_and_comes_back(r);
    result_free(r);
}

static void any_byte_travels(void **state)
{
    (void)state;
    char bytes[512];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)i;
    struct result *r = sample_failed();
    sample_set_output(r, 0, bytes, sizeof bytes);
    sample_set_raw(r, 1, bytes + 1, 300);
    goes_and_comes_back(r);
    result_free(r);
}

static void every_class_status_and_proof_travels(void **state)
{
    (void)state;
    struct result *r = sample_failed();
    for (unsigned i = 0; i < 1u << PROOF_KINDS; i++) {
        r->class = (enum fail_class)(i % FAIL_COUNT);
        r->was_ready = i % 2;
        r->commands[0].class = (enum fail_class)((i + 1) % FAIL_COUNT);
        r->commands[0].status = (enum command_status)(i % (COMMAND_FAILED + 1));
        r->commands[0].proofs = i;
        r->commands[0].exit_status = (int)i - 1;
        goes_and_comes_back(r);
    }
    result_free(r);
}

static void numbers_keep_every_bit(void **state)
{
    (void)state;
    static const double values[] = {0.0,     -0.0,         -1,      0.1,  1.0 / 3,
                                    DBL_MIN, DBL_TRUE_MIN, -1.5e14, 1e15, 86400000.125};
    struct result *r = sample_ok();
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        r->phase_ms[i % PHASE_COUNT] = values[i];
        r->total_ms = r->commands[0].ms = values[i];
        r->started_at_ms = i % 2 ? INT64_MAX : INT64_MIN;
        goes_and_comes_back(r);
    }
    result_free(r);
}

/* The widths and their order are the format's, not the machine's. */
static void small_messages_have_these_very_bytes(void **state)
{
    (void)state;
    static const char expected[] = "POL1\1\0\3\0\10\0\0\0\4\3\2\1\2\0\0\0";
    struct buf b;
    buf_init(&b, 64);
    assert_int_equal(codec_put_job(&b, &(struct codec_job){0x01020304, 2}), 0);
    assert_int_equal(b.len, sizeof expected - 1);
    assert_memory_equal(buf_bytes(&b), expected, sizeof expected - 1);
    buf_truncate(&b, 0);
    assert_int_equal(codec_put_place(&b), 0);
    assert_int_equal(b.len, 12);
    assert_memory_equal(buf_bytes(&b), "POL1\3\0\3\0\0\0\0\0", 12);
    buf_truncate(&b, 0);
    assert_int_equal(codec_put_logged_in(&b, &(struct codec_job){0x01020304, 2}), 0);
    assert_int_equal(b.len, 20);
    assert_memory_equal(buf_bytes(&b), "POL1\5\0\3\0\10\0\0\0\4\3\2\1\2\0\0\0", 20);
    buf_free(&b);
}

static void messages_come_out_in_their_order(void **state)
{
    (void)state;
    struct codec_reader *reader = new_reader();
    struct codec_message m;
    struct err e = {0};
    struct result *r = sample_ok();
    struct buf b = frames_of(r);
    assert_int_equal(codec_put_place(&b), 0);
    assert_int_equal(codec_put_part(&b, r), 0);
    assert_int_equal(codec_put_job(&b, &(struct codec_job){7, 1}), 0);
    assert_int_equal(codec_put_logged_in(&b, &(struct codec_job){8, 3}), 0);
    assert_int_equal(codec_put_job(&b, &(struct codec_job){UINT32_MAX, UINT32_MAX}), 0);
    assert_int_equal(codec_reader_feed(reader, buf_bytes(&b), b.len, &e), 0);
    assert_int_equal(codec_reader_next(reader, &m, &e), 1);
    assert_int_equal(m.kind, CODEC_RESULT);
    assert_same_result(r, m.result);
    result_free(m.result);
    assert_int_equal(codec_reader_next(reader, &m, &e), 1);
    assert_int_equal(m.kind, CODEC_PLACE);
    assert_null(m.result);
    assert_int_equal(codec_reader_next(reader, &m, &e), 1);
    assert_int_equal(m.kind, CODEC_PART);
    assert_same_result(r, m.result);
    result_free(m.result);
    assert_int_equal(codec_reader_next(reader, &m, &e), 1);
    assert_int_equal(m.kind, CODEC_JOB);
    assert_int_equal(m.job.index, 7);
    assert_int_equal(codec_reader_next(reader, &m, &e), 1);
    assert_int_equal(m.kind, CODEC_LOGGED_IN);
    assert_true(m.job.index == 8 && m.job.attempt == 3 && !m.result);
    assert_int_equal(codec_reader_next(reader, &m, &e), 1);
    assert_true(m.job.index == UINT32_MAX && m.job.attempt == UINT32_MAX);
    assert_int_equal(codec_reader_next(reader, &m, &e), 0);
    codec_reader_free(reader);
    codec_reader_free(NULL);
    buf_free(&b);
    result_free(r);
}

/* What a frame's header says: the length at 8, begin and end at 6. Returns the frames. */
static size_t walk_frames(const struct buf *b)
{
    const unsigned char *p = (const unsigned char *)buf_bytes(b);
    size_t at = 0, n = 0;
    while (at < b->len) {
        size_t length = p[at + 8] | (size_t)p[at + 9] << 8 | (size_t)p[at + 10] << 16 |
                        (size_t)p[at + 11] << 24;
        bool last = at + 12 + length == b->len;
        assert_memory_equal(p + at, "POL1\2\0", 6);
        assert_int_equal(p[at + 6], (n == 0 ? 1 : 0) | (last ? 2 : 0));
        assert_true(12 + length <= CODEC_FRAME_MAX && at + 12 + length <= b->len);
        at += 12 + length;
        n++;
    }
    return n;
}

static struct result *large_result(size_t n)
{
    struct result *r = sample_failed();
    char *bytes = malloc(n);
    assert_non_null(bytes);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (char)next_random();
    sample_set_output(r, 0, bytes, n);
    free(bytes);
    return r;
}

static void sixteen_mib_go_in_many_frames(void **state)
{
    (void)state;
    struct result *r = large_result((size_t)16 * MIB);
    struct buf frames = frames_of(r);
    assert_true(walk_frames(&frames) > 256);
    assert_int_equal(feed_all(&frames, whole_frame, r), 1);
    assert_int_equal(feed_all(&frames, random_cut, r), 1);
    buf_free(&frames);
    result_free(r);
}

static void bytes_come_one_by_one(void **state)
{
    (void)state;
    struct result *r = large_result(200000);
    struct buf frames = frames_of(r);
    assert_int_equal(walk_frames(&frames), 4);
    assert_int_equal(feed_all(&frames, one_byte, r), 1);
    buf_free(&frames);
    result_free(r);
}

/* A payload of exactly one frame, and of one byte more: both ends of the cut. */
static void the_cut_loses_nothing_at_its_edge(void **state)
{
    (void)state;
    struct result *r = large_result(1);
    struct buf frames = frames_of(r);
    size_t rest = frames.len - 1;
    buf_free(&frames);
    for (size_t more = 0; more < 3; more++) {
        result_free(r);
        r = large_result(CODEC_FRAME_MAX - rest - 1 + more);
        frames = frames_of(r);
        assert_int_equal(walk_frames(&frames), more < 2 ? 1 : 2);
        assert_int_equal(feed_all(&frames, whole_frame, r), 1);
        buf_free(&frames);
    }
    result_free(r);
}

static void many_messages_are_cut_anywhere(void **state)
{
    (void)state;
    struct result *r = large_result(70000);
    struct buf frames;
    buf_init(&frames, ROOM);
    for (int i = 0; i < 40; i++)
        assert_int_equal(codec_put_result(&frames, r), 0);
    for (int i = 0; i < 20; i++)
        assert_int_equal(feed_all(&frames, random_cut, r), 40);
    buf_free(&frames);
    result_free(r);
}

/* A message goes whole or not at all: half of one would spoil what follows. */
static void without_room_nothing_is_added(void **state)
{
    (void)state;
    struct result *r = large_result(100000);
    struct buf frames = frames_of(r), small;
    buf_init(&small, frames.len + 2);
    assert_int_equal(buf_add(&small, "abc", 3), 0);
    assert_int_equal(codec_put_result(&small, r), -1);
    assert_int_equal(small.len, 3);
    assert_string_equal(buf_bytes(&small), "abc");
    buf_drop_front(&small, 1);
    assert_int_equal(codec_put_result(&small, r), 0);
    assert_int_equal(codec_put_place(&small), -1);
    assert_int_equal(codec_put_job(&small, &(struct codec_job){1, 1}), -1);
    assert_int_equal(small.len, small.max);
    buf_free(&small);
    buf_free(&frames);
    result_free(r);
}

/* Each allocation fails in turn: nothing leaks, nothing half is taken for whole. */
static void memory_may_be_out_at_any_time(void **state)
{
    (void)state;
    if (!failing_malloc_works())
        skip();
    struct result *r = large_result(100000);
    struct buf frames = frames_of(r);
    bool failed = true;
    for (long nth = 1; failed; nth++) {
        struct codec_message m = {0};
        struct err e = {0};
        int rc = -1;
        assert_true(nth < 200);
        failing_malloc_at(nth);
        struct codec_reader *reader = codec_reader_new(ROOM);
        for (size_t at = 0; reader && at < frames.len && rc <= 0 && !err_is_set(&e); at += 50000) {
            size_t n = frames.len - at < 50000 ? frames.len - at : 50000;
            rc = codec_reader_feed(reader, buf_bytes(&frames) + at, n, &e);
            if (rc == 0)
                rc = codec_reader_next(reader, &m, &e);
        }
        failed = failing_malloc_stop();
        assert_int_equal(rc, failed ? -1 : 1);
        if (rc == 1)
            assert_same_result(r, m.result);
        result_free(m.result);
        codec_reader_free(reader);
    }
    for (long nth = 1, rc = -1; rc != 0; nth++) {
        struct buf b;
        buf_init(&b, ROOM);
        failing_malloc_at(nth);
        rc = codec_put_result(&b, r);
        failed = failing_malloc_stop();
        assert_int_equal(rc, failed ? -1 : 0);
        assert_int_equal(b.len, failed ? 0 : frames.len);
        buf_free(&b);
    }
    buf_free(&frames);
    result_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_result_comes_back),
        cmocka_unit_test(a_doubt_comes_back),
        cmocka_unit_test(a_result_that_reached_nothing_comes_back),
        cmocka_unit_test(no_output_and_an_empty_one_are_told_apart),
        cmocka_unit_test(any_byte_travels),
        cmocka_unit_test(every_class_status_and_proof_travels),
        cmocka_unit_test(numbers_keep_every_bit),
        cmocka_unit_test(small_messages_have_these_very_bytes),
        cmocka_unit_test(messages_come_out_in_their_order),
        cmocka_unit_test(sixteen_mib_go_in_many_frames),
        cmocka_unit_test(bytes_come_one_by_one),
        cmocka_unit_test(the_cut_loses_nothing_at_its_edge),
        cmocka_unit_test(many_messages_are_cut_anywhere),
        cmocka_unit_test(without_room_nothing_is_added),
        cmocka_unit_test(memory_may_be_out_at_any_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
