/* links: lab/relay/relay_count */

/* Dialogues, told as bytes that are sent and that arrive, and the round trips that they cost. */
#include "lab/relay/relay_count.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct relay_count start(void)
{
    struct relay_count count;
    relay_count_init(&count);
    return count;
}

static void sent(struct relay_count *count, enum relay_direction direction, size_t n)
{
    relay_count_taken(count, direction, n);
}

static void came(struct relay_count *count, enum relay_direction direction, size_t n)
{
    relay_count_delivered(count, direction, n);
}

static void through(struct relay_count *count, enum relay_direction direction, size_t n)
{
    sent(count, direction, n);
    came(count, direction, n);
}

static void tcp_alone_is_one(void **state)
{
    struct relay_count count = start();
    (void)state;
    assert_int_equal(relay_count_round_trips(&count), 1);
    through(&count, TO_SERVER, 5);
    assert_int_equal(relay_count_round_trips(&count), 1);
}

static void a_server_that_speaks_first_takes_two(void **state)
{
    struct relay_count count = start();
    (void)state;
    through(&count, TO_CLIENT, 20);
    assert_int_equal(relay_count_round_trips(&count), 2);
    through(&count, TO_CLIENT, 20);
    assert_int_equal(relay_count_round_trips(&count), 2);
}

static void a_request_sent_at_once_takes_two(void **state)
{
    struct relay_count count = start();
    (void)state;
    through(&count, TO_SERVER, 3);
    through(&count, TO_CLIENT, 20);
    assert_int_equal(relay_count_round_trips(&count), 2);
}

static void each_answered_question_is_one_more(void **state)
{
    struct relay_count count = start();
    (void)state;
    through(&count, TO_CLIENT, 20);
    for (unsigned i = 0; i < 1000; i++) {
        through(&count, TO_SERVER, 1);
        assert_int_equal(relay_count_round_trips(&count), 2 + i);
        through(&count, TO_CLIENT, 1);
        assert_int_equal(relay_count_round_trips(&count), 3 + i);
    }
}

/* Both sides send their banner and their offer without waiting: one crossing, not four. */
static void what_crosses_on_the_way_costs_nothing(void **state)
{
    struct relay_count count = start();
    (void)state;
    sent(&count, TO_SERVER, 20);
    sent(&count, TO_SERVER, 900);
    sent(&count, TO_CLIENT, 20);
    came(&count, TO_SERVER, 920);
    came(&count, TO_CLIENT, 20);
    assert_int_equal(relay_count_round_trips(&count), 2);
}

/* The beginning of an answer is enough to be answered, even while its rest is under way. */
static void the_first_byte_counts(void **state)
{
    struct relay_count count = start();
    (void)state;
    sent(&count, TO_CLIENT, 100);
    came(&count, TO_CLIENT, 1);
    assert_int_equal(relay_count_round_trips(&count), 2);
    through(&count, TO_SERVER, 1);
    sent(&count, TO_CLIENT, 10); /* behind the 99 */
    came(&count, TO_CLIENT, 99);
    assert_int_equal(relay_count_round_trips(&count), 2);
    came(&count, TO_CLIENT, 1);
    assert_int_equal(relay_count_round_trips(&count), 3);
    came(&count, TO_CLIENT, 9);
    assert_int_equal(relay_count_round_trips(&count), 3);
}

static void a_delivery_may_hold_two_depths(void **state)
{
    struct relay_count count = start();
    (void)state;
    sent(&count, TO_CLIENT, 100);
    came(&count, TO_CLIENT, 1);
    through(&count, TO_SERVER, 1);
    sent(&count, TO_CLIENT, 10);
    came(&count, TO_CLIENT, 109);
    assert_int_equal(relay_count_round_trips(&count), 3);
    assert_int_equal(count.way[TO_CLIENT].delivered, 110);
}

static void nobody_waits_for_what_comes_after_the_end(void **state)
{
    struct relay_count count = start();
    (void)state;
    through(&count, TO_CLIENT, 20);
    through(&count, TO_SERVER, 20);
    relay_count_client_left(&count);
    through(&count, TO_CLIENT, 20);
    assert_int_equal(relay_count_round_trips(&count), 2);
    assert_int_equal(count.way[TO_CLIENT].delivered, 40);
}

/* Whatever comes in whatever order: never more than two depths are under way in a direction. */
static void two_depths_are_the_most(void **state)
{
    struct relay_count count = start();
    uint32_t seed = 1;
    (void)state;
    for (int i = 0; i < 100000; i++) {
        seed = seed * 1664525u + 1013904223u;
        enum relay_direction direction = seed >> 31 ? TO_SERVER : TO_CLIENT;
        struct relay_depth *way = &count.way[direction];
        uint64_t waits = way->taken - way->delivered;
        if (seed & 1u << 16)
            sent(&count, direction, 1 + (seed >> 8) % 5);
        else if (waits > 0)
            came(&count, direction, 1 + (seed >> 8) % waits);
        waits = way->taken - way->delivered;
        assert_in_range(way->runs, waits > 0, waits > 0 ? 2 : 0);
        if (way->runs == 2)
            assert_true(way->run[0].depth < way->run[1].depth && way->run[0].end < way->run[1].end);
    }
    assert_true(relay_count_round_trips(&count) > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tcp_alone_is_one),
        cmocka_unit_test(a_server_that_speaks_first_takes_two),
        cmocka_unit_test(a_request_sent_at_once_takes_two),
        cmocka_unit_test(each_answered_question_is_one_more),
        cmocka_unit_test(what_crosses_on_the_way_costs_nothing),
        cmocka_unit_test(the_first_byte_counts),
        cmocka_unit_test(a_delivery_may_hold_two_depths),
        cmocka_unit_test(nobody_waits_for_what_comes_after_the_end),
        cmocka_unit_test(two_depths_are_the_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
