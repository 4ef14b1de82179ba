/* links: output/sink output/sink_group output/sink_record output/sink_text output/text_parts
 *        output/sink_json output/sink_jsonl output/sink_csv output/sink_none output/record
 * output/out output/utf8 base/arena base/strmap base/buf base/err model/result model/transport_kind
 *        tests/lib/sample_result tests/lib/sink_bench */
#include "tests/lib/sink_bench.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct bench *start(void)
{
    struct bench *b = bench_start("text");
    b->sink.ops = &sink_group;
    assert_int_equal(bench_begin(b), 0);
    return b;
}

/* Ends the run; what was written; the caller's. */
static char *ended(struct bench *b)
{
    size_t n;
    assert_int_equal(bench_end(b), 0);
    char *text = bench_written(b, &n);
    b->sink.ops->free(&b->sink);
    bench_stop(b);
    return text;
}

/* What a device of that name and place in the plan said to both commands. */
static void give(struct bench *b, const char *name, uint32_t index, const char *first,
                 const char *second)
{
    struct device device = sample_device;
    struct result *r = sample_ok();
    device.name = name;
    r->index = index;
    sample_set_output(r, 0, first, strlen(first));
    sample_set_output(r, 1, second, strlen(second));
    assert_int_equal(bench_give_of(b, &device, NULL, r), 0);
    result_free(r);
}

static void identical_outputs_are_written_once(void **state)
{
    (void)state;
    struct bench *b = start();
    give(b, "r3", 2, "same\n", "c\n");
    give(b, "r2", 1, "other\n", "");
    give(b, "r1", 0, "same\n", "c\n");
    char *text = ended(b);
    assert_string_equal(text, "== r1, r3 (2 devices): show version (ok, 5 bytes)\nsame\n\n"
                              "== r1, r3 (2 devices): show vresion (ok, 2 bytes)\nc\n\n"
                              "== r2: show version (ok, 6 bytes)\nother\n\n"
                              "== r2: show vresion (ok, 0 bytes)\n\n");
    free(text);
}

static void nothing_is_written_before_the_end(void **state)
{
    (void)state;
    struct bench *b = start();
    size_t n;
    give(b, "r1", 0, "a", "b");
    char *text = bench_written(b, &n);
    assert_int_equal(n, 0);
    free(text);
    free(ended(b));
}

/* The same bytes to another command, or an output that only begins alike, are not the same. */
static void a_command_and_its_whole_output_make_a_group(void **state)
{
    (void)state;
    struct bench *b = start();
    give(b, "r1", 0, "x\n", "x\n");
    give(b, "r2", 1, "x\ny\n", "x\n");
    char *text = ended(b);
    assert_string_equal(text, "== r1, r2 (2 devices): show vresion (ok, 2 bytes)\nx\n\n"
                              "== r1: show version (ok, 2 bytes)\nx\n\n"
                              "== r2: show version (ok, 4 bytes)\nx\ny\n\n");
    free(text);
}

/* The same bytes, but of one nobody knows whether they are all: it stands apart, and says so. */
static void what_is_in_doubt_is_a_group_of_its_own(void **state)
{
    (void)state;
    struct bench *b = start();
    struct device second = sample_device;
    struct result *doubted = sample_in_doubt();
    second.name = "r2";
    doubted->index = 1;
    sample_set_output(doubted, 0, "x\n", 2);
    sample_set_output(doubted, 1, "y\n", 2);
    give(b, "r1", 0, "x\n", "y\n");
    assert_int_equal(bench_give_of(b, &second, NULL, doubted), 0);
    give(b, "r3", 2, "x\n", "y\n");
    char *text = ended(b);
    assert_string_equal(text, "== r1, r2, r3 (3 devices): show vresion (ok, 2 bytes)\ny\n\n"
                              "== r1, r3 (2 devices): show version (ok, 2 bytes)\nx\n\n"
                              "== r2: show version (ok, in doubt, 2 bytes)\nx\n\n");
    free(text);
    result_free(doubted);
}

static void failed_devices_follow_one_by_one(void **state)
{
    (void)state;
    struct bench *b = start();
    struct result *failed = sample_failed(), *unreached = sample_unreached();
    struct device other = sample_device;
    other.name = "r0";
    failed->index = 5;
    unreached->index = 4;
    unreached->err.text[0] = '\0';
    snprintf(unreached->err.text, sizeof unreached->err.text, "r0: the name is unknown");
    assert_int_equal(bench_give(b, failed), 0);
    assert_int_equal(bench_give_of(b, &other, NULL, unreached), 0);
    give(b, "r9", 9, "a", "b");
    char *text = ended(b);
    const char *good = strstr(text, "== r9: show version"),
               *dns = strstr(text, "== r0: FAILED dns");
    const char *refused = strstr(text, "== r1: show vresion (command_error, ");
    const char *sentence = strstr(text, "== r1: FAILED command_error: ");
    assert_true(good && dns && refused && sentence);
    assert_true(good < dns && dns < refused && refused < sentence);
    assert_non_null(strstr(text, "== r1: show version (ok, ")); /* what went well is grouped */
    free(text);
    result_free(failed);
    result_free(unreached);
}

/* What came right in a later attempt is no failure, and stands in its group once. */
static void the_last_attempt_of_a_device_counts(void **state)
{
    (void)state;
    struct bench *b = start();
    struct result *first = sample_failed(), *second = sample_ok(), *other = sample_failed();
    second->attempt = first->attempt + 1;
    assert_int_equal(bench_give(b, first), 0);
    assert_int_equal(bench_give(b, second), 0);
    other->index = first->index + 1;
    assert_int_equal(bench_give(b, other), 0);
    other->attempt += 1;
    assert_int_equal(bench_give(b, other), 0);
    char *text = ended(b);
    const char *one = strstr(text, ": FAILED command_error: ");
    assert_non_null(one);
    assert_null(strstr(one + 1, ": FAILED "));
    assert_non_null(strstr(one, " (attempt "));
    assert_non_null(strstr(text, "== r1, r1 (2 devices): show version (ok, "));
    free(text);
    result_free(first);
    result_free(second);
    result_free(other);
}

static void what_passes_the_bound_is_written_at_once(void **state)
{
    (void)state;
    struct bench *b = start();
    struct device device = sample_device;
    struct result *r = sample_ok();
    size_t size = (size_t)300 << 20, n;
    free(r->commands[0].output);
    r->commands[0].output = calloc(1, size);
    assert_non_null(r->commands[0].output);
    memset(r->commands[0].output, 'x', size - 1);
    r->commands[0].output_len = 3; /* what counts is what it holds */
    r->commands[1].raw = calloc(1, size);
    r->commands[1].raw_len = size;
    assert_int_equal(bench_give_of(b, &device, NULL, r), 0);
    char *text = bench_written(b, &n);
    assert_non_null(strstr(text, "== r1: show version (ok, 3 bytes, 10 ms)\nxxx\n"));
    free(text);
    result_free(r);
    free(ended(b));
}

static void names_and_outputs_carry_no_control_characters(void **state)
{
    (void)state;
    struct bench *b = start();
    give(b, "r\033[2J", 0, "a\033]0;x\007", "b\r\n");
    char *text = ended(b);
    assert_null(strchr(text, '\033'));
    assert_null(strchr(text, '\007'));
    free(text);
}

struct taken {
    size_t records, runs;
};

static int take_record(void *ctx, const json_t *record, struct err *e)
{
    (void)e;
    assert_string_equal(json_string_value(json_object_get(record, "device")), "r1");
    ((struct taken *)ctx)->records++;
    return 0;
}

static int take_run(void *ctx, const json_t *run, struct err *e)
{
    ((struct taken *)ctx)->runs++;
    assert_true(json_is_object(run));
    return err_set(e, FAIL_INTERNAL, "no room");
}

static void records_are_handed_on(void **state)
{
    (void)state;
    struct taken taken = {0};
    const struct record_taker taker = {&taken, take_record, take_run};
    struct bench *b = bench_start("none");
    struct result *r = sample_ok();
    b->sink.ops = &sink_record;
    b->sink.options.taker = &taker;
    assert_int_equal(bench_begin(b) | bench_give(b, r), 0);
    assert_int_equal(bench_end(b), -1); /* the taker's failure is the sink's */
    assert_string_equal(b->err.text, "no room");
    assert_int_equal(taken.records, 1);
    assert_int_equal(taken.runs, 1);
    result_free(r);
    bench_stop(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identical_outputs_are_written_once),
        cmocka_unit_test(nothing_is_written_before_the_end),
        cmocka_unit_test(a_command_and_its_whole_output_make_a_group),
        cmocka_unit_test(what_is_in_doubt_is_a_group_of_its_own),
        cmocka_unit_test(failed_devices_follow_one_by_one),
        cmocka_unit_test(the_last_attempt_of_a_device_counts),
        cmocka_unit_test(what_passes_the_bound_is_written_at_once),
        cmocka_unit_test(names_and_outputs_carry_no_control_characters),
        cmocka_unit_test(records_are_handed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
