/* links: pace/budget pace/budget_limiter pace/budget_lines pace/budget_start
 *        pace/budget_stop base/arena base/strmap base/timers base/clock base/seed base/err
 *        model/result tests/lib/fake_inventory */

/* Which limit it is that lets a free place wait. */
#include "pace/budget.h"
#include "tests/lib/fake_inventory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define DEVICES 3
#define PLACES  10

static const struct mono now = {INT64_C(50000000000)};
static const uint32_t first_group[] = {0};

/* All devices are in the group, where one is given. */
static struct budget *begin(const struct budget_pace *pace, const struct device_group *group)
{
    static struct device devices[DEVICES];
    static struct inventory inventory;
    struct err e = {0};
    for (size_t i = 0; i < DEVICES; i++)
        devices[i] = (struct device){
            .host = "h", .limits = group ? first_group : NULL, .n_limits = group ? 1 : 0};
    inventory = (struct inventory){
        .devices = devices, .n = DEVICES, .groups = group, .n_groups = group ? 1 : 0};
    struct budget *budget = budget_new(&inventory, pace, PLACES, now, &e);
    assert_non_null(budget);
    assert_int_equal(budget_is_open(budget, now), pace->jitter_ms == 0);
    return budget;
}

static void limits_of_the_run(void **state)
{
    (void)state;
    static const struct {
        struct budget_pace pace;
        enum pace_hold hold;
    } rows[] = {{{.login_rate = 1}, HOLD_LOGIN_RATE},
                {{.handshakes = 1}, HOLD_HANDSHAKES},
                {{.stop = {FAIL_AUTH, 1}}, HOLD_STOP_AFTER}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct budget *budget = begin(&rows[i].pace, NULL);
        assert_int_equal(budget_held_by(budget, now), HOLD_NOTHING);
        assert_true(budget_offer(budget, 0, now));
        assert_false(budget_is_open(budget, now));
        assert_int_equal(budget_held_by(budget, now), rows[i].hold);
        budget_free(budget);
    }
}

static void places_that_are_not_open_yet(void **state)
{
    (void)state;
    struct budget *budget = begin(&(struct budget_pace){.jitter_ms = 60000, .seed = 5}, NULL);
    assert_int_equal(budget_held_by(budget, now), HOLD_JITTER_START);
    budget_free(budget);
}

static void a_group_that_is_full(void **state)
{
    (void)state;
    static const struct device_group group = {.name = "a", .limit = 1};
    struct budget *budget = begin(&(struct budget_pace){0}, &group);
    assert_true(budget_offer(budget, 0, now));
    assert_int_equal(budget_held_by(budget, now), HOLD_NOTHING);
    assert_false(budget_offer(budget, 1, now));
    assert_int_equal(budget_held_by(budget, now), HOLD_LIMITS);
    budget_free(budget);
}

static void a_window_is_no_limit_but_a_number_of_places(void **state)
{
    (void)state;
    struct budget *budget = begin(&(struct budget_pace){.windows = true}, NULL);
    budget_set_window(budget, 0, 1);
    assert_true(budget_offer(budget, 0, now));
    assert_false(budget_is_open(budget, now));
    assert_int_equal(budget_held_by(budget, now), HOLD_NOTHING);
    budget_free(budget);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_of_the_run),
        cmocka_unit_test(places_that_are_not_open_yet),
        cmocka_unit_test(a_group_that_is_full),
        cmocka_unit_test(a_window_is_no_limit_but_a_number_of_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
