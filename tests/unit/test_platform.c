/* links: base/arena base/buf base/err base/escape base/file base/log model/platform
 * model/platform_extra model/platform_steps model/platform_yaml base/strmap base/text base/yaml
 * base/yaml_map base/yaml_parse base/yaml_read gen/platform_builtin */
#include "base/log.h"

#include <poller/err.h>
#include <poller/platform.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* A directory of definitions, made for one test. */
struct fixture {
    char dir[64];
    char path[128]; /* of the last file written */
    struct platform_set *set;
    struct err err;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    strcpy(f->dir, "/tmp/test_platform.XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    platform_set_free(f->set);
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", f->dir);
    int rc = system(command);
    free(f);
    return rc;
}

static void write_file(struct fixture *f, const char *name, const char *text)
{
    snprintf(f->path, sizeof f->path, "%s/%s", f->dir, name);
    FILE *file = fopen(f->path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static const struct platform *load(struct fixture *f, const char *name)
{
    const char *dirs[] = {f->dir};
    f->set = platform_set_load(dirs, 1, &f->err);
    if (!f->set)
        fail_msg("%s", f->err.text);
    return platform_find(f->set, name);
}

/* The error of a set that must not load, without its directory. */
static const char *load_error(struct fixture *f)
{
    const char *dirs[] = {f->dir};
    err_clear(&f->err);
    f->set = platform_set_load(dirs, 1, &f->err);
    if (f->set)
        return "loaded";
    assert_int_equal(f->err.class, FAIL_USAGE);
    assert_memory_equal(f->err.text, f->dir, strlen(f->dir));
    return f->err.text + strlen(f->dir) + 1;
}

/* Every key of the schema and of ours. */
static const char every_key[] =
    "---\n"
    "prompt_pattern: '^\\w+[>#] ?$'\n"
    "prompt_excludes: ['Last login']\n"
    "default_mode: enabled\n"
    "modes:\n"
    "  - name: login\n"
    "    prompt_exact: 'x> '\n"
    "    accessible_modes:\n"
    "      - name: enabled\n"
    "        instructions:\n"
    "          - send_prompted_input:\n"
    "              input: enable\n"
    "              prompt_exact: 'Password:'\n"
    "              response: '__lookup::enable'\n"
    "  - name: enabled\n"
    "    prompt_pattern: '^\\w+# ?$'\n"
    "    prompt_excludes: ['(tcl)', '(boot)']\n"
    "    accessible_modes:\n"
    "      - name: login\n"
    "        instructions:\n"
    "          - send_prompted_input: {input: su, prompt_pattern: 'sure\\?', response: 'y'}\n"
    "          - send_input: {input: disable}\n"
    "failure_indicators: ['% Invalid', '% Bad']\n"
    "on_open_instructions:\n"
    "  - enter_mode: {requested_mode: enabled}\n"
    "  - send_input: {input: terminal length 0}\n"
    "  - write: {input: ''}\n"
    "on_close_instructions:\n"
    "  - write: {input: exit}\n"
    "force_in_session_auth: true\n"
    "bypass_in_session_auth: false\n"
    "ntc_templates_platform: some_ntc\n"
    "genie_platform: some_genie\n"
    "poller:\n"
    "  aliases: [other_name, another]\n"
    "  pager:\n"
    "    - '^--More--$'\n"
    "    - {pattern: '^\\(END\\)$', response: q}\n"
    "  login:\n"
    "    user: 'name: $'\n"
    "    password: 'word: $'\n"
    "    failed: ['bad', 'worse']\n"
    "  no_session: 'no free line'\n"
    "  press_return: ['press return']\n"
    "  learn_prompt: yes\n"
    "  exec: true\n"
    "  second_proof: on\n"
    "  echo: tty\n"
    "  line_end: crlf\n"
    "  pty: {cols: 200, rows: 60, term: xterm}\n"
    "  erase: bs\n"
    "  kill: ctrl-u\n"
    "  comment: '!'\n"
    "  logout: bye\n";

static void every_key_arrives(void **state)
{
    struct fixture *f = *state;
    write_file(f, "every.yaml", every_key);
    const struct platform *p = load(f, "every");
    assert_non_null(p);
    assert_string_equal(p->file, f->path);
    assert_string_equal(p->prompt.text, "^\\w+[>#] ?$");
    assert_string_equal(p->prompt.file, f->path);
    assert_int_equal(p->prompt.line, 2);
    assert_int_equal(p->prompt.column, 17);
    assert_int_equal(p->n_excludes, 1);
    assert_int_equal(p->default_mode, 1);
    assert_int_equal(p->n_failure_indicators, 2);
    assert_string_equal(p->failure_indicators[1], "% Bad");
    assert_true(p->force_in_session_auth);
    assert_false(p->bypass_in_session_auth);
    assert_string_equal(p->ntc_templates_platform, "some_ntc");
    assert_string_equal(p->genie_platform, "some_genie");
}

static void modes_and_instructions_arrive(void **state)
{
    struct fixture *f = *state;
    write_file(f, "every.yaml", every_key);
    const struct platform *p = load(f, "every");
    assert_int_equal(p->n_modes, 2);
    assert_true(p->modes[0].prompt.exact);
    assert_string_equal(p->modes[0].prompt.text, "x> ");
    assert_false(p->modes[1].prompt.exact);
    assert_int_equal(p->modes[1].n_excludes, 2);
    assert_int_equal(platform_mode_index(p, "enabled"), 1);
    assert_int_equal(platform_mode_index(p, "nosuch"), -1);

    const struct accessible_mode *up = &p->modes[0].accessible[0];
    assert_int_equal(up->target, 1);
    const struct instruction *ask = &up->instructions.items[0];
    assert_int_equal(ask->kind, INSTRUCTION_SEND_PROMPTED_INPUT);
    assert_string_equal(ask->input, "enable");
    assert_true(ask->prompt.exact);
    assert_string_equal(ask->prompt.text, "Password:");
    assert_string_equal(ask->response, "__lookup::enable");

    const struct accessible_mode *down = &p->modes[1].accessible[0];
    assert_int_equal(down->target, 0);
    assert_int_equal(down->instructions.n, 2);
    assert_false(down->instructions.items[0].prompt.exact);
    assert_int_equal(down->instructions.items[1].kind, INSTRUCTION_SEND_INPUT);

    assert_int_equal(p->on_open.n, 3);
    assert_int_equal(p->on_open.items[0].kind, INSTRUCTION_ENTER_MODE);
    assert_string_equal(p->on_open.items[0].requested_mode, "enabled");
    assert_int_equal(p->on_open.items[2].kind, INSTRUCTION_WRITE);
    assert_string_equal(p->on_open.items[2].input, "");
    assert_string_equal(p->on_close.items[0].input, "exit");
}

static void extensions_arrive(void **state)
{
    struct fixture *f = *state;
    write_file(f, "every.yaml", every_key);
    const struct platform *p = load(f, "every");
    assert_ptr_equal(platform_find(f->set, "another"), p);
    assert_int_equal(p->n_pagers, 2);
    assert_string_equal(p->pagers[0].response, " ");
    assert_string_equal(p->pagers[1].response, "q");
    assert_string_equal(p->pagers[1].pattern.text, "^\\(END\\)$");
    assert_string_equal(p->login_user.text, "name: $");
    assert_string_equal(p->login_password.text, "word: $");
    assert_int_equal(p->login_failed.n, 2);
    assert_int_equal(p->no_session.n, 1);
    assert_string_equal(p->no_session.items[0].text, "no free line");
    assert_int_equal(p->press_return.n, 1);
    assert_true(p->learn_prompt && p->exec && p->second_proof);
    assert_int_equal(p->echo, PLATFORM_ECHO_TTY);
    assert_string_equal(p->line_end, "\r\n");
    assert_int_equal(p->pty_cols, 200);
    assert_int_equal(p->pty_rows, 60);
    assert_string_equal(p->pty_term, "xterm");
    assert_string_equal(p->erase, "\b");
    assert_string_equal(p->kill, "\x15");
    assert_string_equal(p->comment, "!");
    assert_string_equal(p->logout, "bye");
}

#define MODES "modes: [{name: a, prompt_exact: x}]\n"
#define TOP   "prompt_pattern: x\ndefault_mode: a\n"
#define REST  TOP MODES

static void defaults_are_those_of_the_header(void **state)
{
    struct fixture *f = *state;
    /* Keys without a value are known and say nothing. */
    write_file(f, "small.yaml", REST "failure_indicators:\non_open_instructions:\npoller:\n");
    const struct platform *p = load(f, "small");
    assert_non_null(p);
    assert_int_equal(p->n_failure_indicators, 0);
    assert_int_equal(p->on_open.n, 0);
    assert_int_equal(p->n_pagers, 0);
    assert_null(p->login_user.text);
    assert_false(p->learn_prompt || p->exec || p->second_proof);
    assert_int_equal(p->echo, PLATFORM_ECHO_DEVICE);
    assert_null(p->line_end);
    assert_int_equal(p->pty_cols, 0);
    assert_null(p->logout);
    assert_null(p->erase);
    assert_null(p->kill);
    assert_null(p->comment);
}

/* Each in a file that overrides a platform, so that all of them are refused. */
static const struct {
    const char *text, *error;
} bad[] = {
    {"", "frr.yaml: the file is empty"},
    {"- a\n", "frr.yaml:1:1: a platform must be a mapping, not a list"},
    {TOP, "frr.yaml:1:1: a platform needs 'modes'"},
    {"prompt_pattern: x\n" MODES, "frr.yaml:1:1: a platform needs 'default_mode'"},
    {"default_mode: a\n" MODES, "frr.yaml:1:1: a platform needs 'prompt_pattern'"},
    {TOP "modes: []\n", "frr.yaml:3:8: a platform needs at least one mode"},
    {TOP "modes: a\n", "frr.yaml:3:8: 'modes' must be a list, not a text"},
    {REST "promt_excludes: [x]\n",
     "frr.yaml:4:1: unknown key 'promt_excludes' in a platform, did you mean 'prompt_excludes'?"},
    {REST "zzz: 1\n", "frr.yaml:4:1: unknown key 'zzz' in a platform"},
    {"prompt_pattern: x\ndefault_mode: aa\n" MODES,
     "frr.yaml:2:15: there is no mode 'aa', did you mean 'a'?"},
    {"prompt_pattern: ''\ndefault_mode: a\n" MODES,
     "frr.yaml:1:17: 'prompt_pattern' is empty: it would match everything"},
    {TOP "modes: [{name: a}]\n", "frr.yaml:3:9: a mode needs 'prompt_exact' or 'prompt_pattern'"},
    {TOP "modes: [{name: a, prompt_exact: x, prompt_pattern: y}]\n",
     "frr.yaml:3:9: a mode has both 'prompt_exact' and 'prompt_pattern'"},
    {TOP "modes: [{prompt_exact: x}]\n", "frr.yaml:3:9: a mode needs 'name'"},
    {TOP "modes: [{name: a, prompt_exact: x}, {name: a, prompt_exact: y}]\n",
     "frr.yaml:3:44: the mode 'a' is there already"},
    {TOP "modes: [{name: a, prompt_exact: x, prompt: y}]\n",
     "frr.yaml:3:36: unknown key 'prompt' in a mode"},
    {TOP "modes: [{name: a, prompt_exact: x, accessible_modes: [{name: b, instructions: []}]}]\n",
     "frr.yaml:3:62: there is no mode 'b', did you mean 'a'?"},
    {TOP "modes: [{name: a, prompt_exact: x, accessible_modes: [{name: a}]}]\n",
     "frr.yaml:3:55: an accessible mode needs 'instructions'"},
    {REST "on_open_instructions: [{send_input: {input: x}, write: {input: y}}]\n",
     "frr.yaml:4:24: an instruction has one operation, this one has 'send_input' and 'write'"},
    {REST "on_open_instructions: [{}]\n", "frr.yaml:4:24: an instruction needs an operation"},
    {REST "on_open_instructions: [{send_inptu: {input: x}}]\n",
     "frr.yaml:4:25: unknown key 'send_inptu' in an instruction, did you mean 'send_input'?"},
    {REST "on_open_instructions: [{send_input: x}]\n",
     "frr.yaml:4:37: send_input must be a mapping, not a text"},
    {REST "on_open_instructions: [{send_input: {inputs: x}}]\n",
     "frr.yaml:4:38: unknown key 'inputs' in send_input, did you mean 'input'?"},
    {REST "on_open_instructions: [{write: {}}]\n", "frr.yaml:4:32: write needs 'input'"},
    {REST "on_open_instructions: [{send_prompted_input: {input: x, response: y}}]\n",
     "frr.yaml:4:46: send_prompted_input needs 'prompt_exact' or 'prompt_pattern'"},
    {REST "on_open_instructions: [{send_prompted_input: {input: x, prompt_exact: y}}]\n",
     "frr.yaml:4:46: send_prompted_input needs 'response'"},
    {REST "on_close_instructions: [{enter_mode: {requested_mode: enabled}}]\n",
     "frr.yaml:4:55: there is no mode 'enabled'"},
    {REST "on_close_instructions: [{enter_mode: {}}]\n",
     "frr.yaml:4:38: enter_mode needs 'requested_mode'"},
    {REST "on_close_instructions: exit\n",
     "frr.yaml:4:24: 'on_close_instructions' must be a list, not a text"},
    {REST "failure_indicators: ['% Invalid', '']\n",
     "frr.yaml:4:35: 'failure_indicators' is empty: it would match everything"},
    {REST "force_in_session_auth: true\nbypass_in_session_auth: true\n",
     "frr.yaml:5:25: 'force_in_session_auth' and 'bypass_in_session_auth' exclude each other"},
    {REST "default_mode: a\n", NULL}, /* given twice: both positions, so looked at by itself */
    {REST "poller: x\n", "frr.yaml:4:9: 'poller' must be a mapping, not a text"},
    {REST "poller:\n  pagers: x\n",
     "frr.yaml:5:3: unknown key 'pagers' in 'poller', did you mean 'pager'?"},
    {REST "poller:\n  pager: [{response: q}]\n", "frr.yaml:5:11: a pager needs 'pattern'"},
    {REST "poller:\n  pager: ['']\n", "frr.yaml:5:11: 'pager' is empty: it would match everything"},
    {REST "poller:\n  login: {username: x}\n", "frr.yaml:5:11: unknown key 'username' in login"},
    {REST "poller:\n  echo: loud\n",
     "frr.yaml:5:9: 'echo' must be device, tty or none, not 'loud'"},
    {REST "poller:\n  line_end: '\\n'\n",
     "frr.yaml:5:13: 'line_end' must be lf, cr or crlf, not '\\n'"},
    {REST "poller:\n  pty: {cols: 8}\n", "frr.yaml:5:15: 'cols' must be 20 to 65535, not 8"},
    {REST "poller:\n  exec: maybe\n", "frr.yaml:5:9: 'exec' must be true or false, not 'maybe'"},
};

static void what_is_wrong_is_refused_with_its_place(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_file(f, "frr.yaml", bad[i].text);
        const char *error = load_error(f);
        if (bad[i].error)
            assert_string_equal(error, bad[i].error);
        else
            assert_non_null(strstr(error, "frr.yaml:4:1: 'default_mode' is given twice, first at"));
    }
}

static void a_mode_that_is_not_there_costs_its_platform_alone(void **state)
{
    struct fixture *f = *state;
    log_set_level(LOG_QUIET);
    write_file(f, "good.yaml", REST);
    write_file(f, "dangling.yaml", "prompt_pattern: x\ndefault_mode: zzz\n" MODES);
    assert_non_null(load(f, "good"));
    assert_null(platform_find(f->set, "dangling"));
}

static void a_directory_adds_and_overrides(void **state)
{
    struct fixture *f = *state;
    struct platform_set *builtins = platform_set_load(NULL, 0, &f->err);
    assert_non_null(builtins);
    size_t n = platform_count(builtins);
    platform_set_free(builtins);

    write_file(f, "cisco_ios.yaml", "prompt_pattern: mine\ndefault_mode: a\n" MODES);
    write_file(f, "cisco_iosxe.yaml", "prompt_pattern: scraplis\ndefault_mode: a\n" MODES);
    write_file(f, "zz_new.yaml", REST "poller: {aliases: [huawei]}\n");
    write_file(f, "notes.txt", "not a definition");
    write_file(f, ".hidden.yaml", "not a definition");
    const struct platform *p = load(f, "cisco_ios");
    assert_string_equal(p->prompt.text, "mine");
    assert_string_equal(p->file + strlen(f->dir), "/cisco_ios.yaml");
    assert_ptr_equal(platform_at(f->set, p->index), p);
    assert_int_equal(platform_count(f->set), n + 2);

    /* A name stands before an alias, and a later alias before an earlier one. */
    assert_string_equal(platform_find(f->set, "cisco_iosxe")->prompt.text, "scraplis");
    assert_string_equal(platform_find(f->set, "huawei")->name, "zz_new");
    for (size_t i = 0; i < platform_count(f->set); i++)
        assert_int_equal(platform_at(f->set, i)->index, i);
}

static void names_are_found_and_guessed(void **state)
{
    struct fixture *f = *state;
    f->set = platform_set_load(NULL, 0, &f->err);
    assert_non_null(f->set);
    assert_string_equal(platform_find(f->set, "cisco_iosxe")->name, "cisco_xe");
    assert_null(platform_find(f->set, "Cisco_IOS"));
    assert_null(platform_find(f->set, ""));
    assert_string_equal(platform_nearest(f->set, "cisco_iso"), "cisco_ios");
    assert_string_equal(platform_nearest(f->set, "juniper_junso"), "juniper_junos");
    assert_null(platform_nearest(f->set, "toaster"));
}

static void directories_are_bounded(void **state)
{
    struct fixture *f = *state;
    assert_non_null(strstr(load_error(f), "there is no *.yaml in it"));

    const char *nowhere[] = {"/nonexistent/platforms"};
    err_clear(&f->err);
    assert_null(platform_set_load(nowhere, 1, &f->err));
    assert_string_equal(f->err.text,
                        "/nonexistent/platforms: cannot be read: No such file or directory");

    write_file(f, "big.yaml", "# big\n");
    assert_int_equal(truncate(f->path, (1 << 20) + 1), 0);
    assert_string_equal(load_error(f), "big.yaml: over 1 MiB, too much for a platform");
    assert_int_equal(unlink(f->path), 0);

    write_file(f, "a b.yaml", REST);
    assert_non_null(strstr(load_error(f), "a b.yaml: a platform's name has letters"));
    assert_int_equal(unlink(f->path), 0);

    snprintf(f->path, sizeof f->path, "%s/pipe.yaml", f->dir);
    assert_int_equal(mkfifo(f->path, 0600), 0);
    assert_string_equal(load_error(f), "pipe.yaml: is not a regular file");
    assert_int_equal(unlink(f->path), 0);

    for (int i = 0; i <= 1000; i++) {
        char name[32];
        snprintf(name, sizeof name, "p%d.yaml", i);
        write_file(f, name, REST);
    }
    assert_non_null(strstr(load_error(f), "over 1000 files"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_key_arrives, setup, teardown),
        cmocka_unit_test_setup_teardown(modes_and_instructions_arrive, setup, teardown),
        cmocka_unit_test_setup_teardown(extensions_arrive, setup, teardown),
        cmocka_unit_test_setup_teardown(defaults_are_those_of_the_header, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_refused_with_its_place, setup, teardown),
        cmocka_unit_test_setup_teardown(a_mode_that_is_not_there_costs_its_platform_alone, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_directory_adds_and_overrides, setup, teardown),
        cmocka_unit_test_setup_teardown(names_are_found_and_guessed, setup, teardown),
        cmocka_unit_test_setup_teardown(directories_are_bounded, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
