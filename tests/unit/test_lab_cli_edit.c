/* links: lab/sim/cli lab/sim/cli_line lab/sim/cli_login lab/sim/cli_output lab/sim/cli_run
 * lab/sim/cli_kernel lab/devices/fleet lab/devices/fleet_file lab/devices/fleet_records
 * lab/devices/misbehave lab/devices/record_device lab/devices/record_prompt lab/devices/record_read
 * lab/devices/share lab/devices/spread lab/wire/duration lab/personas/say lab/personas/persona_say
 * lab/personas/persona_read lab/personas/persona_commands lab/personas/persona_match
 * lab/personas/persona_set gen/persona_builtin tests/lib/cli_play base/seed base/arena base/buf
 * base/err base/file base/strmap base/text base/yaml base/yaml_map base/yaml_parse
 * base/yaml_read base/log */

/* Keys that erase, by persona: their echo at a prompt, and of what is typed while a command runs.
 */
#include "tests/lib/cli_play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct cli_play play;

static int close_play(void **state)
{
    (void)state;
    cli_play_free(&play);
    return 0;
}

static void open_shell(const char *persona)
{
    cli_play_init(&play, persona, MIS_NONE);
    cli_play_shell(&play);
    cli_play_take(&play);
}

/* --- erasing, by persona --- */

#define EL    "\x1b[K"
#define BS_BL "\b \b"

/* The persona of the play with another kind of editing. */
static void edit_by(enum persona_editor editor, enum persona_erase erase)
{
    static struct persona changed;
    changed = *play.device.persona;
    changed.editing.editor = editor;
    changed.editing.erase = erase;
    play.device.persona = &changed;
}

static void open_edited(const char *persona, enum persona_editor editor, enum persona_erase erase)
{
    cli_play_init(&play, persona, MIS_NONE);
    edit_by(editor, erase);
    cli_play_shell(&play);
    cli_play_take(&play);
}

static void readline_clears_to_the_end(void **state)
{
    static const char one[] =
        "12\b\x1b[K\0\0\0\0\0\0\0\0\0\0\0\0\b\x1b[K\0\0\0\0\0\0\0\0\0\0\0\0\a",
                      all[] = "12\b\b\x1b[K\0\0\0\0\0\0\0\0\0\0\0\0\a";
    (void)state;
    open_shell("linux");
    cli_play_type(&play, "12\x7f\b\x7f");
    cli_play_said_bytes(&play, one, sizeof one - 1);
    cli_play_type(&play, "12\x15\x15");
    cli_play_said_bytes(&play, all, sizeof all - 1);
    cli_play_type(&play, "\b");
    cli_play_said(&play, "\a");
    cli_play_type(&play, "whoami\r");
    cli_play_said(&play, "whoami\r\n\x1b[?2004l\radmin\r\n\x1b[?2004hadmin@r1:~$ ");
    assert_string_equal(play.commands, "whoami|");
}

/* What is no command line has no editor: the terminal's way, and no bell. */
static void a_user_name_is_erased_as_a_terminal_does(void **state)
{
    (void)state;
    cli_play_init(&play, "linux", MIS_NONE);
    cli_play_telnet(&play);
    cli_play_take(&play);
    cli_play_type(&play, "\x7f"
                         "ab\x7f\x15"
                         "admin\r");
    cli_play_said(&play, "ab" BS_BL BS_BL "admin\r\nPassword: ");
    cli_play_type(&play, "admix\x7fn\x7f\bin\r");
    cli_play_take(&play);
    assert_int_equal(play.cli.state, CLI_LINE);
}

static void a_console_draws_the_line_again(void **state)
{
    (void)state;
    open_edited("cisco_ios", EDITED_BY_DEVICE, ERASE_REDRAW);
    cli_play_type(&play, "12\x7f\x7f\x7f");
    cli_play_said(&play, "12\rr1>1" EL "\rr1>" EL);
    cli_play_type(&play, "ab\x15show privilege\r");
    cli_play_said(&play, "ab\rr1>" EL "show privilege\r\nCurrent privilege level is 1\r\nr1>");
    cli_play_free(&play);
    /* Of several lines the last is drawn. */
    open_edited("juniper_junos", EDITED_BY_DEVICE, ERASE_REDRAW);
    cli_play_type(&play, "12\x7f");
    cli_play_said(&play, "12\radmin@r1> 1" EL);
}

/* --- typed ahead --- */

#define DIGITS "12ab34cd\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f"
#define WIPED  "12ab34cd" BS_BL BS_BL BS_BL BS_BL BS_BL BS_BL BS_BL BS_BL
#define PROMPT "\x1b[?2004hadmin@r1:~$ "
#define DONE   "\r\n\x1b[?2004l\r"

/* A second passes between a command and what it says. */
static void think_for_a_second(void)
{
    play.device.think_ns = 1000000000;
}

static void a_device_echoes_when_it_reads(void **state)
{
    (void)state;
    open_shell("cisco_ios");
    think_for_a_second();
    cli_play_type(&play, "show privilege\r");
    cli_play_said(&play, "show privilege\r\n");
    cli_play_type(&play, DIGITS "show privilege\r");
    cli_play_said(&play, "");
    cli_play_wait(&play, 1000);
    cli_play_said(&play, "Current privilege level is 1\r\nr1>" WIPED "show privilege\r\n");
    assert_string_equal(play.commands, "show privilege|show privilege|");
}

static void a_shells_kernel_edits_what_is_typed_ahead(void **state)
{
    (void)state;
    open_shell("linux");
    think_for_a_second();
    cli_play_type(&play, "whoami\r");
    cli_play_said(&play, "whoami" DONE);
    cli_play_type(&play, DIGITS);
    cli_play_type(&play, "\x7f\x15pw\x15pwd\r");
    cli_play_said(&play, WIPED "pw" BS_BL BS_BL "pwd\r\n");
    /* A line that is complete stays. */
    cli_play_type(&play, "\x7f\x15");
    cli_play_said(&play, "");
    cli_play_wait(&play, 1000);
    cli_play_said(&play, "admin\r\n" PROMPT "pwd" DONE);
    cli_play_wait(&play, 1000);
    cli_play_said(&play, "/home/admin\r\n" PROMPT);
    assert_string_equal(play.commands, "whoami|pwd|");
}

static void a_kernel_leaves_bs_in_the_line(void **state)
{
    static const char erased[] = "admin\r\n" PROMPT "pwdx\b\x1b[K\0\0\0\0\0\0\0\0\0\0\0\0" DONE;
    (void)state;
    open_shell("linux");
    think_for_a_second();
    cli_play_type(&play, "whoami\r");
    cli_play_take(&play);
    cli_play_type(&play, "pwdx\b\x01\x7f\t\r\n");
    cli_play_said(&play, "pwdx^H^A" BS_BL BS_BL "\t\r\n");
    cli_play_wait(&play, 1000);
    cli_play_said_bytes(&play, erased, sizeof erased - 1);
    assert_string_equal(play.commands, "whoami|pwd|");
}

/* What came in one piece with the command was the shell's editor's to read. */
static void a_paste_is_the_shells(void **state)
{
    static const char end[] = "\b\x1b[K\0\0\0\0\0\0\0\0\0\0\0\0pwd" DONE;
    char want[128] = "admin\r\n" PROMPT "1";
    size_t n = strlen(want);
    (void)state;
    open_shell("linux");
    think_for_a_second();
    cli_play_type(&play, "whoami\r1");
    cli_play_type(&play, "\x7f");
    cli_play_said(&play, "whoami" DONE);
    cli_play_type(&play, "\b");
    cli_play_said(&play, "^H");
    cli_play_type(&play, "pwd\r");
    cli_play_take(&play);
    cli_play_wait(&play, 1000);
    memcpy(want + n, end, sizeof end - 1);
    cli_play_said_bytes(&play, want, n + sizeof end - 1);
}

static void a_plain_shell_shows_nothing_twice(void **state)
{
    (void)state;
    open_edited("linux", EDITED_BY_KERNEL, ERASE_BS_EL);
    think_for_a_second();
    cli_play_type(&play, DIGITS "whoami");
    cli_play_said(&play, WIPED "whoami");
    cli_play_type(&play, "\r");
    cli_play_said(&play, DONE);
    cli_play_type(&play, DIGITS "pwd\rpw");
    cli_play_said(&play, WIPED "pwd\r\npw");
    cli_play_wait(&play, 1000);
    cli_play_said(&play, "admin\r\n" PROMPT "\x1b[?2004l\r");
    cli_play_type(&play, "x\x7f"
                         "d\r");
    cli_play_said(&play, "x" BS_BL "d\r\n");
    cli_play_wait(&play, 1000);
    cli_play_wait(&play, 1000);
    cli_play_take(&play);
    assert_string_equal(play.commands, "whoami|pwd|pwd|");
    /* BS is no key that erases there. */
    cli_play_type(&play, "pwx\bd\r");
    cli_play_said(&play, "pwx^Hd\r\n\x1b[?2004l\r-bash: pwx\bd: command not found\r\n" PROMPT);
}

static void a_plain_shell_hides_passwords(void **state)
{
    (void)state;
    open_edited("linux", EDITED_BY_KERNEL, ERASE_BS_EL);
    cli_play_type(&play, "sudo -i\r");
    cli_play_said(&play, "sudo -i" DONE "[sudo] password for admin: ");
    cli_play_type(&play, "x\x7f"
                         "admin\r");
    cli_play_said(&play, "\r\n\x1b[?2004hroot@r1:~# ");
}

static void what_a_kernel_keeps_is_bounded(void **state)
{
    static char typed[2 * CLI_TYPED_MAX];
    (void)state;
    open_shell("linux");
    think_for_a_second();
    cli_play_type(&play, "whoami\r");
    cli_play_take(&play);
    memset(typed, 'x', sizeof typed);
    cli_play_bytes(&play, typed, sizeof typed);
    assert_int_equal(play.cli.typed.len, CLI_TYPED_MAX);
    cli_play_said_bytes(&play, typed, CLI_TYPED_MAX);
    cli_play_type(&play, "\x15");
    assert_int_equal(play.cli.typed.len, 0);
    /* Who does not read is not echoed to. */
    for (int i = 0; i < 100; i++)
        cli_play_type(&play, "x\x15");
    for (int i = 0; i < 64; i++) {
        cli_play_bytes(&play, typed, 4096);
        cli_play_type(&play, "\x15");
    }
    assert_in_range(play.cli.out.len, CLI_OUT_ENOUGH, CLI_OUT_ENOUGH + 4 * 4096);
    assert_in_range(play.cli.typed.len, 0, CLI_TYPED_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(readline_clears_to_the_end, close_play),
        cmocka_unit_test_teardown(a_user_name_is_erased_as_a_terminal_does, close_play),
        cmocka_unit_test_teardown(a_console_draws_the_line_again, close_play),
        cmocka_unit_test_teardown(a_device_echoes_when_it_reads, close_play),
        cmocka_unit_test_teardown(a_shells_kernel_edits_what_is_typed_ahead, close_play),
        cmocka_unit_test_teardown(a_kernel_leaves_bs_in_the_line, close_play),
        cmocka_unit_test_teardown(a_paste_is_the_shells, close_play),
        cmocka_unit_test_teardown(a_plain_shell_shows_nothing_twice, close_play),
        cmocka_unit_test_teardown(a_plain_shell_hides_passwords, close_play),
        cmocka_unit_test_teardown(what_a_kernel_keeps_is_bounded, close_play),
    };
    return cmocka_run_group_tests(tests, cli_play_load, cli_play_unload);
}
