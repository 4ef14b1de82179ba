/* links: lab/sim/rate base/clock */

/* The second that slides. */
#include "lab/sim/rate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void count_at(struct rate *rate, int64_t ms)
{
    rate_count(rate, (struct mono){ms * 1000000});
}

static void the_second_slides(void **state)
{
    static const struct {
        int64_t ms[6];
        uint32_t most;
    } rows[] = {
        {{5000, 5100, 5999, -1}, 3},
        {{5000, 5500, 6000, -1}, 2},
        {{5999, 6000, 6001, 6998, 6999, -1}, 4},
        {{5000, 7000, 9000, -1}, 1},
        {{5000, 5999, 6998, 7997, -1}, 2},
        {{0, 999, -1}, 2},
        {{0, 1000, -1}, 1},
        {{123456789000, 123456789999, 123456790000, -1}, 2},
        /* Across the ring's end, and around all of it. */
        {{2047, 2048, 3046, 3047, -1}, 3},
        {{100, 2147, 2148, 2149, -1}, 3},
        {{100, 2148, 2149, -1}, 2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rate rate = {0};
        uint64_t n = 0;
        for (; rows[i].ms[n] >= 0; n++)
            count_at(&rate, rows[i].ms[n]);
        assert_int_equal(rate.most, rows[i].most);
        assert_int_equal(rate.total, n);
    }
}

static void order_does_not_matter_within_a_second(void **state)
{
    static const struct {
        int64_t ms[6];
        uint32_t most;
    } rows[] = {
        {{5999, 5000, -1}, 2},
        {{6000, 5000, -1}, 1},
        /* The most was in a second that is no more the newest. */
        {{5000, 5500, 6400, 5400, -1}, 3},
        {{5000, 5010, 5999, 6005, 5009, -1}, 4},
        {{5000, 5999, 6999, 5999, 5999, -1}, 4},
        /* Later than a second late: as if a second late, with those at 6000. */
        {{6000, 7000, 4000, -1}, 2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rate rate = {0};
        for (size_t k = 0; rows[i].ms[k] >= 0; k++)
            count_at(&rate, rows[i].ms[k]);
        assert_int_equal(rate.most, rows[i].most);
    }
}

/* What it says, counted the long way. */
static uint32_t most_of(const int64_t *ms, size_t n)
{
    uint32_t most = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t here = 0;
        for (size_t k = 0; k < n; k++)
            here += ms[k] >= ms[i] && ms[k] < ms[i] + 1000;
        most = here > most ? here : most;
    }
    return most;
}

static void any_stream_is_counted_right(void **state)
{
    int64_t ms[400];
    (void)state;
    for (unsigned seed = 1; seed <= 50; seed++) {
        struct rate rate = {0};
        int64_t at = 10000;
        srand(seed);
        for (size_t i = 0; i < 400; i++) {
            at += rand() % 40 == 0 ? rand() % 5000 : rand() % 20;
            /* Never later than the bound: behind a long pause nothing is out of order. */
            ms[i] = at;
            if (i > 0 && at - ms[i - 1] < 100)
                ms[i] -= rand() % 300;
            count_at(&rate, ms[i]);
        }
        assert_int_equal(rate.most, most_of(ms, 400));
    }
}

static void the_mean_is_from_the_first_to_the_last(void **state)
{
    struct rate rate = {0};
    (void)state;
    assert_true(rate_mean(&rate) == 0);
    count_at(&rate, 5000);
    assert_true(rate_mean(&rate) == 0);
    count_at(&rate, 5000);
    assert_true(rate_mean(&rate) == 0);
    count_at(&rate, 6000);
    assert_true(rate_mean(&rate) == 2);
    count_at(&rate, 4000);
    assert_true(rate_mean(&rate) == 1.5);
}

static void an_even_stream_has_its_rate(void **state)
{
    struct rate rate = {0};
    (void)state;
    for (int64_t ms = 10000; ms <= 20000; ms += 4)
        count_at(&rate, ms);
    assert_int_equal(rate.most, 250);
    assert_true(rate_mean(&rate) == 250);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_second_slides),
        cmocka_unit_test(order_does_not_matter_within_a_second),
        cmocka_unit_test(any_stream_is_counted_right),
        cmocka_unit_test(the_mean_is_from_the_first_to_the_last),
        cmocka_unit_test(an_even_stream_has_its_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
