/* links: pace/budget pace/budget_limiter pace/budget_lines pace/budget_start
 *        pace/budget_stop base/arena base/strmap base/timers base/clock base/seed base/err
 *        model/result tests/lib/fake_inventory tests/lib/failing_malloc */

/* Who may go, and when: what each of the limits does, alone and with others. */
#include "pace/budget.h"
#include "tests/lib/failing_malloc.h"
#include "tests/lib/fake_inventory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MS      ((int64_t)1000000)
#define SECOND  (1000 * MS)
#define DEVICES 12
#define NOBODY  99

struct fixture {
    struct device devices[DEVICES];
    struct device_group groups[3];
    struct inventory inventory;
    struct budget *budget;
    struct mono now;
};

static const uint32_t in_first[] = {0}, in_second[] = {1}, in_both[] = {0, 1};
static const char *const site_a[] = {"a"}, *const site_b[] = {"b"};

/* Twelve devices of hosts of their own, in no group. */
static void set_up(struct fixture *f)
{
    static const char *const hosts[DEVICES] = {"h0", "h1", "h2", "h3", "h4",  "h5",
                                               "h6", "h7", "h8", "h9", "h10", "h11"};
    *f = (struct fixture){.now = {50 * SECOND}};
    for (size_t i = 0; i < DEVICES; i++)
        f->devices[i].host = hosts[i];
    f->inventory = (struct inventory){.devices = f->devices, .n = DEVICES, .groups = f->groups};
}

static void put_in(struct fixture *f, size_t first, size_t n, const uint32_t *limits, size_t count)
{
    for (size_t i = first; i < first + n; i++) {
        f->devices[i].limits = limits;
        f->devices[i].n_limits = count;
    }
}

static void begin(struct fixture *f, struct budget_pace pace)
{
    struct err e = {0};
    f->budget = budget_new(&f->inventory, &pace, 10, f->now, &e);
    assert_non_null(f->budget);
}

static void end(struct fixture *f)
{
    budget_free(f->budget);
}

static bool offer(struct fixture *f, uint32_t index)
{
    assert_true(budget_is_open(f->budget, f->now));
    return budget_offer(f->budget, index, f->now);
}

/* The next of those that were passed over, or NOBODY. */
static uint32_t take(struct fixture *f)
{
    uint32_t index;
    assert_true(budget_is_open(f->budget, f->now));
    return budget_take(f->budget, f->now, &index) ? index : NOBODY;
}

static void answer(struct fixture *f, uint32_t index, enum fail_class class)
{
    struct result r = {.index = index, .class = class};
    budget_answer(f->budget, &r);
}

static void without_limits_all_go(void **state)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    begin(&f, (struct budget_pace){0});
    for (uint32_t i = 0; i < DEVICES; i++)
        assert_true(offer(&f, i));
    assert_int_equal(take(&f), NOBODY);
    assert_int_equal(budget_waiting(f.budget), 0);
    assert_true(mono_is_never(budget_waiting_at(f.budget)));
    end(&f);
}

static void a_full_group_is_passed_over_and_looked_at_again(void **state)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    f.groups[0].limit = 2;
    f.inventory.n_groups = 1;
    put_in(&f, 0, 5, in_first, 1);
    begin(&f, (struct budget_pace){0});
    assert_true(offer(&f, 0) && offer(&f, 1));
    for (uint32_t i = 2; i < 5; i++)
        assert_false(offer(&f, i));
    assert_true(offer(&f, 5)); /* of no group */
    assert_int_equal(budget_waiting(f.budget), 3);
    assert_int_equal(take(&f), NOBODY);
    assert_true(mono_is_never(budget_waiting_at(f.budget)));
    answer(&f, 1, FAIL_NONE);
    assert_true(mono_reached(f.now, budget_waiting_at(f.budget)));
    assert_int_equal(take(&f), 2); /* in their order */
    assert_int_equal(take(&f), NOBODY);
    budget_lose(f.budget, 0);
    answer(&f, 2, FAIL_REFUSED);
    assert_int_equal(take(&f), 3);
    assert_int_equal(take(&f), 4);
    assert_int_equal(budget_waiting(f.budget), 0);
    end(&f);
}

/* Who comes later does not go before those that stand in line. */
static void nobody_jumps_the_line(void **state)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    f.groups[0].limit = 1;
    f.inventory.n_groups = 1;
    put_in(&f, 0, 3, in_first, 1);
    begin(&f, (struct budget_pace){0});
    assert_true(offer(&f, 0));
    assert_false(offer(&f, 1));
    answer(&f, 0, FAIL_NONE);
    assert_false(offer(&f, 2));
    assert_int_equal(take(&f), 1);
    answer(&f, 1, FAIL_NONE);
    assert_int_equal(take(&f), 2);
    end(&f);
}

static void a_rate_says_when(void **state)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    f.groups[0].login_rate = 2;
    f.inventory.n_groups = 1;
    put_in(&f, 0, 4, in_first, 1);
    begin(&f, (struct budget_pace){0});
    assert_true(offer(&f, 0));
    assert_false(offer(&f, 1));
    assert_false(offer(&f, 2));
    assert_int_equal(budget_waiting_at(f.budget).ns, f.now.ns + SECOND / 2);
    f.now.ns += SECOND / 2 - 1;
    assert_int_equal(take(&f), NOBODY);
    f.now.ns += 1;
    assert_int_equal(take(&f), 1);
    assert_int_equal(take(&f), NOBODY);
    assert_int_equal(budget_waiting_at(f.budget).ns, f.now.ns + SECOND / 2);
    end(&f);
}

/* Of two limits each device waits for the one that is full. */
static void a_device_of_two_groups_waits_for_both(void **state)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    f.groups[0].limit = 1;
    f.groups[1].login_rate = 1;
    f.inventory.n_groups = 2;
    put_in(&f, 0, 3, in_both, 2);
    put_in(&f, 3, 3, in_second, 1);
    begin(&f, (struct budget_pace){0});
    assert_true(offer(&f, 0));
    assert_false(offer(&f, 1));
    f.now.ns += SECOND;
    assert_int_equal(take(&f), NOBODY); /* the rate has room, the group has none */
    assert_true(offer(&f, 3));
    answer(&f, 0, FAIL_NONE);
    assert_int_equal(take(&f), NOBODY); /* and now the other way round */
    f.now = budget_waiting_at(f.budget);
    assert_int_equal(take(&f), 1);
    answer(&f, 1, FAIL_NONE);
    end(&f);
}

/* A limiter's lines take turns. */
static void lines_take_turns(void **state)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    f.groups[0].limit = 1;
    f.groups[1].limit = 5;
    f.inventory.n_groups = 2;
    put_in(&f, 0, 4, in_first, 1);
    put_in(&f, 4, 3, in_both, 2);
    begin(&f, (struct budget_pace){0});
    assert_true(offer(&f, 0));
    for (uint32_t i = 1; i < 7; i++)
        assert_false(offer(&f, i));
    static const uint32_t order[] = {1, 4, 2, 5, 3, 6};
    answer(&f, 0, FAIL_NONE);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(take(&f), order[i]);
        answer(&f, order[i], FAIL_NONE);
    }
    end(&f);
}

static void entries_of_one_host_share_its_places(void **state)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    for (size_t i = 0; i < 5; i++)
        f.devices[i].host = "console";
    f.devices[5].host = f.devices[6].host = "pair";
    begin(&f, (struct budget_pace){.per_host = 2});
    assert_true(offer(&f, 0) && offer(&f, 1));
    assert_false(offer(&f, 2));
    assert_true(offer(&f, 5) && offer(&f, 6) && offer(&f, 7));
    answer(&f, 5, FAIL_NONE);
    assert_int_equal(take(&f), NOBODY);
    answer(&f, 1, FAIL_NONE);
    assert_int_equal(take(&f), 2);
    end(&f);
}

static void the_run_has_a_rate(void **state)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    begin(&f, (struct budget_pace){.login_rate = 0.5});
    assert_true(offer(&f, 0));
    assert_false(budget_is_open(f.budget, f.now));
    assert_int_equal(budget_open_at(f.budget).ns, f.now.ns + 2 * SECOND);
    answer(&f, 0, FAIL_NONE);
    assert_int_equal(budget_open_at(f.budget).ns, f.now.ns + 2 * SECOND);
    f.now.ns += 2 * SECOND;
    assert_true(offer(&f, 1));
    end(&f);
}

static void handshakes_end_with_the_log_in_or_the_result(void **state)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    begin(&f, (struct budget_pace){.handshakes = 2});
    assert_true(offer(&f, 0) && offer(&f, 1));
    assert_true(mono_is_never(budget_open_at(f.budget)));
    budget_logged_in(f.budget, 0);
    budget_logged_in(f.budget, 0); /* once */
    assert_true(offer(&f, 2));
    assert_false(budget_is_open(f.budget, f.now));
    answer(&f, 0, FAIL_NONE); /* had given it back */
    assert_false(budget_is_open(f.budget, f.now));
    answer(&f, 1, FAIL_REFUSED);
    assert_true(offer(&f, 3));
    assert_false(budget_is_open(f.budget, f.now));
    budget_lose(f.budget, 2);
    assert_true(offer(&f, 4));
    budget_logged_in(f.budget, 9); /* never handed out */
    answer(&f, 9, FAIL_NONE);
    assert_false(budget_is_open(f.budget, f.now));
    end(&f);
}

static void refusals_in_a_row_leave_fewer_to_begin(void **state)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    begin(&f, (struct budget_pace){.stop = {FAIL_AUTH, 3}});
    assert_true(offer(&f, 0) && offer(&f, 1) && offer(&f, 2));
    assert_false(budget_is_open(f.budget, f.now));
    answer(&f, 0, FAIL_AUTH);
    assert_false(budget_is_open(f.budget, f.now));
    budget_logged_in(f.budget, 1);
    assert_true(offer(&f, 3));
    assert_false(budget_is_open(f.budget, f.now));
    answer(&f, 2, FAIL_AUTH);
    answer(&f, 3, FAIL_AUTH);
    assert_true(budget_is_stopped(f.budget));
    end(&f);
}

static void places_open_one_by_one(void **state)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    begin(&f, (struct budget_pace){.jitter_ms = 1000, .seed = 5});
    struct mono until = mono_add_ms(f.now, 1000);
    for (uint32_t i = 0; i < 10; i++) {
        struct mono open = budget_open_at(f.budget);
        assert_true(open.ns <= until.ns);
        f.now = open.ns > f.now.ns ? open : f.now;
        assert_true(offer(&f, i));
    }
    assert_true(mono_is_never(budget_open_at(f.budget)));
    answer(&f, 4, FAIL_NONE);
    assert_true(offer(&f, 10));
    end(&f);
}

static void windows_are_limits_that_change(void **state)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    for (size_t i = 0; i < 6; i++) {
        f.devices[i].groups = i < 3 ? site_a : site_b;
        f.devices[i].n_groups = 1;
    }
    begin(&f, (struct budget_pace){.windows = true});
    assert_int_equal(budget_windows(f.budget), 3);
    assert_null(budget_window_name(f.budget, 0));
    assert_string_equal(budget_window_name(f.budget, 1), "a");
    assert_string_equal(budget_window_name(f.budget, 2), "b");
    assert_int_equal(budget_window_of(f.budget, 1), 1);
    assert_int_equal(budget_window_of(f.budget, 4), 2);
    assert_int_equal(budget_window_of(f.budget, 7), 0);
    budget_set_window(f.budget, 1, 1);
    assert_true(offer(&f, 0));
    assert_false(offer(&f, 1));
    assert_false(offer(&f, 2));
    assert_true(offer(&f, 3) && offer(&f, 4));
    assert_int_equal(budget_window_used(f.budget, 2), 2);
    assert_int_equal(budget_window_used(f.budget, 0), 3);
    budget_set_window(f.budget, 1, 2);
    assert_int_equal(take(&f), 1);
    assert_int_equal(take(&f), NOBODY);
    budget_set_window(f.budget, 1, 1); /* less than are under way */
    answer(&f, 0, FAIL_NONE);
    assert_int_equal(take(&f), NOBODY);
    budget_set_window(f.budget, 0, 2);
    assert_false(budget_is_open(f.budget, f.now)); /* three are under way */
    budget_set_window(f.budget, 0, 4);
    answer(&f, 1, FAIL_NONE);
    assert_int_equal(take(&f), 2);
    end(&f);
}

/* Windows beside groups that limit and hosts: each keeps to its own. */
static void windows_stand_beside_other_limits(void **state)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    f.groups[0].limit = 1;
    f.inventory.n_groups = 1;
    put_in(&f, 0, 3, in_first, 1);
    for (size_t i = 0; i < 3; i++)
        f.devices[i].groups = site_a, f.devices[i].n_groups = 1;
    f.devices[3].host = f.devices[4].host = "pair";
    begin(&f, (struct budget_pace){.windows = true, .per_host = 1});
    assert_int_equal(budget_window_of(f.budget, 0), 1);
    assert_int_equal(budget_window_of(f.budget, 3), 0);
    assert_true(offer(&f, 0) && offer(&f, 3));
    assert_false(offer(&f, 1));
    assert_false(offer(&f, 4));
    answer(&f, 3, FAIL_NONE);
    assert_int_equal(take(&f), 4);
    answer(&f, 0, FAIL_NONE);
    assert_int_equal(take(&f), 1);
    end(&f);
}

static void no_memory_is_told(void **state)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    f.groups[0].limit = 1;
    f.inventory.n_groups = 1;
    put_in(&f, 0, 5, in_first, 1);
    f.devices[7].groups = site_a, f.devices[7].n_groups = 1;
    f.devices[8].host = f.devices[9].host;
    struct budget_pace pace = {.windows = true, .per_host = 1, .stop = {FAIL_AUTH, 3}};
    if (!failing_malloc_works())
        return;
    bool failed = true;
    for (long nth = 1; failed; nth++) {
        struct err e = {0};
        assert_true(nth < 60);
        failing_malloc_at(nth);
        f.budget = budget_new(&f.inventory, &pace, 10, f.now, &e);
        failed = failing_malloc_stop();
        assert_int_equal(f.budget == NULL, failed);
        assert_int_equal(err_is_set(&e), failed);
        end(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_limits_all_go),
        cmocka_unit_test(a_full_group_is_passed_over_and_looked_at_again),
        cmocka_unit_test(nobody_jumps_the_line),
        cmocka_unit_test(a_rate_says_when),
        cmocka_unit_test(a_device_of_two_groups_waits_for_both),
        cmocka_unit_test(lines_take_turns),
        cmocka_unit_test(entries_of_one_host_share_its_places),
        cmocka_unit_test(the_run_has_a_rate),
        cmocka_unit_test(handshakes_end_with_the_log_in_or_the_result),
        cmocka_unit_test(refusals_in_a_row_leave_fewer_to_begin),
        cmocka_unit_test(places_open_one_by_one),
        cmocka_unit_test(windows_are_limits_that_change),
        cmocka_unit_test(windows_stand_beside_other_limits),
        cmocka_unit_test(no_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
