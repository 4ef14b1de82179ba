/* links: base/buf base/err dialogue/above dialogue/again dialogue/clean dialogue/digits
 * dialogue/echo dialogue/echo_line dialogue/input dialogue/log_line dialogue/match dialogue/owed
 * dialogue/prompt dialogue/rules dialogue/run dialogue/sighting dialogue/stream */

/* The echo that is owed behind a prompt, or the prompt again: without digits. */
#include "dialogue/run.h"
#include "tests/lib/owed_fixture.h"

static void stand(const char *text)
{
    stand_at("one\r\n", "r1#", text, "");
}

static enum sight_kind look_again(const char *chunk)
{
    judge_feed(&j, chunk);
    owed_look_for_prompt(&o, &j.s, &p, false, false, &sight);
    return sight.kind;
}

static void the_echo_right_behind_the_prompt(void **state)
{
    (void)state;
    stand("show clock");
    assert_int_equal(look("show "), SIGHT_NOTHING);
    assert_int_equal(look("clock\r"), SIGHT_NOTHING);
    assert_int_equal(look("\n"), SIGHT_ECHO);
    expect_echo(prompt_at);
    assert_false(sight.log);
    assert_false(sight.weak);
    assert_int_equal(sight.prompts, 0);
    assert_int_equal(sight.prompt_len, 3);
}

static void a_false_prompt_belongs_to_the_output(void **state)
{
    (void)state;
    stand("show clock");
    assert_int_equal(look(" is the prompt\r\ntwo\r\n"), SIGHT_NOTHING);
    assert_false(owed_stands(&o));
    size_t at = stream_end(&j.s);
    assert_int_equal(look("r1#show clock\r\n"), SIGHT_ECHO);
    expect_echo(at);
    assert_true(sight.log);
    assert_true(sight.other);
}

static void nothing_but_prompts_leaves_it_standing(void **state)
{
    (void)state;
    stand("show clock");
    assert_true(owed_stands(&o));
    assert_int_equal(look("\r\n\r\nr1#"), SIGHT_NOTHING);
    assert_true(owed_stands(&o));
}

static void one_prompt_too_many_is_counted(void **state)
{
    (void)state;
    stand("show clock");
    assert_int_equal(look("\r\n"), SIGHT_NOTHING);
    size_t at = stream_end(&j.s);
    assert_int_equal(look("r1#show clock\r\n"), SIGHT_ECHO);
    expect_echo(at); /* the first one was text */
    assert_int_equal(sight.prompts, 1);
    assert_int_equal(sight.place_before, prompt_at);
}

static void an_empty_line_brings_one_of_its_own(void **state)
{
    (void)state;
    stand("show clock");
    owed_sent_empty(&o, &j.s);
    o.n_before = 1;
    assert_int_equal(look("\r\nr1#show clock\r\n"), SIGHT_ECHO);
    expect_echo(prompt_at);
    assert_int_equal(sight.prompts, 0);
}

static void a_log_line_before_the_echo_is_told(void **state)
{
    (void)state;
    stand("show clock");
    assert_int_equal(look("\r\n*Mar  1 00:00:01: %SYS-5-CONFIG_I: x\r\n"), SIGHT_NOTHING);
    size_t at = stream_end(&j.s);
    assert_int_equal(look("r1#show clock\r\n"), SIGHT_ECHO);
    expect_echo(at);
    assert_true(sight.log);
    assert_false(sight.other);
}

static void an_echo_goes_on_behind_a_log_line(void **state)
{
    (void)state;
    stand("show clock");
    assert_int_equal(look("show c\r\n"), SIGHT_NOTHING);
    assert_int_equal(o.echoed, 6);
    assert_int_equal(look("%SYS-5-CONFIG_I: x\r\nlock\r\n"), SIGHT_ECHO);
    expect_echo(prompt_at);
}

static void an_interrupted_echo_is_drawn_again(void **state)
{
    (void)state;
    stand("show clock");
    assert_int_equal(look("show c\r\n%SYS-5-CONFIG_I: x\r\nr1#show clock\r\n"), SIGHT_ECHO);
    expect_echo(prompt_at);
}

static void a_wrapped_echo_is_whole_lines(void **state)
{
    (void)state;
    stand("show interfaces status");
    assert_int_equal(look("show inter\r\nfaces st\r\n"), SIGHT_NOTHING);
    assert_int_equal(o.echoed, 18);
    assert_int_equal(look("atus\r\n"), SIGHT_ECHO);
    expect_echo(prompt_at);
}

static void the_input_alone_on_a_line_is_weak(void **state)
{
    (void)state;
    stand("exit");
    size_t at = stream_end(&j.s) + 2;
    assert_int_equal(look("\r\n exit\r\n!\r\n"), SIGHT_NOTHING);
    assert_int_equal(o.weak, at);
    assert_int_equal(o.weak_end, at + 7);
}

static void an_echo_behind_an_unfinished_line(void **state)
{
    (void)state;
    stand("show clock");
    assert_int_equal(look(" x\r\nlast r1#"), SIGHT_NOTHING); /* a chunk ended in it */
    size_t at = stream_end(&j.s) - 3;
    assert_int_equal(look("show clock\r\n"), SIGHT_ECHO);
    expect_echo(at);
    assert_true(sight.glued);
}

static void in_the_middle_of_a_chunk_such_a_line_is_text(void **state)
{
    (void)state;
    stand("show clock");
    assert_int_equal(look(" x\r\nlast r1#show clock\r\nmore\r\n"), SIGHT_NOTHING);
}

static void the_end_of_the_stream_ends_a_line(void **state)
{
    (void)state;
    stand("exit");
    assert_int_equal(look("exit"), SIGHT_NOTHING);
    owed_look_at_end(&o, &j.s, &p, &next, edited, &sight);
    assert_int_equal(sight.kind, SIGHT_ECHO);
    assert_int_equal(sight.place, prompt_at);
    assert_int_equal(sight.out_start, stream_end(&j.s));
}

static void the_prompt_again_behind_an_empty_line(void **state)
{
    (void)state;
    stand("");
    owed_sent_empty(&o, &j.s);
    assert_int_equal(look_again("\r\n"), SIGHT_NOTHING);
    size_t at = stream_end(&j.s);
    assert_int_equal(look_again("r1"), SIGHT_NOTHING);
    assert_int_equal(look_again("#"), SIGHT_AGAIN);
    assert_int_equal(sight.place, prompt_at);
    assert_int_equal(sight.out_start, at);
    assert_int_equal(sight.run, 2);
    assert_int_equal(sight.prompts, 0);
}

static void text_before_it_makes_the_first_one_false(void **state)
{
    (void)state;
    stand("");
    owed_sent_empty(&o, &j.s);
    assert_int_equal(look_again("\r\ntwo\r\nr1#"), SIGHT_NOTHING); /* one only since */
    size_t at = j.s.line_start;
    assert_int_equal(look_again("\r\nr1#"), SIGHT_AGAIN);
    assert_int_equal(sight.place, at);
    assert_true(sight.other);
}

/* Of more prompts than there is room for the last ones are there; behind them at[] has none. */
static void a_line_may_be_full_of_them(void **state)
{
    (void)state;
    char text[3 * (RUN_MAX + 1) + 1];
    size_t at[RUN_MAX + 1], rest = 0, from;
    stand("");
    judge_feed(&j, "\r\n");
    from = stream_end(&j.s);
    for (size_t i = 0; i <= RUN_MAX; i++)
        strcpy(text + 3 * i, "r1#");
    judge_feed(&j, text);
    at[RUN_MAX] = SIZE_MAX / 4; /* read, it would be far from any text */
    assert_int_equal(prompt_believe(&p, TEXT("core#")), 0);
    size_t count = prompt_count(&p, TEXT(text), &rest, at, RUN_MAX);
    assert_int_equal(count, RUN_MAX + 1);
    run_push_all(&o, &j.s, &p, from, stream_end(&j.s), TEXT(text), at, count);
    assert_int_equal(o.n_run, RUN_MAX);
    assert_int_equal(o.run[0], from + 3);
    assert_int_equal(o.run[RUN_MAX - 1], stream_end(&j.s) - 3);
}

static void a_prompt_and_an_input_on_a_line_are_told(void **state)
{
    (void)state;
    stand("show clock");
    judge_feed(&j, "\r\nr1#show clock\r\nxr1#show clock\r\nr1#w clock\r\n");
    size_t at = prompt_at + 5;
    assert_true(owed_line_is(&j.s, &p, at, at + 14, "show clock"));
    assert_false(owed_line_is(&j.s, &p, at, at + 14, "show version"));
    assert_false(owed_line_is(&j.s, &p, at + 15, at + 30, "show clock"));
    assert_true(owed_line_is_rest(&j.s, &p, at + 31, at + 42, "show clock"));
    assert_false(owed_line_is_rest(&j.s, &p, at, at + 14, "show clock")); /* all of it */
    assert_false(owed_line_is_rest(&j.s, &p, at + 31, at + 42, "show block"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_owed, close_owed)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_echo_right_behind_the_prompt),
        TEST(a_false_prompt_belongs_to_the_output),
        TEST(nothing_but_prompts_leaves_it_standing),
        TEST(one_prompt_too_many_is_counted),
        TEST(an_empty_line_brings_one_of_its_own),
        TEST(a_log_line_before_the_echo_is_told),
        TEST(an_echo_goes_on_behind_a_log_line),
        TEST(an_interrupted_echo_is_drawn_again),
        TEST(a_wrapped_echo_is_whole_lines),
        TEST(the_input_alone_on_a_line_is_weak),
        TEST(an_echo_behind_an_unfinished_line),
        TEST(in_the_middle_of_a_chunk_such_a_line_is_text),
        TEST(the_end_of_the_stream_ends_a_line),
        TEST(the_prompt_again_behind_an_empty_line),
        TEST(text_before_it_makes_the_first_one_false),
        TEST(a_line_may_be_full_of_them),
        TEST(a_prompt_and_an_input_on_a_line_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
