/* links: lab/sim/stats lab/sim/stats_write base/clock base/err */

/* What a simulator counts: the sliding second, most at once, names, JSON. */
#include "lab/sim/stats.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct mono at_ms(int64_t ms)
{
    return (struct mono){ms * 1000000};
}

/* The statistics as a tree; the text is checked on the way. */
static json_t *tree_of(struct stats *s)
{
    char *text = stats_json(s, 42, 1234.5);
    assert_non_null(text);
    json_t *tree = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(tree);
    free(text);
    return tree;
}

static long long number_in(struct stats *s, const char *group, const char *name)
{
    json_t *tree = tree_of(s), *from = group ? json_object_get(tree, group) : tree;
    json_t *value = json_object_get(from, name);
    long long n = json_integer_value(value);
    assert_true(json_is_integer(value));
    json_decref(tree);
    return n;
}

static long long count_of_name(struct stats *s, const char *group, const char *table,
                               const char *name)
{
    json_t *tree = tree_of(s), *names = json_object_get(tree, table);
    if (group)
        names = json_object_get(json_object_get(tree, group), table);
    assert_true(json_is_object(names));
    long long n = json_integer_value(json_object_get(names, name));
    json_decref(tree);
    return n;
}

static void log_in_at(struct stats *s, int64_t ms)
{
    stats_logged_in(s, 0, at_ms(ms));
    stats_ended(s, 0, true);
}

static void the_second_slides(void **state)
{
    static const struct {
        int64_t ms[6];
        long long most;
    } rows[] = {
        {{5000, 5100, 5999, -1}, 3},
        {{5000, 5500, 6000, -1}, 2},
        {{5999, 6000, 6001, 6998, 6999, -1}, 4},
        {{5000, 7000, 9000, -1}, 1},
        {{5000, 5999, 6998, 7997, -1}, 2},
        {{0, 999, -1}, 2},
        {{0, 1000, -1}, 1},
        {{123456789000, 123456789999, 123456790000, -1}, 2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct stats *s = stats_new(1);
        for (size_t k = 0; rows[i].ms[k] >= 0; k++)
            log_in_at(s, rows[i].ms[k]);
        assert_int_equal(number_in(s, "logins", "most_in_a_second"), rows[i].most);
        stats_free(s);
    }
}

static void an_even_stream_counts_its_rate(void **state)
{
    struct stats *s = stats_new(1);
    (void)state;
    for (int64_t ms = 10000; ms < 20000; ms += 4)
        log_in_at(s, ms);
    assert_int_equal(number_in(s, "logins", "most_in_a_second"), 250);
    /* Another process may come with a time that is a little older. */
    log_in_at(s, 19990);
    assert_int_equal(number_in(s, "logins", "most_in_a_second"), 251);
    assert_int_equal(number_in(s, "logins", "total"), 2501);
    stats_free(s);
}

static void most_at_once_is_kept(void **state)
{
    struct stats *s = stats_new(3);
    (void)state;
    assert_int_equal(stats_connected(s, 0), 1);
    assert_int_equal(stats_connected(s, 0), 2);
    assert_int_equal(stats_connected(s, 2), 1);
    stats_disconnected(s, 0);
    stats_disconnected(s, 0);
    assert_int_equal(stats_connected(s, 0), 3);
    assert_int_equal(number_in(s, "connections", "total"), 4);
    assert_int_equal(number_in(s, "connections", "now"), 2);
    assert_int_equal(number_in(s, "connections", "most"), 3);
    assert_int_equal(number_in(s, "connections", "most_per_device"), 2);
    stats_free(s);
}

static void sessions_end_in_order_or_not(void **state)
{
    struct stats *s = stats_new(2);
    (void)state;
    assert_int_equal(stats_logged_in(s, 0, at_ms(1)), 1);
    assert_int_equal(stats_logged_in(s, 0, at_ms(2)), 2);
    assert_int_equal(stats_logged_in(s, 1, at_ms(3)), 1);
    stats_ended(s, 0, true);
    stats_ended(s, 1, false);
    assert_int_equal(stats_logged_in(s, 1, at_ms(4)), 1);
    assert_int_equal(number_in(s, "logins", "total"), 4);
    assert_int_equal(number_in(s, "logins", "now"), 2);
    assert_int_equal(number_in(s, "logins", "most"), 3);
    assert_int_equal(number_in(s, "logins", "most_per_device"), 2);
    assert_int_equal(number_in(s, "logins", "logged_out"), 1);
    assert_int_equal(number_in(s, "logins", "dropped"), 1);
    stats_free(s);
}

static void refusals_are_a_row_until_forgotten(void **state)
{
    struct stats *s = stats_new(2);
    (void)state;
    assert_int_equal(stats_refused(s, 0, "admin", at_ms(1000)), 1);
    assert_int_equal(stats_refused(s, 0, "admin", at_ms(2000)), 2);
    assert_int_equal(stats_refused(s, 1, "root", at_ms(2000)), 1);
    assert_int_equal(stats_refused_in_row(s, 0, at_ms(61999), 60000), 2);
    assert_int_equal(stats_refused_in_row(s, 0, at_ms(62000), 60000), 0);
    assert_int_equal(stats_refused(s, 0, "admin", at_ms(62000)), 1);
    stats_logged_in(s, 0, at_ms(62001));
    assert_int_equal(stats_refused_in_row(s, 0, at_ms(62001), 60000), 0);
    assert_int_equal(stats_refused_in_row(s, 1, at_ms(3000), 60000), 1);
    assert_int_equal(count_of_name(s, "refused", "by_user", "admin"), 3);
    assert_int_equal(count_of_name(s, "refused", "by_user", "root"), 1);
    assert_int_equal(number_in(s, "refused", "total"), 4);
    stats_free(s);
}

static void a_storm_is_more_than_most_in_a_second(void **state)
{
    struct stats *s = stats_new(2);
    (void)state;
    assert_false(stats_is_storm(s, 0, at_ms(5000), 2));
    assert_false(stats_is_storm(s, 0, at_ms(5100), 2));
    assert_true(stats_is_storm(s, 0, at_ms(5999), 2));
    assert_false(stats_is_storm(s, 1, at_ms(5999), 2));
    assert_false(stats_is_storm(s, 0, at_ms(6000), 2));
    assert_int_equal(number_in(s, NULL, "login_storms"), 1);
    stats_shed(s);
    assert_int_equal(number_in(s, NULL, "shed"), 1);
    stats_free(s);
}

static void names_beyond_the_bound_are_counted_together(void **state)
{
    struct stats *s = stats_new(1);
    char name[32];
    (void)state;
    for (int i = 0; i < 20000; i++) {
        snprintf(name, sizeof name, "command %d", i % 10000);
        stats_command(s, name);
    }
    json_t *tree = tree_of(s), *names = json_object_get(tree, "by_command"), *count;
    const char *key;
    long long sum = 0;
    json_object_foreach(names, key, count) sum += json_integer_value(count);
    assert_int_equal(sum, 20000);
    assert_true(json_object_size(names) <= 4097);
    assert_true(json_integer_value(json_object_get(names, "(others)")) > 10000);
    json_decref(tree);
    assert_int_equal(number_in(s, NULL, "commands"), 20000);
    stats_free(s);
}

static void odd_names_are_counted(void **state)
{
    struct stats *s = stats_new(1);
    char cut[200], want[200];
    (void)state;
    stats_command(s, "");
    stats_command(s, "(others)");
    stats_command(s, "(others)");
    stats_command(s, "bad \xff\xfe");
    stats_command(s, "say \"\\ \x01");
    /* 119 bytes at most, and never a part of a character. */
    memset(cut, 'x', sizeof cut);
    strcpy(cut + 117, "\xe2\x82\xac and more");
    memset(want, 'x', 117);
    want[117] = '\0';
    stats_command(s, cut);
    assert_int_equal(count_of_name(s, NULL, "by_command", ""), 1);
    assert_int_equal(count_of_name(s, NULL, "by_command", "(others)"), 3);
    assert_int_equal(count_of_name(s, NULL, "by_command", "say \"\\ \x01"), 1);
    assert_int_equal(count_of_name(s, NULL, "by_command", want), 1);
    stats_free(s);
}

static void json_has_everything(void **state)
{
    struct stats *s = stats_new(5);
    char *text = stats_json(s, UINT64_MAX, 0);
    (void)state;
    assert_non_null(text);
    json_t *tree = json_loads(text, 0, NULL);
    assert_int_equal(json_integer_value(json_object_get(tree, "seed")), -1);
    json_decref(tree);
    free(text);
    tree = tree_of(s);
    assert_int_equal(json_integer_value(json_object_get(tree, "schema")), 1);
    assert_int_equal(json_integer_value(json_object_get(tree, "seed")), 42);
    assert_int_equal(json_integer_value(json_object_get(tree, "devices")), 5);
    assert_true(json_real_value(json_object_get(tree, "elapsed_ms")) == 1234.5);
    assert_int_equal(json_object_size(tree), 11);
    json_decref(tree);
    stats_free(s);
}

static void a_file_is_whole_or_not_there(void **state)
{
    char dir[] = "/tmp/test_lab_stats.XXXXXX", path[64], aside[80];
    struct stats *s = stats_new(1);
    struct err e = {0};
    struct stat st;
    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/stats.json", dir);
    snprintf(aside, sizeof aside, "%s.part", path);
    assert_int_equal(stats_write(s, 42, 1, path, &e), 0);
    assert_int_equal(stats_write(s, 42, 2, path, &e), 0);
    json_t *tree = json_load_file(path, 0, NULL);
    assert_true(json_real_value(json_object_get(tree, "elapsed_ms")) == 2);
    json_decref(tree);
    assert_int_equal(stat(aside, &st), -1);
    unlink(path);
    rmdir(dir);
    assert_int_equal(stats_write(s, 42, 1, path, &e), -1);
    assert_int_equal(e.class, FAIL_INTERNAL);
    assert_non_null(strstr(e.text, "stats.json could not be written: No such file or directory"));
    stats_free(s);
}

static void processes_count_into_the_same_memory(void **state)
{
    struct stats *s = stats_new(1);
    (void)state;
    for (int i = 0; i < 4; i++) {
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            for (int k = 0; k < 1000; k++)
                stats_command(s, "show version");
            _exit(0);
        }
    }
    for (int i = 0; i < 4; i++)
        wait(NULL);
    assert_int_equal(count_of_name(s, NULL, "by_command", "show version"), 4000);
    stats_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_second_slides),
        cmocka_unit_test(an_even_stream_counts_its_rate),
        cmocka_unit_test(most_at_once_is_kept),
        cmocka_unit_test(sessions_end_in_order_or_not),
        cmocka_unit_test(refusals_are_a_row_until_forgotten),
        cmocka_unit_test(a_storm_is_more_than_most_in_a_second),
        cmocka_unit_test(names_beyond_the_bound_are_counted_together),
        cmocka_unit_test(odd_names_are_counted),
        cmocka_unit_test(json_has_everything),
        cmocka_unit_test(a_file_is_whole_or_not_there),
        cmocka_unit_test(processes_count_into_the_same_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
