/* links: base/log */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static char written[1 << 20]; /* what came on standard error */
static int real_stderr, into;

static void start_capture(void)
{
    into = memfd_create("stderr", 0);
    real_stderr = dup(STDERR_FILENO);
    assert_true(into >= 0 && real_stderr >= 0);
    assert_int_equal(fcntl(into, F_SETFL, O_APPEND), 0);
    assert_true(dup2(into, STDERR_FILENO) >= 0);
}

static const char *end_capture(void)
{
    dup2(real_stderr, STDERR_FILENO);
    ssize_t n = pread(into, written, sizeof written - 1, 0);
    assert_true(n >= 0);
    written[n] = '\0';
    close(into);
    close(real_stderr);
    return written;
}

static void the_level_decides(void **state)
{
    (void)state;
    static const char *const expected[] = {
        "", "poller: warning: w 1\n", "poller: warning: w 1\npoller: info: i 2\n",
        "poller: warning: w 1\npoller: info: i 2\npoller: debug: d 3\n"};
    assert_int_equal(log_get_level(), LOG_WARN);
    for (int level = LOG_QUIET; level <= LOG_DEBUG; level++) {
        start_capture();
        log_set_level((enum log_level)level);
        log_warn("w %d", 1);
        log_info("i %d", 2);
        log_debug("d %d", 3);
        log_line(LOG_QUIET, "nothing has this level");
        assert_string_equal(end_capture(), expected[level + 1]);
        assert_int_equal(log_get_level(), level);
    }
    log_set_level(LOG_WARN);
}

static char *repeat(const char *piece, size_t n)
{
    size_t len = strlen(piece);
    char *text = malloc(n * len + 1);
    for (size_t i = 0; i < n; i++)
        memcpy(text + i * len, piece, len);
    text[n * len] = '\0';
    return text;
}

static void a_long_line_is_cut_and_ends(void **state)
{
    (void)state;
    static const size_t lengths[] = {2029, 2030, 2031, 2032, 5000, 100000};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        char *text = repeat("x", lengths[i]);
        start_capture();
        log_warn("%s", text);
        log_warn("next");
        const char *line = end_capture();
        const char *end = strchr(line, '\n');
        assert_non_null(end);
        assert_in_range(end - line, 2040, 2048);
        assert_string_equal(end + 1, "poller: warning: next\n");
        assert_int_equal(strspn(line + 17, "x"), end - line - 17);
        free(text);
    }
}

/* What a device said must not move a terminal's cursor, or look like a line of ours. */
static void control_characters_are_tamed(void **state)
{
    (void)state;
    start_capture();
    log_warn("%s", "a\nb\r\033[2Jc\x7f\a\b\tz \xc2\x9b"
                   "31m \xc3\xa9 \xe2\x82\xac \xc2\xa0 \x80");
    assert_string_equal(end_capture(), "poller: warning: a?b??[2Jc???\tz ??31m \xc3\xa9 "
                                       "\xe2\x82\xac \xc2\xa0 \x80\n");
    start_capture();
    log_warn("%s", "\xc2");
    assert_string_equal(end_capture(), "poller: warning: \xc2\n");
}

static void errno_stays(void **state)
{
    (void)state;
    int fd = dup(STDERR_FILENO);
    close(STDERR_FILENO);
    errno = ENOSPC;
    log_warn("nobody hears this");
    int error = errno;
    dup2(fd, STDERR_FILENO);
    close(fd);
    assert_int_equal(error, ENOSPC);
}

static void say_before(void)
{
    assert_true(write(STDERR_FILENO, "<", 1) == 1);
}

static void say_after(void)
{
    assert_true(write(STDERR_FILENO, ">", 1) == 1);
}

static void hooks_stand_around_each_line(void **state)
{
    (void)state;
    start_capture();
    log_set_hooks(say_before, say_after);
    log_warn("one");
    log_info("not said");
    log_set_hooks(NULL, say_after);
    log_warn("two");
    log_set_hooks(NULL, NULL);
    log_warn("three");
    assert_string_equal(end_capture(), "<poller: warning: one\n>poller: warning: two\n>"
                                       "poller: warning: three\n");
}

enum { THREADS = 4, LINES = 500 };

static void *talk(void *ctx)
{
    char *text = repeat(ctx, 300);
    for (int i = 0; i < LINES; i++)
        log_warn("%s", text);
    free(text);
    return NULL;
}

/* Each line is one write: none is found inside another. */
static void lines_of_threads_do_not_mix(void **state)
{
    (void)state;
    static char names[THREADS][2] = {"a", "b", "c", "d"};
    pthread_t threads[THREADS];
    int seen[THREADS] = {0};
    start_capture();
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, talk, names[i]), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    char *rest = NULL, *line = strtok_r((char *)(uintptr_t)end_capture(), "\n", &rest);
    for (; line; line = strtok_r(NULL, "\n", &rest)) {
        assert_memory_equal(line, "poller: warning: ", 17);
        assert_in_range(line[17], 'a', 'd');
        assert_int_equal(strspn(line + 17, names[line[17] - 'a']), 300);
        assert_int_equal(strlen(line), 317);
        seen[line[17] - 'a']++;
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(seen[i], LINES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_level_decides),
        cmocka_unit_test(a_long_line_is_cut_and_ends),
        cmocka_unit_test(control_characters_are_tamed),
        cmocka_unit_test(errno_stays),
        cmocka_unit_test(hooks_stand_around_each_line),
        cmocka_unit_test(lines_of_threads_do_not_mix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
