/* links: pace/retry base/timers base/clock base/seed base/err model/result */
#include "pace/retry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define MS 1000000

static struct result failed(uint32_t index, uint32_t attempt, enum fail_class class)
{
    return (struct result){.index = index, .attempt = attempt, .class = class, .total_ms = 7};
}

static void only_named_classes_are_tried_again_and_only_so_often(void **state)
{
    (void)state;
    struct retry_policy p = {.max = 2, .on = fail_bit(FAIL_REFUSED) | fail_bit(FAIL_DNS)};
    struct result r = failed(0, 1, FAIL_REFUSED);
    assert_true(retry_wanted(&p, &r));
    r.attempt = 2;
    assert_true(retry_wanted(&p, &r));
    r.attempt = 3;
    assert_false(retry_wanted(&p, &r));
    r = failed(0, 1, FAIL_SILENCE);
    assert_false(retry_wanted(&p, &r));
    r = failed(0, 1, FAIL_NONE);
    assert_false(retry_wanted(&p, &r));
}

static void without_a_policy_nothing_is(void **state)
{
    (void)state;
    struct retry_policy none = {0};
    for (int c = FAIL_NONE; c < FAIL_COUNT; c++) {
        struct result r = failed(0, 1, (enum fail_class)c);
        assert_false(retry_wanted(&none, &r));
    }
}

static void a_refused_secret_never_is(void **state)
{
    (void)state;
    struct retry_policy all = {.max = RETRY_MAX, .on = (fail_set)-1};
    struct result auth = failed(0, 1, FAIL_AUTH), enable = failed(0, 1, FAIL_ENABLE);
    assert_false(retry_wanted(&all, &auth));
    assert_false(retry_wanted(&all, &enable));
    assert_int_equal(retry_default_set() & retry_forbidden_set(), 0);
}

/* After any of the default ones a command cannot have run. */
static void by_default_no_command_runs_twice(void **state)
{
    (void)state;
    static const enum fail_class ran[] = {FAIL_SILENCE,    FAIL_TOTAL_TIMEOUT,   FAIL_COMMAND_ERROR,
                                          FAIL_TRUNCATED,  FAIL_TOO_MUCH_OUTPUT, FAIL_PEER_CLOSED,
                                          FAIL_WORKER_LOST};
    for (size_t i = 0; i < sizeof ran / sizeof *ran; i++)
        assert_int_equal(retry_default_set() & fail_bit(ran[i]), 0);
    assert_true(retry_default_set() & fail_bit(FAIL_REFUSED));
}

static void the_delay_doubles_up_to_its_ceiling(void **state)
{
    (void)state;
    static const int64_t bases[] = {1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000};
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct retry_policy p = {.max = 9, .seed = seed};
        for (uint32_t k = 0; k < 8; k++) {
            int64_t ms = retry_delay_ms(&p, (uint32_t)seed * 31, k + 1);
            assert_in_range(ms, bases[k] / 2, bases[k] + bases[k] / 2);
        }
        struct retry_policy slow = {.max = 9, .seed = seed, .delay_ms = 60000};
        assert_in_range(retry_delay_ms(&slow, 1, 100), 30000, 90000);
        struct retry_policy quick = {.max = 9, .seed = seed, .delay_ms = 1};
        assert_in_range(retry_delay_ms(&quick, 1, 1), 1, 1);
    }
}

/* Devices that failed together do not come again together; the same seed gives the same times. */
static void jitter_spreads_them_and_follows_from_the_seed(void **state)
{
    (void)state;
    struct retry_policy p = {.max = 1, .seed = 5}, other = {.max = 1, .seed = 6};
    int low = 0, high = 0, differ = 0;
    for (uint32_t i = 0; i < 1000; i++) {
        int64_t ms = retry_delay_ms(&p, i, 1);
        low += ms < 750;
        high += ms > 1250;
        differ += ms != retry_delay_ms(&other, i, 1);
        assert_int_equal(ms, retry_delay_ms(&p, i, 1));
    }
    assert_in_range(low, 180, 320);
    assert_in_range(high, 180, 320);
    assert_true(differ > 950);
}

static void they_come_by_time_and_keep_what_stands(void **state)
{
    (void)state;
    struct retry_queue q = {0};
    struct retry_policy p = {.max = 3, .on = (fail_set)-1, .seed = 1};
    struct mono now = {1000 * (int64_t)MS}, before = {0};
    struct command_result doubted = {.doubt = (char[]){"who knows"}};
    assert_true(mono_is_never(retry_due(&q)));
    assert_null(retry_pop(&q));
    for (uint32_t i = 0; i < 100; i++) {
        struct result r = failed(i, 1 + i % 3, FAIL_PEER_CLOSED);
        r.was_ready = true;
        r.phase_ms[PHASE_CLOSE] = 2;
        r.commands = &doubted;
        r.n_commands = 1;
        assert_int_equal(retry_push(&q, &p, &r, now), 0);
    }
    assert_int_equal(retry_count(&q), 100);
    for (size_t left = 100; left > 0; left--) {
        struct mono due = retry_due(&q);
        struct retry_waiting *w = retry_pop(&q);
        assert_non_null(w);
        assert_true(due.ns >= before.ns);
        assert_int_equal(due.ns, now.ns + retry_delay_ms(&p, w->index, w->attempt) * MS);
        assert_int_equal(w->attempt, 1 + w->index % 3);
        assert_true(w->class == FAIL_PEER_CLOSED && w->was_ready && w->device_ms == 5);
        assert_int_equal(w->doubts, 1);
        before = due;
        free(w);
        assert_int_equal(retry_count(&q), left - 1);
    }
    retry_free(&q);
}

static void what_still_waits_is_freed(void **state)
{
    (void)state;
    struct retry_queue q = {0};
    struct retry_policy p = {.max = 1, .on = (fail_set)-1};
    for (uint32_t i = 0; i < 40; i++) {
        struct result r = failed(i, 1, FAIL_DNS);
        assert_int_equal(retry_push(&q, &p, &r, (struct mono){0}), 0);
    }
    retry_free(&q); /* the sanitizers tell */
    assert_int_equal(retry_count(&q), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_named_classes_are_tried_again_and_only_so_often),
        cmocka_unit_test(without_a_policy_nothing_is),
        cmocka_unit_test(a_refused_secret_never_is),
        cmocka_unit_test(by_default_no_command_runs_twice),
        cmocka_unit_test(the_delay_doubles_up_to_its_ceiling),
        cmocka_unit_test(jitter_spreads_them_and_follows_from_the_seed),
        cmocka_unit_test(they_come_by_time_and_keep_what_stands),
        cmocka_unit_test(what_still_waits_is_freed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
