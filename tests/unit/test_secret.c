/* links: base/arena base/buf base/clock base/err base/file base/log model/secret model/secret_fetch
 * model/secret_program model/secret_vault base/strmap */
#include <poller/clock.h>
#include <poller/err.h>
#include <poller/secret.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"

static struct secret_store *store;
static struct err err;

static int set_up(void **state)
{
    (void)state;
    err_clear(&err);
    log_set_level(LOG_QUIET);
    store = secret_store_new();
    return store ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    secret_store_free(store);
    return 0;
}

static const struct secret *intern(const char *text)
{
    return secret_intern(store, text, "password", "d.yaml:3:5");
}

static int resolve(void)
{
    return secret_resolve_all(store, NULL, NULL, &err);
}

static void expect_failure(const char *text, const char *error)
{
    assert_non_null(intern(text));
    assert_int_equal(resolve(), -1);
    assert_int_equal(err.class, FAIL_USAGE);
    assert_string_equal(err.text, error);
}

static void plain_texts_need_no_fetching(void **state)
{
    (void)state;
    const struct secret *s = intern("environment");
    assert_true(secret_is_plain(s));
    assert_string_equal(secret_value(s), "environment");
    assert_string_equal(secret_value(NULL), "");
    assert_string_equal(secret_value(intern("")), "");
    assert_int_equal(resolve(), 0);
}

static void equal_texts_are_one_secret(void **state)
{
    (void)state;
    assert_ptr_equal(intern("cmd:x"), intern("cmd:x"));
    assert_ptr_equal(intern("plain"), intern("plain"));
    assert_ptr_not_equal(intern("plain"), intern("plain2"));
    assert_ptr_equal(intern("ask"), intern("ask"));
    assert_ptr_not_equal(intern("ask"), secret_intern(store, "ask", "enable secret", "-K"));
}

static void from_the_environment(void **state)
{
    (void)state;
    setenv("POLLER_TEST_SECRET", "s3cret\n", 1);
    const struct secret *s = intern("env:POLLER_TEST_SECRET");
    assert_false(secret_is_plain(s));
    assert_string_equal(secret_value(s), "");
    assert_int_equal(resolve(), 0);
    assert_string_equal(secret_value(s), "s3cret");
}

static void an_unset_variable(void **state)
{
    (void)state;
    expect_failure("env:POLLER_TEST_NOWHERE",
                   "d.yaml:3:5: password: the environment variable POLLER_TEST_NOWHERE is not set");
}

static void an_empty_variable(void **state)
{
    (void)state;
    setenv("POLLER_TEST_EMPTY", "", 1);
    expect_failure("env:POLLER_TEST_EMPTY", "d.yaml:3:5: password: it is empty");
}

static void a_second_line_would_be_typed_at_a_prompt(void **state)
{
    (void)state;
    setenv("POLLER_TEST_LINES", "one\ntwo\n", 1);
    expect_failure("env:POLLER_TEST_LINES", "d.yaml:3:5: password: it has more than one line");
}

static void from_a_file(void **state)
{
    (void)state;
    char path[] = "/tmp/poller-test-secret-XXXXXX", text[64];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "from a file\r\n", 13), 13);
    close(fd);
    snprintf(text, sizeof text, "file:%s", path);
    const struct secret *s = intern(text);
    assert_int_equal(resolve(), 0);
    assert_string_equal(secret_value(s), "from a file");
    unlink(path);
}

static void a_missing_file(void **state)
{
    (void)state;
    expect_failure("file:/nonexistent/x",
                   "d.yaml:3:5: password: /nonexistent/x: cannot be opened: No such file or "
                   "directory");
}

static void a_file_that_is_too_long(void **state)
{
    (void)state;
    expect_failure("file:/dev/zero", "d.yaml:3:5: password: /dev/zero: over 4098 bytes");
}

static void from_a_program(void **state)
{
    (void)state;
    const struct secret *s = intern("cmd:printf 'a%s\\n' b; echo shown >/dev/null");
    assert_int_equal(resolve(), 0);
    assert_string_equal(secret_value(s), "ab");
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nothing is left to be waited for */
}

static void a_program_runs_once(void **state)
{
    (void)state;
    char path[] = "/tmp/poller-test-runs-XXXXXX", text[128];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    snprintf(text, sizeof text, "cmd:echo x >> %s; echo value", path);
    const struct secret *first = intern(text), *second = intern(text);
    assert_int_equal(resolve(), 0);
    assert_int_equal(resolve(), 0);
    assert_string_equal(secret_value(first), "value");
    assert_string_equal(secret_value(second), "value");
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_size, 2);
    close(fd);
    unlink(path);
}

static void a_program_that_fails(void **state)
{
    (void)state;
    expect_failure("cmd:echo x; exit 3",
                   "d.yaml:3:5: password: the program ended with exit code 3");
}

static void a_program_that_is_not_there(void **state)
{
    (void)state;
    expect_failure("cmd:/nonexistent/x 2>/dev/null",
                   "d.yaml:3:5: password: the program ended with exit code 127 (not found)");
}

static void a_program_that_prints_without_end(void **state)
{
    (void)state;
    expect_failure("cmd:while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done",
                   "d.yaml:3:5: password: the program printed over 4096 bytes");
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

/* A child that keeps the pipe open must not be waited for. */
static void a_program_that_leaves_another_running(void **state)
{
    (void)state;
    struct mono before = mono_now();
    const struct secret *s = intern("cmd:sleep 20 & echo here");
    assert_int_equal(resolve(), 0);
    assert_string_equal(secret_value(s), "here");
    assert_true(mono_ms_between(before, mono_now()) < 10000);
}

static void a_program_where_ended_children_are_forgotten(void **state)
{
    (void)state;
    signal(SIGCHLD, SIG_IGN);
    const struct secret *s = intern("cmd:echo here");
    assert_int_equal(resolve(), 0);
    assert_string_equal(secret_value(s), "here");
    assert_ptr_equal(signal(SIGCHLD, SIG_DFL), SIG_IGN);
}

struct asked {
    int times;
    const char *answer;
};

static int answer(void *ctx, const char *question, char *out, size_t size, struct err *e)
{
    struct asked *a = ctx;
    a->times++;
    if (!a->answer)
        return err_set(e, FAIL_USAGE, "%s: no terminal", question);
    snprintf(out, size, "%s", a->answer);
    return 0;
}

static void a_person_is_asked_once_for_each_label(void **state)
{
    (void)state;
    struct asked a = {0, "typed"};
    const struct secret *one = intern("ask"), *two = intern("ask");
    const struct secret *enable = secret_intern(store, "ask", "enable secret", "d.yaml:4:1");
    assert_int_equal(secret_resolve_all(store, answer, &a, &err), 0);
    assert_int_equal(a.times, 2);
    assert_string_equal(secret_value(one), "typed");
    assert_string_equal(secret_value(two), "typed");
    assert_string_equal(secret_value(enable), "typed");
}

static void a_person_who_cannot_be_asked(void **state)
{
    (void)state;
    struct asked a = {0, NULL};
    intern("ask");
    assert_int_equal(secret_resolve_all(store, answer, &a, &err), -1);
    assert_string_equal(err.text, "d.yaml:3:5: password: no terminal");
}

static void what_nobody_wants_is_not_fetched(void **state)
{
    (void)state;
    struct asked a = {0, "typed"};
    intern("ask");
    intern("env:POLLER_TEST_NOWHERE");
    const struct secret *wanted = intern("cmd:echo wanted");
    secret_want_none(store);
    secret_want(store, wanted);
    secret_want(store, NULL);
    assert_int_equal(secret_resolve_all(store, answer, &a, &err), 0);
    assert_int_equal(a.times, 0);
    assert_string_equal(secret_value(wanted), "wanted");
}

static void a_value_of_the_largest_size(void **state)
{
    (void)state;
    char *text = malloc(SECRET_VALUE_MAX + 3);
    assert_non_null(text);
    memset(text, 'x', SECRET_VALUE_MAX + 2);
    text[SECRET_VALUE_MAX] = '\n';
    text[SECRET_VALUE_MAX + 1] = '\0';
    setenv("POLLER_TEST_LONG", text, 1);
    const struct secret *s = intern("env:POLLER_TEST_LONG");
    assert_int_equal(resolve(), 0);
    assert_int_equal(strlen(secret_value(s)), SECRET_VALUE_MAX);
    text[SECRET_VALUE_MAX] = 'x';
    setenv("POLLER_TEST_LONGER", text, 1);
    free(text);
    expect_failure("env:POLLER_TEST_LONGER", "d.yaml:3:5: password: it is over 4096 bytes");
    unsetenv("POLLER_TEST_LONG");
    unsetenv("POLLER_TEST_LONGER");
}

static void many_secrets_keep_their_places(void **state)
{
    (void)state;
    const struct secret *all[5000];
    char text[32];
    for (int i = 0; i < 5000; i++) {
        snprintf(text, sizeof text, "password %d", i);
        all[i] = intern(text);
        assert_non_null(all[i]);
    }
    for (int i = 0; i < 5000; i++) {
        snprintf(text, sizeof text, "password %d", i);
        assert_string_equal(secret_value(all[i]), text);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(plain_texts_need_no_fetching),
        TEST(equal_texts_are_one_secret),
        TEST(from_the_environment),
        TEST(an_unset_variable),
        TEST(an_empty_variable),
        TEST(a_second_line_would_be_typed_at_a_prompt),
        TEST(from_a_file),
        TEST(a_missing_file),
        TEST(a_file_that_is_too_long),
        TEST(from_a_program),
        TEST(a_program_runs_once),
        TEST(a_program_that_fails),
        TEST(a_program_that_is_not_there),
        TEST(a_program_that_prints_without_end),
        TEST(a_program_that_leaves_another_running),
        TEST(a_program_where_ended_children_are_forgotten),
        TEST(a_person_is_asked_once_for_each_label),
        TEST(a_person_who_cannot_be_asked),
        TEST(what_nobody_wants_is_not_fetched),
        TEST(a_value_of_the_largest_size),
        TEST(many_secrets_keep_their_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
