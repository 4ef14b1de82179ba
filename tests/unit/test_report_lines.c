/* links: report/html report/html_check report/html_groups report/html_page report/html_read
 *        report/html_run gen/report_builtin base/aside base/arena base/strmap base/file base/buf
 *        base/err base/log */
#include "base/log.h"
#include "report/html_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* The bytes as a file; what reading it says. */
static int read_text(struct html *h, const char *text, struct err *e)
{
    char path[] = "/tmp/test_report_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    int rc = html_add_file(h, path, e);
    unlink(path);
    return rc;
}

/* Reads text and checks how many records became one run. */
static void check_records(const char *text, size_t n)
{
    struct html *h = html_new();
    struct err e = {0};
    if (read_text(h, text, &e) != 0)
        fail_msg("%s: %s", text, e.text);
    json_t *columns = json_object_get(json_array_get(h->documents, 0), "columns");
    assert_int_equal(json_array_size(json_object_get(columns, "name")), n);
    assert_int_equal(json_array_size(h->documents), 1);
    html_free(h);
}

static void check_refused(const char *text, const char *why)
{
    struct html *h = html_new();
    struct err e = {0};
    assert_int_equal(read_text(h, text, &e), -1);
    assert_int_equal(e.class, FAIL_USAGE);
    if (!strstr(e.text, why))
        fail_msg("'%s' is not in: %s", why, e.text);
    html_free(h);
}

#define LINE(device)                                                                               \
    "{\"schema\":1,\"run_id\":\"a\",\"device\":\"" device                                          \
    "\",\"status\":\"ok\",\"timing_ms\":{\"queued\":0.1},\"commands\":[{\"output\":\"x\"}]}"

/* What a killed run leaves: its cut line has a whole one before or not, and is followed by a line,
 * or by a record within it. */
static void a_line_cut_anywhere_is_left_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4 * (strlen(LINE("cut")) - 1); i++) {
        char text[1024];
        snprintf(text, sizeof text, "%s%.*s%s%s", i & 1 ? LINE("r1") "\n" : "", (int)(i / 4 + 1),
                 LINE("cut"), i & 2 ? "\n" : "", LINE("r2") "\n");
        check_records(text, i & 1 ? 2 : 1);
    }
    for (int cut = 1; cut < (int)strlen(LINE("cut")); cut++) {
        char text[1024];
        snprintf(text, sizeof text, "%s%.*s", LINE("r1") "\n", cut, LINE("cut"));
        check_records(text, 1);
    }
    check_records(LINE("r1") "\n\x01\x02 spoilt\n" LINE("r2") "\n", 2);
}

static void without_a_whole_record_it_is_refused(void **state)
{
    (void)state;
    for (int cut = 1; cut < (int)strlen(LINE("cut")); cut++) {
        char text[1024];
        snprintf(text, sizeof text, "%.*s\n%.*s", cut, LINE("cut"), cut, LINE("cut"));
        check_refused(text, "");
    }
    check_refused("{\"schema\":1,\"run_id\":\"a", "is cut off");
    check_refused("{\"schema\":1,\"run_id\":\"a\n{\"schema\":1,\"run_", "is not JSON (line 1)");
}

/* Some of its records may be on the page: it is not passed over. */
static void a_document_that_is_cut_is_refused_behind_lines_too(void **state)
{
    (void)state;
    check_refused(LINE("r1") "\n{\"schema\":1,\"results\":[" LINE("r2") ",", "is cut off");
    check_refused("nonsense\n" LINE("r1"), "is not JSON (line 1)");
}

static int be_quiet(void **state)
{
    (void)state;
    log_set_level(LOG_QUIET);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_cut_anywhere_is_left_out),
        cmocka_unit_test(without_a_whole_record_it_is_refused),
        cmocka_unit_test(a_document_that_is_cut_is_refused_behind_lines_too),
    };
    return cmocka_run_group_tests(tests, be_quiet, NULL);
}
