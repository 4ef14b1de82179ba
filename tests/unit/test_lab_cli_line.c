/* links: lab/sim/cli lab/sim/cli_line lab/sim/cli_login lab/sim/cli_output lab/sim/cli_run
 * lab/sim/cli_kernel lab/devices/fleet lab/devices/fleet_file lab/devices/fleet_records
 * lab/devices/misbehave lab/devices/record_device lab/devices/record_prompt lab/devices/record_read
 * lab/devices/share lab/devices/spread lab/wire/duration lab/personas/say lab/personas/persona_say
 * lab/personas/persona_read lab/personas/persona_commands lab/personas/persona_match
 * lab/personas/persona_set gen/persona_builtin tests/lib/cli_play base/seed base/arena base/buf
 * base/err base/file base/strmap base/text base/yaml base/yaml_map base/yaml_parse
 * base/yaml_read base/log */

/* What is typed: line ends, editing, bounds, and that it does not matter in which pieces it comes.
 */
#include "tests/lib/cli_play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define INVALID "% Invalid input detected at '^' marker.\r\n\r\nr1>"

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

static void every_line_end_ends_a_line_once(void **state)
{
    static const char *const ends[] = {"\r", "\n", "\r\n"};
    static const char want[] = "show privilege\r\nCurrent privilege level is 1\r\nr1>";
    char typed[64];
    (void)state;
    open_shell("cisco_ios");
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        snprintf(typed, sizeof typed, "show privilege%s", ends[i]);
        cli_play_type(&play, typed);
        cli_play_said(&play, want);
    }
    cli_play_bytes(&play, "show privilege\r\0", 16);
    cli_play_said(&play, want);
    cli_play_type(&play, "show privilege\r");
    cli_play_type(&play, "\n");
    cli_play_said(&play, want);
    cli_play_type(&play, "\r");
    cli_play_bytes(&play, "", 1);
    cli_play_said(&play, "\r\nr1>");
    cli_play_type(&play, "\r\r\n\n\n\r");
    cli_play_said(&play, "\r\nr1>\r\nr1>\r\nr1>\r\nr1>\r\nr1>");
}

static void backspace_takes_back(void **state)
{
    (void)state;
    open_shell("cisco_ios");
    cli_play_type(&play, "\b\x7f");
    cli_play_said(&play, "");
    cli_play_type(&play, "show foo\b\b\b\x7fx\b");
    cli_play_said(&play, "show foo\b \b\b \b\b \b\b \bx\b \b");
    cli_play_type(&play, " privilege\r");
    cli_play_said(&play, " privilege\r\nCurrent privilege level is 1\r\nr1>");
    assert_string_equal(play.commands, "show privilege|");
    /* The caret knows of it. */
    cli_play_type(&play, "shxxxx\b\b\b\bw foo\r");
    cli_play_take(&play);
    cli_play_type(&play, "abc\b\b\bshow foo\r");
    cli_play_said(&play, "abc\b \b\b \b\b \bshow foo\r\n        ^\r\n" INVALID);
}

static void other_keys_clear_or_do_nothing(void **state)
{
    (void)state;
    open_shell("cisco_ios");
    cli_play_type(&play, "ab\x15"
                         "cd\x03"
                         "\t\x1b\x07\x0cshow privilege\r");
    cli_play_said(&play, "ab\b \b\b \bcd\b \b\b \bshow privilege\r\n"
                         "Current privilege level is 1\r\nr1>");
    assert_string_equal(play.commands, "show privilege|");
}

static void secrets_are_not_echoed_nor_is_their_editing(void **state)
{
    (void)state;
    cli_play_init(&play, "cisco_ios", MIS_NONE);
    cli_play_telnet(&play);
    cli_play_take(&play);
    cli_play_type(&play, "admim\bn\r");
    cli_play_said(&play, "admim\b \bn\r\nPassword: ");
    cli_play_type(&play, "wrong\x15"
                         "admix\bn\r");
    cli_play_said(&play, "\r\n\r\nr1>");
    cli_play_type(&play, "enable\rwrong\x03"
                         "enable\r");
    cli_play_said(&play, "enable\r\nPassword: \r\nr1#");
}

static void a_line_ends_at_its_bound(void **state)
{
    char typed[CLI_LINE_MAX + 100], want[CLI_LINE_MAX + 200];
    (void)state;
    open_shell("cisco_ios");
    memset(typed, 'x', sizeof typed);
    cli_play_bytes(&play, typed, CLI_LINE_MAX);
    cli_play_said_bytes(&play, typed, CLI_LINE_MAX);
    cli_play_bytes(&play, typed, 99);
    cli_play_said(&play, "");
    cli_play_type(&play, "\r");
    snprintf(want, sizeof want, "\r\n   ^\r\n%s", INVALID);
    cli_play_said(&play, want);
    assert_int_equal(strlen(play.commands), CLI_LINE_MAX + 1);
    /* A caret behind a long line, in a prompt's column. */
    typed[0] = 's';
    typed[1] = 'h';
    for (int i = 2; i < 1000; i++)
        typed[i] = ' ';
    cli_play_bytes(&play, typed, 1010);
    cli_play_take(&play);
    cli_play_type(&play, "\r");
    snprintf(want, sizeof want, "\r\n%1003s^\r\n%s", "", INVALID);
    cli_play_said(&play, want);
}

static void a_long_word_is_said_whole(void **state)
{
    char typed[300], want[700];
    (void)state;
    open_shell("linux");
    memset(typed, 'w', sizeof typed - 1);
    typed[sizeof typed - 1] = '\0';
    cli_play_type(&play, typed);
    cli_play_take(&play);
    cli_play_type(&play, "\r");
    snprintf(want, sizeof want,
             "\r\n\x1b[?2004l\r-bash: %s: command not found\r\n\x1b[?2004hadmin@r1:~$ ", typed);
    cli_play_said(&play, want);
}

static void what_is_typed_ahead_is_bounded(void **state)
{
    static char typed[3 * CLI_TYPED_MAX];
    (void)state;
    cli_play_init(&play, "cisco_ios", MIS_NONE);
    play.device.think_ns = 1000000000;
    cli_play_shell(&play);
    cli_play_take(&play);
    for (size_t i = 0; i < sizeof typed; i += 2)
        memcpy(typed + i, "\rx", 2);
    cli_play_type(&play, "show privilege\r");
    cli_play_bytes(&play, typed, sizeof typed);
    assert_int_equal(play.cli.typed.len, CLI_TYPED_MAX);
    cli_play_type(&play, "show clock\r");
    assert_int_equal(play.cli.typed.len, CLI_TYPED_MAX);
    cli_play_wait(&play, 1000);
    cli_play_take(&play);
    assert_int_equal(play.cli.typed.len, 0);
    assert_null(strstr(play.commands, "clock"));
    cli_play_type(&play, "\x15\r");
    cli_play_said(&play, "\b \b\r\nr1>");
}

static void a_paste_that_can_be_read_is_read(void **state)
{
    static char typed[4 * CLI_TYPED_MAX];
    (void)state;
    open_shell("cisco_ios");
    memset(typed, '\r', sizeof typed);
    size_t said = 0;
    for (size_t at = 0; at < sizeof typed; at += 4096) {
        cli_play_bytes(&play, typed + at, 4096);
        said += strlen(cli_play_take(&play));
    }
    assert_int_equal(said, sizeof typed * 5);
}

static void who_does_not_read_is_not_listened_to(void **state)
{
    (void)state;
    open_shell("cisco_ios");
    cli_play_type(&play, "terminal length 0\r");
    cli_play_take(&play);
    size_t one = strlen(cli_play_output(&play, "show interfaces"));
    for (int i = 0; i < 5000; i++)
        cli_play_type(&play, "show interfaces\r");
    assert_true(play.cli.is_full);
    assert_in_range(play.cli.out.len, CLI_OUT_ENOUGH, CLI_OUT_ENOUGH + 2 * one);
    assert_int_equal(play.cli.typed.len, CLI_TYPED_MAX);
    cli_play_take(&play);
    assert_false(play.cli.is_full);
    assert_int_equal(play.cli.typed.len, 0);
}

/* --- in pieces --- */

static const struct {
    const char *persona, *typed;
} sessions[] = {
    {"cisco_ios", "admin\rwrong\radmin\radmin\renable\rno\renable\rshow version\r \rterm len 0\r"
                  "show interfaces status\rshw x\rconf t\rinterface gi 1\rend\r\b\bx\bexit\r"},
    {"juniper_junos", "admin\radmin\rshow version\rqs\rconfigure\rexit\rshw ver\rexit\r"},
    {"huawei_vrp", "admin\r\nadmin\r\ndisplay version\r\nsuper\r\nenable\r\nquit\r\n"},
    {"linux", "admin\radmin\runame -a\rsudo -i\rbad\radmin\rwhoami\rexit\rnope\rexit\r"},
};

/* The whole session in pieces of n bytes; n 0: a write for each line. */
static char *session_in_pieces(size_t which, size_t n, size_t *len)
{
    const char *typed = sessions[which].typed, *end = typed + strlen(typed);
    struct buf said;
    buf_init(&said, 1u << 20);
    cli_play_init(&play, sessions[which].persona, MIS_NONE);
    cli_play_telnet(&play);
    while (typed < end) {
        size_t part = n ? n : strcspn(typed, "\r\n") + 1;
        part = part < (size_t)(end - typed) ? part : (size_t)(end - typed);
        cli_play_bytes(&play, typed, part);
        typed += part;
        assert_int_equal(buf_add(&said, buf_bytes(&play.cli.out), play.cli.out.len), 0);
        buf_drop_front(&play.cli.out, play.cli.out.len);
    }
    assert_int_equal(play.cli.end, CLI_LOGGED_OUT);
    cli_play_free(&play);
    return buf_take(&said, len);
}

static void pieces_do_not_matter(void **state)
{
    static const size_t pieces[] = {0, 1, 2, 3, 7, 64};
    (void)state;
    for (size_t i = 0; i < sizeof sessions / sizeof *sessions; i++) {
        size_t whole_len, len;
        char *whole = session_in_pieces(i, 100000, &whole_len);
        for (size_t k = 0; k < sizeof pieces / sizeof *pieces; k++) {
            char *said = session_in_pieces(i, pieces[k], &len);
            assert_int_equal(len, whole_len);
            assert_memory_equal(said, whole, len);
            free(said);
        }
        free(whole);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_line_end_ends_a_line_once, close_play),
        cmocka_unit_test_teardown(backspace_takes_back, close_play),
        cmocka_unit_test_teardown(other_keys_clear_or_do_nothing, close_play),
        cmocka_unit_test_teardown(secrets_are_not_echoed_nor_is_their_editing, close_play),
        cmocka_unit_test_teardown(a_line_ends_at_its_bound, close_play),
        cmocka_unit_test_teardown(a_long_word_is_said_whole, close_play),
        cmocka_unit_test_teardown(what_is_typed_ahead_is_bounded, close_play),
        cmocka_unit_test_teardown(a_paste_that_can_be_read_is_read, close_play),
        cmocka_unit_test_teardown(who_does_not_read_is_not_listened_to, close_play),
        cmocka_unit_test_teardown(pieces_do_not_matter, close_play),
    };
    return cmocka_run_group_tests(tests, cli_play_load, cli_play_unload);
}
