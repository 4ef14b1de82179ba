/* links: lab/personas/say lab/personas/persona_say lab/personas/persona_read
 * lab/personas/persona_commands lab/personas/persona_match lab/personas/persona_set
 * gen/persona_builtin base/seed base/arena base/buf base/err base/file base/strmap base/text
 * base/yaml base/yaml_map base/yaml_parse base/yaml_read */

/* Persona files: every kind of mistake at its place, which command a line means, what is said. */
#include "lab/personas/persona.h"
#include "lab/personas/persona_builtin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define MODES "modes: [{name: 'exec', prompt: '>'}, {name: 'config', prompt: '#'}]\n"

static struct arena arena;

static struct persona *persona_of(const char *text)
{
    struct err e = {0};
    struct persona *p = persona_read(text, strlen(text), "p.yaml", "p", &arena, &e);
    if (!p)
        fail_msg("%s", e.text);
    return p;
}

static int drop_arena(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

/* --- files --- */

static void every_builtin_persona_loads_and_speaks(void **state)
{
    struct persona_set set;
    struct err e = {0};
    struct say_world world = {.seed = 1, .hostname = "r1", .user = "u", .client = "127.0.0.1"};
    (void)state;
    if (personas_load(&set, NULL, &e) != 0)
        fail_msg("%s", e.text);
    assert_int_equal(set.n, persona_builtins_n);
    assert_true(set.n >= 10);
    for (size_t i = 0; i < set.n; i++) {
        const struct persona *p = set.items[i];
        assert_ptr_equal(personas_find(&set, p->name), p);
        assert_int_equal(personas_number(&set, p->name, &e), i);
        assert_true(p->n_modes > 0 && p->n_commands > 0);
        for (size_t c = 0; c < p->n_commands; c++) {
            struct buf text;
            buf_init(&text, 1u << 20);
            assert_int_equal(persona_output(p, &p->commands[c], &world, &text), 0);
            assert_null(strstr(buf_bytes(&text), "{{"));
            buf_free(&text);
        }
    }
    assert_null(personas_find(&set, "nobody"));
    assert_int_equal(personas_number(&set, "cisco_iso", &e), -1);
    assert_string_equal(e.text, "--persona: there is no persona 'cisco_iso', did you mean "
                                "'cisco_ios'?: poller-lab personas lists them");
    personas_free(&set);
}

static void write_file(const char *dir, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void remove_file(const char *dir, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    unlink(path);
}

static void a_directory_adds_and_replaces(void **state)
{
    char dir[] = "/tmp/test_lab_persona.XXXXXX", message[512];
    struct persona_set set;
    struct err e = {0};
    (void)state;
    assert_non_null(mkdtemp(dir));
    write_file(dir, "mine.yaml", MODES);
    write_file(dir, "linux.yaml", "platform: 'other'\n" MODES);
    write_file(dir, "notes.txt", "no persona: [");
    write_file(dir, ".hidden.yaml", "no persona: [");
    assert_int_equal(personas_load(&set, dir, &e), 0);
    assert_int_equal(set.n, persona_builtins_n + 1);
    assert_string_equal(personas_find(&set, "mine")->platform, "mine");
    assert_string_equal(personas_find(&set, "linux")->platform, "other");
    personas_free(&set);

    write_file(dir, "mine.yaml", "modes: []\n");
    assert_int_equal(personas_load(&set, dir, &e), -1);
    personas_free(&set);
    snprintf(message, sizeof message, "%s/mine.yaml:1:8: a persona needs 'modes', a list", dir);
    assert_string_equal(e.text, message);

    err_clear(&e);
    write_file(dir, "mine.yaml", "# nothing\n");
    assert_int_equal(personas_load(&set, dir, &e), -1);
    personas_free(&set);
    snprintf(message, sizeof message, "%s/mine.yaml: an empty file is no persona", dir);
    assert_string_equal(e.text, message);
    remove_file(dir, "mine.yaml");
    remove_file(dir, "linux.yaml");
    remove_file(dir, "notes.txt");
    remove_file(dir, ".hidden.yaml");
    rmdir(dir);

    err_clear(&e);
    assert_int_equal(personas_load(&set, dir, &e), -1);
    personas_free(&set);
    snprintf(message, sizeof message, "--persona-dir %s: No such file or directory", dir);
    assert_string_equal(e.text, message);
}

static void defaults_are_those_of_the_format(void **state)
{
    const struct persona *p = persona_of(MODES "commands: [{command: 'x'}]\n");
    (void)state;
    assert_string_equal(p->platform, "p");
    assert_true(p->echo);
    assert_false(p->abbreviates);
    assert_string_equal(p->line_end, "\r\n");
    assert_int_equal(p->editing.editor, EDITED_BY_DEVICE);
    assert_int_equal(p->editing.erase, ERASE_BS_BLANK_BS);
    assert_string_equal(p->editing.el.text, "\x1b[K");
    assert_true(say_is_empty(&p->editing.erase_empty));
    assert_int_equal(p->ssh.auth, PERSONA_PASSWORD | PERSONA_KBDINT);
    assert_true(p->ssh.exec && p->ssh.exit_status);
    assert_int_equal(p->telnet.attempts, 3);
    assert_int_equal(p->error_status, 1);
    assert_false(p->pager.is_set);
    assert_ptr_equal(p->incomplete.text, p->unknown.text);
    assert_ptr_equal(p->ambiguous.text, p->unknown.text);
    assert_int_equal(p->commands[0].enters, -1);
    assert_int_equal(p->commands[0].pager, PAGER_STAYS);
    assert_false(p->commands[0].logs_out);
    assert_int_equal(p->commands[0].modes, UINT32_MAX);
}

static void telnet_options_are_their_bytes(void **state)
{
    const struct persona *p =
        persona_of(MODES "telnet: {options: [will echo, DO NAWS, dont linemode, wont status]}\n");
    static const unsigned char want[][2] = {{251, 1}, {253, 31}, {254, 34}, {252, 5}};
    (void)state;
    assert_int_equal(p->telnet.n_options, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(p->telnet.options[i].command, want[i][0]);
        assert_int_equal(p->telnet.options[i].option, want[i][1]);
    }
}

/* --- mistakes --- */

static const struct {
    const char *text, *message;
} rows[] = {
    {"", "p.yaml: an empty file is no persona"},
    {"# comments alone\n", "p.yaml: an empty file is no persona"},
    {"- a\n", "p.yaml:1:1: a persona must be a mapping, not a list"},
    {"platform: 'x'\n", "p.yaml:1:1: a persona needs 'modes', a list"},
    {"modes: 'exec'\n", "p.yaml:1:8: a persona needs 'modes', a list"},
    {"modes: []\n", "p.yaml:1:8: a persona needs 'modes', a list"},
    {"modes: [{name: 'a'}]\n", "p.yaml:1:9: a mode needs 'name' and 'prompt'"},
    {"modes: [{name: 'a', prompt: ''}]\n", "p.yaml:1:9: a mode needs 'name' and 'prompt'"},
    {"modes:\n  - {name: 'a', prompt: '>'}\n  - {name: 'a', prompt: '#'}\n",
     "p.yaml:3:5: the mode 'a' is there already"},
    {MODES "promt: 'x'\n", "p.yaml:2:1: unknown key 'promt' in a persona"},
    {MODES "hostnam: 'x'\n",
     "p.yaml:2:1: unknown key 'hostnam' in a persona, did you mean 'hostname'?"},
    {MODES "ssh: {versoin: 'x'}\n",
     "p.yaml:2:7: unknown key 'versoin' in 'ssh', did you mean 'version'?"},
    {MODES "terminal: {echo: maybe}\n", "p.yaml:2:18: 'echo' must be true or false, not 'maybe'"},
    {MODES "terminal: {erase: bs}\n",
     "p.yaml:2:19: 'erase' is bs_blank_bs or bs_el or redraw, not 'bs'"},
    {MODES "terminal: {edited_by: [a]}\n",
     "p.yaml:2:23: 'edited_by' is device or shell or kernel, not ''"},
    {MODES "terminal: [a]\n", "p.yaml:2:11: 'terminal' must be a mapping, not a list"},
    {MODES "motd: [a]\n", "p.yaml:2:7: 'motd' must be a text, not a list"},
    {MODES "motd: {a: b}\n", "p.yaml:2:7: 'motd' must be a text, not a mapping"},
    {MODES "telnet: {attempts: 0}\n", "p.yaml:2:20: 'attempts' must be 1 to 100, not 0"},
    {MODES "telnet: {attempts: many}\n",
     "p.yaml:2:20: 'attempts' must be a whole number, not 'many'"},
    {MODES "telnet: {options: [will fly]}\n",
     "p.yaml:2:19: 'will fly' is no Telnet option such as 'will echo' or 'do naws'"},
    {MODES "telnet: {options: [echo]}\n",
     "p.yaml:2:19: 'echo' is no Telnet option such as 'will echo' or 'do naws'"},
    {MODES "ssh: {auth: [hostbased]}\n",
     "p.yaml:2:13: 'auth' holds password, keyboard-interactive and publickey, not "
     "'hostbased'"},
    {MODES "pager: {rows: 24}\n", "p.yaml:2:8: 'pager' needs 'text'"},
    {MODES "pager: {text: 'x', rows: 1}\n", "p.yaml:2:26: 'rows' must be 2 to 10000, not 1"},
    {MODES "errors: {exit_status: 256}\n", "p.yaml:2:23: 'exit_status' must be 0 to 255, not 256"},
    {MODES "commands: {a: b}\n", "p.yaml:2:11: 'commands' must be a list, not a mapping"},
    {MODES "commands: ['show']\n", "p.yaml:2:12: a command must be a mapping, not a text"},
    {MODES "commands: [{output: 'x'}]\n", "p.yaml:2:12: a command needs 'command'"},
    {MODES "commands: [{command: ' '}]\n", "p.yaml:2:22: a command needs a word"},
    {MODES "commands: [{command: 'a ** b'}]\n",
     "p.yaml:2:22: a command has at most 12 words, and none behind **"},
    {MODES "commands: [{command: '1 2 3 4 5 6 7 8 9 10 11 12 13'}]\n",
     "p.yaml:2:22: a command has at most 12 words, and none behind **"},
    {MODES "commands: [{command: 'a', modes: ['exce']}]\n",
     "p.yaml:2:34: there is no mode 'exce', did you mean 'exec'?"},
    {MODES "commands: [{command: 'a', modes: ['zzzzz']}]\n",
     "p.yaml:2:34: there is no mode 'zzzzz'"},
    {MODES "commands: [{command: 'a', modes: []}]\n",
     "p.yaml:2:34: 'modes' holds no mode: leave it away for all of them"},
    {MODES "commands: [{command: 'a', enters: 'confg'}]\n",
     "p.yaml:2:35: there is no mode 'confg', did you mean 'config'?"},
    {MODES "commands: [{command: 'a', enters: [config]}]\n", "p.yaml:2:35: there is no mode ''"},
    {MODES "commands:\n  - {command: 'a b'}\n  - {command: 'c'}\n  - {command: 'a b'}\n",
     "p.yaml:5:15: the command 'a b' is there already, for the same mode"},
    {MODES "commands:\n  - {command: 'a b'}\n  - {command: 'a  b', modes: ['exec']}\n",
     "p.yaml:4:15: the command 'a  b' is there already, for the same mode"},
    {MODES "commands: [{command: 'a', pager: 3}]\n",
     "p.yaml:2:34: 'pager' must be true or false, not '3'"},
    {MODES "commands: [{command: 'a', ask: {expects: 'any'}}]\n",
     "p.yaml:2:32: 'ask' needs a 'prompt'"},
    {MODES "commands: [{command: 'a', ask: {prompt: '?', expects: 'all'}}]\n",
     "p.yaml:2:55: 'expects' is secret, password or any"},
    {MODES "commands: [{command: 'a', ask: {prompt: '?', attempts: 11}}]\n",
     "p.yaml:2:56: 'attempts' must be 1 to 10, not 11"},
    {MODES "commands: [{command: 'a', output: [{repeat: 3}]}]\n",
     "p.yaml:2:36: a part of an output needs 'text'"},
    {MODES "commands: [{command: 'a', output: [{repeat: 100001, text: 'x'}]}]\n",
     "p.yaml:2:45: 'repeat' must be 1 to 100000, not 100001"},
    {MODES "commands: [{command: 'a', output: {repeat: 3, txt: 'x'}}]\n",
     "p.yaml:2:47: unknown key 'txt' in a part of an output, did you mean 'text'?"},
    {MODES "commands: [{command: 'a', think: -1}]\n",
     "p.yaml:2:34: 'think' must be a number of seconds above 0, at most 30 days, not '-1'"},
    {MODES "commands: [{command: 'a', exit_status: 300}]\n",
     "p.yaml:2:40: 'exit_status' must be 0 to 255, not 300"},
    {MODES "commands: [{command: 'a', command: 'b'}]\n",
     "p.yaml:2:27: 'command' is given twice, first at p.yaml:2:13"},
    {MODES "motd: \"a\n",
     "p.yaml:2:8: not YAML: double-quoted scalar without closing quote (read well up to line 2)"},
    {MODES "---\nmotd: ''\n", "p.yaml:2:1: a second document (---): one file is one document"},
};

static void mistakes_have_their_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err e = {0};
        struct persona *p =
            persona_read(rows[i].text, strlen(rows[i].text), "p.yaml", "p", &arena, &e);
        if (p)
            fail_msg("%s--- was taken", rows[i].text);
        assert_string_equal(e.text, rows[i].message);
        assert_int_equal(e.class, FAIL_USAGE);
    }
}

/* --- bounds --- */

/* head, then count times an item with its number, then tail: refused with the message. */
static void assert_too_many(const char *head, const char *item, unsigned count, const char *message)
{
    struct buf text;
    struct err e = {0};
    buf_init(&text, 1u << 20);
    assert_int_equal(buf_add_str(&text, head), 0);
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(buf_addf(&text, "  - {%s%u', prompt: '>'}\n", item, i), 0);
    struct persona *p = persona_read(buf_bytes(&text), text.len, "p.yaml", "p", &arena, &e);
    buf_free(&text);
    if (message) {
        assert_null(p);
        assert_string_equal(e.text, message);
    } else {
        assert_non_null(p);
    }
}

static void modes_and_commands_are_bounded(void **state)
{
    struct buf text;
    struct err e = {0};
    (void)state;
    assert_too_many("modes:\n", "name: 'm", PERSONA_MODES_MAX, NULL);
    assert_too_many("modes:\n", "name: 'm", PERSONA_MODES_MAX + 1,
                    "p.yaml:2:3: more than 16 modes");
    for (unsigned over = 0; over < 2; over++) {
        buf_init(&text, 1u << 20);
        buf_add_str(&text, MODES "commands:\n");
        for (unsigned i = 0; i < PERSONA_COMMANDS_MAX + over; i++)
            buf_addf(&text, "- {command: 'c%u'}\n", i);
        struct persona *p = persona_read(buf_bytes(&text), text.len, "p.yaml", "p", &arena, &e);
        buf_free(&text);
        assert_true((p == NULL) == (over == 1));
    }
    assert_string_equal(e.text, "p.yaml:3:1: more than 4096 commands");
}

static void a_text_is_bounded(void **state)
{
    for (size_t over = 0; over < 2; over++) {
        size_t n = (1u << 20) + over;
        struct buf text;
        struct err e = {0};
        buf_init(&text, 2u << 20);
        buf_add_str(&text, MODES "motd: '");
        char *room = buf_room(&text, n);
        assert_non_null(room);
        memset(room, 'x', n);
        buf_grew(&text, n);
        buf_add_str(&text, "'\n");
        struct persona *p = persona_read(buf_bytes(&text), text.len, "p.yaml", "p", &arena, &e);
        buf_free(&text);
        assert_true((p == NULL) == (over == 1));
        assert_string_equal(e.text, over ? "p.yaml:2:7: 'motd' is over 1048576 bytes" : "");
    }
    (void)state;
}

static void an_output_over_its_bound_says_so(void **state)
{
    const struct persona *p = persona_of(
        MODES "commands: [{command: 'a', output: [{repeat: 100000, text: '0123456789'}]}]\n");
    struct say_world world = {.seed = 1};
    struct buf text;
    (void)state;
    buf_init(&text, 999999);
    assert_int_equal(persona_output(p, &p->commands[0], &world, &text), -1);
    buf_free(&text);
    buf_init(&text, 1000000);
    assert_int_equal(persona_output(p, &p->commands[0], &world, &text), 0);
    assert_int_equal(text.len, 1000000);
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_builtin_persona_loads_and_speaks),
        cmocka_unit_test(a_directory_adds_and_replaces),
        cmocka_unit_test(defaults_are_those_of_the_format),
        cmocka_unit_test(telnet_options_are_their_bytes),
        cmocka_unit_test(mistakes_have_their_place),
        cmocka_unit_test(modes_and_commands_are_bounded),
        cmocka_unit_test(a_text_is_bounded),
        cmocka_unit_test(an_output_over_its_bound_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, drop_arena);
}
