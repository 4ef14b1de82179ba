/* links: base/buf base/err model/codec_put model/codec_read model/result
 *        tests/lib/sample_result */
#include "model/codec.h"
#include "tests/lib/sample_result.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEADER      12
#define MAX_MESSAGE ((size_t)1 << 20)

enum { KIND_JOB = 1, KIND_RESULT = 2, BEGIN = 1, END = 2 };

static void put(unsigned char *to, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        to[i] = (unsigned char)(v >> (8 * i));
}

/* A frame with a header of any content. */
static void add_frame(struct buf *b, unsigned kind, unsigned flags, const void *payload, size_t n)
{
    unsigned char header[HEADER] = "POL1";
    put(header + 4, kind, 2);
    put(header + 6, flags, 2);
    put(header + 8, n, 4);
    assert_int_equal(buf_add(b, header, sizeof header), 0);
    assert_int_equal(buf_add(b, payload, n), 0);
}

/* Feeds all and takes all: how many messages came out, or -1. Results are looked at and freed. */
static int try_bytes(const void *bytes, size_t n, size_t max_message, struct err *e)
{
    struct codec_reader *reader = codec_reader_new(max_message);
    struct codec_message m;
    int count = 0, rc = 0;
    assert_non_null(reader);
    if (codec_reader_feed(reader, bytes, n, e) != 0)
        count = rc = -1;
    while (rc >= 0 && (rc = codec_reader_next(reader, &m, e)) > 0) {
        count++;
        if (m.result)
            assert_true(result_size(m.result) > 0);
        result_free(m.result);
    }
    codec_reader_free(reader);
    return rc < 0 ? -1 : count;
}

static void refused(const struct buf *b, const char *because)
{
    struct err e = {0};
    assert_int_equal(try_bytes(buf_bytes(b), b->len, MAX_MESSAGE, &e), -1);
    assert_int_equal(e.class, FAIL_INTERNAL);
    assert_non_null(strstr(e.text, because));
}

/* The payload of r, which is gone. */
static struct buf payload_of(struct result *r)
{
    struct buf b;
    buf_init(&b, MAX_MESSAGE);
    assert_int_equal(codec_put_result(&b, r), 0);
    result_free(r);
    buf_drop_front(&b, HEADER);
    return b;
}

/* That of a small whole result. */
static struct buf payload_of_sample(void)
{
    return payload_of(sample_failed());
}

static int try_payload(const void *payload, size_t n)
{
    struct err e = {0};
    struct buf b;
    buf_init(&b, MAX_MESSAGE);
    add_frame(&b, KIND_RESULT, BEGIN | END, payload, n);
    int rc = try_bytes(buf_bytes(&b), b.len, MAX_MESSAGE, &e);
    buf_free(&b);
    return rc;
}

static void what_is_not_ours_is_refused(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, MAX_MESSAGE);
    static const char *const others[] = {"SSH-2.0-OpenSSH_9.2\r\n", "poll\1\0\3\0\0\0\0\0",
                                         "1LOP\1\0\3\0\0\0\0\0 "};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        buf_truncate(&b, 0);
        buf_add(&b, others[i], HEADER);
        refused(&b, "magic");
    }
    buf_free(&b);
}

static void unknown_kinds_and_flags_are_refused(void **state)
{
    (void)state;
    static const unsigned bad[][2] = {{0, 3}, {6, 3}, {65535, 3}, {1, 4}, {1, 7}, {1, 65535}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct buf b;
        buf_init(&b, MAX_MESSAGE);
        add_frame(&b, bad[i][0], bad[i][1], "", 0);
        refused(&b, "kind or flags");
        buf_free(&b);
    }
}

/* Refused by the header alone: nobody waits for bytes of a frame that may not be. */
static void a_long_frame_is_refused_at_its_header(void **state)
{
    (void)state;
    static const uint32_t lengths[] = {CODEC_FRAME_MAX - HEADER + 1, CODEC_FRAME_MAX, 0x7fffffff,
                                       0x80000000, UINT32_MAX};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        unsigned char header[HEADER] = "POL1\2\0\3\0";
        struct err e = {0};
        put(header + 8, lengths[i], 4);
        assert_int_equal(try_bytes(header, sizeof header, MAX_MESSAGE, &e), -1);
        assert_non_null(strstr(e.text, "too long"));
    }
}

static void frames_out_of_order_are_refused(void **state)
{
    (void)state;
    static const struct {
        unsigned kind, flags, kind_after, flags_after;
    } rows[] = {
        {KIND_RESULT, 0, 0, 0},                   /* no begin */
        {KIND_RESULT, END, 0, 0},                 /* no begin, yet an end */
        {KIND_RESULT, BEGIN, KIND_RESULT, BEGIN}, /* begins twice */
        {KIND_RESULT, BEGIN, KIND_RESULT, BEGIN | END},
        {KIND_RESULT, BEGIN, KIND_JOB, END}, /* becomes another kind */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf b;
        buf_init(&b, MAX_MESSAGE);
        add_frame(&b, rows[i].kind, rows[i].flags, "x", 1);
        if (rows[i].kind_after)
            add_frame(&b, rows[i].kind_after, rows[i].flags_after, "x", 1);
        refused(&b, "order");
        buf_free(&b);
    }
}

static void a_message_over_the_bound_is_refused(void **state)
{
    (void)state;
    struct buf payload = payload_of_sample(), b;
    struct err e = {0};
    buf_init(&b, MAX_MESSAGE);
    add_frame(&b, KIND_RESULT, BEGIN, buf_bytes(&payload), 100);
    add_frame(&b, KIND_RESULT, END, buf_bytes(&payload) + 100, payload.len - 100);
    assert_int_equal(try_bytes(buf_bytes(&b), b.len, payload.len, &e), 1);
    assert_int_equal(try_bytes(buf_bytes(&b), b.len, payload.len - 1, &e), -1);
    assert_non_null(strstr(e.text, "too long"));
    buf_free(&b);
    buf_free(&payload);
}

/* A peer that never ends its message is stopped at the bound, not at the machine's. */
static void a_message_without_end_is_stopped(void **state)
{
    (void)state;
    struct codec_reader *reader = codec_reader_new(MAX_MESSAGE);
    struct err e = {0};
    struct buf b;
    int frames = 0;
    buf_init(&b, 2 * CODEC_FRAME_MAX);
    static const char zeros[CODEC_FRAME_MAX - HEADER];
    for (unsigned flags = BEGIN; frames < 100; flags = 0, frames++) {
        buf_truncate(&b, 0);
        add_frame(&b, KIND_RESULT, flags, zeros, sizeof zeros);
        if (codec_reader_feed(reader, buf_bytes(&b), b.len, &e) != 0)
            break;
    }
    assert_int_equal(frames, MAX_MESSAGE / sizeof zeros);
    assert_non_null(strstr(e.text, "too long"));
    buf_free(&b);
    codec_reader_free(reader);
}

static void what_nobody_takes_out_is_bounded(void **state)
{
    (void)state;
    struct codec_reader *reader = codec_reader_new(MAX_MESSAGE);
    struct err e = {0};
    struct buf b;
    int fed = 0;
    buf_init(&b, CODEC_FRAME_MAX);
    codec_put_job(&b, &(struct codec_job){1, 1});
    while (fed < 10000 && codec_reader_feed(reader, buf_bytes(&b), b.len, &e) == 0)
        fed++;
    assert_in_range(fed, CODEC_FRAME_MAX / (HEADER + 8), 2 * CODEC_FRAME_MAX / (HEADER + 8) + 1);
    assert_non_null(strstr(e.text, "taken out"));
    buf_free(&b);
    codec_reader_free(reader);
}

/* Half a message is no message, wherever it was cut, and no error either. */
static void a_cut_stream_gives_nothing(void **state)
{
    (void)state;
    struct buf payload = payload_of_sample(), b;
    struct err e = {0};
    buf_init(&b, MAX_MESSAGE);
    add_frame(&b, KIND_RESULT, BEGIN, buf_bytes(&payload), 200);
    add_frame(&b, KIND_RESULT, END, buf_bytes(&payload) + 200, payload.len - 200);
    for (size_t n = 0; n < b.len; n++)
        assert_int_equal(try_bytes(buf_bytes(&b), n, MAX_MESSAGE, &e), 0);
    assert_int_equal(try_bytes(buf_bytes(&b), b.len, MAX_MESSAGE, &e), 1);
    assert_false(err_is_set(&e));
    buf_free(&b);
    buf_free(&payload);
}

/* A payload that ends early, or late, under a header that agrees with it. */
static void fields_must_fill_their_message(void **state)
{
    (void)state;
    struct buf payload = payload_of_sample();
    for (size_t n = 0; n < payload.len; n++) {
        char *exact = malloc(n + 1); /* so that a read past the end is seen */
        memcpy(exact, buf_bytes(&payload), n);
        assert_int_equal(try_payload(exact, n), -1);
        free(exact);
    }
    assert_int_equal(try_payload(buf_bytes(&payload), payload.len), 1);
    buf_add_char(&payload, '\0');
    assert_int_equal(try_payload(buf_bytes(&payload), payload.len), -1);
    buf_free(&payload);
}

static void small_messages_have_their_size(void **state)
{
    static const struct {
        unsigned kind;
        size_t n;
    } sizes[] = {{CODEC_JOB, 8}, {CODEC_PLACE, 0}, {CODEC_LOGGED_IN, 8}};
    (void)state;
    for (size_t n = 0; n < 12; n++) {
        struct buf b;
        buf_init(&b, 100);
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            struct err e = {0};
            buf_truncate(&b, 0);
            add_frame(&b, sizes[i].kind, BEGIN | END, "123456789abc", n);
            assert_int_equal(try_bytes(buf_bytes(&b), b.len, 100, &e), n == sizes[i].n ? 1 : -1);
        }
        buf_free(&b);
    }
}

/* Any eight bytes of a message may lie: whatever they are taken for, nothing is read or asked of
 * memory that the message does not have. */
static void a_lie_anywhere_is_survived(void **state)
{
    (void)state;
    static const uint64_t lies[] = {0,          1,          0x7f,           0xffff,
                                    UINT32_MAX, INT32_MAX,  INT64_MAX,      UINT64_MAX,
                                    1ull << 63, 1ull << 32, UINT64_MAX - 1, 0x3030303030303030};
    struct buf payload = payload_of_sample();
    int taken = 0, refusals = 0;
    for (size_t at = 0; at + 8 <= payload.len; at++)
        for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
            unsigned char *exact = malloc(payload.len);
            memcpy(exact, buf_bytes(&payload), payload.len);
            put(exact + at, lies[i], 8);
            int rc = try_payload(exact, payload.len);
            *(rc > 0 ? &taken : &refusals) += 1;
            free(exact);
        }
    assert_true(taken > 100 && refusals > 100);
    buf_free(&payload);
}

/* Where the fields of the sample stand; the format is a promise between versions. */
enum {
    AT_CLASS = 8,
    AT_READY = 12,
    AT_ERR_CLASS = 16,
    AT_ERR_LENGTH = 20,
    AT_ERR_TEXT = 28,
    PHASES_AFTER_ERR = 8, /* behind started_at */
    TEXTS_AFTER_ERR = 8 + 8 * PHASE_COUNT + 8 + 4 + 4
};

/* The offset behind the error's text. */
static size_t behind_error(const unsigned char *p)
{
    return AT_ERR_TEXT + (size_t)p[AT_ERR_LENGTH];
}

static void refused_with(const struct buf *payload, size_t at, uint64_t value, unsigned bytes)
{
    unsigned char *copy = malloc(payload->len);
    memcpy(copy, buf_bytes(payload), payload->len);
    put(copy + at, value, bytes);
    assert_int_equal(try_payload(copy, payload->len), -1);
    free(copy);
}

static void values_out_of_their_range_are_refused(void **state)
{
    (void)state;
    struct buf payload = payload_of_sample();
    const unsigned char *p = (const unsigned char *)buf_bytes(&payload);
    size_t phases = behind_error(p) + PHASES_AFTER_ERR;
    refused_with(&payload, AT_CLASS, FAIL_COUNT, 4);
    refused_with(&payload, AT_CLASS, UINT32_MAX, 4);
    refused_with(&payload, AT_READY, 2, 4);
    refused_with(&payload, AT_ERR_CLASS, FAIL_COUNT, 4);
    refused_with(&payload, AT_ERR_TEXT + 3, 0, 1);                 /* a NUL inside a text */
    refused_with(&payload, phases, 0x7ff8000000000000, 8);         /* not a number */
    refused_with(&payload, phases, 0x7ff0000000000000, 8);         /* infinite */
    refused_with(&payload, phases + 56, 0xfff0000000000000, 8);    /* infinite, the other way */
    refused_with(&payload, phases + 64, 0x7fe0000000000000, 8);    /* the total, absurd */
    refused_with(&payload, AT_ERR_LENGTH, payload.len, 8);         /* longer than all there is */
    refused_with(&payload, AT_ERR_LENGTH, UINT64_MAX - 1, 8);      /* n + 1 would be the maximum */
    refused_with(&payload, AT_ERR_LENGTH, (uint64_t)INT64_MAX, 8); /* as signed, the largest */
    buf_free(&payload);
}

/* The number of commands is believed only as far as the message could hold them. */
static void a_count_is_bounded_by_what_is_left(void **state)
{
    (void)state;
    struct buf payload = payload_of_sample();
    const unsigned char *p = (const unsigned char *)buf_bytes(&payload);
    size_t at = behind_error(p) + TEXTS_AFTER_ERR;
    for (int text = 0; text < 4; text++) /* host key, known hosts line, prompt, note */
        at += 8 + p[at];
    assert_int_equal(p[at], 2);
    static const uint32_t counts[] = {0, 1, 3, 100, 0x10000, INT32_MAX, UINT32_MAX};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        refused_with(&payload, at, counts[i], 4);
    refused_with(&payload, at + 4, COMMAND_FAILED + 1, 4);  /* its status */
    refused_with(&payload, at + 8, FAIL_COUNT, 4);          /* its class */
    refused_with(&payload, at + 12, 1u << PROOF_KINDS, 4);  /* its proofs */
    refused_with(&payload, at + 20, 0x7ff0000000000001, 8); /* its time */
    refused_with(&payload, at + 36, payload.len, 8);        /* its output */
    refused_with(&payload, at + 36, UINT64_MAX - 1, 8);
    buf_free(&payload);
}

/* A doubt is the last field of its command: of the second one, and so of the payload. */
static void a_doubt_that_lies_is_refused(void **state)
{
    (void)state;
    static const char doubt[] = "who knows";
    struct result *r = sample_ok();
    r->commands[1].doubt = strdup(doubt);
    struct buf payload = payload_of(r);
    size_t text = payload.len - strlen(doubt), length = text - 8;
    assert_memory_equal(buf_bytes(&payload) + text, doubt, strlen(doubt));
    refused_with(&payload, text, 0, 1); /* a NUL inside */
    refused_with(&payload, length, strlen(doubt) - 1, 8);
    refused_with(&payload, length, strlen(doubt) + 1, 8);
    refused_with(&payload, length, UINT64_MAX, 8); /* none: what follows is too much */
    refused_with(&payload, length, UINT64_MAX - 1, 8);
    refused_with(&payload, length, (uint64_t)INT64_MAX, 8);
    buf_free(&payload);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_ours_is_refused),
        cmocka_unit_test(unknown_kinds_and_flags_are_refused),
        cmocka_unit_test(a_long_frame_is_refused_at_its_header),
        cmocka_unit_test(frames_out_of_order_are_refused),
        cmocka_unit_test(a_message_over_the_bound_is_refused),
        cmocka_unit_test(a_message_without_end_is_stopped),
        cmocka_unit_test(what_nobody_takes_out_is_bounded),
        cmocka_unit_test(a_cut_stream_gives_nothing),
        cmocka_unit_test(fields_must_fill_their_message),
        cmocka_unit_test(small_messages_have_their_size),
        cmocka_unit_test(a_lie_anywhere_is_survived),
        cmocka_unit_test(values_out_of_their_range_are_refused),
        cmocka_unit_test(a_count_is_bounded_by_what_is_left),
        cmocka_unit_test(a_doubt_that_lies_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
