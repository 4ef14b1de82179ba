/* links: output/sink output/sink_text output/text_parts output/sink_json output/sink_jsonl
 * output/sink_csv output/sink_none output/record output/out output/utf8 base/buf base/err
 * model/result model/transport_kind tests/lib/sample_result tests/lib/sink_bench
 * tests/lib/failing_malloc
 */
#include "tests/lib/failing_malloc.h"
#include "tests/lib/sink_bench.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define MIB ((size_t)1 << 20)

static json_t *parse(struct bench *b)
{
    size_t n;
    char *text = bench_written(b, &n);
    json_t *all = json_loadb(text, n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    assert_non_null(all);
    assert_int_equal(text[n - 1], '\n');
    free(text);
    return all;
}

static const char *const writing[] = {"text", "json", "jsonl", "csv"};

/* 16 MiB of bytes of every kind: whole, and the buffer's memory is given back. */
static void huge_outputs_come_whole(void **state)
{
    (void)state;
    char *bytes = malloc(16 * MIB);
    assert_non_null(bytes);
    size_t bad = 0;
    for (size_t i = 0; i < 16 * MIB; i++) {
        bytes[i] = i % 80 == 79 ? '\n' : i % 1001 == 0 ? (char)0xff : 'x';
        bad += bytes[i] == (char)0xff;
    }
    for (size_t i = 0; i < 4; i++) {
        struct bench *b = bench_start(writing[i]);
        struct result *r = sample_ok();
        sample_set_output(r, 0, bytes, 16 * MIB);
        assert_int_equal(bench_begin(b) | bench_give(b, r) | bench_give(b, r) | bench_end(b), 0);
        off_t size = lseek(b->fd, 0, SEEK_END);
        if (strcmp(writing[i], "csv") != 0)
            assert_true(size > 2 * (off_t)(16 * MIB + 2 * bad)); /* U+FFFD has three bytes */
        assert_true(b->out.pending.cap <= 2 * MIB);
        if (strcmp(writing[i], "json") == 0) {
            json_t *all = parse(b), *result = json_array_get(json_object_get(all, "results"), 1);
            json_t *command = json_array_get(json_object_get(result, "commands"), 0);
            assert_int_equal(json_integer_value(json_object_get(command, "bytes")), 16 * MIB);
            json_decref(all);
        }
        result_free(r);
        bench_stop(b);
    }
    free(bytes);
}

static void a_full_disk_fails_every_writing_sink(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct bench *b = bench_start_at(writing[i], open("/dev/full", O_WRONLY));
        struct result *r = sample_failed();
        /* jsonl looks, and writes only where a line is cut. */
        bool begins = b->sink.ops->begin && strcmp(writing[i], "jsonl") != 0;
        assert_int_equal(bench_begin(b), begins ? -1 : 0);
        assert_int_equal(bench_give(b, r), -1);
        assert_int_equal(b->err.class, FAIL_INTERNAL);
        assert_non_null(strstr(b->err.text, "standard output could not be written: No space left"));
        assert_int_equal(bench_end(b), b->sink.ops->end ? -1 : 0);
        result_free(r);
        bench_stop(b);
    }
}

static void a_closed_pipe_fails_every_writing_sink(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < 4; i++) {
        int fds[2];
        assert_int_equal(pipe(fds), 0);
        struct bench *b = bench_start_at(writing[i], fds[1]);
        struct result *r = sample_failed();
        close(fds[0]);
        bench_begin(b);
        assert_int_equal(bench_give(b, r), -1);
        assert_int_equal(b->err.class, FAIL_INTERNAL);
        assert_string_equal(b->err.text, "");
        assert_int_equal(b->out.error, EPIPE);
        result_free(r);
        bench_stop(b);
    }
}

/* Each allocation fails in turn, then the next result comes: whatever happened, an error was told,
 * and json and jsonl still hold whole records only. */
static void no_memory_never_spoils_the_next_record(void **state)
{
    (void)state;
    if (!failing_malloc_works())
        skip();
    struct result *r = sample_failed();
    for (size_t i = 0; i < 4; i++) {
        bool failed = true;
        for (long nth = 1; failed; nth++) {
            struct bench *b = bench_start(writing[i]);
            assert_int_equal(bench_begin(b) | bench_give(b, r), 0);
            assert_true(nth < 2000);
            failing_malloc_at(nth);
            int rc = bench_give(b, r);
            failed = failing_malloc_stop();
            assert_int_equal(rc, failed ? -1 : 0);
            if (!b->out.error && strncmp(writing[i], "json", 4) == 0) {
                b->err = (struct err){0};
                assert_int_equal(bench_give(b, r) | bench_end(b), 0);
                if (strcmp(writing[i], "json") == 0)
                    json_decref(parse(b));
            }
            bench_stop(b);
        }
    }
    result_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(huge_outputs_come_whole),
        cmocka_unit_test(a_full_disk_fails_every_writing_sink),
        cmocka_unit_test(a_closed_pipe_fails_every_writing_sink),
        cmocka_unit_test(no_memory_never_spoils_the_next_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
