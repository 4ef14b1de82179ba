/* links: report/html report/html_check report/html_groups report/html_page report/html_read
 *        report/html_run gen/report_builtin base/aside base/arena base/strmap base/file base/buf
 *        base/err base/log tests/lib/failing_malloc */
#include "report/html.h"
#include "tests/lib/failing_malloc.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define RUN_ID "01J0000000000000000000000Z"
#define RUN                                                                                        \
    "{\"mode\":\"threads\",\"workers\":2,\"devices\":2,\"ok\":2,\"failed\":0,\"elapsed_ms\":12.5}"

/* A record; the caller's. */
static json_t *record(const char *name, const char *output)
{
    json_t *r = json_pack(
        "{s:i, s:s, s:s, s:s, s:s?, s:i, s:i, s:{s:f, s:n, s:f}, s:[{s:s, s:s, s:n, s:s}]}",
        "schema", 1, "run_id", RUN_ID, "device", name, "status", "ok", "class", NULL, "worker", 1,
        "attempt", 1, "timing_ms", "queued", 0.1, "kex", "total", 12.3, "commands", "command",
        "show version", "status", "ok", "class", "output", output);
    assert_non_null(r);
    return r;
}

static void give(struct html *h, json_t *r)
{
    struct err e = {0};
    assert_int_equal(html_add_record(h, r, &e), 0);
    json_decref(r);
}

static char *page_of(struct html *h, size_t *n)
{
    struct err e = {0};
    char *page = html_page(h, n, &e);
    assert_non_null(page);
    html_free(h);
    return page;
}

/* What the page holds, read back as its script would; the caller's. */
static json_t *data_of(const char *page)
{
    static const char mark[] = "id=\"data\">";
    const char *start = strstr(page, mark);
    assert_non_null(start);
    start += strlen(mark);
    const char *end = strstr(start, "</script>");
    json_error_t error;
    json_t *data = json_loadb(start, (size_t)(end - start), JSON_ALLOW_NUL, &error);
    assert_non_null(data);
    return data;
}

static json_t *data_and_free(struct html *h)
{
    size_t n;
    char *page = page_of(h, &n);
    json_t *data = data_of(page);
    free(page);
    return data;
}

static json_t *run_of(json_t *data)
{
    return json_array_get(json_object_get(data, "documents"), 0);
}

static json_t *column(json_t *data, const char *name)
{
    return json_object_get(json_object_get(run_of(data), "columns"), name);
}

static size_t count_of(const char *page, const char *what)
{
    size_t n = 0;
    for (const char *p = page; (p = strstr(p, what)); p += strlen(what))
        n++;
    return n;
}

#define EVIL "</script><script>alert(1)</script><!--<b>&amp;\xe2\x80\xa8\xe2\x80\xa9\xe2\x82\xac"

static void nothing_a_device_said_leaves_the_data(void **state)
{
    (void)state;
    size_t n;
    char *plain = page_of(html_new(), &n);
    struct html *h = html_new();
    json_t *r = record(EVIL, EVIL);
    json_object_set_new(r, "error", json_string(EVIL));
    json_object_set_new(r, "class", json_string(EVIL));
    json_object_set_new(json_array_get(json_object_get(r, "commands"), 0), "command",
                        json_string(EVIL));
    give(h, r);
    char *page = page_of(h, &n);
    assert_int_equal(strlen(page), n);
    assert_int_equal(count_of(page, "</script"), count_of(plain, "</script"));
    assert_int_equal(count_of(page, "<script"), count_of(plain, "<script"));
    assert_int_equal(count_of(page, "<!--"), count_of(plain, "<!--"));
    assert_int_equal(count_of(page, "\xe2\x80\xa8"), 0);
    json_t *data = data_of(page);
    json_t *group = json_array_get(json_object_get(run_of(data), "groups"), 0);
    assert_string_equal(json_string_value(json_array_get(column(data, "name"), 0)), EVIL);
    assert_string_equal(json_string_value(json_object_get(group, "text")), EVIL);
    assert_string_equal(json_string_value(json_object_get(group, "command")), EVIL);
    json_decref(data);
    free(page);
    free(plain);
}

static void the_policy_admits_the_page_s_own_scripts_alone(void **state)
{
    (void)state;
    size_t n;
    char *page = page_of(html_new(), &n);
    assert_non_null(strstr(page, "default-src 'none'; script-src 'sha256-"));
    assert_null(strstr(page, "unsafe"));
    assert_int_equal(count_of(page, "<script"), 3); /* the data, the library, ours */
    static const char *const marks[] = {"@policy@", "@style@", "@data@", "@chart@", "@script@"};
    for (size_t i = 0; i < 5; i++)
        assert_null(strstr(page, marks[i]));
    free(page);
}

static void records_become_columns(void **state)
{
    (void)state;
    struct html *h = html_new();
    json_t *failed = record("r2", "");
    json_object_set_new(failed, "class", json_string("auth"));
    json_object_set_new(failed, "error", json_string("r2: refused"));
    give(h, record("r1", "a"));
    give(h, failed);
    json_t *data = data_and_free(h), *sentence;
    assert_int_equal(json_integer_value(json_array_get(column(data, "queued"), 0)), 1);
    assert_int_equal(json_integer_value(json_array_get(column(data, "total"), 1)), 123);
    assert_int_equal(json_integer_value(json_array_get(column(data, "kex"), 0)), -1);
    assert_int_equal(json_integer_value(json_array_get(column(data, "close"), 0)), -1);
    assert_int_equal(json_integer_value(json_array_get(column(data, "class"), 0)), -1);
    assert_int_equal(json_integer_value(json_array_get(column(data, "class"), 1)), 0);
    sentence = json_array_get(json_object_get(run_of(data), "sentences"), 0);
    assert_int_equal(json_integer_value(json_array_get(sentence, 0)), 1);
    assert_string_equal(json_string_value(json_array_get(sentence, 1)), "r2: refused");
    json_decref(data);
}

static void hostile_numbers_are_bounded(void **state)
{
    (void)state;
    struct html *h = html_new();
    json_t *r = record("r1", "a");
    json_object_set_new(r, "timing_ms",
                        json_pack("{s:f, s:f, s:s}", "queued", -5.0, "total", 1e300, "kex", "x"));
    json_object_set_new(r, "worker", json_string("<b>"));
    give(h, r);
    json_t *data = data_and_free(h);
    assert_int_equal(json_integer_value(json_array_get(column(data, "queued"), 0)), -1);
    assert_true(json_integer_value(json_array_get(column(data, "total"), 0)) == 10000000000000);
    assert_int_equal(json_integer_value(json_array_get(column(data, "kex"), 0)), -1);
    assert_int_equal(json_integer_value(json_array_get(column(data, "worker"), 0)), 0);
    json_decref(data);
}

static void identical_outputs_stand_once(void **state)
{
    (void)state;
    struct html *h = html_new();
    give(h, record("r1", "other"));
    give(h, record("r2", "same"));
    give(h, record("r3", "same"));
    json_t *data = data_and_free(h), *groups = json_object_get(run_of(data), "groups");
    assert_int_equal(json_array_size(groups), 2);
    json_t *first = json_array_get(groups, 0); /* the larger, though it came later */
    assert_string_equal(json_string_value(json_object_get(first, "text")), "same");
    assert_int_equal(json_array_size(json_object_get(first, "devices")), 2);
    assert_int_equal(json_integer_value(json_array_get(json_object_get(first, "devices"), 1)), 2);
    assert_int_equal(json_integer_value(json_object_get(first, "bytes")), 4);
    json_decref(data);
}

static void a_long_text_is_cut_at_a_whole_character(void **state)
{
    (void)state;
    char text[HTML_TEXT_MAX + 8];
    memset(text, 'x', sizeof text);
    memcpy(text + HTML_TEXT_MAX - 1, "\xe2\x82\xac", 3);
    text[sizeof text - 1] = '\0';
    struct html *h = html_new();
    give(h, record("r1", text));
    json_t *data = data_and_free(h);
    json_t *group = json_array_get(json_object_get(run_of(data), "groups"), 0);
    assert_int_equal(json_string_length(json_object_get(group, "text")), HTML_TEXT_MAX - 1);
    assert_int_equal(json_integer_value(json_object_get(group, "bytes")), HTML_TEXT_MAX + 7);
    json_decref(data);
}

static void the_page_bounds_groups_and_their_text(void **state)
{
    (void)state;
    struct html *h = html_new();
    char text[HTML_TEXT_MAX];
    for (int i = 0; i < HTML_GROUPS + 7; i++) {
        memset(text, 'x', sizeof text - 1);
        snprintf(text + sizeof text - 16, 16, "%d", i);
        give(h, record("r", text));
    }
    size_t n;
    char *page = page_of(h, &n);
    assert_true(n < 3u << 20);
    json_t *data = data_of(page), *left = json_object_get(run_of(data), "groups_left");
    json_t *groups = json_object_get(run_of(data), "groups");
    assert_int_equal(json_array_size(groups), HTML_GROUPS);
    assert_int_equal(json_integer_value(json_object_get(left, "groups")), 7);
    assert_int_equal(json_integer_value(json_object_get(left, "outputs")), 7);
    assert_true(json_is_string(json_object_get(json_array_get(groups, 0), "text")));
    assert_true(json_is_null(json_object_get(json_array_get(groups, HTML_GROUPS - 1), "text")));
    json_decref(data);
    free(page);
}

/* The bytes as a file; what reading it says. */
static int read_text(struct html *h, const char *text, size_t n, struct err *e)
{
    char path[] = "/tmp/test_report_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, n), (ssize_t)n);
    close(fd);
    int rc = html_add_file(h, path, e);
    unlink(path);
    return rc;
}

static void said(const char *text, size_t n, const char *part)
{
    struct html *h = html_new();
    struct err e = {0};
    assert_int_equal(read_text(h, text, n, &e), -1);
    assert_int_equal(e.class, FAIL_USAGE);
    assert_int_equal(strncmp(e.text, "/tmp/test_report_", 17), 0);
    if (!strstr(e.text, part))
        fail_msg("'%s' is not in: %s", part, e.text);
    html_free(h);
}

static void what_is_not_ours_is_refused_in_one_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"", "is empty"},
        {" \n", "is empty"},
        {"hello", "is not JSON (line 1)"},
        {"{\"schema\":1,\n\"results\": [\n nonsense, 1", "is not JSON (line 3)"},
        {"[1, 2]", "is not JSON"},
        {"{}", "has no 'schema'"},
        {"{\"a\":1}", "has no 'schema'"},
        {"{\"schema\":\"1\",\"rows\":[]}", "has no 'schema'"},
        {"{\"schema\":2,\"rows\":[]}", "is of schema 2, and this poller knows 1"},
        {"{\"schema\":0,\"rows\":[]}", "its 'schema' is 0"},
        {"{\"schema\":1,\"other\":[]}", "neither results, rows, experiments nor a record"},
        {"{\"schema\":1,\"rows\":{}}", "'rows' is no list"},
        {"{\"schema\":1,\"rows\":[{\"mode\":\"x\"}]}", "'workers' of rows number 1 is no number"},
        {"{\"schema\":1,\"rows\":[3]}", "'mode' of rows number 1 is no text"},
        {"{\"schema\":1,\"experiments\":[{\"id\":\"x\"}]}", "'verdict' of experiments number 1"},
        {"{\"schema\":1,\"results\":[]}", "a run object without 'mode'"},
        {"{\"schema\":1,\"results\":[{}],\"run\":" RUN "}", "record 1: is not JSON that poller"},
        {"{\"schema\":1,\"device\":\"r1\",\"status\":\"ok\"}", "without 'timing_ms'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        said(cases[i].text, strlen(cases[i].text), cases[i].part);
}

#define WHOLE                                                                                      \
    "{\"schema\":1,\"results\":[\n{\"schema\":1,\"run_id\":\"a\",\"device\":\"r1\",\"status\":"    \
    "\"ok\",\"timing_ms\":{\"queued\":0.1,\"total\":2.0},\"commands\":[]}\n],\n\"run\":" RUN "}\n"

/* The last two bytes are the closing brace and a line end. */
static void a_file_cut_anywhere_is_refused(void **state)
{
    (void)state;
    size_t n = strlen(WHOLE);
    struct html *h = html_new();
    struct err e = {0};
    assert_int_equal(read_text(h, WHOLE, n, &e), 0);
    html_free(h);
    for (size_t cut = 1; cut < n - 1; cut++) {
        h = html_new();
        e = (struct err){0};
        assert_int_equal(read_text(h, WHOLE, cut, &e), -1);
        assert_int_equal(e.class, FAIL_USAGE);
        html_free(h);
    }
    said(WHOLE, n / 2, "is cut off");
}

static char *page_from(const char *text)
{
    struct html *h = html_new();
    struct err e = {0};
    size_t n;
    if (read_text(h, text, strlen(text), &e) != 0)
        fail_msg("%s", e.text);
    return page_of(h, &n);
}

static void the_same_run_gives_the_same_page_from_memory_and_from_json(void **state)
{
    (void)state;
    struct html *h = html_new();
    struct err e = {0};
    size_t n;
    json_t *r = record("r1", "a\nb"), *run = json_loads(RUN, 0, NULL);
    char *record_text = json_dumps(r, JSON_COMPACT | JSON_REAL_PRECISION(15)), *text = NULL;
    assert_true(asprintf(&text, "{\"schema\":1,\"results\":[%s],\"run\":%s}", record_text, RUN) >
                0);
    give(h, r);
    assert_int_equal(html_add_run(h, run, &e), 0);
    char *memory = page_of(h, &n), *read = page_from(text);
    assert_string_equal(memory, read);
    free(memory);
    free(read);
    free(record_text);
    free(text);
    json_decref(run);
}

static void every_kind_is_known_by_its_keys(void **state)
{
    (void)state;
    static const struct {
        const char *text, *kind;
    } cases[] = {
        {WHOLE, "run"},
        {"{\"schema\":1,\"baseline_ms\":1.0,\"rows\":[]}", "compare"},
        {"{\"schema\":1,\"rows\":[],\"bends\":[]}", "sweep"},
        {"{\"schema\":1,\"kind\":\"sweep\",\"rows\":[]}", "sweep"},
        {"{\"schema\":1,\"machine\":{},\"experiments\":[]}", "experiments"},
        {"{\"schema\":1,\"device\":\"r1\",\"status\":\"ok\",\"timing_ms\":{}}\n", "run"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *page = page_from(cases[i].text);
        json_t *data = data_of(page);
        assert_string_equal(json_string_value(json_object_get(run_of(data), "kind")),
                            cases[i].kind);
        json_decref(data);
        free(page);
    }
}

static void lines_of_two_runs_are_two_runs(void **state)
{
    (void)state;
#define LINE(id)                                                                                   \
    "{\"schema\":1,\"run_id\":\"" id                                                               \
    "\",\"device\":\"r1\",\"status\":\"ok\",\"timing_ms\":{\"queued\":0.1,\"total\":2.0}}\n"
    char *page = page_from(LINE("a") LINE("a") LINE("b"));
    json_t *data = data_of(page);
    assert_int_equal(json_array_size(json_object_get(data, "documents")), 2);
    assert_int_equal(json_array_size(column(data, "name")), 2);
    json_decref(data);
    free(page);
}

/* One page, whatever fails on the way; NULL with err; the caller's. */
static char *try_page(json_t *r, json_t *run, struct err *e)
{
    size_t n;
    char *page = NULL;
    struct html *h = html_new();
    if (!h)
        err_set(e, FAIL_INTERNAL, "out of memory");
    else if (html_add_record(h, r, e) == 0 && html_add_run(h, run, e) == 0)
        page = html_page(h, &n, e);
    html_free(h);
    return page;
}

/* A library may do without some memory of its own: then the page is the same. */
static void no_memory_is_told_and_spoils_no_page(void **state)
{
    (void)state;
    struct err e = {0};
    json_t *r = record("r1", "a"), *run = json_loads(RUN, 0, NULL);
    json_object_set_new(r, "class", json_string("auth"));
    json_object_set_new(r, "error", json_string("why"));
    char *whole = try_page(r, run, &e);
    bool reached = failing_malloc_works();
    for (long nth = 1; reached; nth++) {
        assert_true(nth < 10000);
        e = (struct err){0};
        failing_malloc_at(nth);
        char *page = try_page(r, run, &e);
        reached = failing_malloc_stop();
        if (page)
            assert_string_equal(page, whole);
        else
            assert_int_equal(e.class, FAIL_INTERNAL);
        free(page);
    }
    free(whole);
    json_decref(r);
    json_decref(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_a_device_said_leaves_the_data),
        cmocka_unit_test(the_policy_admits_the_page_s_own_scripts_alone),
        cmocka_unit_test(records_become_columns),
        cmocka_unit_test(hostile_numbers_are_bounded),
        cmocka_unit_test(identical_outputs_stand_once),
        cmocka_unit_test(a_long_text_is_cut_at_a_whole_character),
        cmocka_unit_test(the_page_bounds_groups_and_their_text),
        cmocka_unit_test(what_is_not_ours_is_refused_in_one_sentence),
        cmocka_unit_test(a_file_cut_anywhere_is_refused),
        cmocka_unit_test(the_same_run_gives_the_same_page_from_memory_and_from_json),
        cmocka_unit_test(every_kind_is_known_by_its_keys),
        cmocka_unit_test(lines_of_two_runs_are_two_runs),
        cmocka_unit_test(no_memory_is_told_and_spoils_no_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
