/* links: pace/windows pace/adapt pace/adapt_failures pace/adapt_series pace/adapt_tries
 * pace/adapt_window pace/budget pace/budget_limiter pace/budget_lines pace/budget_start
 * pace/budget_stop base/arena base/strmap base/timers base/clock base/seed base/err model/result
 * tests/lib/fake_inventory tests/lib/failing_malloc */

/* The windows of -n auto between what visits tell and what the budget lets go. */
#include "pace/windows.h"
#include "tests/lib/failing_malloc.h"
#include "tests/lib/fake_inventory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define MS      ((int64_t)1000000)
#define DEVICES 200
#define MOST    100

static const char *const site_a[] = {"a"}, *const site_b[] = {"b"};
static const struct device_group groups[] = {{"a", 7, 0}};
static const uint32_t in_a[] = {0};

struct fixture {
    struct device devices[DEVICES];
    struct inventory inventory;
    bool done[DEVICES], visited[DEVICES];
    struct budget *budget;
    struct windows *windows;
    struct mono now;
};

static void begin_with(struct fixture *f, const bool *done)
{
    struct err e = {0};
    const struct budget_pace pace = {.windows = true};
    f->now = (struct mono){1000 * MS};
    f->inventory = (struct inventory){f->devices, DEVICES, groups, 1};
    f->budget = budget_new(&f->inventory, &pace, MOST, f->now, &e);
    assert_non_null(f->budget);
    f->windows = windows_new(f->budget, &f->inventory, done, MOST, f->now, &e);
    assert_non_null(f->windows);
}

static void put_in(struct fixture *f, size_t first, size_t n, const char *const *site,
                   const uint32_t *limits)
{
    for (size_t i = first; i < first + n; i++) {
        f->devices[i].groups = site;
        f->devices[i].n_groups = 1;
        f->devices[i].limits = limits;
        f->devices[i].n_limits = limits ? 1 : 0;
    }
}

static void end(struct fixture *f)
{
    windows_free(f->windows);
    budget_free(f->budget);
}

/* Hands out as many as go, from *next on: their number. */
static unsigned hand_out(struct fixture *f, uint32_t *next, uint32_t to)
{
    unsigned n = 0;
    while (*next < to && budget_is_open(f->budget, f->now)) {
        uint32_t index = (*next)++;
        if (!budget_offer(f->budget, index, f->now))
            continue;
        windows_handed_out(f->windows, index, true, f->now);
        f->visited[index] = true;
        n++;
    }
    return n;
}

static void log_in(struct fixture *f, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++)
        if (f->visited[i])
            windows_logged_in(f->windows, i, f->now);
}

static void answer(struct fixture *f, uint32_t index, enum fail_class class)
{
    struct result r = {.index = index, .class = class, .was_ready = class == FAIL_NONE};
    r.total_ms = 500;
    if (!f->visited[index])
        return;
    f->visited[index] = false;
    windows_answer(f->windows, &r, f->now);
    budget_answer(f->budget, &r);
}

static struct run_summary summary(const struct fixture *f)
{
    struct run_summary run = {0};
    windows_summary(f->windows, &run);
    return run;
}

static void the_run_begins_with_twenty_and_grows_with_log_ins(void **state)
{
    (void)state;
    struct fixture f = {0};
    uint32_t next = 0;
    begin_with(&f, NULL);
    assert_int_equal(hand_out(&f, &next, DEVICES), 20);
    f.now.ns += 100 * MS;
    log_in(&f, 0, 10);
    assert_int_equal(hand_out(&f, &next, DEVICES), 10);
    struct run_summary run = summary(&f);
    assert_int_equal(run.workers, 30);
    assert_true(run.windows.is_auto);
    assert_int_equal(run.windows.run.start, 20);
    assert_int_equal(run.windows.run.most, 30);
    assert_int_equal(run.windows.run.final, 30);
    assert_int_equal(run.windows.n_groups, 0);
    end(&f);
}

static void it_does_not_grow_beyond_the_most(void **state)
{
    (void)state;
    struct fixture f = {0};
    uint32_t next = 0, logged_in = 0;
    begin_with(&f, NULL);
    for (int i = 0; i < 10; i++) {
        hand_out(&f, &next, DEVICES); /* none of them ends */
        f.now.ns += 100 * MS;
        log_in(&f, logged_in, next);
        logged_in = next;
    }
    assert_int_equal(next, MOST);
    assert_int_equal(summary(&f).workers, MOST);
    end(&f);
}

static void each_first_group_has_one_of_its_own(void **state)
{
    (void)state;
    struct fixture f = {0};
    uint32_t next = 0;
    put_in(&f, 0, 50, site_b, NULL);
    put_in(&f, 50, 50, site_a, in_a); /* seven at once, says the inventory */
    begin_with(&f, NULL);
    hand_out(&f, &next, DEVICES); /* 20 of b */
    f.now.ns += 100 * MS;
    for (uint32_t i = 0; i < 20; i++)
        answer(&f, i, i < 12 ? FAIL_REFUSED : FAIL_NONE);
    struct run_summary run = summary(&f);
    assert_int_equal(run.windows.n_groups, 2);
    assert_string_equal(run.windows.groups[0].group, "b"); /* it backed off */
    assert_true(run.windows.groups[0].final < 20);
    assert_int_equal(run.windows.groups[0].backed_off, 1);
    assert_string_equal(run.windows.groups[1].group, "a");
    assert_int_equal(run.windows.groups[1].start, 7);
    assert_int_equal(run.windows.groups[1].most, 0);
    assert_int_equal(run.windows.left_out, 0);
    end(&f);
}

static void a_group_that_fails_does_not_hold_the_others_back(void **state)
{
    (void)state;
    struct fixture f = {0};
    put_in(&f, 0, 100, site_a, NULL);
    put_in(&f, 100, 100, site_b, NULL);
    begin_with(&f, NULL);
    uint32_t next_a = 0, next_b = 100;
    for (int lap = 0; lap < 4; lap++) {
        uint32_t a = next_a, b = next_b;
        hand_out(&f, &next_a, a + 10);
        hand_out(&f, &next_b, b + 5);
        f.now.ns += 100 * MS;
        log_in(&f, a, next_a);
        f.now.ns += 400 * MS;
        for (; a < next_a; a++)
            answer(&f, a, FAIL_NONE);
        for (; b < next_b; b++)
            answer(&f, b, lap == 0 && b % 5 ? FAIL_REFUSED : FAIL_NONE);
    }
    struct run_summary run = summary(&f);
    assert_string_equal(run.windows.groups[0].group, "b");
    assert_true(run.windows.groups[0].backed_off > 0);
    assert_true(run.windows.groups[0].final < 20);
    assert_string_equal(run.windows.groups[1].group, "a");
    assert_int_equal(run.windows.groups[1].backed_off, 0);
    end(&f);
}

static void what_is_done_already_does_not_count(void **state)
{
    (void)state;
    struct fixture f = {0};
    for (size_t i = 5; i < DEVICES; i++)
        f.done[i] = true;
    begin_with(&f, f.done);
    struct run_summary run = summary(&f);
    assert_int_equal(run.windows.run.start, 5);
    assert_int_equal(run.workers, 1); /* nobody was visited */
    end(&f);
}

/* The last of a run fail late: that is not why. */
static void nothing_is_learnt_where_nobody_is_left(void **state)
{
    (void)state;
    struct fixture f = {0};
    uint32_t next = 0;
    for (size_t i = 20; i < DEVICES; i++)
        f.done[i] = true;
    begin_with(&f, f.done);
    assert_int_equal(hand_out(&f, &next, 20), 20);
    f.now.ns += 15000 * MS;
    for (uint32_t i = 0; i < 20; i++)
        answer(&f, i, FAIL_CONNECT_TIMEOUT);
    assert_int_equal(summary(&f).windows.run.final, 20);
    assert_int_equal(summary(&f).windows.run.backed_off, 0);
    end(&f);
}

static void every_allocation_can_fail(void **state)
{
    (void)state;
    struct fixture f = {0};
    bool has_failed = true;
    if (!failing_malloc_works())
        skip();
    put_in(&f, 0, 50, site_b, NULL);
    begin_with(&f, NULL);
    for (long n = 1; has_failed; n++) {
        struct err e = {0};
        failing_malloc_at(n);
        struct windows *w = windows_new(f.budget, &f.inventory, NULL, MOST, f.now, &e);
        has_failed = failing_malloc_stop();
        assert_int_equal(w == NULL, has_failed);
        assert_int_equal(e.class, has_failed ? FAIL_INTERNAL : FAIL_NONE);
        windows_free(w);
    }
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_run_begins_with_twenty_and_grows_with_log_ins),
        cmocka_unit_test(it_does_not_grow_beyond_the_most),
        cmocka_unit_test(each_first_group_has_one_of_its_own),
        cmocka_unit_test(a_group_that_fails_does_not_hold_the_others_back),
        cmocka_unit_test(what_is_done_already_does_not_count),
        cmocka_unit_test(nothing_is_learnt_where_nobody_is_left),
        cmocka_unit_test(every_allocation_can_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
