/* links: base/buf base/err dialogue/above dialogue/again dialogue/clean dialogue/digits
 * dialogue/echo dialogue/echo_line dialogue/input dialogue/log_line dialogue/match dialogue/owed
 * dialogue/prompt dialogue/rules dialogue/run dialogue/sighting dialogue/stream */

/* Is a line the echo of an input, behind a prompt or alone? */
#include "dialogue/echo_line.h"

#include "tests/lib/owed_fixture.h"

static size_t matched;

/* A line behind the one on which the prompt stands. */
static enum echo_result line(const char *text, const char *input)
{
    judge_feed(&j, "\r\n");
    size_t from = stream_end(&j.s);
    judge_feed(&j, text);
    size_t lf = stream_end(&j.s);
    judge_feed(&j, "\r\n");
    matched = 99;
    sight = (struct sight){.kind = SIGHT_NOTHING};
    return echo_line_look(&o, &j.s, &p, from, lf, input, &matched, &sight);
}

static enum echo_result rest(const char *text, const char *input)
{
    judge_feed(&j, "\r\n");
    size_t from = stream_end(&j.s);
    judge_feed(&j, text);
    size_t lf = stream_end(&j.s);
    return echo_line_rest(&o, &j.s, from, lf, input);
}

static void prompt_and_input_are_all_of_it(void **state)
{
    (void)state;
    stand_at("one\r\n", "r1#", "show clock", "");
    assert_int_equal(line("r1#show clock", "show clock"), ECHO_ALL);
    assert_int_equal(sight.prompt_len, 3);
    assert_memory_equal(sight.prompt, "r1#", 3);
    assert_int_equal(o.run[o.n_run - 1], prompt_at + 5);
    assert_false(sight.glued);
}

static void a_new_prompt_of_the_platform_will_do(void **state)
{
    (void)state;
    stand_at("one\r\n", "r1#", "show clock", "");
    assert_int_equal(line("r1(config)#show clock", "show clock"), ECHO_ALL);
    assert_int_equal(sight.prompt_len, 11);
    assert_int_equal(line("some text show clock", "show clock"), ECHO_NOT);
}

static void a_part_of_it_is_measured(void **state)
{
    (void)state;
    stand_at("one\r\n", "r1#", "show clock", "");
    assert_int_equal(line("r1#show c", "show clock"), ECHO_PART);
    assert_int_equal(matched, 6);
    assert_int_equal(line("r1#show x", "show clock"), ECHO_NOT);
    assert_int_equal(line("show clock", "show clock"), ECHO_NOT); /* no prompt */
    assert_int_equal(line("r1#show clock brief", "show clock"), ECHO_NOT);
}

static void a_completed_word_is_still_the_input(void **state)
{
    (void)state;
    stand_at("one\r\n", "r1#", "sh clock", "");
    assert_int_equal(line("r1#show clock", "sh clock"), ECHO_ALL);
    assert_int_equal(sight.prompt_len, 3);
}

static void text_before_the_prompt_needs_a_reason(void **state)
{
    (void)state;
    stand_at("one\r\n", "r1#", "show clock", "");
    assert_int_equal(line("text r1#show clock", "show clock"), ECHO_NOT);
    judge_feed(&j, "\r\n");
    o.glued = stream_end(&j.s) + 2; /* a chunk ended behind the prompt on that line */
    assert_int_equal(line("text r1#show clock", "show clock"), ECHO_ALL);
    assert_true(sight.glued);
}

static void at_the_end_of_a_long_line(void **state)
{
    (void)state;
    char text[1200];
    memset(text, 'x', 1000);
    strcpy(text + 1000, "r1#show clock");
    stand_at("one\r\n", "r1#", "show clock", "");
    size_t at = stream_end(&j.s) + 2 + 1000;
    assert_int_equal(line(text, "show clock"), ECHO_ALL);
    assert_int_equal(o.run[0], at);
    assert_true(sight.glued);
}

static void on_a_long_line_nothing_is_known_before_a_prompt_is(void **state)
{
    (void)state;
    char text[1200];
    memset(text, 'x', 1000);
    strcpy(text + 1000, "show clock");
    judge_feed(&j, "r1#");
    owed_begin(&o, &j.s, &p, 0);
    assert_int_equal(line(text, "show clock"), ECHO_NOT);
}

static void the_rest_of_an_echo_moves_on(void **state)
{
    (void)state;
    stand_at("one\r\n", "r1#", "show clock", "");
    assert_int_equal(rest("show", "show clock"), ECHO_NOT); /* none has begun */
    assert_int_equal(o.echoed, 0);
    o.echoed = 4;
    assert_int_equal(rest(" cl", "show clock"), ECHO_PART);
    assert_int_equal(o.echoed, 7);
    assert_int_equal(rest("xck", "show clock"), ECHO_NOT);
    assert_int_equal(o.echoed, 7);
    assert_int_equal(rest("ock", "show clock"), ECHO_ALL);
}

static void a_late_blank_belongs_to_the_prompt(void **state)
{
    (void)state;
    stand_at("one\r\n", "r1#", "show clock", "");
    judge_feed(&j, " show clock\r\n");
    sight = (struct sight){.prompt_len = 0};
    echo_line_late_blanks(&o, &j.s, &p, stream_end(&j.s) - 1, "show clock", &sight);
    assert_int_equal(sight.prompt_len, 4);
    assert_memory_equal(sight.prompt, "r1# ", 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_owed, close_owed)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(prompt_and_input_are_all_of_it),
        TEST(a_new_prompt_of_the_platform_will_do),
        TEST(a_part_of_it_is_measured),
        TEST(a_completed_word_is_still_the_input),
        TEST(text_before_the_prompt_needs_a_reason),
        TEST(at_the_end_of_a_long_line),
        TEST(on_a_long_line_nothing_is_known_before_a_prompt_is),
        TEST(the_rest_of_an_echo_moves_on),
        TEST(a_late_blank_belongs_to_the_prompt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
