/* links: output/record output/out output/utf8 base/buf base/err model/result model/transport_kind
 *        tests/lib/sample_result tests/lib/failing_malloc */
#include "output/out.h"
#include "output/record.h"
#include "tests/lib/failing_malloc.h"
#include "tests/lib/sample_result.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct sink_options options = {.run_id = SAMPLE_RUN_ID, .mode = "threads"};

/* The value's text, as the sinks write it; the value is gone. */
static char *text_of(json_t *value)
{
    assert_non_null(value);
    char *text = json_dumps(value, RECORD_DUMP_FLAGS);
    json_decref(value);
    assert_non_null(text);
    return text;
}

static json_t *record_of(const struct result *r, const char *const *files)
{
    struct job job = sample_job();
    return record_json(&options, &sample_device, &job, r, files);
}

static void records_as(const struct result *r, const char *const *files, const char *expected)
{
    char *text = text_of(record_of(r, files));
    assert_string_equal(text, expected);
    free(text);
}

#define HEAD                                                                                       \
    "{\"schema\":1,\"run_id\":\"" SAMPLE_RUN_ID "\",\"device\":\"r1\",\"host\":\"192.0.2.1\","     \
    "\"port\":22,\"transport\":\"ssh\",\"platform\":\"cisco_ios\",\"mode\":\"threads\","           \
    "\"process\":1,\"worker\":3,\"attempt\":1,"

/* The keys, their order and the forms of their values are a promise, byte for byte. */
static void a_failed_device_has_this_record(void **state)
{
    (void)state;
    struct result *r = sample_failed();
    records_as(
        r, NULL,
        HEAD
        "\"status\":\"failed\",\"class\":\"command_error\","
        "\"error\":\"r1: 'show vresion' was refused: % Invalid input detected at '^' marker.\","
        "\"started_at\":\"2026-11-20T10:00:00.123Z\","
        "\"timing_ms\":{\"queued\":0.1,\"resolve\":0.0,\"connect\":1.2,\"kex\":3.0,\"auth\":4.0,"
        "\"ready\":12.0,\"commands\":30.1,\"close\":1.0,\"total\":51.3},"
        "\"commands\":[{\"command\":\"show version\",\"status\":\"ok\",\"class\":null,"
        "\"output\":\"Cisco IOS Software, Version 15.2\\nr1 uptime is 3 weeks\\n\","
        "\"proofs\":[\"echo\",\"prompt\",\"next_echo\"],\"doubt\":null,\"bytes\":54,\"ms\":10.3},"
        "{\"command\":\"show vresion\",\"status\":\"failed\",\"class\":\"command_error\","
        "\"error\":\"refused: % Invalid input\","
        "\"output\":\"% Invalid input detected at '^' marker.\\n\","
        "\"proofs\":[\"echo\",\"prompt\"],\"doubt\":null,\"exit_status\":7,\"bytes\":40,\"ms\":10."
        "3}],"
        "\"host_key\":\"" SAMPLE_HOST_KEY "\",\"note\":\"stayed in exec\"}");
    result_free(r);
}

static void an_unreached_device_has_this_record(void **state)
{
    (void)state;
    struct result *r = sample_unreached();
    r->started_at_ms = 0;
    records_as(r, NULL,
               HEAD "\"status\":\"failed\",\"class\":\"dns\",\"error\":\"r1: the name is unknown\","
                    "\"started_at\":null,"
                    "\"timing_ms\":{\"queued\":0.0,\"resolve\":null,\"connect\":null,\"kex\":null,"
                    "\"auth\":null,\"ready\":null,\"commands\":null,\"close\":null,\"total\":2.0},"
                    "\"commands\":[{\"command\":\"show version\",\"status\":null,\"class\":null,"
                    "\"output\":null,\"proofs\":[],\"doubt\":null,\"bytes\":0,\"ms\":null},"
                    "{\"command\":\"show vresion\",\"status\":null,\"class\":null,"
                    "\"output\":null,\"proofs\":[],\"doubt\":null,\"bytes\":0,\"ms\":null}],\"host_"
                    "key\":null}");
    result_free(r);
}

/* It is ok, and says what is not known of it; the proofs may name the digits. */
static void an_output_in_doubt_says_so(void **state)
{
    (void)state;
    struct result *r = sample_in_doubt();
    r->commands[1].proofs = PROOF_ECHO | PROOF_PROMPT | PROOF_NEXT_ECHO | PROOF_NONCE;
    json_t *o = record_of(r, NULL), *commands = json_object_get(o, "commands");
    json_t *first = json_array_get(commands, 0), *second = json_array_get(commands, 1);
    assert_string_equal(json_string_value(json_object_get(o, "status")), "ok");
    assert_string_equal(json_string_value(json_object_get(first, "status")), "ok");
    assert_true(json_is_null(json_object_get(first, "class")));
    assert_string_equal(json_string_value(json_object_get(first, "doubt")), SAMPLE_DOUBT);
    assert_true(json_is_null(json_object_get(second, "doubt")));
    assert_string_equal(json_string_value(json_array_get(json_object_get(second, "proofs"), 3)),
                        "nonce");
    json_decref(o);
    result_free(r);
}

/* Of the directory: the file of each command that has one, and the prompt. */
static void files_stand_beside_the_outputs(void **state)
{
    (void)state;
    static const char *const files[] = {"show%20version.txt", NULL};
    struct result *r = sample_ok();
    json_t *o = record_of(r, files);
    json_t *commands = json_object_get(o, "commands");
    assert_string_equal(json_string_value(json_object_get(o, "prompt")), "r1#");
    assert_string_equal(json_string_value(json_object_get(json_array_get(commands, 0), "file")),
                        files[0]);
    assert_null(json_object_get(json_array_get(commands, 1), "file"));
    assert_true(json_is_null(json_object_get(o, "error")));
    assert_true(json_is_null(json_object_get(o, "class")));
    assert_string_equal(json_string_value(json_object_get(o, "status")), "ok");
    json_decref(o);
    result_free(r);
}

/* Bytes of any kind, wherever they come from, become clean text: no key is missing for them. */
static void bytes_that_are_no_utf8_are_replaced(void **state)
{
    (void)state;
    static const struct command commands[] = {{.text = "show caf\xe9"}, {.text = "b"}};
    struct device device = sample_device;
    struct job job = sample_job();
    struct result *r = sample_failed();
    device.name = "r\xff"
                  "1";
    device.host = "h\xc0";
    device.platform_name = "p\x80";
    job.commands.items = commands;
    sample_set_output(r, 0, "a\0b\xff\033\xe2\x82\xac\n\"\\", 11);
    free(r->note);
    r->note = strdup("n\xfe");
    free(r->host_key);
    r->host_key = strdup("k\xfe");
    char *text = text_of(record_json(&options, &device, &job, r, NULL));
    assert_non_null(strstr(text, "\"device\":\"r\xef\xbf\xbd"
                                 "1\",\"host\":\"h\xef\xbf\xbd\",\"port\":22,"));
    assert_non_null(strstr(text, "\"platform\":\"p\xef\xbf\xbd\""));
    assert_non_null(strstr(text, "\"command\":\"show caf\xef\xbf\xbd\""));
    assert_non_null(strstr(text, "\"output\":\"a\\u0000b\xef\xbf\xbd\\u001B\xe2\x82\xac\\n\\\"\\\\"
                                 "\",\"proofs\""));
    assert_non_null(strstr(text, "\"bytes\":11,")); /* as they came */
    assert_non_null(strstr(text, "\"note\":\"n\xef\xbf\xbd\""));
    assert_non_null(strstr(text, "\"host_key\":\"k\xef\xbf\xbd\""));
    assert_null(strchr(text, '\n'));
    free(text);
    result_free(r);
}

static void times_have_one_decimal(void **state)
{
    (void)state;
    static const struct {
        double ms;
        const char *expected;
    } rows[] = {
        {0, "0.0"},     {0.04, "0.0"},       {0.05, "0.1"},        {0.25, "0.3"},
        {9.95, "10.0"}, {1234.56, "1234.6"}, {300000, "300000.0"}, {86400000.1, "86400000.1"},
        {-1, "null"},   {NAN, "null"},       {INFINITY, "null"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char expected[64];
        struct result *r = sample_ok();
        r->total_ms = rows[i].ms;
        snprintf(expected, sizeof expected, "\"total\":%s}", rows[i].expected);
        char *text = text_of(record_of(r, NULL));
        assert_non_null(strstr(text, expected));
        free(text);
        result_free(r);
    }
}

static void points_in_time_are_utc(void **state)
{
    (void)state;
    char text[32];
    setenv("TZ", "Asia/Tokyo", 1);
    assert_string_equal(record_time(SAMPLE_STARTED_MS, text), "2026-11-20T10:00:00.123Z");
    assert_string_equal(record_time(1, text), "1970-01-01T00:00:00.001Z");
    assert_string_equal(record_time(951782400000, text), "2000-02-29T00:00:00.000Z");
    assert_string_equal(record_time(0, text), "");
    assert_string_equal(record_time(-5, text), "");
    assert_string_equal(record_time(INT64_MAX, text), "292278994-08-17T07:12:55.807Z");
    unsetenv("TZ");
}

static struct run_summary sample_run(void)
{
    struct run_summary run = {.run_id = SAMPLE_RUN_ID,
                              .mode = "threads",
                              .workers = 20,
                              .devices = 40,
                              .ok = 38,
                              .failed = 2,
                              .retried = 3,
                              .doubts = 4,
                              .elapsed_ms = 1320.04,
                              .held_ms = {[HOLD_LOGIN_RATE] = 700.04, [HOLD_LIMITS] = 5},
                              .device_ms_sum = 24800,
                              .speedup_estimate = 18.787,
                              .p50 = 610,
                              .p95 = 900,
                              .p99 = 1200.5,
                              .max = 1210,
                              .slowest = "core-sw3",
                              .cpu_user_ms = 12.34,
                              .cpu_system_ms = 5,
                              .max_rss_kib = 9000,
                              .version = "0.1"};
    run.classes[FAIL_NONE] = 38;
    run.classes[FAIL_AUTH] = 1;
    run.classes[FAIL_DNS] = 1;
    return run;
}

static void a_run_says_what_auto_chose(void **state)
{
    (void)state;
    struct run_summary run = sample_run();
    run.windows = (struct windows_summary){
        .is_auto = true,
        .run = {.start = 20, .most = 160, .final = 140, .grew = 3, .backed_off = 1},
        .groups = {{"ams", 20, 12, 11, 0, 2}, {"par", 20, 64, 64, 1, 0}},
        .n_groups = 2,
        .left_out = 7};
    json_t *o = run_summary_json(&run);
    char *text = text_of(json_incref(json_object_get(o, "auto")));
    assert_string_equal(
        text, "{\"start\":20,\"most\":160,\"final\":140,\"grew\":3,\"backed_off\":1,\"groups\":{"
              "\"ams\":{\"start\":20,\"most\":12,\"final\":11,\"grew\":0,\"backed_off\":2},"
              "\"par\":{\"start\":20,\"most\":64,\"final\":64,\"grew\":1,\"backed_off\":0}},"
              "\"groups_left_out\":7}");
    free(text);
    json_decref(o);
}

static void a_run_has_this_object(void **state)
{
    (void)state;
    struct run_summary run = sample_run();
    char *text = text_of(run_summary_json(&run));
    assert_string_equal(
        text, "{\"run_id\":\"" SAMPLE_RUN_ID "\",\"mode\":\"threads\",\"workers\":20,"
              "\"auto\":null,\"devices\":40,\"ok\":38,\"failed\":2,\"retried\":3,\"doubts\":4,"
              "\"classes\":{\"dns\":1,\"auth\":1},"
              "\"elapsed_ms\":1320.0,\"held_ms\":{\"login_rate\":700.0,\"limits\":5.0},"
              "\"device_ms_sum\":24800.0,\"speedup_estimate\":18.8,"
              "\"device_ms\":{\"p50\":610.0,\"p95\":900.0,\"p99\":1200.5,\"max\":1210.0,"
              "\"slowest\":\"core-sw3\"},\"cpu_ms\":{\"user\":12.3,\"system\":5.0},"
              "\"max_rss_kib\":9000,\"version\":\"0.1\"}");
    free(text);
    run.slowest = "r\xff";
    text = text_of(run_summary_json(&run));
    assert_non_null(strstr(text, "\"slowest\":\"r\xef\xbf\xbd\"}"));
    free(text);
    run.slowest = NULL;
    text = text_of(run_summary_json(&run));
    assert_non_null(strstr(text, "\"slowest\":null}"));
    free(text);
}

/* A record without one of its keys would look like a good one: where memory is out there is none.
 */
static void no_memory_makes_no_half_record(void **state)
{
    (void)state;
    if (!failing_malloc_works())
        skip();
    static const char *const files[] = {"a.txt", "b.txt"};
    struct result *r = sample_failed();
    struct run_summary run = sample_run();
    char *record = text_of(record_of(r, files)), *summary = text_of(run_summary_json(&run));
    bool failed = true;
    long nth = 0;
    while (failed) {
        assert_true(++nth < 2000);
        failing_malloc_at(nth);
        json_t *o = record_of(r, files);
        failed = failing_malloc_stop();
        assert_int_equal(o == NULL, failed);
        if (!o)
            continue;
        char *text = text_of(o);
        assert_string_equal(text, record);
        free(text);
    }
    assert_true(nth > 50);
    for (failed = true, nth = 1; failed; nth++) {
        failing_malloc_at(nth);
        json_t *o = run_summary_json(&run);
        failed = failing_malloc_stop();
        assert_int_equal(o == NULL, failed);
        if (!o)
            continue;
        char *text = text_of(o);
        assert_string_equal(text, summary);
        free(text);
    }
    free(record);
    free(summary);
    result_free(r);
}

/* Nor is half of one written. */
static void no_memory_writes_no_half_record(void **state)
{
    (void)state;
    if (!failing_malloc_works())
        skip();
    struct result *r = sample_failed();
    json_t *record = record_of(r, NULL);
    bool failed = true;
    for (long nth = 1; failed; nth++) {
        struct out out;
        assert_true(nth < 200);
        out_init(&out, -1);
        failing_malloc_at(nth);
        int rc = record_write(&out, record);
        failed = failing_malloc_stop();
        if (failed)
            assert_true((rc == -1 || out.error != 0) && out.pending.len == 0);
        else
            assert_true(rc == 0 && out.pending.len > 500);
        out_free(&out);
    }
    json_decref(record);
    result_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failed_device_has_this_record),
        cmocka_unit_test(an_unreached_device_has_this_record),
        cmocka_unit_test(an_output_in_doubt_says_so),
        cmocka_unit_test(files_stand_beside_the_outputs),
        cmocka_unit_test(bytes_that_are_no_utf8_are_replaced),
        cmocka_unit_test(times_have_one_decimal),
        cmocka_unit_test(points_in_time_are_utc),
        cmocka_unit_test(a_run_has_this_object),
        cmocka_unit_test(a_run_says_what_auto_chose),
        cmocka_unit_test(no_memory_makes_no_half_record),
        cmocka_unit_test(no_memory_writes_no_half_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
