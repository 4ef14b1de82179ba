/* links: lab/sim/roll lab/sim/stats lab/sim/rate lab/sim/stats_write base/aside base/buf base/clock
 * base/file base/err */

/* What a shard that was killed had open is ended, once, and places are used again. */
#include "lab/sim/roll.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define MOST 4

static long long count_of(struct stats *s, const char *group, const char *name)
{
    char *text = stats_json(s, 0, 0);
    json_t *tree = json_loads(text, 0, NULL);
    long long n = json_integer_value(json_object_get(json_object_get(tree, group), name));
    json_decref(tree);
    free(text);
    return n;
}

static uint32_t visit(struct stats *s, struct roll *roll, uint32_t device, bool logs_in)
{
    stats_connected(s, device, 0, mono_now());
    uint32_t place = roll_enter(roll, device);
    if (logs_in) {
        stats_logged_in(s, device, mono_now());
        roll_log_in(roll, place);
    }
    return place;
}

static void a_killed_shard_leaves_nothing_open(void **state)
{
    const struct stats_setup setup = {.devices = 3, .logins_per_second = 1};
    struct stats *s = stats_new(&setup);
    struct roll *roll = roll_new(MOST);
    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        visit(s, roll, 0, true);
        uint32_t place = visit(s, roll, 1, false);
        visit(s, roll, 2, true);
        roll_leave(roll, place);
        stats_disconnected(s, 1, STATS_NO_LOGIN);
        visit(s, roll, 2, false);
        _Exit(0);
    }
    waitpid(pid, NULL, 0);
    assert_int_equal(count_of(s, "connections", "now"), 3);
    assert_int_equal(count_of(s, "logins", "now"), 2);
    assert_int_equal(count_of(s, "handshakes", "now"), 1);
    for (int i = 0; i < 2; i++) {
        roll_settle(roll, s);
        assert_int_equal(count_of(s, "connections", "now"), 0);
        assert_int_equal(count_of(s, "logins", "now"), 0);
        assert_int_equal(count_of(s, "handshakes", "now"), 0);
        assert_int_equal(count_of(s, "logins", "dropped"), 2);
    }
    /* The device counts anew. */
    assert_int_equal(stats_logged_in(s, 2, mono_now()), 1);
    roll_free(roll);
    stats_free(s);
}

static void places_are_used_again(void **state)
{
    struct roll *roll = roll_new(MOST);
    (void)state;
    for (uint32_t i = 0; i < MOST; i++)
        assert_int_equal(roll_enter(roll, i), i);
    roll_leave(roll, 1);
    roll_leave(roll, 3);
    assert_int_equal(roll_enter(roll, 7), 3);
    assert_int_equal(roll_enter(roll, 8), 1);
    roll_free(roll);
}

static void what_exceeds_the_roll_is_not_written(void **state)
{
    const struct stats_setup setup = {.devices = 1, .logins_per_second = 1};
    struct stats *s = stats_new(&setup);
    struct roll *roll = roll_new(MOST);
    (void)state;
    for (uint32_t i = 0; i <= MOST; i++)
        visit(s, roll, 0, true);
    uint32_t beyond = roll_enter(roll, 0);
    roll_log_in(roll, beyond);
    roll_leave(roll, beyond);
    roll_settle(roll, s);
    assert_int_equal(count_of(s, "connections", "now"), 1);
    roll_free(roll);
    stats_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_killed_shard_leaves_nothing_open),
        cmocka_unit_test(places_are_used_again),
        cmocka_unit_test(what_exceeds_the_roll_is_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
