/* links: lab/sim/cli lab/sim/cli_line lab/sim/cli_login lab/sim/cli_output lab/sim/cli_run
 * lab/sim/cli_kernel lab/devices/fleet lab/devices/fleet_file lab/devices/fleet_records
 * lab/devices/misbehave lab/devices/record_device lab/devices/record_prompt lab/devices/record_read
 * lab/devices/share lab/devices/spread lab/wire/duration lab/personas/say lab/personas/persona_say
 * lab/personas/persona_read lab/personas/persona_commands lab/personas/persona_match
 * lab/personas/persona_set gen/persona_builtin tests/lib/cli_play base/seed base/arena base/buf
 * base/err base/file base/strmap base/text base/yaml base/yaml_map base/yaml_parse
 * base/yaml_read base/log */

/* Each misbehaviour of log-in, prompt and echo: what comes out, and when. */
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

/* --- the log-in --- */

static void no_free_line(void **state)
{
    (void)state;
    open_shell(MIS_NO_FREE_LINE);
    cli_play_said(&play, "% All lines are in use\r\n");
    assert_over(CLI_HUNG_UP);
    cli_play_free(&play);
    cli_play_init(&play, "cisco_ios", MIS_NO_FREE_LINE);
    cli_play_telnet(&play);
    cli_play_take(&play);
    cli_play_type(&play, "admin\radmin\r");
    cli_play_said(&play, "admin\r\nPassword: \r\n% All lines are in use\r\n");
    assert_over(CLI_HUNG_UP);
}

static void stalls_login(void **state)
{
    (void)state;
    open_shell(MIS_STALLS_LOGIN);
    cli_play_said(&play, "");
    assert_deaf();
    assert_int_equal(play.cli.end, CLI_GOES_ON);
}

static void password_change(void **state)
{
    (void)state;
    open_shell(MIS_PASSWORD_CHANGE);
    static const char want[] = "\r\nYour password has expired.\r\nEnter new password: ";
    cli_play_said(&play, want);
    for (int i = 0; i < 2; i++) {
        cli_play_type(&play, "new\r");
        cli_play_said(&play, "\r\n\r\nYour password has expired.\r\nEnter new password: ");
    }
    cli_play_type(&play, "new\r");
    cli_play_said(&play, "\r\n");
    assert_over(CLI_HUNG_UP);
    assert_string_equal(play.commands, "");
}

static void banner_like_prompt(void **state)
{
    (void)state;
    open_shell(MIS_BANNER_LIKE_PROMPT);
    cli_play_said(&play, "\r\n\r\nr1>");
    cli_play_type(&play, "show privilege\r");
    cli_play_wait(&play, 399);
    cli_play_said(&play, "");
    cli_play_wait(&play, 1);
    cli_play_said(&play,
                  " is what a prompt looks like here\r\n\r\nr1>show privilege\r\n" PRIV "r1>");
}

static void press_return(void **state)
{
    (void)state;
    open_shell(MIS_PRESS_RETURN);
    cli_play_said(&play, "\r\n\r\n\r\nr1 con0 is now available\r\n\r\n\r\n\r\n\r\nPress RETURN to "
                         "get started.\r\n\r\n");
    cli_play_wait(&play, 3600000);
    cli_play_said(&play, "");
    cli_play_type(&play, "\r");
    cli_play_said(&play, "\r\n\r\nr1>");
}

/* --- prompt and echo --- */

static void changing_prompt(void **state)
{
    (void)state;
    open_shell(MIS_CHANGING_PROMPT);
    cli_play_said(&play, "\r\nr1-0>");
    cli_play_type(&play, "show privilege\r");
    cli_play_said(&play, "show privilege\r\n" PRIV "r1-1>");
    cli_play_type(&play, "\r");
    cli_play_said(&play, "\r\nr1-1>");
    /* The caret counts the counter. */
    cli_play_type(&play, "show foo\r");
    cli_play_said(&play,
                  "show foo\r\n          ^\r\n% Invalid input detected at '^' marker.\r\n\r\n"
                  "r1-2>");
    cli_play_free(&play);
    cli_play_init(&play, "juniper_junos", MIS_CHANGING_PROMPT);
    cli_play_shell(&play);
    const char *said = cli_play_take(&play);
    assert_string_equal(said + strlen(said) - 16, "\r\n\r\nadmin@r1-0> ");
}

static void log_lines(void **state)
{
    (void)state;
    open_at_prompt(MIS_LOG_LINES);
    cli_play_type(&play, "show privilege\r");
    cli_play_said(&play, "show privilege\r\n" PRIV
                         "r1>\r\n*Mar 12 10:02:11.004: %SYS-5-CONFIG_I: Configured from console by "
                         "admin on vty1 (127.0.0.1)\r\n");
    cli_play_type(&play, "terminal length 0\r");
    cli_play_said(&play, "terminal length 0\r\nr1>");
}

static void echo_off(void **state)
{
    (void)state;
    open_at_prompt(MIS_ECHO_OFF);
    cli_play_type(&play, "show pri\bivilege\r");
    cli_play_said(&play, "\r\n" PRIV "r1>");
    cli_play_type(&play, "enable\r");
    cli_play_said(&play, "\r\nPassword: ");
    cli_play_type(&play, "enable\r");
    cli_play_said(&play, "\r\nr1#");
}

static void echo_wrapped(void **state)
{
    (void)state;
    open_at_prompt(MIS_ECHO_WRAPPED);
    /* The prompt has three columns, a line 24. */
    cli_play_type(&play, "abcdefghijklmnopqrst");
    cli_play_said(&play, "abcdefghijklmnopqrst");
    cli_play_type(&play, "uvwxyzabcdefghijklmnopqrstuvwx\x15");
    const char *said = cli_play_take(&play);
    assert_memory_equal(said, "u \rvwxyzabcdefghijklmnopqrs \rtuvwx\b \b", 37);
    cli_play_type(&play, "show privilege\r");
    cli_play_said(&play, "show privilege\r\n" PRIV "r1>");
}

static void echo_late(void **state)
{
    (void)state;
    open_at_prompt(MIS_ECHO_LATE);
    cli_play_type(&play, "show privilege\rshow clock\r");
    cli_play_wait(&play, 332);
    cli_play_said(&play, "");
    cli_play_wait(&play, 1);
    cli_play_said(&play, "show privilege\r\n" PRIV "r1>");
    cli_play_wait(&play, 333);
    cli_play_said(&play, "show clock\r\n" CLOCK "\r\nr1>");
    cli_play_free(&play);
    cli_play_init(&play, "linux", MIS_ECHO_LATE);
    cli_play_shell(&play);
    cli_play_take(&play);
    cli_play_type(&play, "whoami\r");
    cli_play_wait(&play, 333);
    cli_play_said(&play, "whoami\r\n\x1b[?2004l\radmin\r\n\x1b[?2004hadmin@r1:~$ ");
}

/* Keys that erase are signs of the line, which is no command then. */
static void no_erase(void **state)
{
    (void)state;
    open_at_prompt(MIS_NO_ERASE);
    cli_play_type(&play, "show privilege\r");
    cli_play_said(&play, "show privilege\r\n" PRIV "r1>");
    cli_play_type(&play, "12\x7f\b\x15show privilege\r");
    cli_play_said(&play, "12^?^H^Ushow privilege\r\n   ^\r\n% Invalid input detected at '^' marker."
                         "\r\n\r\nr1>");
    cli_play_type(&play, "show privilege\r");
    cli_play_said(&play, "show privilege\r\n" PRIV "r1>");
    cli_play_type(&play, "enable\renablex\x7f\r");
    cli_play_said(&play, "enable\r\nPassword: \r\nPassword: ");
    cli_play_free(&play);
    cli_play_init(&play, "linux", MIS_NO_ERASE);
    play.device.think_ns = 1000000;
    cli_play_shell(&play);
    cli_play_take(&play);
    cli_play_type(&play, "whoami\r");
    cli_play_type(&play, "1\x7fwhoami\r");
    cli_play_wait(&play, 1);
    cli_play_said(&play, "whoami\r\n\x1b[?2004l\r1^?whoami\r\nadmin\r\n\x1b[?2004hadmin@r1:~$ "
                         "1^?whoami\r\n\x1b[?2004l\r-bash: 1\x7fwhoami: command not found\r\n"
                         "\x1b[?2004hadmin@r1:~$ ");
}

/* Those of the connection leave the dialogue alone. */
static void others_change_nothing(void **state)
{
    static const enum misbehaviour others[] = {
        MIS_NONE,         MIS_REFUSED,       MIS_SILENT,         MIS_NOT_SSH,
        MIS_RESETS,       MIS_CHATTER,       MIS_OLD_ALGORITHMS, MIS_STALLS_KEX,
        MIS_LOGIN_LIMIT,  MIS_SESSION_LIMIT, MIS_KBDINT_ZERO,    MIS_HOSTKEY_CHANGES,
        MIS_AUTH_REFUSED, MIS_LOCKOUT,       MIS_TELNET_ENDLESS, MIS_TELNET_MUTE};
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (i > 0)
            cli_play_free(&play);
        open_at_prompt(others[i]);
        cli_play_type(&play, "show clock\r");
        cli_play_said(&play, "show clock\r\n" CLOCK "\r\nr1>");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(no_free_line, close_play),
        cmocka_unit_test_teardown(stalls_login, close_play),
        cmocka_unit_test_teardown(password_change, close_play),
        cmocka_unit_test_teardown(banner_like_prompt, close_play),
        cmocka_unit_test_teardown(press_return, close_play),
        cmocka_unit_test_teardown(changing_prompt, close_play),
        cmocka_unit_test_teardown(log_lines, close_play),
        cmocka_unit_test_teardown(echo_off, close_play),
        cmocka_unit_test_teardown(echo_wrapped, close_play),
        cmocka_unit_test_teardown(echo_late, close_play),
        cmocka_unit_test_teardown(no_erase, close_play),
        cmocka_unit_test_teardown(others_change_nothing, close_play),
    };
    return cmocka_run_group_tests(tests, cli_play_load, cli_play_unload);
}
