/* links: lab/sim/stats lab/sim/stats_write lab/sim/rate base/aside base/buf base/clock base/file
 * base/err */

/* What a simulator counts: most at once, in any second, by persona; names, JSON. */
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

static struct stats *stats_of(uint32_t devices)
{
    const struct stats_setup setup = {.devices = devices, .logins_per_second = 1};
    struct stats *s = stats_new(&setup);
    assert_non_null(s);
    return s;
}

static uint32_t log_in(struct stats *s, uint32_t device, int64_t ms)
{
    stats_connected(s, device, 0, at_ms(ms - 100));
    stats_attempt(s, device, at_ms(ms - 10));
    return stats_logged_in(s, device, at_ms(ms));
}

static void attempts_slide_and_have_a_mean(void **state)
{
    struct stats *s = stats_of(1);
    (void)state;
    for (int64_t ms = 10000; ms <= 20000; ms += 4)
        stats_attempt(s, 0, at_ms(ms));
    assert_int_equal(number_in(s, "attempts", "most_in_a_second"), 250);
    /* Another process may come with a time that is a little older. */
    stats_attempt(s, 0, at_ms(19990));
    assert_int_equal(number_in(s, "attempts", "most_in_a_second"), 251);
    assert_int_equal(number_in(s, "attempts", "total"), 2502);
    json_t *tree = tree_of(s);
    double mean = json_real_value(json_object_get(json_object_get(tree, "attempts"), "per_second"));
    assert_true(mean > 250.09 && mean < 250.11);
    json_decref(tree);
    /* None of them was let in, or came over a connection. */
    assert_int_equal(number_in(s, "logins", "total"), 0);
    assert_int_equal(number_in(s, "logins", "most_in_a_second"), 0);
    assert_int_equal(number_in(s, "connections", "most_in_a_second"), 0);
    stats_free(s);
}

static void each_rate_has_its_own_time(void **state)
{
    struct stats *s = stats_of(2);
    (void)state;
    /* Two connections in a second, two attempts in a second, log-ins apart. */
    stats_connected(s, 0, 0, at_ms(1000));
    stats_connected(s, 1, 0, at_ms(1500));
    stats_attempt(s, 0, at_ms(5000));
    stats_attempt(s, 1, at_ms(5999));
    stats_logged_in(s, 0, at_ms(6000));
    stats_logged_in(s, 1, at_ms(7000));
    assert_int_equal(number_in(s, "connections", "most_in_a_second"), 2);
    assert_int_equal(number_in(s, "attempts", "most_in_a_second"), 2);
    assert_int_equal(number_in(s, "logins", "most_in_a_second"), 1);
    stats_free(s);
}

static void most_at_once_is_kept(void **state)
{
    struct stats *s = stats_of(3);
    (void)state;
    assert_int_equal(stats_connected(s, 0, 0, at_ms(1)), 1);
    assert_int_equal(stats_connected(s, 0, 0, at_ms(1)), 2);
    assert_int_equal(stats_connected(s, 2, 0, at_ms(1)), 1);
    stats_disconnected(s, 0, STATS_NO_LOGIN);
    stats_disconnected(s, 0, STATS_NO_LOGIN);
    assert_int_equal(stats_connected(s, 0, 0, at_ms(2)), 3);
    assert_int_equal(number_in(s, "connections", "total"), 4);
    assert_int_equal(number_in(s, "connections", "now"), 2);
    assert_int_equal(number_in(s, "connections", "most"), 3);
    assert_int_equal(number_in(s, "connections", "most_per_device"), 2);
    assert_int_equal(number_in(s, "connections", "devices"), 2);
    stats_free(s);
}

static void a_handshake_ends_with_the_log_in(void **state)
{
    struct stats *s = stats_of(4);
    (void)state;
    stats_connected(s, 0, 0, at_ms(1));
    stats_connected(s, 1, 0, at_ms(1));
    stats_logged_in(s, 0, at_ms(2));
    stats_connected(s, 2, 0, at_ms(3));
    assert_int_equal(number_in(s, "handshakes", "now"), 2);
    stats_disconnected(s, 1, STATS_NO_LOGIN);
    stats_disconnected(s, 0, STATS_LOGGED_OUT);
    assert_int_equal(number_in(s, "handshakes", "now"), 1);
    stats_connected(s, 3, 0, at_ms(4));
    assert_int_equal(number_in(s, "handshakes", "most"), 2);
    assert_int_equal(number_in(s, "connections", "most"), 3);
    stats_disconnected(s, 2, STATS_NO_LOGIN);
    stats_disconnected(s, 3, STATS_NO_LOGIN);
    assert_int_equal(number_in(s, "handshakes", "now"), 0);
    assert_int_equal(number_in(s, "connections", "now"), 0);
    stats_free(s);
}

static void sessions_end_in_order_or_not(void **state)
{
    struct stats *s = stats_of(2);
    (void)state;
    assert_int_equal(log_in(s, 0, 1000), 1);
    assert_int_equal(log_in(s, 0, 1001), 2);
    assert_int_equal(log_in(s, 1, 1002), 1);
    stats_disconnected(s, 0, STATS_LOGGED_OUT);
    stats_disconnected(s, 1, STATS_DROPPED);
    assert_int_equal(log_in(s, 1, 1003), 1);
    assert_int_equal(number_in(s, "logins", "total"), 4);
    assert_int_equal(number_in(s, "logins", "now"), 2);
    assert_int_equal(number_in(s, "logins", "most"), 3);
    assert_int_equal(number_in(s, "logins", "most_per_device"), 2);
    assert_int_equal(number_in(s, "logins", "devices"), 2);
    assert_int_equal(number_in(s, "logins", "logged_out"), 1);
    assert_int_equal(number_in(s, "logins", "dropped"), 1);
    stats_free(s);
}

static void each_persona_is_counted_by_itself(void **state)
{
    static const char *const names[] = {"cisco_ios", "arista_eos", "juniper_junos"};
    const struct stats_setup setup = {
        .devices = 5, .logins_per_second = 1, .personas = names, .n_personas = 3};
    struct stats *s = stats_new(&setup);
    (void)state;
    assert_non_null(s);
    stats_connected(s, 0, 0, at_ms(1000));
    stats_connected(s, 1, 0, at_ms(1000));
    stats_connected(s, 2, 1, at_ms(1000));
    stats_attempt(s, 0, at_ms(2000));
    stats_attempt(s, 2, at_ms(2500));
    stats_attempt(s, 1, at_ms(3001));
    stats_logged_in(s, 2, at_ms(3001));
    stats_disconnected(s, 0, STATS_NO_LOGIN);
    /* One that is in no list. */
    stats_connected(s, 4, 7, at_ms(4000));
    json_t *tree = tree_of(s), *all = json_object_get(tree, "by_persona");
    json_t *ios, *eos;
    assert_int_equal(json_object_size(all), 2);
    assert_int_equal(json_unpack(all, "{s:o, s:o}", "cisco_ios", &ios, "arista_eos", &eos), 0);
    int now, most, attempts, in_a_second, handshakes, logins;
    const char *form = "{s:{s:i, s:i}, s:{s:i, s:i}, s:{s:i}, s:{s:i}}";
    assert_int_equal(json_unpack(ios, form, "connections", "now", &now, "most", &most, "attempts",
                                 "total", &attempts, "most_in_a_second", &in_a_second, "handshakes",
                                 "now", &handshakes, "logins", "most", &logins),
                     0);
    assert_true(now == 1 && most == 2 && attempts == 2 && in_a_second == 1 && handshakes == 1 &&
                logins == 0);
    assert_int_equal(json_unpack(eos, form, "connections", "now", &now, "most", &most, "attempts",
                                 "total", &attempts, "most_in_a_second", &in_a_second, "handshakes",
                                 "now", &handshakes, "logins", "most", &logins),
                     0);
    assert_true(now == 1 && most == 1 && attempts == 1 && in_a_second == 1 && handshakes == 0 &&
                logins == 1);
    json_decref(tree);
    assert_int_equal(number_in(s, "connections", "most"), 3);
    assert_int_equal(number_in(s, "attempts", "most_in_a_second"), 2);
    stats_free(s);
}

static void refusals_are_a_row_until_forgotten(void **state)
{
    struct stats *s = stats_of(2);
    (void)state;
    assert_int_equal(stats_refused(s, 0, "admin", at_ms(1000)), 1);
    assert_int_equal(stats_refused(s, 0, "admin", at_ms(2000)), 2);
    assert_int_equal(stats_refused(s, 1, "root", at_ms(2000)), 1);
    assert_int_equal(stats_refused_in_row(s, 0, at_ms(61999), 60000), 2);
    assert_int_equal(stats_refused_in_row(s, 0, at_ms(62000), 60000), 0);
    assert_int_equal(stats_refused(s, 0, "admin", at_ms(62000)), 1);
    log_in(s, 0, 62001);
    assert_int_equal(stats_refused_in_row(s, 0, at_ms(62001), 60000), 0);
    assert_int_equal(stats_refused_in_row(s, 1, at_ms(3000), 60000), 1);
    assert_int_equal(count_of_name(s, "refused", "by_user", "admin"), 3);
    assert_int_equal(count_of_name(s, "refused", "by_user", "root"), 1);
    assert_int_equal(number_in(s, "refused", "total"), 4);
    stats_free(s);
}

static void a_storm_is_more_than_most_in_a_second(void **state)
{
    const struct stats_setup setup = {.devices = 2, .logins_per_second = 2};
    struct stats *s = stats_new(&setup);
    (void)state;
    assert_non_null(s);
    assert_false(stats_is_storm(s, 0, at_ms(5000)));
    assert_false(stats_is_storm(s, 0, at_ms(5900)));
    assert_true(stats_is_storm(s, 0, at_ms(5999)));
    assert_false(stats_is_storm(s, 1, at_ms(5999)));
    /* The first has left the second; the one before, that did not pass, was never in it. */
    assert_false(stats_is_storm(s, 0, at_ms(6000)));
    /* A second that began at 6,000 would have had room. */
    assert_true(stats_is_storm(s, 0, at_ms(6899)));
    assert_false(stats_is_storm(s, 0, at_ms(6900)));
    assert_int_equal(number_in(s, NULL, "login_storms"), 2);
    stats_shed(s);
    assert_int_equal(number_in(s, NULL, "shed"), 1);
    stats_free(s);
}

static void no_second_has_more_than_a_device_takes(void **state)
{
    const struct stats_setup setup = {.devices = 1, .logins_per_second = STATS_STORM_MAX};
    struct stats *s = stats_new(&setup);
    uint64_t passed = 0;
    (void)state;
    assert_non_null(s);
    for (int64_t ms = 0; ms < 10000; ms++) {
        if (stats_is_storm(s, 0, at_ms(100000 + ms)))
            continue;
        passed++;
        stats_attempt(s, 0, at_ms(100000 + ms));
    }
    assert_int_equal(passed, 10 * STATS_STORM_MAX);
    assert_int_equal(number_in(s, "attempts", "most_in_a_second"), STATS_STORM_MAX);
    stats_free(s);
}

static void names_beyond_the_bound_are_counted_together(void **state)
{
    struct stats *s = stats_of(1);
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
    struct stats *s = stats_of(1);
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
    struct stats *s = stats_of(5);
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
    assert_int_equal(json_object_size(tree), 14);
    json_decref(tree);
    stats_free(s);
}

static void a_file_is_whole_or_not_there(void **state)
{
    char dir[] = "/tmp/test_lab_stats.XXXXXX", path[64], aside[80];
    struct stats *s = stats_of(1);
    struct err e = {0};
    struct stat st;
    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/stats.json", dir);
    snprintf(aside, sizeof aside, "%s/.stats.json.new", dir);
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
    struct stats *s = stats_of(1);
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
        cmocka_unit_test(attempts_slide_and_have_a_mean),
        cmocka_unit_test(each_rate_has_its_own_time),
        cmocka_unit_test(most_at_once_is_kept),
        cmocka_unit_test(a_handshake_ends_with_the_log_in),
        cmocka_unit_test(sessions_end_in_order_or_not),
        cmocka_unit_test(each_persona_is_counted_by_itself),
        cmocka_unit_test(refusals_are_a_row_until_forgotten),
        cmocka_unit_test(a_storm_is_more_than_most_in_a_second),
        cmocka_unit_test(no_second_has_more_than_a_device_takes),
        cmocka_unit_test(names_beyond_the_bound_are_counted_together),
        cmocka_unit_test(odd_names_are_counted),
        cmocka_unit_test(json_has_everything),
        cmocka_unit_test(a_file_is_whole_or_not_there),
        cmocka_unit_test(processes_count_into_the_same_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
