/* links: lab/personas/say lab/personas/persona_say lab/personas/persona_read
 * lab/personas/persona_commands lab/personas/persona_match base/seed base/arena base/buf
 * base/err base/file base/strmap base/text base/yaml base/yaml_map base/yaml_parse
 * base/yaml_read */

/* Which command a typed line means, and what an output is made of. */
#include "lab/personas/persona.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MODES "modes: [{name: 'exec', prompt: '>'}, {name: 'config', prompt: '#'}]\n"

static struct arena arena;

static int drop_arena(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static struct persona *persona_of(const char *text)
{
    struct err e = {0};
    struct persona *p = persona_read(text, strlen(text), "p.yaml", "p", &arena, &e);
    if (!p)
        fail_msg("%s", e.text);
    return p;
}

/* --- which command a line means --- */

static const char matching[] = "terminal: {abbreviates: true}\n" MODES "commands:\n"
                               "  - {command: 'show interfaces *'}\n"
                               "  - {command: 'show interfaces status'}\n"
                               "  - {command: 'show interfaces'}\n"
                               "  - {command: 'show ip route'}\n"
                               "  - {command: 'show ipv6 route'}\n"
                               "  - {command: 'show version'}\n"
                               "  - {command: 'show vlan * brief'}\n"
                               "  - {command: 'show vlan **'}\n"
                               "  - {command: 'enable', modes: ['exec']}\n"
                               "  - {command: 'exit', modes: ['exec'], logout: 'exec'}\n"
                               "  - {command: 'exit', modes: ['config'], enters: 'exec'}\n"
                               "  - {command: 'description **', modes: ['config']}\n"
                               "  - {command: 'ping * * count', modes: ['exec']}\n"
                               "  - {command: 'ping 10.0.0.1 *', modes: ['exec']}\n";

static void check_line(const struct persona *p, int mode, const char *line, const char *want,
                       enum persona_match how, size_t bad_at)
{
    const struct persona_command *command = p->commands;
    size_t at = 12345;
    enum persona_match match = persona_match(p, mode, line, &command, &at);
    if (match != how || (how != MATCH_ONE && at != bad_at))
        fail_msg("'%s': %d, %zu", line, match, at);
    if (how == MATCH_ONE)
        assert_string_equal(command->text, want);
    else
        assert_null(command);
}

static void lines_mean_the_command_that_fits_best(void **state)
{
    static const struct {
        int mode;
        const char *line, *want;
    } rows[] = {
        {0, "show version", "show version"},
        {0, "sh ver", "show version"},
        {0, "  sh \t ver  ", "show version"},
        {0, "sh int stat", "show interfaces status"},
        {0, "sh int status", "show interfaces status"},
        {0, "sh int s", "show interfaces status"},
        {0, "sh int Gi1/0/1", "show interfaces *"},
        {0, "sh int statusx", "show interfaces *"},
        {0, "sh int", "show interfaces"},
        {0, "sh ip ro", "show ip route"},
        {0, "sh ipv ro", "show ipv6 route"},
        {0, "show vlan 3", "show vlan **"},
        {0, "show vlan 3 x y z", "show vlan **"},
        {0, "show vlan 3 br", "show vlan * brief"},
        {0, "en", "enable"},
        {0, "exit", "exit"},
        {1, "exit", "exit"},
        {1, "desc a b c d e f g h i j k l m n o p q r s t u v w x y z a b c d e f g h i j",
         "description **"},
        {0, "ping 10.0.0.1 x", "ping 10.0.0.1 *"},
        {0, "ping 10.0.0.1 x count", "ping * * count"},
    };
    const struct persona *p = persona_of(matching);
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_line(p, rows[i].mode, rows[i].line, rows[i].want, MATCH_ONE, 0);
    const struct persona_command *command;
    size_t at;
    persona_match(p, 0, "exit", &command, &at);
    assert_true(command->logs_out);
    persona_match(p, 1, "exit", &command, &at);
    assert_false(command->logs_out);
}

static void other_lines_say_where_they_go_wrong(void **state)
{
    static const struct {
        int mode;
        const char *line;
        enum persona_match how;
        size_t bad_at;
    } rows[] = {
        {0, "sh ip", MATCH_INCOMPLETE, 5},
        {0, "sh vlan", MATCH_INCOMPLETE, 7},
        {0, "ping x y", MATCH_INCOMPLETE, 8},
        {0, "e", MATCH_AMBIGUOUS, 0},
        {0, "sh", MATCH_INCOMPLETE, 2},
        {0, "sh i ro", MATCH_AMBIGUOUS, 3},
        {0, "shw version", MATCH_NONE, 0},
        {0, "  shw", MATCH_NONE, 2},
        {0, "show foo", MATCH_NONE, 5},
        {0, "show  version  now", MATCH_NONE, 15},
        {0, "show ip route x", MATCH_NONE, 14},
        {0, "Show version", MATCH_NONE, 0},
        {0, "showx", MATCH_NONE, 0},
        {0, "description x", MATCH_NONE, 0},
        {1, "enable", MATCH_NONE, 0},
    };
    const struct persona *p = persona_of(matching);
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_line(p, rows[i].mode, rows[i].line, NULL, rows[i].how, rows[i].bad_at);
}

static void without_abbreviations_words_are_whole(void **state)
{
    const struct persona *p =
        persona_of(MODES "commands: [{command: 'uname'}, {command: 'uname -a'}, "
                         "{command: 'set **'}]\n");
    (void)state;
    check_line(p, 0, "uname", "uname", MATCH_ONE, 0);
    check_line(p, 0, "uname -a", "uname -a", MATCH_ONE, 0);
    check_line(p, 0, "set -o x", "set **", MATCH_ONE, 0);
    check_line(p, 0, "una", NULL, MATCH_NONE, 0);
    check_line(p, 0, "uname -", NULL, MATCH_NONE, 6);
    check_line(p, 0, "set", NULL, MATCH_INCOMPLETE, 3);
}

static void a_command_without_words_is_its_text(void **state)
{
    struct persona_command commands[] = {
        {.text = "show *", .n_words = 0, .modes = 1, .enters = -1},
        {.text = "show *", .words = {"show", "*"}, .n_words = 2, .modes = 3, .enters = -1},
    };
    struct persona p = {.commands = commands, .n_commands = 2, .n_modes = 2};
    const struct persona_command *command;
    size_t at;
    (void)state;
    assert_int_equal(persona_match(&p, 0, "show *", &command, &at), MATCH_ONE);
    assert_ptr_equal(command, &commands[0]);
    assert_int_equal(persona_match(&p, 0, "show x", &command, &at), MATCH_ONE);
    assert_ptr_equal(command, &commands[1]);
    assert_int_equal(persona_match(&p, 1, "show *", &command, &at), MATCH_ONE);
    assert_ptr_equal(command, &commands[1]);
    assert_int_equal(persona_match(&p, 0, "show", &command, &at), MATCH_INCOMPLETE);
}

/* --- outputs --- */

static void outputs_are_parts_behind_what_the_first_mode_says(void **state)
{
    const struct persona *p = persona_of(
        MODES "before_output: \"now\\n\"\ncommands:\n"
              "  - command: 'a'\n    output:\n      - \"head\\n\"\n"
              "      - {repeat: 3, text: \"{{n}} {{n0}}\\n\"}\n      - \"tail {{n}}\\n\"\n"
              "  - {command: 'b'}\n");
    static const char body[] = "head\n1 0\n2 1\n3 2\ntail 1\n";
    struct say_world where = {.seed = 1, .mode = "exec"};
    struct buf text;
    (void)state;
    buf_init(&text, 1000);
    assert_int_equal(persona_output(p, &p->commands[0], &where, &text), 0);
    assert_memory_equal(buf_bytes(&text), "now\n", 4);
    assert_string_equal(buf_bytes(&text) + 4, body);
    buf_truncate(&text, 0);
    assert_int_equal(persona_output(p, &p->commands[1], &where, &text), 0);
    assert_string_equal(buf_bytes(&text), "now\n");
    buf_truncate(&text, 0);
    where.mode = "config";
    assert_int_equal(persona_output(p, &p->commands[0], &where, &text), 0);
    assert_string_equal(buf_bytes(&text), body);
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_mean_the_command_that_fits_best),
        cmocka_unit_test(other_lines_say_where_they_go_wrong),
        cmocka_unit_test(without_abbreviations_words_are_whole),
        cmocka_unit_test(a_command_without_words_is_its_text),
        cmocka_unit_test(outputs_are_parts_behind_what_the_first_mode_says),
    };
    return cmocka_run_group_tests(tests, NULL, drop_arena);
}
