/* links: cli/handout pace/retry pace/windows pace/adapt pace/adapt_failures pace/adapt_series
 *        pace/adapt_tries pace/adapt_window engine/cancel pace/budget pace/budget_limiter
 *        pace/budget_lines pace/budget_start pace/budget_stop base/arena base/strmap
 *        base/timers base/clock base/seed base/err model/result tests/lib/fake_inventory
 *        tests/lib/fake_plan */

/* The hand-out: who asks gets a job, waits for a descriptor that says when, or hears that there is
 * no more. */
#include "cli/handout.h"
#include "tests/lib/fake_plan.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define DEVICES 200
#define LONG_MS 20000 /* by then something has gone wrong */

struct fixture {
    struct device devices[DEVICES];
    struct device_group group;
    struct inventory inventory;
    struct plan plan;
    bool done[DEVICES];
    struct world world;
    struct handout *handout;
};

static const uint32_t in_group[] = {0};

/* n devices; the first grouped ones stand in a group that lets limit of them be visited at once. */
static void set_up(struct fixture *f, size_t n, size_t grouped, unsigned limit)
{
    struct err e = {0};
    *f = (struct fixture){.group = {.name = "site", .limit = limit}};
    for (size_t i = 0; i < n; i++) {
        f->devices[i] = (struct device){.name = "r", .host = "h"};
        if (i < grouped)
            f->devices[i].limits = in_group, f->devices[i].n_limits = 1;
    }
    f->inventory = (struct inventory){
        .devices = f->devices, .n = n, .groups = &f->group, .n_groups = limit ? 1 : 0};
    f->plan.inventory = &f->inventory;
    f->world = (struct world){.inventory = &f->inventory, .plan = &f->plan};
    f->world.cancel = cancel_new(&e);
    assert_non_null(f->world.cancel);
}

static void begin(struct fixture *f, struct handout_options options)
{
    struct err e = {0};
    options.workers = 20;
    f->handout = handout_new(&f->world, &options, &e);
    assert_non_null(f->handout);
}

static void end(struct fixture *f)
{
    handout_free(f->handout);
    cancel_free(f->world.cancel);
}

static bool has_room(const struct fixture *f, int timeout_ms)
{
    struct pollfd fd = {.fd = handout_room_fd(f->handout), .events = POLLIN};
    return poll(&fd, 1, timeout_ms) == 1;
}

/* The next job's device, and its attempt. */
static uint32_t next(struct fixture *f, uint32_t attempt)
{
    struct job job;
    assert_int_equal(handout_next(f->handout, false, &job), ENGINE_JOB);
    assert_int_equal(job.attempt, attempt);
    assert_ptr_equal(job.device, &f->devices[job.index]);
    return job.index;
}

/* There is none now, and the descriptor says so as well. */
static void waits(struct fixture *f)
{
    struct job job;
    assert_int_equal(handout_next(f->handout, false, &job), ENGINE_WAIT);
    assert_false(has_room(f, 0));
}

static void is_over(struct fixture *f)
{
    struct job job;
    assert_true(has_room(f, 0));
    assert_int_equal(handout_next(f->handout, false, &job), ENGINE_NONE);
    assert_int_equal(handout_next(f->handout, true, &job), ENGINE_NONE);
}

static bool answer(struct fixture *f, uint32_t index, uint32_t attempt, enum fail_class class)
{
    struct result r = {.index = index, .attempt = attempt, .class = class};
    return handout_answer(f->handout, &r);
}

/* How many have no result; how many of them were handed out. */
static size_t unanswered(struct fixture *f, size_t *begun)
{
    struct job job;
    bool was_begun;
    size_t at = 0, n = 0;
    for (*begun = 0; handout_unanswered(f->handout, &at, &job, &was_begun); n++)
        *begun += was_begun;
    return n;
}

static void those_that_are_done_are_passed_over(void **state)
{
    (void)state;
    struct fixture f;
    size_t begun;
    set_up(&f, 6, 0, 0);
    f.done[0] = f.done[3] = f.done[5] = true;
    f.world.done = f.done;
    begin(&f, (struct handout_options){0});
    assert_int_equal(next(&f, 1), 1);
    assert_int_equal(next(&f, 1), 2);
    assert_false(answer(&f, 1, 1, FAIL_REFUSED));
    assert_int_equal(next(&f, 1), 4);
    is_over(&f);
    assert_int_equal(unanswered(&f, &begun), 2);
    assert_int_equal(begun, 2);
    end(&f);
}

static void a_full_group_waits_for_a_result(void **state)
{
    (void)state;
    struct fixture f;
    size_t begun;
    set_up(&f, 5, 3, 1);
    begin(&f, (struct handout_options){0});
    assert_int_equal(next(&f, 1), 0);
    assert_int_equal(next(&f, 1), 3); /* over those of the group */
    assert_int_equal(next(&f, 1), 4);
    waits(&f);
    answer(&f, 4, 1, FAIL_NONE);
    waits(&f);
    answer(&f, 0, 1, FAIL_NONE);
    assert_true(has_room(&f, 0));
    assert_int_equal(next(&f, 1), 1);
    waits(&f);
    assert_int_equal(unanswered(&f, &begun), 3); /* 1 and 3 are under way, 2 was passed over */
    assert_int_equal(begun, 2);
    end(&f);
}

static void handshakes_wait_for_a_log_in(void **state)
{
    (void)state;
    struct fixture f;
    set_up(&f, 4, 0, 0);
    begin(&f, (struct handout_options){.pace = {.handshakes = 2}});
    assert_int_equal(next(&f, 1), 0);
    assert_int_equal(next(&f, 1), 1);
    waits(&f);
    struct job job = plan_job(&f.plan, 1);
    handout_logged_in(f.handout, &job);
    assert_true(has_room(&f, 0));
    assert_int_equal(next(&f, 1), 2);
    waits(&f);
    answer(&f, 0, 1, FAIL_AUTH);
    assert_int_equal(next(&f, 1), 3);
    is_over(&f);
    end(&f);
}

static void a_rate_makes_the_descriptor_tell(void **state)
{
    (void)state;
    struct fixture f;
    set_up(&f, 3, 0, 0);
    begin(&f, (struct handout_options){.pace = {.login_rate = 5}});
    assert_int_equal(next(&f, 1), 0);
    struct mono before = mono_now();
    waits(&f);
    for (uint32_t i = 1; i < 3; i++) {
        assert_true(has_room(&f, LONG_MS));
        assert_int_equal(next(&f, 1), i);
    }
    assert_true(mono_ms_between(before, mono_now()) > 300); /* 400 from the first to the last */
    is_over(&f);
    end(&f);
}

static double held_ms(const struct fixture *f, enum pace_hold hold)
{
    struct run_summary run = {0};
    handout_summary(f->handout, &run);
    return run.held_ms[hold];
}

static void what_is_waited_for_counts_until_the_end(void **state)
{
    (void)state;
    struct fixture f;
    set_up(&f, 3, 0, 0);
    begin(&f, (struct handout_options){.pace = {.login_rate = 0.001}});
    assert_int_equal(next(&f, 1), 0);
    assert_true(held_ms(&f, HOLD_LOGIN_RATE) == 0);
    waits(&f);
    waits(&f);
    double before = held_ms(&f, HOLD_LOGIN_RATE);
    assert_true(before > 0);
    cancel_raise(f.world.cancel);
    struct job job;
    assert_int_equal(handout_next(f.handout, false, &job), ENGINE_NONE);
    double all = held_ms(&f, HOLD_LOGIN_RATE);
    assert_true(all > before);
    assert_int_equal(handout_next(f.handout, false, &job), ENGINE_NONE);
    assert_true(held_ms(&f, HOLD_LOGIN_RATE) == all);
    end(&f);
}

static void full_results_hold_back_the_rest(void **state)
{
    (void)state;
    struct fixture f;
    set_up(&f, 2, 0, 0);
    begin(&f, (struct handout_options){0});
    handout_set_full(f.handout, true);
    waits(&f);
    handout_set_full(f.handout, false);
    assert_true(has_room(&f, 0));
    assert_int_equal(next(&f, 1), 0);
    end(&f);
}

static const struct retry_policy quick = {.max = 3, .on = (fail_set)-1, .delay_ms = 1, .seed = 1};

/* All that is left is a device whose next attempt is a minute away. */
static void the_delay_of_a_retry_is_waited_for(void **state)
{
    (void)state;
    struct fixture f;
    struct retry_policy slow = quick;
    slow.delay_ms = 60000;
    set_up(&f, 2, 0, 0);
    begin(&f, (struct handout_options){.retry = slow});
    assert_int_equal(next(&f, 1), 0);
    assert_int_equal(next(&f, 1), 1);
    waits(&f); /* for what the two bring: that is no limit */
    assert_true(answer(&f, 0, 1, FAIL_REFUSED));
    assert_true(held_ms(&f, HOLD_RETRY_DELAY) == 0);
    waits(&f);
    waits(&f);
    assert_true(held_ms(&f, HOLD_RETRY_DELAY) > 0);
    for (size_t i = 0; i < HOLD_COUNT; i++)
        assert_true(i == HOLD_RETRY_DELAY || held_ms(&f, (enum pace_hold)i) == 0);
    end(&f);
}

/* A device's second attempt needs a permit as its first did. */
static void further_attempts_are_under_the_same_limits(void **state)
{
    (void)state;
    struct fixture f;
    set_up(&f, 3, 3, 1);
    begin(&f, (struct handout_options){.retry = quick});
    assert_int_equal(next(&f, 1), 0);
    waits(&f);
    assert_true(answer(&f, 0, 1, FAIL_REFUSED));
    assert_int_equal(next(&f, 1), 1);
    while (has_room(&f, 20)) { /* the delay of 1 ms is over; the group is full */
        struct job job;
        assert_int_equal(handout_next(f.handout, false, &job), ENGINE_WAIT);
    }
    answer(&f, 1, 1, FAIL_NONE);
    assert_int_equal(next(&f, 1), 2); /* passed over before the first came again */
    answer(&f, 2, 1, FAIL_NONE);
    assert_int_equal(next(&f, 2), 0);
    answer(&f, 0, 2, FAIL_NONE);
    is_over(&f);
    end(&f);
}

static void who_waits_for_another_attempt_is_told_of(void **state)
{
    (void)state;
    struct fixture f;
    set_up(&f, 3, 3, 2);
    struct handout_options options = {.retry = quick};
    begin(&f, options);
    assert_int_equal(next(&f, 1), 0);
    assert_int_equal(next(&f, 1), 1);
    assert_true(answer(&f, 0, 1, FAIL_REFUSED));
    assert_int_equal(next(&f, 1), 2);
    assert_true(has_room(&f, LONG_MS));
    waits(&f); /* 0 stands in line: 1 and 2 are under way */
    assert_true(answer(&f, 1, 1, FAIL_DNS));
    struct retry_waiting *first = handout_drop(f.handout), *second = handout_drop(f.handout);
    assert_non_null(first);
    assert_non_null(second);
    assert_null(handout_drop(f.handout));
    assert_int_equal(first->index + second->index, 1);
    assert_true(first->attempt == 1 && second->attempt == 1);
    free(first);
    free(second);
    end(&f);
}

/* Memory was out: nobody waits for its result, though it might have come again. */
static void a_lost_job_is_not_waited_for(void **state)
{
    (void)state;
    struct fixture f;
    size_t begun;
    set_up(&f, 2, 2, 1);
    begin(&f, (struct handout_options){.retry = quick});
    assert_int_equal(next(&f, 1), 0);
    waits(&f);
    handout_lose(f.handout, 0);
    assert_int_equal(next(&f, 1), 1);
    answer(&f, 1, 1, FAIL_NONE);
    is_over(&f);
    assert_int_equal(unanswered(&f, &begun), 1);
    assert_int_equal(begun, 1);
    end(&f);
}

static void a_row_of_refusals_ends_it(void **state)
{
    (void)state;
    struct fixture f;
    size_t begun;
    set_up(&f, 10, 0, 0);
    begin(&f, (struct handout_options){.retry = quick, .pace = {.stop = {FAIL_AUTH, 3}}});
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(next(&f, 1), i);
    waits(&f);
    for (uint32_t i = 0; i < 3; i++) {
        assert_false(handout_is_stopped(f.handout));
        assert_false(answer(&f, i, 1, FAIL_AUTH));
    }
    assert_true(handout_is_stopped(f.handout));
    is_over(&f);
    assert_int_equal(unanswered(&f, &begun), 7);
    assert_int_equal(begun, 0);
    cancel_raise(f.world.cancel); /* an interrupt is an interrupt */
    assert_false(handout_is_stopped(f.handout));
    end(&f);
}

/* One of many who take jobs until there are none. */
struct worker {
    struct fixture *f;
    pthread_mutex_t *lock;
    unsigned *handed; /* by device */
    unsigned *at_once, *most;
};

static void *work(void *ctx)
{
    const struct worker *w = ctx;
    struct job job;
    while (handout_next(w->f->handout, true, &job) == ENGINE_JOB) {
        bool grouped = job.device->n_limits > 0;
        pthread_mutex_lock(w->lock);
        w->handed[job.index]++;
        *w->at_once += grouped;
        *w->most = *w->at_once > *w->most ? *w->at_once : *w->most;
        pthread_mutex_unlock(w->lock);
        handout_logged_in(w->f->handout, &job);
        pthread_mutex_lock(w->lock);
        *w->at_once -= grouped;
        pthread_mutex_unlock(w->lock);
        answer(w->f, job.index, job.attempt,
               job.attempt == 1 && job.index % 3 == 0 ? FAIL_REFUSED : FAIL_NONE);
    }
    return NULL;
}

/* Blocked callers hear of each result, log-in and moment, and all of the end. */
static void many_callers_share_what_there_is(void **state)
{
    (void)state;
    struct fixture f;
    pthread_t threads[20];
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    unsigned handed[DEVICES] = {0}, at_once = 0, most = 0;
    set_up(&f, DEVICES, DEVICES / 2, 3);
    begin(&f, (struct handout_options){
                  .retry = quick,
                  .pace = {.login_rate = 2000, .handshakes = 5, .jitter_ms = 20, .seed = 3}});
    struct worker w = {&f, &lock, handed, &at_once, &most};
    for (int i = 0; i < 20; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, &w), 0);
    for (int i = 0; i < 20; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < DEVICES; i++)
        assert_int_equal(handed[i], i % 3 == 0 ? 2 : 1);
    assert_in_range(most, 1, 3);
    size_t begun;
    assert_int_equal(unanswered(&f, &begun), 0);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(those_that_are_done_are_passed_over),
        cmocka_unit_test(a_full_group_waits_for_a_result),
        cmocka_unit_test(handshakes_wait_for_a_log_in),
        cmocka_unit_test(a_rate_makes_the_descriptor_tell),
        cmocka_unit_test(what_is_waited_for_counts_until_the_end),
        cmocka_unit_test(full_results_hold_back_the_rest),
        cmocka_unit_test(the_delay_of_a_retry_is_waited_for),
        cmocka_unit_test(further_attempts_are_under_the_same_limits),
        cmocka_unit_test(who_waits_for_another_attempt_is_told_of),
        cmocka_unit_test(a_lost_job_is_not_waited_for),
        cmocka_unit_test(a_row_of_refusals_ends_it),
        cmocka_unit_test(many_callers_share_what_there_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
