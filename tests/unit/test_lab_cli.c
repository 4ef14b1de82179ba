/* links: lab/sim/cli lab/sim/cli_line lab/sim/cli_login lab/sim/cli_output lab/sim/cli_run
 * lab/sim/cli_kernel lab/devices/fleet lab/devices/fleet_file lab/devices/fleet_records
 * lab/devices/misbehave lab/devices/record_device lab/devices/record_prompt lab/devices/record_read
 * lab/devices/share lab/devices/spread lab/wire/duration lab/personas/say lab/personas/persona_say
 * lab/personas/persona_read lab/personas/persona_commands lab/personas/persona_match
 * lab/personas/persona_set gen/persona_builtin tests/lib/cli_play base/seed base/arena base/buf
 * base/err base/file base/strmap base/text base/yaml base/yaml_map base/yaml_parse
 * base/yaml_read base/log */

/* A device's command line as dialogues, byte for byte: log-in, modes, pager, errors, editing. */
#include "tests/lib/cli_play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define IOS_GREETING                                                                               \
    "\r\n*** Authorized access only: disconnect NOW if you are not an operator ***\r\n\r\n\r\n"    \
    "User Access Verification\r\n\r\nUsername: "
#define IOS_ERASE "\b\b\b\b\b\b\b\b\b        \b\b\b\b\b\b\b\b\b"
#define BASH_DONE "\x1b[?2004l\r"
#define BASH_USER "\x1b[?2004hadmin@r1:~$ "
#define BASH_ROOT "\x1b[?2004hroot@r1:~# "

static struct cli_play play;

static void open_shell(const char *persona)
{
    cli_play_init(&play, persona, MIS_NONE);
    cli_play_shell(&play);
    cli_play_take(&play);
}

static int close_play(void **state)
{
    (void)state;
    cli_play_free(&play);
    return 0;
}

static void assert_over(enum cli_end end)
{
    assert_int_equal(play.cli.state, CLI_OVER);
    assert_int_equal(play.cli.end, end);
    cli_play_type(&play, "more\r");
    cli_play_wait(&play, 100000);
    cli_play_said(&play, "");
}

/* --- log-in --- */

static void ios_lets_in_after_a_wrong_password(void **state)
{
    (void)state;
    cli_play_init(&play, "cisco_ios", MIS_NONE);
    cli_play_telnet(&play);
    cli_play_said(&play, IOS_GREETING);
    cli_play_dialogue(&play, "admin\r", "Password: ");
    cli_play_type(&play, "wrong\r");
    cli_play_said(&play, "\r\n% Login invalid\r\n\r\nUsername: ");
    cli_play_dialogue(&play, "admin\r", "Password: ");
    cli_play_type(&play, "admin\r");
    cli_play_said(&play, "\r\n\r\nr1>");
    assert_int_equal(play.checks, 2);
    assert_string_equal(play.commands, "");
    cli_play_dialogue(&play, "exit\r", "");
    assert_over(CLI_LOGGED_OUT);
    assert_string_equal(play.commands, "exit|");
}

static void three_wrong_passwords_end_it(void **state)
{
    (void)state;
    cli_play_init(&play, "cisco_ios", MIS_NONE);
    cli_play_telnet(&play);
    cli_play_take(&play);
    for (int i = 0; i < 3; i++) {
        cli_play_dialogue(&play, "admin\r", "Password: ");
        cli_play_type(&play, "wrong\r");
        cli_play_said(&play, i < 2 ? "\r\n% Login invalid\r\n\r\nUsername: "
                                   : "\r\n% Login invalid\r\n\r\n");
    }
    assert_int_equal(play.checks, 3);
    assert_over(CLI_HUNG_UP);
}

static void linux_counts_five_tries(void **state)
{
    (void)state;
    cli_play_init(&play, "linux", MIS_NONE);
    cli_play_telnet(&play);
    cli_play_said(&play, "\r\nLinux 6.1.0-18-amd64 (r1) (pts/0)\r\n\r\nr1 login: ");
    for (int i = 0; i < 5; i++) {
        cli_play_dialogue(&play, "admin\r", "Password: ");
        cli_play_type(&play, "no\r");
        cli_play_said(&play, i < 4 ? "\r\n\r\nLogin incorrect\r\nr1 login: "
                                   : "\r\n\r\nMaximum number of tries exceeded (5)\r\n");
    }
    assert_over(CLI_HUNG_UP);
}

static void junos_and_huawei_let_in(void **state)
{
    (void)state;
    cli_play_init(&play, "juniper_junos", MIS_NONE);
    cli_play_telnet(&play);
    cli_play_said(&play, "\r\nr1 (ttyp0)\r\n\r\nlogin: ");
    cli_play_dialogue(&play, "admin\r", "Password:");
    cli_play_type(&play, "admin\r");
    cli_play_said(&play, "\r\nLast login: Tue Mar 12 10:11:12 2019 from 127.0.0.1\r\n"
                         "--- JUNOS 18.4R1.8 Kernel 64-bit  JNPR-11.0-20181207.6c2f68b_2_bu\r\n"
                         "\r\nadmin@r1> ");
    cli_play_free(&play);
    cli_play_init(&play, "huawei_vrp", MIS_NONE);
    cli_play_telnet(&play);
    cli_play_take(&play);
    cli_play_dialogue(&play, "admin\r", "Password:");
    cli_play_type(&play, "x\r");
    const char *said = cli_play_take(&play);
    assert_memory_equal(said, "\r\n", 2);
    assert_string_equal(said + strlen(said) - 9, "Username:");
    cli_play_dialogue(&play, "admin\r", "Password:");
    cli_play_type(&play, "admin\r");
    said = cli_play_take(&play);
    assert_string_equal(said + strlen(said) - 6, "\r\n<r1>");
}

static void a_log_in_takes_its_time(void **state)
{
    (void)state;
    cli_play_init(&play, "cisco_ios", MIS_NONE);
    play.device.login_delay_ns = 700000000;
    cli_play_telnet(&play);
    cli_play_take(&play);
    cli_play_type(&play, "admin\radmin\rshow privilege\r");
    cli_play_said(&play, "admin\r\nPassword: \r\n");
    cli_play_wait(&play, 699);
    cli_play_said(&play, "");
    cli_play_wait(&play, 1);
    cli_play_said(&play, "\r\nr1>show privilege\r\nCurrent privilege level is 1\r\nr1>");
}

static void no_free_line_ends_a_shell(void **state)
{
    (void)state;
    cli_play_init(&play, "cisco_ios", MIS_NONE);
    cli_open_shell(&play.cli, "admin", false, play.now);
    cli_play_said(&play, "% All lines are in use\r\n");
    assert_over(CLI_HUNG_UP);
}

/* --- commands and modes --- */

static void ios_modes_and_errors(void **state)
{
    (void)state;
    open_shell("cisco_ios");
    cli_play_dialogue(&play, "show privilege\r", "Current privilege level is 1\r\nr1>");
    cli_play_dialogue(&play, "enable\r", "Password: ");
    for (int i = 0; i < 2; i++) {
        cli_play_type(&play, "wrong\r");
        cli_play_said(&play, "\r\nPassword: ");
    }
    cli_play_type(&play, "wrong\r");
    cli_play_said(&play, "\r\n% Bad secrets\r\n\r\nr1>");
    cli_play_dialogue(&play, "en\r", "Password: ");
    cli_play_type(&play, "enable\r");
    cli_play_said(&play, "\r\nr1#");
    cli_play_dialogue(&play, "sh priv\r", "Current privilege level is 15\r\nr1#");
    cli_play_dialogue(&play, "shw ver\r",
                      "   ^\r\n% Invalid input detected at '^' marker.\r\n\r\nr1#");
    cli_play_dialogue(&play, "  show  foo bar  \r",
                      "           ^\r\n% Invalid input detected at '^' marker.\r\n\r\nr1#");
    cli_play_dialogue(&play, "show\r", "% Incomplete command.\r\n\r\nr1#");
    cli_play_dialogue(&play, "c\r", "% Ambiguous command:  \"c\"\r\nr1#");
    cli_play_dialogue(&play, "conf t\r",
                      "Enter configuration commands, one per line.  End with CNTL/Z.\r\n"
                      "r1(config)#");
    cli_play_dialogue(&play, "interface Gi 1/0/1\r", "r1(config-if)#");
    cli_play_dialogue(&play, "end\r", "r1#");
    cli_play_dialogue(&play, "\r", "r1#");
    cli_play_dialogue(&play, "   \r", "r1#");
    cli_play_dialogue(&play, "disable\r", "r1>");
    assert_string_equal(play.commands,
                        "show privilege|enable|en|sh priv|shw ver|  show  foo bar|show|c|conf t|"
                        "interface Gi 1/0/1|end|disable|");
}

static void junos_says_which_word(void **state)
{
    (void)state;
    open_shell("juniper_junos");
    cli_play_dialogue(&play, "shw ver\r", "          ^\r\nunknown command.\r\n\r\nadmin@r1> ");
    cli_play_dialogue(&play, "show\r",
                      "              ^\r\nsyntax error, expecting <command>.\r\n\r\nadmin@r1> ");
    cli_play_type(&play, "s\r");
    const char *said = cli_play_take(&play);
    static const char want[] = "s\r\n          ^\r\n's' is ambiguous.\r\n";
    assert_memory_equal(said, want, sizeof want - 1);
    cli_play_dialogue(&play, "configure\r",
                      "Entering configuration mode\r\n\r\n[edit]\r\nadmin@r1# ");
    cli_play_dialogue(&play, "nope\r",
                      "          ^\r\nunknown command.\r\n\r\n[edit]\r\nadmin@r1# ");
}

static void huawei_asks_and_raises(void **state)
{
    (void)state;
    open_shell("huawei_vrp");
    cli_play_dialogue(&play, "dsplay x\r",
                      "    ^\r\nError: Unrecognized command found at '^' position.\r\n<r1>");
    cli_play_dialogue(&play, "super\r", "Password:");
    cli_play_type(&play, "enable\r");
    cli_play_said(&play, "\r\nNow user privilege is level 15, and only those commands whose level "
                         "is equal to or less than this level can be used.\r\n<r1>");
    /* An answer that is no secret is echoed. */
    cli_play_dialogue(&play, "screen-width 512\r",
                      "Warning: This command will change the default screen width. Continue? "
                      "[Y/N]:");
    cli_play_dialogue(&play, "y\r", "Info: Succeeded in setting the screen width.\r\n<r1>");
}

static void bash_says_when_input_is_done(void **state)
{
    (void)state;
    open_shell("linux");
    cli_play_dialogue(&play, "nope x\r", BASH_DONE "-bash: nope: command not found\r\n" BASH_USER);
    cli_play_dialogue(&play, "sudo -i\r", BASH_DONE "[sudo] password for admin: ");
    cli_play_type(&play, "bad\r");
    cli_play_said(&play, "\r\nSorry, try again.\r\n[sudo] password for admin: ");
    cli_play_type(&play, "admin\r");
    cli_play_said(&play, "\r\n" BASH_ROOT);
    cli_play_dialogue(&play, "whoami\r", BASH_DONE "root\r\n" BASH_ROOT);
    cli_play_dialogue(&play, "exit\r", BASH_DONE "logout\r\n" BASH_USER);
    cli_play_dialogue(&play, "exit\r", BASH_DONE "logout\r\n");
    assert_over(CLI_LOGGED_OUT);
}

static void a_command_takes_its_time_and_the_devices(void **state)
{
    (void)state;
    cli_play_init(&play, "cisco_ios", MIS_NONE);
    play.device.think_ns = 250000000;
    cli_play_shell(&play);
    cli_play_take(&play);
    cli_play_type(&play, "enable\renable\rterminal length 0\rwrite memory\r");
    /* Without an output there is nothing to think about. */
    cli_play_said(&play, "enable\r\nPassword: \r\nr1#terminal length 0\r\nr1#write memory\r\n");
    cli_play_type(&play, "show privilege\r");
    cli_play_wait(&play, 1749);
    cli_play_said(&play, "");
    cli_play_wait(&play, 1);
    cli_play_said(&play, "Building configuration...\r\n[OK]\r\nr1#show privilege\r\n");
    cli_play_wait(&play, 250);
    cli_play_said(&play, "Current privilege level is 15\r\nr1#");
}

static void exec_is_one_command(void **state)
{
    (void)state;
    cli_play_init(&play, "linux", MIS_NONE);
    cli_play_exec(&play, "cat /nosuch");
    cli_play_said(&play, "cat: /nosuch: No such file or directory\n");
    assert_int_equal(play.cli.exit_status, 1);
    assert_over(CLI_LOGGED_OUT);
    cli_play_free(&play);
    cli_play_init(&play, "linux", MIS_NONE);
    cli_play_exec(&play, "nope");
    cli_play_said(&play, "-bash: nope: command not found\n");
    assert_int_equal(play.cli.exit_status, 127);
    assert_over(CLI_LOGGED_OUT);
    cli_play_free(&play);
    cli_play_init(&play, "linux", MIS_NONE);
    cli_play_exec(&play, "sudo -i");
    cli_play_said(&play, "[sudo] password for admin: ");
    cli_play_type(&play, "admin\n");
    cli_play_said(&play, "\n");
    assert_over(CLI_LOGGED_OUT);
    cli_play_free(&play);
    cli_play_init(&play, "cisco_ios", MIS_NONE);
    cli_play_exec(&play, "show foo");
    cli_play_said(&play, "     ^\n% Invalid input detected at '^' marker.\n\n");
    assert_over(CLI_LOGGED_OUT);
}

static void exec_has_no_pager(void **state)
{
    (void)state;
    cli_play_init(&play, "cisco_ios", MIS_NONE);
    cli_play_exec(&play, "show version");
    cli_play_said(&play, cli_play_output(&play, "show version"));
    assert_over(CLI_LOGGED_OUT);
}

/* --- the pager --- */

static void pages_lines_quit_and_off(void **state)
{
    char output[65536];
    (void)state;
    open_shell("cisco_ios");
    snprintf(output, sizeof output, "%s", cli_play_output(&play, "show interfaces status"));
    cli_play_type(&play, "sh int stat\r");
    cli_play_said_lines(&play, "sh int stat\r\n", output, 0, 23, " --More-- ");
    cli_play_type(&play, "x\x1b\b");
    cli_play_said(&play, "");
    cli_play_type(&play, "\r\n");
    cli_play_said_lines(&play, IOS_ERASE, output, 23, 1, " --More-- ");
    cli_play_type(&play, "\n");
    cli_play_said_lines(&play, IOS_ERASE, output, 24, 1, " --More-- ");
    cli_play_type(&play, " ");
    cli_play_said_lines(&play, IOS_ERASE, output, 25, 23, " --More-- ");
    cli_play_type(&play, " ");
    cli_play_said_lines(&play, IOS_ERASE, output, 48, 23, "r1>");
    cli_play_type(&play, "sh int stat\rq");
    cli_play_said_lines(&play, "sh int stat\r\n", output, 0, 23, " --More-- " IOS_ERASE "r1>");
    cli_play_dialogue(&play, "terminal length 0\r", "r1>");
    cli_play_type(&play, "sh int stat\r");
    cli_play_said_lines(&play, "sh int stat\r\n", output, 0, 1000, "r1>");
    cli_play_dialogue(&play, "terminal length 24\r", "r1>");
    cli_play_type(&play, "sh int stat\r");
    cli_play_said_lines(&play, "sh int stat\r\n", output, 0, 23, " --More-- ");
}

static void a_window_sets_the_rows_where_it_may(void **state)
{
    char output[65536];
    const char *said;
    (void)state;
    open_shell("juniper_junos");
    snprintf(output, sizeof output, "%s", cli_play_output(&play, "show version"));
    play.cli.rows = 5;
    cli_play_type(&play, "show version\r");
    said = cli_play_take(&play);
    unsigned lines = 0;
    for (; *said && strncmp(said, "---(more ", 9) != 0; said++)
        lines += *said == '\n';
    /* The echo's and four of the output. */
    assert_int_equal(lines, 5);
    assert_int_equal(strlen(said), strlen("---(more 11%)---"));
    /* A window as high as the output, and the prompt's line: no page. */
    cli_play_type(&play, "q");
    cli_play_take(&play);
    play.cli.rows = 1000;
    cli_play_type(&play, "show version\r");
    cli_play_said_lines(&play, "show version\r\n", output, 0, 1000, "\r\nadmin@r1> ");
    cli_play_free(&play);
    open_shell("cisco_ios");
    play.cli.rows = 1000;
    snprintf(output, sizeof output, "%s", cli_play_output(&play, "show interfaces status"));
    cli_play_type(&play, "sh int stat\r");
    cli_play_said_lines(&play, "sh int stat\r\n", output, 0, 23, " --More-- ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(ios_lets_in_after_a_wrong_password, close_play),
        cmocka_unit_test_teardown(three_wrong_passwords_end_it, close_play),
        cmocka_unit_test_teardown(linux_counts_five_tries, close_play),
        cmocka_unit_test_teardown(junos_and_huawei_let_in, close_play),
        cmocka_unit_test_teardown(a_log_in_takes_its_time, close_play),
        cmocka_unit_test_teardown(no_free_line_ends_a_shell, close_play),
        cmocka_unit_test_teardown(ios_modes_and_errors, close_play),
        cmocka_unit_test_teardown(junos_says_which_word, close_play),
        cmocka_unit_test_teardown(huawei_asks_and_raises, close_play),
        cmocka_unit_test_teardown(bash_says_when_input_is_done, close_play),
        cmocka_unit_test_teardown(a_command_takes_its_time_and_the_devices, close_play),
        cmocka_unit_test_teardown(exec_is_one_command, close_play),
        cmocka_unit_test_teardown(exec_has_no_pager, close_play),
        cmocka_unit_test_teardown(pages_lines_quit_and_off, close_play),
        cmocka_unit_test_teardown(a_window_sets_the_rows_where_it_may, close_play),
    };
    return cmocka_run_group_tests(tests, cli_play_load, cli_play_unload);
}
