/* links: base/buf base/err dialogue/clean dialogue/match dialogue/pager dialogue/rules
 * dialogue/stream */
#include "dialogue/pager.h"

#include "tests/lib/judge_fixture.h"

static const struct platform_pager pagers[] = {
    {.pattern = PATTERN("-- ?More ?--")},
    {.pattern = PATTERN("^-- \\[Q quit\\|D dump\\]$"), .response = "d"},
};
static const struct platform platform = {
    .name = "x", .prompt = PATTERN("^\\S+# ?$"), .pagers = pagers, .n_pagers = 2};

static struct judge j;
static struct pager p;

static int open_all(void **state)
{
    (void)state;
    judge_open(&j, &platform);
    p = (struct pager){.line = NOWHERE};
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    judge_close(&j);
    return 0;
}

/* A mark that was answered by one key. */
static void answer(const char *mark)
{
    judge_feed(&j, mark);
    int which = pager_look(&j.s, j.rules, &j.matcher);
    assert_true(which >= 0);
    p = (struct pager){.line = j.s.line_start,
                       .which = (size_t)which,
                       .end = pager_end(&j.s),
                       .len = j.s.tail_len,
                       .stray = 1};
}

/* What comes behind " --More-- ": was the mark wiped out? */
static bool wiped_out(const char *behind)
{
    judge_anew(&j);
    answer("one\r\n --More-- ");
    judge_feed(&j, behind);
    return pager_erased(&p, &j.s);
}

static void a_mark_is_the_last_line(void **state)
{
    (void)state;
    judge_feed(&j, "one\r\n --Mor");
    assert_int_equal(pager_look(&j.s, j.rules, &j.matcher), -1);
    judge_feed(&j, "e-- ");
    assert_int_equal(pager_look(&j.s, j.rules, &j.matcher), 0);
    judge_feed(&j, "\r\n");
    assert_int_equal(pager_look(&j.s, j.rules, &j.matcher), -1);
    judge_feed(&j, "-- [Q quit|D dump]");
    assert_int_equal(pager_look(&j.s, j.rules, &j.matcher), 1);
}

static void each_mark_has_its_key(void **state)
{
    (void)state;
    assert_string_equal(pager_key(j.rules, 0), " ");
    assert_string_equal(pager_key(j.rules, 1), "d");
}

static void it_ends_before_what_shows_nothing(void **state)
{
    (void)state;
    judge_feed(&j, "one\r\n--More--\x1b[m");
    assert_int_equal(pager_end(&j.s), 5 + 8);
}

static void a_device_wipes_its_mark_out(void **state)
{
    (void)state;
    assert_true(wiped_out("\b\b\b"));
    assert_true(wiped_out("\x1b[K"));
    assert_true(wiped_out("\r          \rtwo"));
    assert_true(wiped_out("\rtwo"));
}

static void text_over_the_mark_leaves_the_rest_of_it(void **state)
{
    (void)state;
    assert_true(wiped_out("\rtwo"));
    assert_true(pager_overwritten(&p, &j.s));
    assert_true(wiped_out("\r          \rtwo"));
    assert_false(pager_overwritten(&p, &j.s));
}

static void a_mark_that_stands_was_text(void **state)
{
    (void)state;
    assert_false(wiped_out(""));
    assert_false(wiped_out("\r\ntwo"));
    assert_false(wiped_out("\ntwo"));
    assert_false(wiped_out(" and so on"));
    assert_false(wiped_out("\r"));     /* LF may follow */
    assert_false(wiped_out("\x1b["));  /* the rest of it may */
    assert_false(wiped_out("\x1b[3")); /* … */
}

static void what_belongs_to_it_may_come_later(void **state)
{
    (void)state;
    judge_anew(&j);
    answer("--More--");
    judge_feed(&j, "\x1b[0m ");
    assert_false(pager_erased(&p, &j.s));
    judge_feed(&j, "\b");
    assert_true(pager_erased(&p, &j.s));
}

static void nothing_was_wiped_out_where_nothing_was_answered(void **state)
{
    (void)state;
    judge_feed(&j, "--More--\b");
    p.end = 8;
    assert_false(pager_erased(&p, &j.s));
}

static void a_key_comes_back_where_nobody_took_it(void **state)
{
    (void)state;
    answer("-- [Q quit|D dump]");
    assert_int_equal(pager_came_back(&p, j.rules, &j.s), NOWHERE);
    judge_feed(&j, "\x1b[0md");
    assert_int_equal(pager_came_back(&p, j.rules, &j.s), 18 + 4);
    p.stray = 0;
    assert_int_equal(pager_came_back(&p, j.rules, &j.s), NOWHERE);
}

static void other_text_is_no_key(void **state)
{
    (void)state;
    answer("-- [Q quit|D dump]");
    judge_feed(&j, "xd");
    assert_int_equal(pager_came_back(&p, j.rules, &j.s), NOWHERE);
}

static void a_stray_key_stands_behind_the_prompt(void **state)
{
    (void)state;
    answer("-- [Q quit|D dump]");
    judge_feed(&j, "\r\nr1#d");
    assert_int_equal(pager_echo(&p, j.rules, &j.s), 1);
    judge_feed(&j, "x");
    assert_int_equal(pager_echo(&p, j.rules, &j.s), 0);
    judge_feed(&j, "d");
    p.stray = 0;
    assert_int_equal(pager_echo(&p, j.rules, &j.s), 0);
}

static void a_blank_behind_the_prompt_is_nothing_to_be_told(void **state)
{
    (void)state;
    answer(" --More-- ");
    judge_feed(&j, "\r\nr1# ");
    assert_int_equal(pager_echo(&p, j.rules, &j.s), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_mark_is_the_last_line),
        TEST(each_mark_has_its_key),
        TEST(it_ends_before_what_shows_nothing),
        TEST(a_device_wipes_its_mark_out),
        TEST(text_over_the_mark_leaves_the_rest_of_it),
        TEST(a_mark_that_stands_was_text),
        TEST(what_belongs_to_it_may_come_later),
        TEST(nothing_was_wiped_out_where_nothing_was_answered),
        TEST(a_key_comes_back_where_nobody_took_it),
        TEST(other_text_is_no_key),
        TEST(a_stray_key_stands_behind_the_prompt),
        TEST(a_blank_behind_the_prompt_is_nothing_to_be_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
