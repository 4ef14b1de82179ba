/* links: base/arena base/buf base/err base/escape base/file base/log model/platform
 * model/platform_extra model/platform_steps model/platform_yaml base/strmap base/text base/yaml
 * base/yaml_map base/yaml_parse base/yaml_read gen/platform_builtin */

/* The keys of a platform's command line: what erases, what begins a comment. */
#include <poller/err.h>
#include <poller/platform.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[] = "/tmp/test_platform_keys.XXXXXX";
static char path[sizeof dir + 16];
static struct platform_set *set;
static struct err err;

static int make_dir(void **state)
{
    (void)state;
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof path, "%s/frr.yaml", dir);
    return 0;
}

static int remove_dir(void **state)
{
    (void)state;
    return unlink(path) | rmdir(dir);
}

/* The platform whose `poller:` is keys; or NULL with err. */
static const struct platform *load(const char *keys)
{
    const char *dirs[] = {dir};
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "prompt_pattern: x\ndefault_mode: a\nmodes: [{name: a, prompt_exact: x}]\n");
    fprintf(file, "poller:\n  %s\n", keys);
    assert_int_equal(fclose(file), 0);
    err_clear(&err);
    set = platform_set_load(dirs, 1, &err);
    return set ? platform_find(set, "frr") : NULL;
}

static const struct {
    const char *keys, *erase, *kill, *comment;
} good[] = {
    {"exec: no", NULL, NULL, NULL},
    {"{erase: ~, kill: ~, comment: ~}", NULL, NULL, NULL},
    {"erase: del", "\x7f", NULL, NULL},
    {"erase: \"\\x7f\"", "\x7f", NULL, NULL},
    {"erase: bs", "\b", NULL, NULL},
    {"erase: \"\\b\"", "\b", NULL, NULL},
    {"erase: none", "", NULL, NULL},
    {"kill: ctrl-u", NULL, "\x15", NULL},
    {"kill: \"\\x15\"", NULL, "\x15", NULL},
    {"comment: '!'", NULL, NULL, "!"},
    {"comment: '// mind '", NULL, NULL, "// mind "},
    {"{erase: bs, kill: ctrl-u, comment: '#'}", "\b", "\x15", "#"},
};

static void expect(const char *got, const char *wanted)
{
    if (wanted)
        assert_string_equal(got, wanted);
    else
        assert_null(got);
}

static void a_key_is_a_word_or_its_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        const struct platform *p = load(good[i].keys);
        if (!p)
            fail_msg("%s: %s", good[i].keys, err.text);
        expect(p->erase, good[i].erase);
        expect(p->kill, good[i].kill);
        expect(p->comment, good[i].comment);
        platform_set_free(set);
    }
}

#define ERASE   "5:10: 'erase' must be del (\"\\x7f\"), bs (\"\\b\") or none, not "
#define KILL    "5:9: 'kill' must be ctrl-u (\"\\x15\"), not "
#define COMMENT "5:12: 'comment' must be 1 to 8 bytes without control characters, not "

static const struct {
    const char *keys, *error;
} bad[] = {
    {"erase: ctrl-u", ERASE "'ctrl-u'"},
    {"erase: \"\\x18\"", ERASE "'\\x18'"}, /* leaves some command lines, locks others */
    {"erase: \"\\x7f\\x7f\"", ERASE "'\\x7f\\x7f'"},
    {"erase: \"\\0\"", ERASE "'\\x00'"},
    {"erase: ''", ERASE "''"},
    {"erase: [del]", ERASE "a list"},
    {"erase: DEL", ERASE "'DEL'"},
    {"kill: ctrl-x", KILL "'ctrl-x'"},
    {"kill: \"\\x18\"", KILL "'\\x18'"},
    {"kill: \"\\x7f\"", KILL "'\\x7f'"},
    {"kill: none", KILL "'none'"},
    {"comment: ''", COMMENT "''"},
    {"comment: 'a remark:'", COMMENT "'a remark:'"},
    {"comment: \"!\\n\"", COMMENT "'!\\n'"},
    {"comment: \"\\x7f\"", COMMENT "'\\x7f'"},
    {"comment: ['!']", COMMENT "a list"},
};

static void what_is_no_key_is_refused_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_null(load(bad[i].keys));
        assert_int_equal(err.class, FAIL_USAGE);
        assert_memory_equal(err.text, path, strlen(path));
        assert_string_equal(err.text + strlen(path) + 1, bad[i].error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_a_word_or_its_byte),
        cmocka_unit_test(what_is_no_key_is_refused_with_its_place),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
