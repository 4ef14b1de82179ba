/* links: base/file base/buf base/err tests/lib/failing_malloc */
#include "base/file.h"
#include "tests/lib/failing_malloc.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[] = "/tmp/test_file.XXXXXX";

static int make_dir(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    (void)state;
    return rmdir(dir);
}

/* A file of that content in our directory; remove_file() takes it away. */
static const char *make_file(const void *bytes, size_t n)
{
    static char path[64];
    snprintf(path, sizeof path, "%s/file", dir);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_true(write(fd, bytes, n) == (ssize_t)n);
    close(fd);
    return path;
}

static void read_it(const char *path, size_t max, struct buf *b)
{
    struct err e = {0};
    buf_init(b, max + 1);
    assert_int_equal(file_read(path, max, b, NULL, &e), 0);
    assert_false(err_is_set(&e));
}

/* It cannot be read, and the sentence begins with the name as it was given. */
static void fails(const char *path, size_t max, const char *because)
{
    struct err e = {0};
    struct buf b;
    buf_init(&b, max + 1);
    assert_int_equal(file_read(path, max, &b, NULL, &e), -1);
    assert_int_equal(e.class, FAIL_USAGE);
    assert_memory_equal(e.text, file_name(path), strlen(file_name(path)));
    assert_non_null(strstr(e.text, because));
    buf_free(&b);
}

static void any_bytes_come_whole(void **state)
{
    (void)state;
    static char bytes[200000];
    static const size_t sizes[] = {0, 1, 256, 65535, 65536, 65537, sizeof bytes};
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 31);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct buf b;
        const char *path = make_file(bytes, sizes[i]);
        read_it(path, sizeof bytes, &b);
        assert_int_equal(b.len, sizes[i]);
        assert_true(memcmp(buf_bytes(&b), bytes, sizes[i]) == 0);
        buf_free(&b);
        unlink(path);
    }
}

static void it_is_added_behind_what_is_there(void **state)
{
    (void)state;
    struct err e = {0};
    struct stat st;
    struct buf b;
    const char *path = make_file("abc", 3);
    buf_init(&b, 100);
    buf_add_str(&b, "before ");
    assert_int_equal(file_read(path, 3, &b, &st, &e), 0);
    assert_string_equal(buf_bytes(&b), "before abc");
    assert_true(st.st_size == 3 && S_ISREG(st.st_mode) && (st.st_mode & 0777) == 0600);
    buf_free(&b);
    unlink(path);
}

static void the_bound_is_exact(void **state)
{
    (void)state;
    static char bytes[70000];
    static const size_t sizes[] = {1, 100, 65535, 65536, 65537, 70000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct buf b;
        const char *path = make_file(bytes, sizes[i]);
        read_it(path, sizes[i], &b);
        assert_int_equal(b.len, sizes[i]);
        buf_free(&b);
        fails(path, sizes[i] - 1, "over ");
        unlink(path);
    }
}

static void a_file_without_end_is_stopped(void **state)
{
    (void)state;
    fails("/dev/zero", 100000, "/dev/zero: over 100000 bytes");
    fails("/dev/zero", 3u << 20, "/dev/zero: over 3 MiB");
}

static void what_cannot_be_read_says_why(void **state)
{
    (void)state;
    fails("/nowhere/at all", 10, "No such file");
    fails(dir, 10, "is a directory");
    fails("", 10, "No such file");
    fails("/proc/self/mem", 10, "cannot be read");
    const char *path = make_file("x", 1);
    if (geteuid() != 0) {
        chmod(path, 0);
        fails(path, 10, "Permission denied");
    }
    unlink(path);
}

static void standard_input_is_a_dash(void **state)
{
    (void)state;
    int fds[2], before = dup(STDIN_FILENO);
    struct buf b;
    assert_int_equal(pipe(fds), 0);
    assert_true(write(fds[1], "a\0b", 3) == 3);
    close(fds[1]);
    dup2(fds[0], STDIN_FILENO);
    close(fds[0]);
    read_it("-", 10, &b);
    assert_int_equal(b.len, 3);
    assert_memory_equal(buf_bytes(&b), "a\0b", 3);
    assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0); /* it is not ours to close */
    close(STDIN_FILENO);
    fails("-", 10, "standard input: cannot be read");
    dup2(before, STDIN_FILENO);
    close(before);
    buf_free(&b);
    assert_string_equal(file_name("-"), "standard input");
    assert_string_equal(file_name("--"), "--");
}

static void no_descriptor_stays_open(void **state)
{
    (void)state;
    struct buf b;
    const char *path = make_file("x", 1);
    int next = dup(STDIN_FILENO);
    close(next);
    for (int i = 0; i < 3; i++) {
        read_it(path, 10, &b);
        buf_free(&b);
        fails(path, 0, "over 0 bytes");
        fails(dir, 10, "directory");
    }
    int after = dup(STDIN_FILENO);
    close(after);
    assert_int_equal(next, after);
    unlink(path);
}

static void expands(const char *path, const char *expected)
{
    char *full = file_expand_home(path);
    assert_string_equal(full, expected);
    free(full);
}

static void a_tilde_is_home(void **state)
{
    (void)state;
    const char *home = getenv("HOME");
    char *before = home ? strdup(home) : NULL;
    struct buf b;
    setenv("HOME", dir, 1);
    char full[64];
    snprintf(full, sizeof full, "%s/file", dir);
    expands("~/file", full);
    expands("~", "~");
    expands("~root/x", "~root/x");
    expands("/a/~/b", "/a/~/b");
    expands("", "");
    make_file("home", 4);
    read_it("~/file", 10, &b);
    assert_string_equal(buf_bytes(&b), "home");
    buf_free(&b);
    unlink(full);
    fails("~/file", 10, "~/file: ");
    unsetenv("HOME");
    expands("~/file", "~/file");
    if (before)
        setenv("HOME", before, 1);
    free(before);
}

static void no_memory_is_told_apart(void **state)
{
    (void)state;
    if (!failing_malloc_works())
        skip();
    const char *path = make_file("some bytes", 10);
    bool failed = true;
    for (long nth = 1; failed; nth++) {
        struct err e = {0};
        struct buf b;
        assert_true(nth < 10);
        buf_init(&b, 200000);
        failing_malloc_at(nth);
        int rc = file_read(path, 199999, &b, NULL, &e);
        failed = failing_malloc_stop();
        assert_int_equal(rc, failed ? -1 : 0);
        assert_int_equal(e.class, failed ? FAIL_INTERNAL : FAIL_NONE);
        buf_free(&b);
    }
    failing_malloc_at(1);
    assert_null(file_expand_home("~/x"));
    failing_malloc_stop();
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_bytes_come_whole),
        cmocka_unit_test(it_is_added_behind_what_is_there),
        cmocka_unit_test(the_bound_is_exact),
        cmocka_unit_test(a_file_without_end_is_stopped),
        cmocka_unit_test(what_cannot_be_read_says_why),
        cmocka_unit_test(standard_input_is_a_dash),
        cmocka_unit_test(no_descriptor_stays_open),
        cmocka_unit_test(a_tilde_is_home),
        cmocka_unit_test(no_memory_is_told_apart),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
