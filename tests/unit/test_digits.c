/* links: base/buf base/err dialogue/above dialogue/again dialogue/clean dialogue/digits
 * dialogue/echo dialogue/echo_line dialogue/input dialogue/log_line dialogue/match dialogue/owed
 * dialogue/prompt dialogue/rules dialogue/run dialogue/sighting dialogue/stream */

/* The echo of an input that was typed behind digits. */
#include "dialogue/digits.h"

#include "tests/lib/owed_fixture.h"

static void stand(void)
{
    stand_at("one\r\n", "r1#", "show clock", NONCE);
}

static void a_line_editor_wipes_them_out(void **state)
{
    (void)state;
    stand();
    assert_int_equal(look(EDITED "show "), SIGHT_NOTHING);
    assert_int_equal(look("clock\r\n"), SIGHT_ECHO);
    expect_echo(prompt_at);
    assert_int_equal(sight.form, ERASE_EDITED);
    assert_false(sight.not_erased);
    assert_int_equal(sight.missing, 0);
}

static void plainly_where_no_editor_was_seen(void **state)
{
    (void)state;
    stand();
    edited = false;
    assert_int_equal(look(PLAIN "show clock\r\n"), SIGHT_ECHO);
    expect_echo(prompt_at);
    assert_int_equal(sight.form, ERASE_PLAIN);
}

static void a_kernels_echo_comes_before_it_is_read(void **state)
{
    (void)state;
    stand();
    size_t at = stream_end(&j.s);
    assert_int_equal(look(PLAIN "show clock\r\n"), SIGHT_AHEAD);
    assert_int_equal(sight.place, at);
    assert_int_equal(sight.out_start, stream_end(&j.s));
    assert_false(sight.weak);
    assert_true(o.ahead);
    assert_int_equal(look("two\r\n"), SIGHT_NOTHING);
    at = stream_end(&j.s);
    assert_int_equal(look("r1#show clock\r\n"), SIGHT_ECHO); /* without digits */
    expect_echo(at);
}

static void something_may_come_between_a_kernels_keys(void **state)
{
    (void)state;
    stand();
    assert_int_equal(look(PLAIN "show two\r\n"), SIGHT_AHEAD);
    assert_true(sight.weak);
}

static void digits_that_stand_were_not_erased(void **state)
{
    (void)state;
    stand();
    assert_int_equal(look(NONCE "show clock\r\n"), SIGHT_ECHO);
    expect_echo(prompt_at);
    assert_true(sight.not_erased);
    assert_int_equal(sight.form, ERASE_NONE);
}

static void without_them_an_echo_is_none(void **state)
{
    (void)state;
    stand();
    assert_int_equal(look("show clock\r\nold\r\nr1#show clock\r\n"), SIGHT_NOTHING);
    size_t at = stream_end(&j.s);
    assert_int_equal(look("r1#" EDITED "show clock\r\n"), SIGHT_ECHO);
    expect_echo(at);
    assert_true(sight.log);
}

static void those_that_were_eaten_are_missed(void **state)
{
    (void)state;
    stand();
    assert_int_equal(
        look("1b2c3d" EDITED1 EDITED1 EDITED1 EDITED1 EDITED1 EDITED1 "show clock\r\n"),
        SIGHT_ECHO);
    assert_int_equal(sight.missing, 2);
}

static void a_log_line_cuts_them(void **state)
{
    (void)state;
    stand();
    assert_int_equal(look("0a1b\r\n%SYS-5-CONFIG_I: x\r\n"), SIGHT_NOTHING);
    assert_int_equal(o.digits, 4);
    assert_int_equal(look("2c3d\b\x1b[Kshow clock\r\n"), SIGHT_ECHO); /* the rest of them */
    expect_echo(prompt_at);
}

static void cut_ones_are_drawn_again(void **state)
{
    (void)state;
    stand();
    assert_int_equal(look("0a1b\r\n%SYS-5-CONFIG_I: x\r\n"), SIGHT_NOTHING);
    assert_int_equal(look("r1#" EDITED "show clock\r\n"), SIGHT_ECHO);
    expect_echo(prompt_at);
}

static void a_log_line_cuts_the_text_behind_them(void **state)
{
    (void)state;
    stand();
    assert_int_equal(look(EDITED "show c\r\n"), SIGHT_NOTHING);
    assert_true(o.hit);
    assert_int_equal(o.echoed, 6);
    assert_int_equal(look("%SYS-5-CONFIG_I: x\r\n"), SIGHT_NOTHING);
    assert_int_equal(look("r1#show clock\r\n"), SIGHT_ECHO);
    expect_echo(prompt_at);
}

static void the_text_goes_on_wrapped(void **state)
{
    (void)state;
    stand();
    assert_int_equal(look(EDITED "show\r\n clo\r\n"), SIGHT_NOTHING);
    assert_int_equal(look("ck\r\n"), SIGHT_ECHO);
    expect_echo(prompt_at);
}

static void the_digits_alone_prove_it_once_the_prompt_stands(void **state)
{
    (void)state;
    stand();
    size_t behind = stream_end(&j.s) + strlen(EDITED "show c\r\n");
    assert_int_equal(look(EDITED "show c\r\n"), SIGHT_NOTHING);
    assert_int_equal(look("r1#"), SIGHT_ECHO);
    assert_int_equal(sight.place, prompt_at);
    assert_int_equal(sight.out_start, behind);
}

static void a_prompt_that_nobody_knows_is_proved_by_them(void **state)
{
    (void)state;
    stand();
    assert_int_equal(look(" x\r\n"), SIGHT_NOTHING);
    size_t at = stream_end(&j.s);
    assert_int_equal(look("(new) " EDITED "show clock\r\n"), SIGHT_ECHO);
    expect_echo(at);
    assert_int_equal(sight.prompt_len, 6);
    assert_memory_equal(sight.prompt, "(new) ", 6);
}

static void a_long_line_before_them_has_no_end_of_its_own(void **state)
{
    (void)state;
    stand();
    assert_int_equal(look(" x\r\n"), SIGHT_NOTHING);
    size_t at = stream_end(&j.s) + 1000;
    for (int i = 0; i < 100; i++)
        assert_int_equal(look("{\"key\": 1}"), SIGHT_NOTHING);
    assert_int_equal(look("r1#" EDITED "show clock\r\n"), SIGHT_ECHO);
    expect_echo(at);
    assert_true(sight.glued);
}

static void an_input_without_text_has_digits_too(void **state)
{
    (void)state;
    stand_at("", "r1#", "", NONCE);
    assert_int_equal(look(EDITED), SIGHT_NOTHING);
    assert_int_equal(look("\r\n"), SIGHT_ECHO);
    expect_echo(prompt_at);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_owed, close_owed)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_line_editor_wipes_them_out),
        TEST(plainly_where_no_editor_was_seen),
        TEST(a_kernels_echo_comes_before_it_is_read),
        TEST(something_may_come_between_a_kernels_keys),
        TEST(digits_that_stand_were_not_erased),
        TEST(without_them_an_echo_is_none),
        TEST(those_that_were_eaten_are_missed),
        TEST(a_log_line_cuts_them),
        TEST(cut_ones_are_drawn_again),
        TEST(a_log_line_cuts_the_text_behind_them),
        TEST(the_text_goes_on_wrapped),
        TEST(the_digits_alone_prove_it_once_the_prompt_stands),
        TEST(a_prompt_that_nobody_knows_is_proved_by_them),
        TEST(a_long_line_before_them_has_no_end_of_its_own),
        TEST(an_input_without_text_has_digits_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
