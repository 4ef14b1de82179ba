/* links: base/buf base/err dialogue/clean dialogue/match dialogue/question dialogue/rules
 * dialogue/stream */
#include "dialogue/question.h"

#include "tests/lib/judge_fixture.h"

#define MANY 64 /* answers that one command gets */

static const struct answer answers[] = {
    {"filename \\[.*\\]\\?", "a.cfg"}, {"^Password:", "secret"}, {"proceed\\?", "y"}};
static const struct command copies = {.text = "copy", .answers = answers, .n_answers = 3};
static const struct command shows = {.text = "show"};
static const struct platform platform = {.name = "x", .prompt = PATTERN("^\\S+# ?$")};

static struct judge j;
static struct questions q;
static size_t which;

static int open_all(void **state)
{
    (void)state;
    judge_open(&j, &platform);
    q = (struct questions){.line = NOWHERE, .last = NOWHERE};
    questions_begin(&q, &copies);
    which = 99;
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    questions_free(&q);
    judge_close(&j);
    return 0;
}

static enum question_kind look(const char *text)
{
    judge_feed(&j, text);
    return question_look(&q, &j.s, j.rules, &j.matcher, &which);
}

static void the_commands_own_answer_is_named(void **state)
{
    (void)state;
    assert_int_equal(look("Destination filename [startup-config]? "), QUESTION_ANSWER);
    assert_int_equal(which, 0);
    questions_answered(&q, &j.s, which);
    assert_int_equal(look("a.cfg\r\nReally proceed? "), QUESTION_ANSWER);
    assert_int_equal(which, 2);
}

static void an_answered_one_stands_until_its_line_ends(void **state)
{
    (void)state;
    assert_int_equal(look("text\r\nproceed?"), QUESTION_ANSWER);
    questions_answered(&q, &j.s, which);
    assert_int_equal(look(" "), QUESTION_STANDS);
    assert_int_equal(look("\r\n"), QUESTION_NONE);
    assert_int_equal(look("proceed? "), QUESTION_ANSWER);
}

static void a_password_is_given_once(void **state)
{
    (void)state;
    assert_int_equal(look("Password:"), QUESTION_ANSWER);
    assert_int_equal(which, 1);
    questions_answered(&q, &j.s, which);
    assert_int_equal(look("\r\nPassword:"), QUESTION_OPEN);
}

static void answers_are_bounded(void **state)
{
    (void)state;
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(look("\r\nproceed? "), QUESTION_ANSWER);
        questions_answered(&q, &j.s, which);
    }
    assert_int_equal(look("\r\nproceed? "), QUESTION_STANDS);
}

static void a_question_that_nobody_answers_is_open(void **state)
{
    (void)state;
    questions_begin(&q, &shows);
    assert_int_equal(look("Delete flash:a? [confirm]"), QUESTION_OPEN);
    assert_int_equal(look("\r\n(Press 'a' to accept): "), QUESTION_OPEN);
    assert_int_equal(look("\r\nDestination filename [startup-config]? "), QUESTION_OPEN);
    assert_int_equal(which, 99);
}

static void an_output_is_none(void **state)
{
    (void)state;
    assert_int_equal(look("Interface up"), QUESTION_NONE);
    assert_int_equal(look("\r\nproceed?\r\n"), QUESTION_NONE); /* a line that ended */
    assert_int_equal(look("username x password 7 0123"), QUESTION_NONE);
}

static void another_command_has_its_own_answers(void **state)
{
    (void)state;
    assert_int_equal(look("Password:"), QUESTION_ANSWER);
    questions_answered(&q, &j.s, which);
    questions_begin(&q, &copies);
    assert_int_equal(look("\r\nPassword:"), QUESTION_ANSWER);
    questions_begin(&q, &shows);
    assert_int_equal(look("\r\nproceed? "), QUESTION_NONE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_commands_own_answer_is_named),
        TEST(an_answered_one_stands_until_its_line_ends),
        TEST(a_password_is_given_once),
        TEST(answers_are_bounded),
        TEST(a_question_that_nobody_answers_is_open),
        TEST(an_output_is_none),
        TEST(another_command_has_its_own_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
