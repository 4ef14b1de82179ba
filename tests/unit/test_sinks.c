/* links: output/sink output/sink_text output/text_parts output/sink_json output/sink_jsonl
 * output/sink_csv output/sink_none output/record output/out output/utf8 base/buf base/err
 * model/result model/transport_kind tests/lib/sample_result tests/lib/sink_bench */
#include "tests/lib/sink_bench.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void wrote(struct bench *b, const char *expected)
{
    size_t n;
    char *text = bench_written(b, &n);
    assert_string_equal(text, expected);
    assert_int_equal(n, strlen(expected));
    free(text);
}

/* A sentence that err_set would have cleaned: a sink trusts no text. */
static void raw_error(struct result *r, const char *text)
{
    r->err.class = FAIL_DNS;
    strcpy(r->err.text, text);
}

static void sinks_are_found_by_name(void **state)
{
    (void)state;
    static const char *const names[] = {"text", "json", "jsonl", "csv", "none"};
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(sink_find(names[i])->name, names[i]);
    assert_null(sink_find("xml"));
    assert_null(sink_find(""));
    assert_null(sink_find("outdir")); /* beside the others, never instead of one */
}

#define OK_TEXT                                                                                    \
    "== r1: show version (ok, 54 bytes, 10 ms)\n"                                                  \
    "Cisco IOS Software, Version 15.2\nr1 uptime is 3 weeks\n\n"

static void text_is_for_people(void **state)
{
    (void)state;
    struct bench *b = bench_start("text");
    struct result *ok = sample_ok(), *failed = sample_failed(), *unreached = sample_unreached();
    assert_int_equal(bench_begin(b), 0);
    assert_int_equal(bench_give(b, ok), 0);
    assert_int_equal(bench_give(b, failed), 0);
    assert_int_equal(bench_give(b, unreached), 0);
    assert_int_equal(bench_end(b), 0);
    wrote(b, OK_TEXT "== r1: show vresion (ok, 0 bytes, 10 ms)\n\n" OK_TEXT
                     "== r1: show vresion (command_error, 40 bytes, 10 ms)\n"
                     "% Invalid input detected at '^' marker.\n\n"
                     "== r1: FAILED command_error: 'show vresion' was refused: % Invalid input "
                     "detected at '^' marker.\n\n"
                     "== r1: FAILED dns: the name is unknown\n\n");
    result_free(ok);
    result_free(failed);
    result_free(unreached);
    bench_stop(b);
}

/* Good it is, whatever is not known of it; with --doubt fail it is not, and the doubt stays. */
static void text_marks_what_is_in_doubt(void **state)
{
    (void)state;
    struct bench *b = bench_start("text");
    struct result *r = sample_in_doubt();
    b->sink.options.color = true;
    sample_set_output(r, 0, "x", 1);
    assert_int_equal(bench_give(b, r), 0);
    r->commands[0].status = COMMAND_FAILED;
    r->commands[0].class = FAIL_TRUNCATED;
    assert_int_equal(bench_give(b, r), 0);
    wrote(b, "\033[32m== r1: show version (ok, in doubt, 1 bytes, 10 ms)\033[0m\nx\n\n"
             "\033[32m== r1: show vresion (ok, 0 bytes, 10 ms)\033[0m\n\n"
             "\033[31m== r1: show version (truncated, in doubt, 1 bytes, 10 ms)\033[0m\nx\n\n"
             "\033[32m== r1: show vresion (ok, 0 bytes, 10 ms)\033[0m\n\n");
    result_free(r);
    bench_stop(b);
}

static void text_has_colors_where_asked_for(void **state)
{
    (void)state;
    struct bench *b = bench_start("text");
    struct result *r = sample_failed();
    b->sink.options.color = true;
    sample_set_output(r, 0, "x", 1);
    assert_int_equal(bench_give(b, r), 0);
    wrote(b, "\033[32m== r1: show version (ok, 1 bytes, 10 ms)\033[0m\nx\n\n"
             "\033[31m== r1: show vresion (command_error, 40 bytes, 10 ms)\033[0m\n"
             "% Invalid input detected at '^' marker.\n\n"
             "\033[31m== r1: FAILED command_error: 'show vresion' was refused: % Invalid input "
             "detected at '^' marker.\033[0m\n\n");
    result_free(r);
    bench_stop(b);
}

/* Neither output, name, command nor sentence moves a cursor or forges a heading. */
static void text_carries_no_control_characters(void **state)
{
    (void)state;
    static const struct command commands[] = {{.text = "show\r\n== r2: x (ok"}, {.text = "b"}};
    struct device device = sample_device;
    struct bench *b = bench_start("text");
    struct result *r = sample_unreached();
    device.name = "r\0331\n";
    r->commands[0].status = COMMAND_OK;
    r->commands[0].ms = 0.4;
    sample_set_output(r, 0, "a\0\xff\033[2Jb\r\tc\xc2\x9b\n", 14);
    r->err.class = FAIL_NONE;
    raw_error(r, "said \033]0;x\a\n== r2: all well\xfe");
    assert_int_equal(bench_give_of(b, &device, commands, r), 0);
    wrote(b, "== r\xef\xbf\xbd"
             "1 : show  == r2: x (ok (ok, 14 bytes, 0 ms)\n"
             "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd[2Jb\xef\xbf\xbd\tc\xef\xbf\xbd\n\n"
             "== r\xef\xbf\xbd"
             "1 : FAILED dns: said \xef\xbf\xbd]0;x\xef\xbf\xbd == r2: all well\xef\xbf\xbd\n\n");
    result_free(r);
    bench_stop(b);
}

static void text_says_something_of_every_class(void **state)
{
    (void)state;
    struct bench *b = bench_start("text");
    struct result *r = sample_failed();
    size_t n;
    r->commands[1].class = FAIL_NONE; /* failed without a class: it must not be "(null)" */
    assert_int_equal(bench_give(b, r), 0);
    char *text = bench_written(b, &n);
    assert_non_null(strstr(text, "show vresion (failed, 40 bytes"));
    free(text);
    result_free(r);
    bench_stop(b);
}

static void jsonl_is_one_line_a_record(void **state)
{
    (void)state;
    struct bench *b = bench_start("jsonl");
    struct result *r = sample_failed();
    size_t n, lines = 0;
    sample_set_output(r, 0, "a\nb\r\n\xe2\x80\xa8 \0\xff", 12);
    assert_int_equal(bench_begin(b), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(bench_give(b, r), 0);
    assert_int_equal(bench_end(b), 0);
    char *text = bench_written(b, &n), *rest = NULL;
    assert_int_equal(text[n - 1], '\n');
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        json_t *record = json_loads(line, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
        assert_non_null(record);
        assert_int_equal(json_integer_value(json_object_get(record, "schema")), 1);
        json_decref(record);
        lines++;
    }
    assert_int_equal(lines, 3);
    free(text);
    result_free(r);
    bench_stop(b);
}

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

static void json_is_one_object(void **state)
{
    (void)state;
    for (size_t results = 0; results < 4; results++) {
        struct bench *b = bench_start("json");
        struct result *r = sample_ok();
        assert_int_equal(bench_begin(b), 0);
        for (size_t i = 0; i < results; i++)
            assert_int_equal(bench_give(b, r), 0);
        assert_int_equal(bench_end(b), 0);
        json_t *all = parse(b);
        assert_int_equal(json_object_size(all), 3);
        assert_int_equal(json_integer_value(json_object_get(all, "schema")), 1);
        assert_int_equal(json_array_size(json_object_get(all, "results")), results);
        assert_string_equal(json_string_value(json_object_get(json_object_get(all, "run"), "mode")),
                            "threads");
        json_decref(all);
        result_free(r);
        bench_stop(b);
    }
}

static void json_of_no_device_has_these_bytes(void **state)
{
    (void)state;
    struct bench *b = bench_start("json");
    assert_int_equal(bench_begin(b), 0);
    wrote(b, "{\"schema\":1,\"results\":[");
    assert_int_equal(bench_end(b), 0);
    size_t n;
    char *text = bench_written(b, &n);
    assert_memory_equal(text, "{\"schema\":1,\"results\":[\n],\n\"run\":{\"run_id\":", 43);
    assert_string_equal(text + n - 3, "}}\n");
    free(text);
    bench_stop(b);
}

#define CSV_HEAD                                                                                   \
    "device,host,port,transport,platform,mode,worker,attempt,status,class,error,started_at,"       \
    "queued,resolve,connect,kex,auth,ready,commands,close,total,bytes,host_key,doubts\r\n"

static void csv_has_these_bytes(void **state)
{
    (void)state;
    struct bench *b = bench_start("csv");
    struct result *ok = sample_ok(), *failed = sample_failed(), *unreached = sample_unreached();
    ok->phase_ms[PHASE_CONNECT] = 1.25; /* rounded as in the record: to 1.3 */
    unreached->started_at_ms = 0;
    ok->commands[0].doubt = strdup("its end");
    assert_int_equal(bench_begin(b), 0);
    wrote(b, CSV_HEAD);
    assert_int_equal(bench_give(b, ok), 0);
    assert_int_equal(bench_give(b, failed), 0);
    assert_int_equal(bench_give(b, unreached), 0);
    assert_int_equal(bench_end(b), 0);
    wrote(b, CSV_HEAD
          "r1,192.0.2.1,22,ssh,cisco_ios,threads,3,1,ok,,,2026-11-20T10:00:00.123Z,"
          "0.1,0.0,1.3,3.0,4.0,12.0,30.1,1.0,51.3,54," SAMPLE_HOST_KEY ",1\r\n"
          "r1,192.0.2.1,22,ssh,cisco_ios,threads,3,1,failed,command_error,"
          "r1: 'show vresion' was refused: % Invalid input detected at '^' marker.,"
          "2026-11-20T10:00:00.123Z,0.1,0.0,1.2,3.0,4.0,12.0,30.1,1.0,51.3,94," SAMPLE_HOST_KEY
          ",0\r\n"
          "r1,192.0.2.1,22,ssh,cisco_ios,threads,3,1,failed,dns,r1: the name is unknown,,"
          "0.0,,,,,,,,2.0,0,,0\r\n");
    result_free(ok);
    result_free(failed);
    result_free(unreached);
    bench_stop(b);
}

static void csv_quotes_what_needs_it(void **state)
{
    (void)state;
    struct device device = sample_device;
    struct bench *b = bench_start("csv");
    struct result *r = sample_unreached();
    size_t n;
    device.name = "a,b";
    device.host = "say \"hi\"";
    device.platform_name = NULL;
    r->err.class = FAIL_NONE;
    raw_error(r, "two\nlines\r\033[2J\xff");
    assert_int_equal(bench_give_of(b, &device, NULL, r), 0);
    char *text = bench_written(b, &n);
    static const char expected[] = "\"a,b\",\"say \"\"hi\"\"\",22,ssh,,threads,3,1,failed,dns,"
                                   "\"two\nlines\xef\xbf\xbd\xef\xbf\xbd[2J\xef\xbf\xbd\",2026";
    assert_memory_equal(text, expected, sizeof expected - 1);
    free(text);
    result_free(r);
    bench_stop(b);
}

static void none_writes_nothing(void **state)
{
    (void)state;
    struct bench *b = bench_start("none");
    struct result *r = sample_failed();
    assert_int_equal(bench_begin(b) | bench_give(b, r) | bench_end(b), 0);
    wrote(b, "");
    result_free(r);
    bench_stop(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sinks_are_found_by_name),
        cmocka_unit_test(text_is_for_people),
        cmocka_unit_test(text_marks_what_is_in_doubt),
        cmocka_unit_test(text_has_colors_where_asked_for),
        cmocka_unit_test(text_carries_no_control_characters),
        cmocka_unit_test(text_says_something_of_every_class),
        cmocka_unit_test(jsonl_is_one_line_a_record),
        cmocka_unit_test(json_is_one_object),
        cmocka_unit_test(json_of_no_device_has_these_bytes),
        cmocka_unit_test(csv_has_these_bytes),
        cmocka_unit_test(csv_quotes_what_needs_it),
        cmocka_unit_test(none_writes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
