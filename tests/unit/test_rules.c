/* links: base/buf base/err dialogue/match dialogue/rules */
#include "dialogue/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define PATTERN(pattern)                                                                           \
    ((struct platform_pattern){.text = (pattern), .file = "p.yaml", .line = 3, .column = 7})

struct fixture {
    struct matcher matcher;
};

static struct fixture shared;

static int setup(void **state)
{
    *state = &shared;
    return matcher_init(&shared.matcher);
}

static int teardown(void **state)
{
    (void)state;
    matcher_free(&shared.matcher);
    return 0;
}

static bool matches(const struct platform_pattern *pattern, enum match_kind kind, const char *text)
{
    struct match m;
    struct err e = {0};
    if (match_compile(&m, pattern, kind, &e) != 0)
        fail_msg("%s", e.text);
    bool yes = match_text(&m, &shared.matcher, text, strlen(text), NULL);
    match_free(&m);
    return yes;
}

static void patterns_are_caseless_and_multi_line(void **state)
{
    (void)state;
    assert_true(matches(&PATTERN("^password: *$"), MATCH_SEARCH, "hello\nPASSWORD: "));
    assert_false(matches(&PATTERN("^password: *$"), MATCH_SEARCH, "no password: here"));
}

static void a_prompt_is_the_whole_line(void **state)
{
    (void)state;
    assert_true(matches(&PATTERN("\\w+#"), MATCH_LINE, "r1#"));
    assert_false(matches(&PATTERN("\\w+#"), MATCH_LINE, "r1# show"));
    assert_false(matches(&PATTERN("\\w+#"), MATCH_LINE, "in r1#"));
}

static void a_plain_text_is_no_pattern(void **state)
{
    (void)state;
    struct platform_pattern plain = {.text = "[r.]# ", .exact = true};
    assert_true(matches(&plain, MATCH_SEARCH, "[r.]#"));
    assert_true(matches(&plain, MATCH_SEARCH, "line [r.]#  "));
    assert_false(matches(&plain, MATCH_SEARCH, "[rx]# "));
}

static void a_pattern_that_backtracks_for_ever_gives_up(void **state)
{
    (void)state;
    char text[400];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_false(matches(&PATTERN("^(a+)+(a+)+(a+)+b$"), MATCH_SEARCH, text));
}

static void an_absent_pattern_matches_nothing(void **state)
{
    (void)state;
    assert_false(matches(&(struct platform_pattern){0}, MATCH_SEARCH, "anything"));
}

static void a_bad_pattern_is_named_with_its_place(void **state)
{
    (void)state;
    const struct platform platform = {.name = "x", .prompt = PATTERN("^(r1#$")};
    struct err e = {0};
    assert_null(dialogue_rules_new(&platform, &e));
    assert_int_equal(e.class, FAIL_USAGE);
    assert_non_null(strstr(e.text, "p.yaml:3:7: pattern '^(r1#$'"));
}

static void a_bad_answer_is_found_before_the_run(void **state)
{
    (void)state;
    const struct answer answers[] = {{"fine", "y"}, {"bad[", "y"}};
    struct command command = {
        .text = "x", .answers = answers, .n_answers = 1, .file = "devices.yaml", .line = 9};
    struct err e = {0};
    assert_int_equal(dialogue_check_command(&command, &e), 0);
    command.n_answers = 2;
    assert_int_equal(dialogue_check_command(&command, &e), -1);
    assert_non_null(strstr(e.text, "devices.yaml:9:0: pattern 'bad['"));
}

static void a_mode_is_told_by_its_prompt(void **state)
{
    (void)state;
    static const char *const excludes[] = {"(tcl)"};
    const struct platform_mode modes[] = {
        {.name = "exec", .prompt = PATTERN("^\\w+> ?$")},
        {.name = "config",
         .prompt = PATTERN("^\\w+\\(\\w+\\)# ?$"),
         .excludes = excludes,
         .n_excludes = 1},
    };
    const struct platform platform = {
        .name = "x", .prompt = PATTERN("^\\S+[>#] ?$"), .modes = modes, .n_modes = 2};
    struct err e = {0};
    struct dialogue_rules *rules = dialogue_rules_new(&platform, &e);
    assert_non_null(rules);
    bool known = false;
    assert_int_equal(rules_mode(rules, &shared.matcher, "r1> ", 4, &known), 0);
    assert_int_equal(rules_mode(rules, &shared.matcher, "r1(cfg)#", 8, &known), 1);
    assert_true(known);
    assert_int_equal(rules_mode(rules, &shared.matcher, "r1(tcl)#", 8, &known), -1);
    assert_true(known);
    assert_int_equal(rules_mode(rules, &shared.matcher, "r1(tcl)", 7, &known), -1);
    assert_false(known);
    dialogue_rules_free(rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_are_caseless_and_multi_line),
        cmocka_unit_test(a_prompt_is_the_whole_line),
        cmocka_unit_test(a_plain_text_is_no_pattern),
        cmocka_unit_test(a_pattern_that_backtracks_for_ever_gives_up),
        cmocka_unit_test(an_absent_pattern_matches_nothing),
        cmocka_unit_test(a_bad_pattern_is_named_with_its_place),
        cmocka_unit_test(a_bad_answer_is_found_before_the_run),
        cmocka_unit_test(a_mode_is_told_by_its_prompt),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
