/* links: base/buf base/err dialogue/above dialogue/clean dialogue/log_line dialogue/match
 * dialogue/prompt dialogue/rules dialogue/stream */

/* The upper lines of a prompt. */
#include "dialogue/prompt.h"

#include "tests/lib/judge_fixture.h"

static const char *const refusals[] = {"% Invalid"};
static const struct platform platform = {.name = "x",
                                         .prompt = PATTERN("^\\S+[#>] ?$"),
                                         .failure_indicators = refusals,
                                         .n_failure_indicators = 1};

static struct judge j;
static struct prompts p;

static int open_all(void **state)
{
    (void)state;
    judge_open(&j, &platform);
    prompts_init(&p, j.rules, &j.matcher);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    prompts_free(&p);
    judge_close(&j);
    return 0;
}

/* What came for an input, up to its prompt. */
static void see(const char *text, bool of_command)
{
    size_t floor = stream_end(&j.s);
    judge_feed(&j, text);
    prompt_see_above(&p, &j.s, j.s.line_start, floor, of_command);
    assert_int_equal(prompt_prove(&p, j.s.tail, j.s.tail_len), 0);
    judge_feed(&j, "\r\n");
}

static void expect_above(const char *text)
{
    assert_int_equal(p.above.n, strlen(text));
    assert_memory_equal(p.above.text ? p.above.text : "", text, strlen(text));
}

/* Where the block of the prompt that text ends in begins, counted from text's beginning. */
static size_t block_of(const char *text)
{
    size_t floor = stream_end(&j.s);
    judge_feed(&j, text);
    return prompt_block(&p, &j.s, j.s.line_start, floor) - floor;
}

static void lines_that_stand_above_two_prompts_are_learned(void **state)
{
    (void)state;
    see("\r\n{master:0}\r\nlab@r1> ", false);
    expect_above("");
    see("\r\n{master:0}\r\nlab@r1> ", false);
    expect_above("{master:0}\n");
    assert_int_equal(block_of("text\r\n{master:0}\r\nlab@r1> "), 6);
}

static void roles_in_them_change(void **state)
{
    (void)state;
    see("[edit 1]\r\nr1# ", false);
    see("[edit 2]\r\nr1# ", false);
    expect_above("[edit 2]\n");
    assert_int_equal(block_of("text\r\n[edit system]\r\nr1# "), 6);
    assert_int_equal(block_of("\r\ntext\r\n{master}\r\nr1# "), 18); /* another kind of line */
}

static void digits_in_them_change_too(void **state)
{
    (void)state;
    see("box 1 is up\r\nr1# ", false);
    see("box 12 is up\r\nr1# ", false);
    expect_above("box 12 is up\n");
    assert_int_equal(block_of("text\r\nbox 3 is up\r\nr1# "), 6);
}

static void what_one_input_brought_is_its_own(void **state)
{
    (void)state;
    see("Pagination disabled.\r\nr1#", false);
    see("Width set.\r\nr1#", false);
    expect_above("");
    assert_int_equal(block_of("Width set.\r\nr1#"), 12);
}

static void two_lines_are_learned_too(void **state)
{
    (void)state;
    see("op at box\r\nin ~\r\n$# ", false);
    see("op at box\r\nin ~\r\n$# ", false);
    expect_above("op at box\nin ~\n");
    assert_int_equal(block_of("out\r\nop at box\r\nin ~\r\n$# "), 5);
    assert_int_equal(block_of("\r\nop in box\r\nin ~\r\n$# "), 19); /* half of them is none */
}

static void of_an_output_only_decoration_is_learned(void **state)
{
    (void)state;
    see("the same text\r\nr1#", false);
    see("the same text\r\nr1#", true);
    expect_above("");
    see("{master:0}\r\nr1#", true);
    see("{master:0}\r\nr1#", true);
    expect_above("{master:0}\n");
}

static void an_output_without_them_does_not_unlearn(void **state)
{
    (void)state;
    see("{master:0}\r\nr1#", false);
    see("{master:0}\r\nr1#", false);
    see("an output\r\nr1#", true);
    expect_above("{master:0}\n");
    see("another\r\nr1#", false);
    expect_above("");
}

static void two_inputs_may_be_refused_alike(void **state)
{
    (void)state;
    see("% Invalid input\r\nr1#", false);
    see("% Invalid input\r\nr1#", false);
    expect_above("");
}

static void none_is_looked_for_before_the_output_begins(void **state)
{
    (void)state;
    see("{master:0}\r\nr1#", false);
    see("{master:0}\r\nr1#", false);
    judge_feed(&j, "{master:0}\r\n");
    size_t floor = stream_end(&j.s);
    judge_feed(&j, "r1#");
    assert_int_equal(prompt_block(&p, &j.s, j.s.line_start, floor), floor);
}

static void decoration_is_learned_or_of_the_platforms_kind(void **state)
{
    (void)state;
    static const char text[] = "op at box\r\n[edit]\r\n\r\nother\r\n";
    see("op at box\r\nr1#", false);
    size_t at = stream_end(&j.s);
    judge_feed(&j, text);
    assert_true(prompt_is_decoration(&p, &j.s, at, at + 10, true));
    assert_false(prompt_is_decoration(&p, &j.s, at, at + 10, false));
    assert_true(prompt_is_decoration(&p, &j.s, at + 11, at + 18, false));
    assert_true(prompt_is_decoration(&p, &j.s, at + 19, at + 20, false));
    assert_false(prompt_is_decoration(&p, &j.s, at + 21, at + 27, true));
}

static void a_prompt_right_above_is_found(void **state)
{
    (void)state;
    assert_int_equal(prompt_prove(&p, TEXT("r1#")), 0);
    judge_feed(&j, "one r1#\r\nr1#\r\nr1#");
    assert_int_equal(prompt_above(&p, &j.s, 14, 0, false), 9);
    assert_int_equal(prompt_above(&p, &j.s, 9, 0, false), NOWHERE);
    assert_int_equal(prompt_above(&p, &j.s, 9, 0, true), 4);
    assert_int_equal(prompt_above(&p, &j.s, 14, 14, false), NOWHERE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lines_that_stand_above_two_prompts_are_learned),
        TEST(roles_in_them_change),
        TEST(digits_in_them_change_too),
        TEST(what_one_input_brought_is_its_own),
        TEST(two_lines_are_learned_too),
        TEST(of_an_output_only_decoration_is_learned),
        TEST(an_output_without_them_does_not_unlearn),
        TEST(two_inputs_may_be_refused_alike),
        TEST(none_is_looked_for_before_the_output_begins),
        TEST(decoration_is_learned_or_of_the_platforms_kind),
        TEST(a_prompt_right_above_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
