/* links: pace/budget_limiter pace/budget_start pace/budget_stop base/clock base/seed base/err
 *        model/result */

/* What the budget is made of: a rate, the places that open at the start, and the row that ends a
 * run. */
#include "pace/budget_limiter.h"
#include "pace/budget_start.h"
#include "pace/budget_stop.h"

#include "base/seed.h"

#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define MS     ((int64_t)1000000)
#define SECOND (1000 * MS)
#define MANY   4000

static struct mono at(int64_t ns)
{
    return (struct mono){ns};
}

/* Takes n permits as soon as they come, late by up to late_ns where that was waited for. Their
 * times. */
static void take_all(struct limiter *l, int64_t *times, size_t n, int64_t late_ns, uint64_t seed)
{
    int64_t now = 77 * SECOND;
    for (size_t i = 0; i < n; i++) {
        int64_t open = limiter_open_at(l).ns;
        if (open > now)
            now = open + (late_ns ? seed_between(seed_next(&seed), 0, late_ns) : 0);
        assert_true(limiter_is_open(l, at(now)));
        limiter_take(l, at(now));
        times[i] = now;
    }
}

/* The most of n rising times in any stretch of a second. */
static unsigned most_in_a_second(const int64_t *times, size_t n)
{
    size_t most = 0;
    for (size_t i = 0, k = 0; k < n; k++) {
        while (times[k] - times[i] >= SECOND)
            i++;
        most = k - i + 1 > most ? k - i + 1 : most;
    }
    return (unsigned)most;
}

static const double rates[] = {0.5, 1, 1.5, 3, 7, 9.9, 10, 20, 50, 333, 1000};
#define N_RATES (sizeof rates / sizeof *rates)

static void no_second_holds_more_than_a_tenth_too_many(void **state)
{
    (void)state;
    static int64_t times[MANY];
    for (size_t r = 0; r < N_RATES; r++)
        for (int64_t late_ns = 0; late_ns <= 60 * MS; late_ns += 15 * MS) {
            struct limiter l;
            size_t n = rates[r] < 100 ? 400 : MANY;
            double bound = fmax(floor(1.1 * rates[r]), ceil(rates[r]));
            limiter_init(&l, 0, rates[r]);
            take_all(&l, times, n, late_ns, (uint64_t)late_ns + r);
            assert_true(most_in_a_second(times, n) <= bound);
        }
}

static void what_is_a_little_late_is_caught_up(void **state)
{
    (void)state;
    static int64_t times[MANY];
    for (size_t r = 0; r < N_RATES; r++) {
        struct limiter l;
        size_t n = rates[r] < 100 ? 400 : MANY;
        limiter_init(&l, 0, rates[r]);
        take_all(&l, times, n, 15 * MS, r);
        double seconds = (double)(times[n - 1] - times[0]) / (double)SECOND;
        double a_second = (double)(n - 1) / seconds;
        assert_true(a_second >= 0.9 * rates[r]);
        assert_true(a_second <= 1.02 * rates[r]);
    }
}

/* After a pause the rate is the same: nothing was saved up but the tolerance. */
static void a_pause_saves_nothing_up(void **state)
{
    (void)state;
    int64_t times[60];
    struct limiter l;
    limiter_init(&l, 0, 50);
    limiter_take(&l, at(SECOND));
    limiter_take(&l, at(1000 * SECOND)); /* long after its time */
    take_all(&l, times, 60, 0, 1);
    limiter_init(&l, 0, 50);
    limiter_take(&l, at(0));
    int64_t now = 1000 * SECOND;
    unsigned at_once = 0;
    while (limiter_is_open(&l, at(now))) {
        limiter_take(&l, at(now));
        at_once++;
    }
    assert_in_range(at_once, 1, 2);
}

static void a_limit_opens_when_one_ends(void **state)
{
    (void)state;
    struct limiter l;
    limiter_init(&l, 2, 0);
    assert_true(limiter_is_open(&l, at(0)));
    limiter_take(&l, at(0));
    limiter_take(&l, at(0));
    assert_true(mono_is_never(limiter_open_at(&l)));
    limiter_give(&l);
    assert_true(limiter_is_open(&l, at(0)));
    limiter_init(&l, 0, 0);
    for (int i = 0; i < 1000; i++)
        limiter_take(&l, at(0));
    assert_true(limiter_is_open(&l, at(0)));
}

/* When each of the places opens, in ms. */
static void open_places(unsigned n, int64_t within_ms, uint64_t seed, double *ms)
{
    struct start s;
    struct mono begun = at(5 * SECOND), now = begun;
    start_init(&s, n, within_ms, seed, begun);
    for (unsigned i = 0; i < n; i++) {
        start_advance(&s, now);
        struct mono open = start_open_at(&s, i);
        assert_false(mono_is_never(open));
        if (open.ns > now.ns) { /* not before */
            start_advance(&s, at(open.ns - 1));
            assert_true(start_open_at(&s, i).ns == open.ns);
            now = open;
            start_advance(&s, now);
            assert_true(mono_reached(now, start_open_at(&s, i)));
        }
        ms[i] = mono_ms_between(begun, now);
    }
    assert_true(mono_is_never(start_open_at(&s, n)));
}

static void places_open_evenly_within_the_time(void **state)
{
    (void)state;
    enum { PLACES = 2000 };
    static double ms[PLACES], other[PLACES];
    unsigned quarters[4] = {0}, differ = 0;
    open_places(PLACES, 10000, 3, ms);
    open_places(PLACES, 10000, 4, other);
    for (unsigned i = 0; i < PLACES; i++) {
        assert_true(ms[i] >= 0 && ms[i] < 10000 && (i == 0 || ms[i] >= ms[i - 1]));
        quarters[(int)(ms[i] / 2500)]++;
        differ += ms[i] != other[i];
    }
    for (int q = 0; q < 4; q++)
        assert_in_range(quarters[q], 400, 600);
    assert_true(differ > 1900);
    open_places(PLACES, 10000, 3, other);
    assert_memory_equal(ms, other, sizeof ms);
}

/* The first of n comes at a mean of 1 / (n + 1), the last at n / (n + 1). */
static void the_ends_are_where_chance_puts_them(void **state)
{
    (void)state;
    double first = 0, last = 0, ms[9];
    for (uint64_t seed = 0; seed < 2000; seed++) {
        open_places(9, 1000, seed, ms);
        first += ms[0] / 2000;
        last += ms[8] / 2000;
    }
    assert_true(fabs(first - 100) < 10 && fabs(last - 900) < 10);
}

static void without_jitter_all_are_open(void **state)
{
    (void)state;
    struct start s;
    start_init(&s, 0, 0, 1, at(0));
    start_advance(&s, at(0));
    for (unsigned under_way = 0; under_way < 100; under_way += 9)
        assert_true(mono_reached(at(0), start_open_at(&s, under_way)));
}

static struct result ended(uint32_t index, enum fail_class class)
{
    return (struct result){.index = index, .class = class};
}

static void answer(struct stop *s, uint32_t index, enum fail_class class)
{
    struct result r = ended(index, class);
    stop_answer(s, &r);
}

static void a_row_of_refusals_ends_the_run(void **state)
{
    (void)state;
    struct stop s;
    assert_int_equal(stop_init(&s, &(struct stop_rule){FAIL_AUTH, 3}, 20), 0);
    for (uint32_t i = 0; i < 2; i++) {
        stop_handed_out(&s, i);
        answer(&s, i, FAIL_AUTH);
    }
    assert_int_equal(stop_handshakes(&s), 1);
    stop_handed_out(&s, 2);
    answer(&s, 2, FAIL_REFUSED); /* says nothing of the password */
    assert_int_equal(stop_handshakes(&s), 1);
    stop_handed_out(&s, 3);
    stop_logged_in(&s, 3);
    assert_int_equal(stop_handshakes(&s), 3);
    for (uint32_t i = 4; i < 7; i++) {
        assert_false(s.reached);
        stop_handed_out(&s, i);
        answer(&s, i, FAIL_AUTH);
    }
    assert_true(s.reached);
    assert_int_equal(stop_handshakes(&s), 0);
    stop_free(&s);
}

/* One that was let in before the others were refused says nothing of them, however late it is
 * heard of. */
static void a_log_in_from_before_the_row_does_not_end_it(void **state)
{
    (void)state;
    struct stop s;
    assert_int_equal(stop_init(&s, &(struct stop_rule){FAIL_AUTH, 3}, 20), 0);
    for (uint32_t i = 0; i < 3; i++)
        stop_handed_out(&s, i);
    answer(&s, 0, FAIL_AUTH);
    answer(&s, 1, FAIL_AUTH);
    stop_logged_in(&s, 2);
    answer(&s, 2, FAIL_NONE);
    assert_int_equal(stop_handshakes(&s), 1);
    stop_handed_out(&s, 3);
    answer(&s, 3, FAIL_NONE); /* where log-ins are not told */
    assert_int_equal(stop_handshakes(&s), 3);
    stop_free(&s);
}

/* Whatever the order in which results are heard of, the devices never see more in a row. */
static void devices_never_see_a_longer_row(void **state)
{
    (void)state;
    enum { DEVICES = 400 };
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct stop s;
        uint64_t chance = seed;
        uint32_t under_way[16], n = 0, next = 0, row = 0;
        bool refused[16], decided[16];
        assert_int_equal(stop_init(&s, &(struct stop_rule){FAIL_AUTH, 5}, DEVICES), 0);
        while (!s.reached && (next < DEVICES || n > 0)) {
            if (next < DEVICES && n < stop_handshakes(&s) && seed_next(&chance) % 2) {
                stop_handed_out(&s, next);
                decided[n] = false;
                under_way[n++] = next++;
                continue;
            }
            if (n == 0)
                continue;
            uint32_t i = (uint32_t)(seed_next(&chance) % n);
            if (!decided[i]) { /* at the device */
                decided[i] = true;
                refused[i] = seed_unit(seed_next(&chance)) < 0.5;
                row = refused[i] ? row + 1 : 0;
                assert_true(row <= 5);
                continue;
            }
            if (!refused[i]) /* heard of here */
                stop_logged_in(&s, under_way[i]);
            answer(&s, under_way[i], refused[i] ? FAIL_AUTH : FAIL_NONE);
            n--;
            under_way[i] = under_way[n];
            refused[i] = refused[n];
            decided[i] = decided[n];
        }
        stop_free(&s);
    }
}

static void other_classes_count_by_results_and_cap_nothing(void **state)
{
    (void)state;
    struct stop s;
    assert_int_equal(stop_init(&s, &(struct stop_rule){FAIL_CONNECT_TIMEOUT, 2}, 20), 0);
    assert_int_equal(stop_handshakes(&s), UINT_MAX);
    stop_handed_out(&s, 0);
    answer(&s, 0, FAIL_CONNECT_TIMEOUT);
    stop_logged_in(&s, 1);
    answer(&s, 1, FAIL_NONE);
    answer(&s, 2, FAIL_CONNECT_TIMEOUT);
    assert_false(s.reached);
    answer(&s, 3, FAIL_CONNECT_TIMEOUT);
    assert_true(s.reached);
    stop_free(&s);
    assert_int_equal(stop_init(&s, &(struct stop_rule){0}, 20), 0);
    for (uint32_t i = 0; i < 20; i++)
        answer(&s, i, FAIL_AUTH);
    assert_false(s.reached);
    assert_int_equal(stop_handshakes(&s), UINT_MAX);
    stop_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_second_holds_more_than_a_tenth_too_many),
        cmocka_unit_test(what_is_a_little_late_is_caught_up),
        cmocka_unit_test(a_pause_saves_nothing_up),
        cmocka_unit_test(a_limit_opens_when_one_ends),
        cmocka_unit_test(places_open_evenly_within_the_time),
        cmocka_unit_test(the_ends_are_where_chance_puts_them),
        cmocka_unit_test(without_jitter_all_are_open),
        cmocka_unit_test(a_row_of_refusals_ends_the_run),
        cmocka_unit_test(a_log_in_from_before_the_row_does_not_end_it),
        cmocka_unit_test(devices_never_see_a_longer_row),
        cmocka_unit_test(other_classes_count_by_results_and_cap_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
