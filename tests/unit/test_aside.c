/* links: base/aside base/file base/buf base/err */
#include "base/aside.h"
#include "base/file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[64];

static const char *in_directory(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

static int make_directory(void **state)
{
    (void)state;
    strcpy(directory, "/tmp/test_aside_XXXXXX");
    return mkdtemp(directory) ? 0 : -1;
}

/* Fails where a file was left behind. */
static int remove_directory(void **state)
{
    (void)state;
    unlink(in_directory("f"));
    return rmdir(directory);
}

static void holds(const char *expected)
{
    struct buf b;
    struct err e = {0};
    buf_init(&b, 1 << 20);
    assert_int_equal(file_read(in_directory("f"), 1 << 19, &b, NULL, &e), 0);
    assert_string_equal(buf_bytes(&b), expected);
    buf_free(&b);
}

static void write_file(const char *text)
{
    struct aside a;
    struct err e = {0};
    assert_int_equal(aside_open(&a, in_directory("f"), &e), 0);
    assert_int_equal(aside_write(&a, text, strlen(text), &e), 0);
    assert_int_equal(aside_commit(&a, &e), 0);
}

static void a_file_takes_its_place_when_it_is_whole(void **state)
{
    (void)state;
    struct aside a;
    struct err e = {0};
    write_file("old");
    assert_int_equal(aside_open(&a, in_directory("f"), &e), 0);
    assert_int_equal(aside_write(&a, "n", 1, &e), 0);
    holds("old");
    assert_int_equal(aside_write(&a, "ew", 2, &e), 0);
    assert_int_equal(aside_commit(&a, &e), 0);
    holds("new");
}

static void what_is_dropped_leaves_no_trace(void **state)
{
    (void)state;
    struct aside a;
    struct err e = {0};
    write_file("old");
    assert_int_equal(aside_open(&a, in_directory("f"), &e), 0);
    assert_int_equal(aside_write(&a, "new", 3, &e), 0);
    aside_drop(&a);
    aside_drop(&a); /* nothing is left to drop */
    holds("old");
}

static void a_directory_is_told_before_anything_is_written(void **state)
{
    (void)state;
    struct aside a;
    struct err e = {0};
    assert_int_equal(aside_open(&a, directory, &e), -1);
    assert_int_equal(e.class, FAIL_INTERNAL);
    assert_non_null(strstr(e.text, "could not be written: Is a directory"));
    aside_drop(&a);
}

static void a_place_that_is_not_there_is_told(void **state)
{
    (void)state;
    struct aside a;
    struct err e = {0};
    assert_int_equal(aside_open(&a, in_directory("none/f"), &e), -1);
    assert_non_null(strstr(e.text, "none/f could not be written: No such file"));
}

static void a_link_in_the_way_is_not_followed(void **state)
{
    (void)state;
    struct aside a;
    struct err e = {0};
    char target[128];
    snprintf(target, sizeof target, "%s", in_directory("f"));
    assert_int_equal(symlink(target, in_directory(".f.new")), 0);
    assert_int_equal(aside_open(&a, target, &e), -1);
    assert_int_equal(access(target, F_OK), -1);
    assert_int_equal(unlink(in_directory(".f.new")), 0);
}

static void all_in_one_beneath_a_directory(void **state)
{
    (void)state;
    struct err e = {0};
    int dir = open(directory, O_RDONLY | O_DIRECTORY);
    assert_true(dir >= 0);
    assert_int_equal(aside_put(dir, "f", "old", 3, &e), 0);
    holds("old");
    assert_int_equal(aside_put(AT_FDCWD, in_directory("f"), "new one", 7, &e), 0);
    holds("new one");
    assert_int_equal(aside_put(dir, "none/f", "x", 1, &e), -1);
    assert_string_equal(e.text, "none/f could not be written: No such file or directory");
    close(dir);
}

/* A file may have no more bytes than so many. */
static void what_cannot_be_whole_leaves_the_old_one(void **state)
{
    (void)state;
    struct err e = {0};
    struct rlimit before, small;
    write_file("old");
    getrlimit(RLIMIT_FSIZE, &before);
    small = (struct rlimit){4, before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    int rc = aside_put(AT_FDCWD, in_directory("f"), "longer", 6, &e);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(rc, -1);
    assert_non_null(strstr(e.text, "/f could not be written: File too large"));
    holds("old");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)
    const struct CMUnitTest tests[] = {
        TEST(a_file_takes_its_place_when_it_is_whole),
        TEST(what_is_dropped_leaves_no_trace),
        TEST(a_directory_is_told_before_anything_is_written),
        TEST(a_place_that_is_not_there_is_told),
        TEST(a_link_in_the_way_is_not_followed),
        TEST(all_in_one_beneath_a_directory),
        TEST(what_cannot_be_whole_leaves_the_old_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
