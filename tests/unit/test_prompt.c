/* links: base/buf base/err dialogue/above dialogue/clean dialogue/log_line dialogue/match
 * dialogue/prompt dialogue/rules dialogue/stream */
#include "dialogue/prompt.h"

#include "tests/lib/judge_fixture.h"

static const struct platform_mode modes[] = {
    {.name = "exec", .prompt = PATTERN("^[*\\w:-]+[#>] ?$")},
    {.name = "config", .prompt = PATTERN("^\\w+\\(\\w+\\)# ?$")},
};
static const struct platform switches = {
    .name = "x", .prompt = PATTERN("^\\S+[#>] ?$"), .modes = modes, .n_modes = 2};
static const struct platform anything = {
    .name = "generic", .prompt = PATTERN("^.+$"), .learn_prompt = true};

static struct judge j;
static struct prompts p;

static void open_for(const struct platform *platform)
{
    judge_open(&j, platform);
    prompts_init(&p, j.rules, &j.matcher);
}

static int open_switch(void **state)
{
    (void)state;
    open_for(&switches);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    prompts_free(&p);
    judge_close(&j);
    return 0;
}

static enum prompt_judgement judge(const char *text)
{
    return prompt_judge(&p, text, strlen(text));
}

static bool known(const char *text)
{
    return prompt_is_known(&p, text, strlen(text));
}

static void prove(const char *text)
{
    assert_int_equal(prompt_prove(&p, text, strlen(text)), 0);
}

static void believe(const char *text)
{
    assert_int_equal(prompt_believe(&p, text, strlen(text)), 0);
}

static void a_known_text_is_exact_whatever_blanks_follow(void **state)
{
    (void)state;
    assert_false(p.confirmed);
    prove("router-1#");
    assert_true(p.confirmed);
    assert_int_equal(judge("router-1#"), PROMPT_EXACT);
    assert_int_equal(judge("router-1#  "), PROMPT_EXACT);
    assert_int_equal(judge("router-1# x"), PROMPT_NOT);
    assert_int_equal(judge("router-1"), PROMPT_NOT);
}

static void another_text_is_one_when_it_differs_in_a_part(void **state)
{
    (void)state;
    prove("router-1#");
    assert_int_equal(judge("router-2#"), PROMPT_PATTERN);
    assert_int_equal(judge("x>"), PROMPT_HOLD);
}

static void the_blank_at_its_end_may_come_late(void **state)
{
    (void)state;
    prove("router-1# ");
    assert_int_equal(judge("router-1#"), PROMPT_HOLD);
    assert_int_equal(judge("router-1# "), PROMPT_EXACT);
    assert_int_equal(judge("router-2#"), PROMPT_HOLD);
    assert_int_equal(judge("router-2# "), PROMPT_PATTERN);
}

static void a_false_prompt_does_not_replace_the_proved_one(void **state)
{
    (void)state;
    prove("r1#");
    believe("core#");
    assert_int_equal(judge("r1#"), PROMPT_EXACT);
    assert_int_equal(judge("core#"), PROMPT_EXACT);
    believe("edge#");
    assert_true(known("r1#"));
    assert_false(known("core#"));
}

static void the_mode_that_is_walked_to_is_believed_at_once(void **state)
{
    (void)state;
    prove("r1>");
    assert_int_equal(p.mode, 0);
    assert_int_equal(judge("a(config)#"), PROMPT_HOLD);
    p.target = 1;
    assert_int_equal(judge("a(config)#"), PROMPT_PATTERN);
    believe("a(config)#");
    assert_int_equal(p.mode, 1);
}

static void a_counter_is_learned(void **state)
{
    (void)state;
    prove("r1:9#");
    assert_false(known("r1:10#"));
    assert_true(prompt_same_shape(TEXT("r1:9#"), TEXT("r1:10#")));
    prove("r1:10#");
    assert_true(known("r1:11#"));
    assert_int_equal(judge("r1:123#"), PROMPT_PATTERN);
    assert_false(known("s1:11#"));
    assert_false(known("r1:11>"));
    assert_false(known("r1:#"));
}

static void a_star_for_unsaved_changes_is_learned(void **state)
{
    (void)state;
    size_t rest = 9, at[2] = {9, 9};
    prove("A:sr#");
    assert_int_equal(prompt_count(&p, TEXT("*A:sr#"), &rest, at, 2), 1);
    assert_int_equal(rest, 0);
    assert_int_equal(at[0], 0);
    assert_true(prompt_same_shape(TEXT("*A:sr#"), TEXT("A:sr#")));
    assert_false(prompt_same_shape(TEXT("*A:sr#"), TEXT("B:sr#")));
}

static void a_variant_differs_from_the_believed_one_in_digits(void **state)
{
    (void)state;
    assert_false(prompt_is_variant(&p, TEXT("r1#")));
    believe("r1:9#");
    assert_true(prompt_is_variant(&p, TEXT("r1:12#")));
    assert_false(prompt_is_variant(&p, TEXT("r1:x#")));
}

static void prompts_at_the_end_of_a_line_are_counted(void **state)
{
    (void)state;
    size_t rest = 0, at[3] = {9, 9, 9};
    prove("r1#");
    assert_int_equal(prompt_count(&p, TEXT("r1#r1#"), &rest, at, 3), 2);
    assert_int_equal(rest, 0);
    assert_int_equal(at[0], 3);
    assert_int_equal(at[1], 0);
    assert_int_equal(prompt_count(&p, TEXT("text r1# "), &rest, at, 1), 1);
    assert_int_equal(rest, 5);
    assert_int_equal(at[0], 5);
    assert_int_equal(prompt_count(&p, TEXT("r1#x"), &rest, NULL, 0), 0);
    assert_int_equal(rest, 4);
}

static void a_beginning_of_a_known_one_is_told(void **state)
{
    (void)state;
    prove("router1#");
    assert_true(prompt_begins(&p, TEXT("rou")));
    assert_true(prompt_begins(&p, TEXT("router27")));
    assert_true(prompt_begins(&p, TEXT("router1#")));
    assert_false(prompt_begins(&p, TEXT("rox")));
    assert_false(prompt_begins(&p, TEXT("router1#x")));
    assert_false(prompt_begins(&p, TEXT("router27#"))); /* all of another one */
}

static void it_is_found_at_the_end_of_a_long_line(void **state)
{
    (void)state;
    char text[TAIL_MAX];
    size_t n = 0;
    prove("r1#");
    for (int i = 0; i < 100; i++)
        judge_feed(&j, "{\"key\": 1}");
    judge_feed(&j, "r1#");
    assert_false(j.s.tail_short);
    size_t at = prompt_at_end(&p, &j.s, 0, stream_end(&j.s), text, &n);
    assert_int_equal(at, 1000);
    assert_int_equal(n, 3);
    assert_memory_equal(text, "r1#", 3);
    judge_feed(&j, "x");
    assert_int_equal(prompt_at_end(&p, &j.s, 0, stream_end(&j.s), NULL, NULL), NOWHERE);
}

static void where_every_line_may_be_one_its_end_tells(void **state)
{
    (void)state;
    close_all(state);
    open_for(&anything);
    assert_true(prompt_is_like(&p, TEXT("any line")));
    prove("menu:");
    assert_true(prompt_is_like(&p, TEXT("other menu:")));
    assert_true(prompt_is_like(&p, TEXT("r1>")));
    assert_false(prompt_is_like(&p, TEXT("a line of an output")));
    assert_false(prompt_is_like(&p, TEXT("")));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_switch, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_known_text_is_exact_whatever_blanks_follow),
        TEST(another_text_is_one_when_it_differs_in_a_part),
        TEST(the_blank_at_its_end_may_come_late),
        TEST(a_false_prompt_does_not_replace_the_proved_one),
        TEST(the_mode_that_is_walked_to_is_believed_at_once),
        TEST(a_counter_is_learned),
        TEST(a_star_for_unsaved_changes_is_learned),
        TEST(a_variant_differs_from_the_believed_one_in_digits),
        TEST(prompts_at_the_end_of_a_line_are_counted),
        TEST(a_beginning_of_a_known_one_is_told),
        TEST(it_is_found_at_the_end_of_a_long_line),
        TEST(where_every_line_may_be_one_its_end_tells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
