/* links: cli/resume pace/retry output/record output/out output/utf8 base/file base/strmap
 * base/arena base/buf base/err base/timers base/clock base/seed model/result model/transport_kind
 *        tests/lib/fake_inventory */
#include "cli/resume.h"
#include "tests/lib/fake_inventory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ALL ((fail_set)-1)

static const struct device devices[] = {
    {.name = "r0", .host = "10.0.0.0", .port = 22}, {.name = "r1", .host = "10.0.0.1", .port = 22},
    {.name = "r2", .host = "10.0.0.2", .port = 22}, {.name = "r3", .host = "10.0.0.3", .port = 22},
    {.name = "r4", .host = "10.0.0.4", .port = 22},
};
static const struct inventory inventory = {.devices = devices, .n = 5};

#define RECORD(schema, name, host, status, class)                                                  \
    "{\"schema\":" schema ",\"run_id\":\"01J\",\"device\":\"" name "\",\"host\":\"" host           \
    "\",\"port\":22,\"status\":\"" status                                                          \
    "\",\"class\":" class ",\"commands\":[{\"output\":\"a \\\"{\\\\\\\" \\u0000\"}]}"
#define OK(n) RECORD("1", "r" n, "10.0.0." n, "ok", "null")
#define IN_DOUBT(n)                                                                                \
    "{\"schema\":1,\"run_id\":\"01J\",\"device\":\"r" n "\",\"host\":\"10.0.0." n                  \
    "\",\"port\":22,\"status\":\"ok\",\"class\":null,\"commands\":[{\"status\":\"ok\",\"class\":"  \
    "null,"                                                                                        \
    "\"output\":\"a\",\"proofs\":[\"echo\",\"prompt\"],\"doubt\":\"the stream ended\"}]}"
#define FAILED(n, class) RECORD("1", "r" n, "10.0.0." n, "failed", "\"" class "\"")

static char path[] = "/tmp/test_resume_XXXXXX";

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int drop_file(void **state)
{
    (void)state;
    return unlink(path);
}

static int read_bytes(struct resume *r, const char *bytes, size_t n, fail_set on, struct err *e)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
    return resume_read(r, path, &inventory, on, false, e);
}

/* Reads text, which is good, and checks that exactly the devices of done ("r0"'s digit and so on)
 * are done. */
static struct resume check(const char *text, fail_set on, const char *done)
{
    struct resume r;
    struct err e = {0};
    int rc = read_bytes(&r, text, strlen(text), on, &e);
    assert_string_equal(e.text, "");
    assert_int_equal(rc, 0);
    assert_int_equal(r.n_done, strlen(done));
    for (int i = 0; i < 5; i++)
        assert_int_equal(r.done[i], strchr(done, '0' + i) != NULL);
    struct resume counts = r;
    counts.done = NULL;
    resume_free(&r);
    return counts;
}

static void check_refused(const char *text, const char *why)
{
    struct resume r;
    struct err e = {0};
    assert_int_equal(read_bytes(&r, text, strlen(text), ALL, &e), -1);
    assert_int_equal(e.class, FAIL_USAGE);
    if (!strstr(e.text, why))
        fail_msg("'%s' is not in: %s", why, e.text);
    resume_free(&r);
}

static void what_is_missing_or_failed_is_left(void **state)
{
    (void)state;
    struct resume r = check(OK("1") "\n" FAILED("2", "silence") "\n" OK("4") "\n", ALL, "14");
    assert_int_equal(r.n_cut + r.n_unknown, 0);
    check("", ALL, "");
    check("\n \r\n" OK("0") "\r\n", ALL, "0");
}

static void the_last_record_of_a_device_counts(void **state)
{
    (void)state;
    check(FAILED("1", "dns") "\n" OK("1") "\n" OK("2") "\n" FAILED("2", "dns") "\n", ALL, "1");
}

static void classes_that_are_not_named_are_let_be(void **state)
{
    (void)state;
    static const char text[] = FAILED("0", "auth") "\n" FAILED("1", "dns") "\n" FAILED(
        "2", "silence") "\n" FAILED("3", "of_another_day") "\n";
    check(text, fail_bit(FAIL_DNS) | fail_bit(FAIL_SILENCE), "0");
    check(text, fail_bit(FAIL_AUTH), "12");
}

/* They have a record, of a visit that was not made. */
static void what_was_cancelled_is_missing_whatever_is_named(void **state)
{
    (void)state;
    static const char text[] = FAILED("0", "cancelled") "\n" FAILED("1", "dns") "\n";
    check(text, fail_bit(FAIL_AUTH), "1");
    check(text, ALL, "");
}

/* A kill leaves any part of the last line; the lines before it count. */
static void a_cut_last_line_is_told_wherever_it_is_cut(void **state)
{
    (void)state;
    static const char first[] = OK("1") "\n", second[] = OK("2");
    char text[sizeof first + sizeof second];
    for (size_t n = 1; n < strlen(second); n++) {
        snprintf(text, sizeof text, "%s%.*s", first, (int)n, second);
        assert_int_equal(check(text, ALL, "1").n_cut, 1);
    }
    snprintf(text, sizeof text, "%s%s", first, second); /* whole, but for its line end */
    assert_int_equal(check(text, ALL, "12").n_cut, 0);
}

/* >> writes on in the line that was cut. */
static void what_was_appended_to_a_cut_line_counts(void **state)
{
    (void)state;
    static const char cut[] = OK("2"), more[] = OK("3") "\n" OK("4") "\n";
    char text[sizeof cut + sizeof more];
    for (size_t n = 1; n < strlen(cut); n++) {
        snprintf(text, sizeof text, "%.*s%s", (int)n, cut, more);
        assert_int_equal(check(text, ALL, "34").n_cut, 1);
    }
}

static void what_is_no_record_is_refused(void **state)
{
    (void)state;
    check_refused("root:x:0:0\n", "line 1 is no record of -o jsonl");
    check_refused(OK("1") "\n[1]\n", "line 2 is no record of -o jsonl (it has no schema)");
    check_refused(OK("1") "\n{}\n", "line 2 is no record");
    check_refused("{\"schema\":1,\"results\":[\n" OK("1") "\n]}\n", "is a document of -o json;");
    check_refused("{\"schema\":1,\"baseline_ms\":1}\n", "names no device");
    check_refused("{\"schema\":1,\"device\":5,\"status\":\"ok\"}\n", "names no device");
    check_refused("{\"schema\":\"1\",\"device\":\"r1\",\"status\":\"ok\"}\n", "no schema");
    check_refused(RECORD("2", "r1", "10.0.0.1", "ok", "null") "\n", "newer version (schema 2");
}

static void what_is_let_be_is_counted_with_its_exit_code(void **state)
{
    (void)state;
    struct resume r =
        check(FAILED("1", "auth") "\n" FAILED("2", "silence") "\n" FAILED("3", "auth") "\n" FAILED(
                  "4", "dns") "\n" FAILED("2", "silence") "\n",
              fail_bit(FAIL_DNS), "123");
    assert_int_equal(r.let_be[FAIL_AUTH], 2);
    assert_int_equal(r.let_be[FAIL_SILENCE], 1);
    assert_int_equal(r.let_be[FAIL_DNS], 0);
    assert_int_equal(r.let_be_exit, 4);
    r = check(FAILED("1", "silence") "\n" FAILED("2", "dns") "\n" OK("2") "\n", fail_bit(FAIL_AUTH),
              "12");
    assert_int_equal(r.let_be_exit, 3);
}

static void a_part_of_the_inventory_may_have_none_of_its_devices(void **state)
{
    (void)state;
    struct resume r;
    struct err e = {0};
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(RECORD("1", "x", "h", "ok", "null") "\n", f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(resume_read(&r, path, &inventory, ALL, true, &e), 0);
    assert_int_equal(r.n_done, 0);
    assert_int_equal(r.n_unknown, 1);
    resume_free(&r);
}

static void of_another_inventory_it_is_refused(void **state)
{
    (void)state;
    static const char moved[] = RECORD("1", "r1", "10.9.9.9", "ok", "null") "\n";
    static const char strange[] = RECORD("1", "x1", "10.0.0.1", "ok", "null") "\n";
    char text[4096];
    check_refused(moved, "of another inventory: 1 device had another address (r1)");
    check_refused(strange, "of another inventory: none of its devices is in this one");
    snprintf(text, sizeof text, "%s%s%s", OK("2") "\n", strange, strange);
    assert_int_equal(check(text, ALL, "2").n_unknown, 2);
    /* Its address was mended since: it is visited, wherever that is. */
    check(RECORD("1", "r1", "10.9.9.9", "failed", "\"dns\"") "\n", ALL, "");
}

static void what_cannot_be_read_is_told(void **state)
{
    (void)state;
    struct resume r;
    struct err e = {0}, directory = {0};
    assert_int_equal(resume_read(&r, "/nosuch/file", &inventory, ALL, false, &e), -1);
    assert_string_equal(e.text,
                        "--resume /nosuch/file: cannot be opened: No such file or directory");
    resume_free(&r);
    assert_int_equal(resume_read(&r, "/tmp", &inventory, ALL, false, &directory), -1);
    assert_non_null(strstr(directory.text, "Is a directory"));
    resume_free(&r);
}

static void a_line_without_end_is_refused(void **state)
{
    (void)state;
    struct resume r;
    struct err e = {0};
    size_t n = RESUME_LINE_MAX + (1 << 20);
    char *text = malloc(n);
    assert_non_null(text);
    memset(text, ' ', n);
    assert_int_equal(read_bytes(&r, text, n, ALL, &e), -1);
    assert_non_null(strstr(e.text, "line 1 is over 64 MiB"));
    resume_free(&r);
    free(text);
}

/* ok is ok; what --doubt fail made a failure comes again. */
static void an_output_in_doubt_is_done(void **state)
{
    (void)state;
    check(IN_DOUBT("1") "\n" FAILED("2", "truncated") "\n" IN_DOUBT("3") "\n", ALL, "13");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_missing_or_failed_is_left),
        cmocka_unit_test(an_output_in_doubt_is_done),
        cmocka_unit_test(the_last_record_of_a_device_counts),
        cmocka_unit_test(classes_that_are_not_named_are_let_be),
        cmocka_unit_test(what_was_cancelled_is_missing_whatever_is_named),
        cmocka_unit_test(a_cut_last_line_is_told_wherever_it_is_cut),
        cmocka_unit_test(what_was_appended_to_a_cut_line_counts),
        cmocka_unit_test(what_is_no_record_is_refused),
        cmocka_unit_test(what_is_let_be_is_counted_with_its_exit_code),
        cmocka_unit_test(a_part_of_the_inventory_may_have_none_of_its_devices),
        cmocka_unit_test(of_another_inventory_it_is_refused),
        cmocka_unit_test(what_cannot_be_read_is_told),
        cmocka_unit_test(a_line_without_end_is_refused),
    };
    return cmocka_run_group_tests(tests, make_file, drop_file);
}
