/* links: base/buf base/err dialogue/clean dialogue/login dialogue/match dialogue/rules
 * dialogue/stream */
#include "dialogue/login.h"

#include "tests/lib/judge_fixture.h"

static const struct platform_pattern refusals[] = {PATTERN("^Login incorrect")};
static const struct platform_pattern full[] = {PATTERN("no free line")};
static const struct platform platform = {.name = "x",
                                         .prompt = PATTERN("^\\S+# ?$"),
                                         .login_failed = {refusals, 1},
                                         .no_session = {full, 1}};
static const struct platform anything = {
    .name = "generic", .prompt = PATTERN("^.+$"), .learn_prompt = true};

static struct judge j;
static struct login l;
static struct login_sight sight;

static void open_for(const struct platform *of)
{
    judge_open(&j, of);
    l = (struct login){.question = NOWHERE};
}

static int open_all(void **state)
{
    (void)state;
    open_for(&platform);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    judge_close(&j);
    return 0;
}

static enum login_kind look_in(bool in_stream, const char *text)
{
    judge_feed(&j, text);
    login_look(&l, &j.s, j.rules, &j.matcher, in_stream, &sight);
    return sight.kind;
}

static enum login_kind look(const char *text)
{
    return look_in(true, text);
}

static void answer(const char *question, enum login_kind kind)
{
    assert_int_equal(look(question), kind);
    login_answered(&l, &j.s, kind);
}

static void assert_line(const char *line)
{
    assert_int_equal(sight.line_len, strlen(line));
    assert_memory_equal(sight.line, line, strlen(line));
}

static void a_name_is_given_at_once(void **state)
{
    (void)state;
    assert_int_equal(look("Welcome\r\n\r\nUsername: "), LOGIN_USER);
    assert_true(sight.at_once);
}

static void so_is_a_password_right_behind_the_name(void **state)
{
    (void)state;
    answer("login: ", LOGIN_USER);
    assert_int_equal(look("lab\r\n\r\nPassword: "), LOGIN_PASSWORD);
    assert_true(sight.at_once);
}

static void any_other_password_must_stand_still(void **state)
{
    (void)state;
    assert_int_equal(look("*** Lost your password: "), LOGIN_PASSWORD);
    assert_false(sight.at_once);
    assert_int_equal(look("call the desk ***\r\nlogin: "), LOGIN_USER);
    login_answered(&l, &j.s, LOGIN_USER);
    assert_int_equal(look("lab\r\nA line of a banner\r\nPassword: "), LOGIN_PASSWORD);
    assert_false(sight.at_once);
}

static void the_answered_question_is_none_any_more(void **state)
{
    (void)state;
    answer("Username:", LOGIN_USER);
    assert_int_equal(look(" "), LOGIN_NOTHING);
}

static void a_name_may_be_given_twice(void **state)
{
    (void)state;
    answer("user: ", LOGIN_USER);
    answer("lab\r\nlogin: ", LOGIN_USER);
    assert_int_equal(look("lab\r\nlogin: "), LOGIN_AGAIN);
}

static void a_password_never(void **state)
{
    (void)state;
    answer("login: ", LOGIN_USER);
    answer("lab\r\nPassword: ", LOGIN_PASSWORD);
    assert_int_equal(look("\r\nPassword: "), LOGIN_AGAIN);
    assert_false(sight.at_once);
}

static void the_last_login_is_no_question(void **state)
{
    (void)state;
    assert_int_equal(look("Last login: "), LOGIN_PROMPT);
}

static void a_refusal_is_one_once_a_password_was_sent(void **state)
{
    (void)state;
    assert_int_equal(look("Login incorrect means trouble\r\nlogin: "), LOGIN_USER);
    login_answered(&l, &j.s, LOGIN_USER);
    answer("lab\r\nPassword: ", LOGIN_PASSWORD);
    assert_int_equal(look("\r\nLogin incorrect\r\nlogin: "), LOGIN_REFUSED);
    assert_true(sight.at_once);
    assert_line("Login incorrect");
}

static void without_another_question_it_may_be_a_message(void **state)
{
    (void)state;
    answer("login: ", LOGIN_USER);
    answer("lab\r\nPassword: ", LOGIN_PASSWORD);
    assert_int_equal(look("\r\nLogin incorrect\r\n"), LOGIN_REFUSED);
    assert_false(sight.at_once);
    assert_int_equal(look("r1#"), LOGIN_PROMPT);
}

static void no_free_line_is_named(void **state)
{
    (void)state;
    assert_int_equal(look("All lines in use: no free line\r\nlogin: "), LOGIN_NO_SESSION);
    assert_line("All lines in use: no free line");
}

static void return_is_pressed_a_few_times(void **state)
{
    (void)state;
    for (int i = 0; i < LOGIN_RETURNS_MAX; i++)
        answer("Press RETURN to get started.\r\n", LOGIN_RETURN);
    assert_int_equal(look("Press RETURN to get started.\r\n"), LOGIN_NOTHING);
}

static void another_password_is_wanted_first(void **state)
{
    (void)state;
    assert_int_equal(look_in(false, "Your password has expired.\r\nNew password: "),
                     LOGIN_NEW_PASSWORD);
}

static void other_questions_are_no_prompts(void **state)
{
    (void)state;
    assert_int_equal(look("Are you sure to save now?[Y/N]:"), LOGIN_QUESTION);
    assert_int_equal(look("\r\nr1#"), LOGIN_PROMPT);
}

static void over_ssh_nobody_asks_for_names(void **state)
{
    (void)state;
    assert_int_equal(look_in(false, "login: "), LOGIN_PROMPT);
    assert_int_equal(look_in(false, "\r\nPassword: "), LOGIN_QUESTION);
}

static void where_every_line_may_be_a_prompt_a_question_is_none(void **state)
{
    (void)state;
    close_all(state);
    open_for(&anything);
    assert_int_equal(look_in(false, "Shall we play a game? "), LOGIN_QUESTION);
    assert_int_equal(look_in(false, "\r\nmenu: "), LOGIN_PROMPT);
}

static void the_end_of_the_stream_has_a_reason(void **state)
{
    (void)state;
    answer("login: ", LOGIN_USER);
    answer("lab\r\nPassword: ", LOGIN_PASSWORD);
    judge_feed(&j, "\r\nLogin incorrect\r\n");
    login_why_ended(&l, &j.s, j.rules, &j.matcher, &sight);
    assert_int_equal(sight.kind, LOGIN_REFUSED);
    login_answered(&l, &j.s, LOGIN_USER); /* what came before an answer is no reason */
    login_why_ended(&l, &j.s, j.rules, &j.matcher, &sight);
    assert_int_equal(sight.kind, LOGIN_NOTHING);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_name_is_given_at_once),
        TEST(so_is_a_password_right_behind_the_name),
        TEST(any_other_password_must_stand_still),
        TEST(the_answered_question_is_none_any_more),
        TEST(a_name_may_be_given_twice),
        TEST(a_password_never),
        TEST(the_last_login_is_no_question),
        TEST(a_refusal_is_one_once_a_password_was_sent),
        TEST(without_another_question_it_may_be_a_message),
        TEST(no_free_line_is_named),
        TEST(return_is_pressed_a_few_times),
        TEST(another_password_is_wanted_first),
        TEST(other_questions_are_no_prompts),
        TEST(over_ssh_nobody_asks_for_names),
        TEST(where_every_line_may_be_a_prompt_a_question_is_none),
        TEST(the_end_of_the_stream_has_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
