/* links: lab/sim/cli lab/sim/cli_line lab/sim/cli_login lab/sim/cli_output lab/sim/cli_run
 * lab/sim/cli_kernel lab/devices/fleet lab/devices/fleet_file lab/devices/fleet_records
 * lab/devices/misbehave lab/devices/record_device lab/devices/record_prompt lab/devices/record_read
 * lab/devices/share lab/devices/spread lab/wire/duration lab/personas/say lab/personas/persona_say
 * lab/personas/persona_read lab/personas/persona_commands lab/personas/persona_match
 * lab/personas/persona_set gen/persona_builtin tests/lib/cli_play base/seed base/arena base/buf
 * base/err base/file base/strmap base/text base/yaml base/yaml_map base/yaml_parse
 * base/yaml_read base/log */

/* Each misbehaviour of outputs: what comes out, and when. */
#include "tests/lib/cli_play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CLOCK "*14:52:47.994 UTC Tue Mar 12 2024"
#define PRIV  "Current privilege level is 1\r\n"

static struct cli_play play;

static int close_play(void **state)
{
    (void)state;
    cli_play_free(&play);
    return 0;
}

static void open_shell(enum misbehaviour wrong)
{
    cli_play_init(&play, "cisco_ios", wrong);
    cli_play_shell(&play);
}

/* At the prompt, with nothing unread. */
static void open_at_prompt(enum misbehaviour wrong)
{
    open_shell(wrong);
    cli_play_said(&play, "\r\nr1>");
}

static void assert_deaf(void)
{
    cli_play_type(&play, "\rshow privilege\r");
    cli_play_wait(&play, 3600000);
    cli_play_said(&play, "");
}

static void assert_over(enum cli_end end)
{
    assert_int_equal(play.cli.state, CLI_OVER);
    assert_int_equal(play.cli.end, end);
    assert_deaf();
}

/* The two halves of `show users`, of which the line that holds the middle is in the first. */
static void halves_of_output(char *first, char *second, size_t size)
{
    const char *text = cli_play_output(&play, "show users");
    char converted[1024];
    size_t n = 0;
    for (; *text; text++) {
        if (*text == '\n')
            converted[n++] = '\r';
        converted[n++] = *text;
        assert_true(n < sizeof converted - 2);
    }
    converted[n] = '\0';
    size_t half = (size_t)(strchr(converted + n / 2, '\n') - converted);
    snprintf(first, size, "%.*s", (int)half + 1, converted);
    snprintf(second, size, "%s", converted + half + 1);
}

static void expect_first_half(void)
{
    char first[1024], second[1024], want[2048];
    halves_of_output(first, second, sizeof first);
    assert_true(first[0] && second[0]);
    snprintf(want, sizeof want, "show users\r\n%s", first);
    cli_play_said(&play, want);
}

static void stalls_output(void **state)
{
    (void)state;
    open_at_prompt(MIS_STALLS_OUTPUT);
    cli_play_type(&play, "terminal length 0\r");
    cli_play_said(&play, "terminal length 0\r\nr1>");
    cli_play_type(&play, "show users\r");
    expect_first_half();
    assert_deaf();
    assert_int_equal(play.cli.end, CLI_GOES_ON);
}

static void closes_output(void **state)
{
    (void)state;
    open_at_prompt(MIS_CLOSES_OUTPUT);
    cli_play_type(&play, "show users\r");
    expect_first_half();
    assert_over(CLI_HUNG_UP);
}

static void drips(void **state)
{
    char want[2] = "";
    (void)state;
    open_at_prompt(MIS_DRIPS);
    cli_play_type(&play, "show privilege\r\r");
    cli_play_said(&play, "show privilege\r\n");
    for (const char *p = PRIV; *p; p++) {
        cli_play_wait(&play, 999);
        cli_play_said(&play, "");
        cli_play_wait(&play, 1);
        want[0] = *p;
        if (p[1])
            cli_play_said(&play, want);
    }
    cli_play_said(&play, "\nr1>\r\nr1>");
}

static void endless(void **state)
{
    (void)state;
    open_at_prompt(MIS_ENDLESS);
    cli_play_type(&play, "show privilege\r");
    cli_play_said(&play, "show privilege\r\n" PRIV);
    for (unsigned line = 1, round = 0; round < 100; round++) {
        char want[80];
        cli_tick(&play.cli, play.now);
        const char *said = cli_play_take(&play);
        for (; *said; line++) {
            size_t n = (size_t)snprintf(want, sizeof want,
                                        "and this is line %u of an output without end\r\n", line);
            assert_memory_equal(said, want, n);
            said += n;
        }
        assert_int_equal(line, (round + 1) * 64 + 1);
    }
    /* What is not sent yet is not added to. */
    cli_tick(&play.cli, play.now);
    size_t waiting = play.cli.out.len;
    cli_tick(&play.cli, play.now);
    assert_int_equal(play.cli.out.len, waiting);
}

static void last_words(void **state)
{
    (void)state;
    open_at_prompt(MIS_LAST_WORDS);
    cli_play_type(&play, "terminal length 0\r");
    cli_play_said(&play, "terminal length 0\r\nr1>");
    cli_play_type(&play, "show privilege\r");
    cli_play_said(&play, "show privilege\r\n" PRIV "r1>");
    assert_over(CLI_LAST_WORDS);
}

static void prompt_in_output(void **state)
{
    (void)state;
    open_at_prompt(MIS_PROMPT_IN_OUTPUT);
    cli_play_type(&play, "show clock\r\r");
    cli_play_said(&play, "show clock\r\n" CLOCK "\r\nthe prompt r1> stands in this line\r\nr1>");
    cli_play_wait(&play, 1199);
    cli_play_said(&play, "");
    cli_play_wait(&play, 1);
    cli_play_said(&play, " is what a prompt looks like here\r\nr1>\r\nr1>");
    /* The prompt's last line, where it has several. */
    cli_play_free(&play);
    cli_play_init(&play, "juniper_junos", MIS_PROMPT_IN_OUTPUT);
    cli_play_shell(&play);
    cli_play_take(&play);
    cli_play_type(&play, "show version\r");
    const char *said = cli_play_take(&play);
    assert_non_null(strstr(said, "\r\nthe prompt admin@r1>  stands in this line\r\nadmin@r1> "));
    assert_string_equal(said + strlen(said) - 12, "\r\nadmin@r1> ");
}

static void stubborn_pager(void **state)
{
    (void)state;
    open_at_prompt(MIS_STUBBORN_PAGER);
    cli_play_type(&play, "terminal length 0\r");
    cli_play_said(&play, "terminal length 0\r\nr1>");
    cli_play_type(&play, "show version\r");
    cli_play_said_lines(&play, "show version\r\n", cli_play_output(&play, "show version"), 0, 23,
                        " --More-- ");
}

static void bad_bytes(void **state)
{
    static const char want[] =
        "show clock\r\n" CLOCK "\r\n\x1b[1;31mred\x1b[0m \x1b]0;title\x07 nul \0 utf-8 "
        "\xff\xfe\xc3( \xed\xa0\x80 bell \x07 backspace x\by\r\nr1>";
    (void)state;
    open_at_prompt(MIS_BAD_BYTES);
    cli_play_type(&play, "show clock\r");
    cli_play_said_bytes(&play, want, sizeof want - 1);
    cli_play_type(&play, "terminal length 0\r");
    cli_play_said(&play, "terminal length 0\r\nr1>");
}

static void line_ends(void **state)
{
    static const char cr_nul[] = "show clock\r\0\n" CLOCK "\r\0\nr1>";
    (void)state;
    open_shell(MIS_CR_ONLY);
    cli_play_said(&play, "\r\r\nr1>");
    cli_play_type(&play, "show clock\r");
    cli_play_said(&play, "show clock\r\r\n" CLOCK "\r\r\nr1>");
    cli_play_free(&play);
    open_shell(MIS_LF_CR);
    cli_play_said(&play, "\n\rr1>");
    cli_play_type(&play, "show clock\r");
    cli_play_said(&play, "show clock\n\r" CLOCK "\n\rr1>");
    cli_play_free(&play);
    open_shell(MIS_CR_NUL);
    cli_play_said_bytes(&play, "\r\0\nr1>", 6);
    cli_play_type(&play, "show clock\r");
    cli_play_said_bytes(&play, cr_nul, sizeof cr_nul - 1);
}

/* Pages end behind a line's end, whichever it is; an empty line is not torn. */
static void pages_of_other_line_ends(void **state)
{
    static const enum misbehaviour wrong[] = {MIS_NONE, MIS_CR_ONLY, MIS_LF_CR};
    static const char *const ends[] = {"\r\n", "\r\r\n", "\n\r"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        size_t len = strlen(ends[i]);
        open_shell(wrong[i]);
        cli_play_take(&play);
        cli_play_type(&play, "show version\r");
        for (int line = 0; line < 8; line++) {
            assert_int_equal(play.cli.state, CLI_MORE);
            const char *said = cli_play_take(&play), *more = strstr(said, " --More-- ");
            assert_memory_equal(more - len, ends[i], len);
            /* The next line begins with a sign of its own. */
            cli_play_type(&play, "\r");
            assert_memory_equal(buf_bytes(&play.cli.out), "\b\b\b\b\b\b\b\b\b        ", 17);
            const char *next = buf_bytes(&play.cli.out) + 26;
            assert_true(strncmp(next, ends[i], len) == 0 || (*next >= ' ' && *next <= '~'));
        }
        cli_play_free(&play);
    }
    open_shell(MIS_NONE);
}

static void one_byte(void **state)
{
    (void)state;
    open_at_prompt(MIS_ONE_BYTE);
    assert_true(play.cli.is_drained_often);
    cli_play_type(&play, "show clock\r");
    cli_play_said(&play, "show clock\r\n" CLOCK "\r\nr1>");
}

static void one_segment(void **state)
{
    (void)state;
    cli_play_init(&play, "cisco_ios", MIS_ONE_SEGMENT);
    play.device.think_ns = 500000000;
    cli_play_shell(&play);
    assert_false(play.cli.holds);
    cli_play_said(&play, "\r\nr1>");
    cli_play_type(&play, "show cl");
    assert_true(play.cli.holds);
    cli_play_type(&play, "ock\r");
    assert_true(play.cli.holds);
    cli_play_wait(&play, 499);
    assert_true(play.cli.holds);
    cli_play_wait(&play, 1);
    assert_false(play.cli.holds);
    cli_play_said(&play, "show clock\r\n" CLOCK "\r\nr1>");
    /* A pager and a question wait for the client, so what is held must go. */
    cli_play_type(&play, "show version\r");
    cli_play_wait(&play, 500);
    assert_int_equal(play.cli.state, CLI_MORE);
    assert_false(play.cli.holds);
    cli_play_type(&play, "q");
    cli_play_type(&play, "enable\r");
    assert_int_equal(play.cli.state, CLI_ANSWER);
    assert_false(play.cli.holds);
    cli_play_type(&play, "enable\rexit\r");
    assert_int_equal(play.cli.end, CLI_LOGGED_OUT);
    assert_false(play.cli.holds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(stalls_output, close_play),
        cmocka_unit_test_teardown(closes_output, close_play),
        cmocka_unit_test_teardown(drips, close_play),
        cmocka_unit_test_teardown(endless, close_play),
        cmocka_unit_test_teardown(last_words, close_play),
        cmocka_unit_test_teardown(prompt_in_output, close_play),
        cmocka_unit_test_teardown(stubborn_pager, close_play),
        cmocka_unit_test_teardown(bad_bytes, close_play),
        cmocka_unit_test_teardown(line_ends, close_play),
        cmocka_unit_test_teardown(pages_of_other_line_ends, close_play),
        cmocka_unit_test_teardown(one_byte, close_play),
        cmocka_unit_test_teardown(one_segment, close_play),
    };
    return cmocka_run_group_tests(tests, cli_play_load, cli_play_unload);
}
