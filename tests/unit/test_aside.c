/* links: base/aside base/file base/buf base/err */
#include "base/aside.h"
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)
    const struct CMUnitTest tests[] = {
        TEST(a_file_takes_its_place_when_it_is_whole),
        TEST(what_is_dropped_leaves_no_trace),
        TEST(a_directory_is_told_before_anything_is_written),
        TEST(a_place_that_is_not_there_is_told),
        TEST(a_link_in_the_way_is_not_followed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
