/* links: session/trace base/mask base/buf base/clock base/err base/escape base/filename
 * base/log */

/* A session log: what it holds, what it hides, and what becomes of it where it cannot be written.
 */
#include "session/trace.h"

#include "tests/lib/fake_inventory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const struct secret password = {"hunter2"};
static const struct device device = {.name = "r/1", .host = "r1", .password = &password};
static const struct job job = {.device = &device, .attempt = 1};
static char dir[64];

const char *secret_value(const struct secret *s)
{
    return s ? s->value : "";
}

static int make_dir(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/poller-trace-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    char path[128];
    (void)state;
    snprintf(path, sizeof path, "%s/r%%2F1.log", dir);
    unlink(path);
    return rmdir(dir);
}

static const char *log_text(void)
{
    static char text[65536];
    char path[128];
    struct stat st;
    snprintf(path, sizeof path, "%s/r%%2F1.log", dir);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    return text;
}

static struct mono at(int64_t ms)
{
    return mono_add_ms((struct mono){0}, ms);
}

static void a_dialogue_reads_as_it_went(void **state)
{
    (void)state;
    struct trace *t = trace_new(&job, dir, false, at(0));
    assert_non_null(t);
    trace_note(t, at(1), "open, %d", 7);
    trace_received(t, "Password: ", 10, false, at(12));
    trace_sent(t, "hunter2\n", 8, true, at(20));
    trace_received(t, "\r\n\x1b[1mr1#\0", 10, false, at(30));
    trace_received(t, "oops\n", 5, true, at(31));
    trace_sent(t, "echo \\ hunter2\n", 15, false, at(40));
    trace_free(t);
    assert_string_equal(log_text(), "+0.001 * open, 7\n"
                                    "+0.012 < Password: \n"
                                    "+0.020 > ******\n"
                                    "+0.030 < \\r\\n\n"
                                    "+0.030 < \\e[1mr1#\\x00\n"
                                    "+0.031 ! oops\\n\n"
                                    "+0.040 > echo \\\\ ******\\n\n");
}

static void a_second_attempt_is_appended(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct job again = job;
        again.attempt = (uint32_t)i + 1;
        struct trace *t = trace_new(&again, dir, false, at(0));
        trace_note(t, at(i), "attempt");
        trace_free(t);
    }
    assert_string_equal(log_text(), "+0.000 * attempt\n+0.001 * attempt\n");
    struct trace *t = trace_new(&job, dir, false, at(0)); /* the next run begins anew */
    trace_free(t);
    assert_string_equal(log_text(), "");
}

static void a_secret_in_two_chunks_is_hidden(void **state)
{
    (void)state;
    struct trace *t = trace_new(&job, dir, false, at(0));
    trace_received(t, "you typed hun", 13, false, at(1));
    trace_received(t, "ter2!\n", 6, false, at(2));
    trace_received(t, "hunter", 6, false, at(3)); /* and then the connection is gone */
    trace_free(t);
    assert_null(strstr(log_text(), "hun"));
    assert_non_null(strstr(log_text(), "******!\\n"));
}

static void nothing_to_write_to_is_no_trace(void **state)
{
    (void)state;
    assert_null(trace_new(&job, "/nonexistent/poller", false, at(0)));
    assert_null(trace_new(&job, NULL, false, at(0)));
    trace_sent(NULL, "x", 1, false, at(0));
    trace_received(NULL, "x", 1, false, at(0));
    trace_note(NULL, at(0), "x");
    trace_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_dialogue_reads_as_it_went, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(a_second_attempt_is_appended, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(a_secret_in_two_chunks_is_hidden, make_dir, remove_dir),
        cmocka_unit_test(nothing_to_write_to_is_no_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
