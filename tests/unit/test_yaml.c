/* links: base/arena base/buf base/err base/file base/strmap base/text base/yaml base/yaml_map
 * base/yaml_parse base/yaml_read */
#include "base/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct record {
    const char *host;
    int64_t port, timeout_ms;
    bool legacy;
    struct yaml_strings groups;
    const char *kex;
    const struct yaml_node *vars;
};

static const struct yaml_field fields[] = {
    {"host", yaml_read_string, offsetof(struct record, host), 0, 0},
    {"port", yaml_read_int, offsetof(struct record, port), 1, 65535},
    {"timeout", yaml_read_seconds, offsetof(struct record, timeout_ms), 0, 0},
    {"legacy", yaml_read_bool, offsetof(struct record, legacy), 0, 0},
    {"groups", yaml_read_strings, offsetof(struct record, groups), 0, 0},
    {"kex", yaml_read_comma_list, offsetof(struct record, kex), 0, 0},
    {"vars", yaml_read_node, offsetof(struct record, vars), 0, 0},
    {"fast_cli", yaml_read_nothing, 0, 0, 0},
};
#define N_FIELDS (sizeof fields / sizeof *fields)

/* What one test loads: the document, and the record read from its root. */
struct loaded {
    struct yaml_doc *doc;
    struct arena arena;
    struct intern strings;
    struct record record;
    struct err err;
};

static int load(struct loaded *l, const char *text)
{
    *l = (struct loaded){0};
    l->strings.arena = &l->arena;
    l->doc = yaml_load_text(text, strlen(text), "f.yaml", &l->err);
    if (!l->doc)
        return -1;
    struct yaml_in in = {l->doc, &l->arena, &l->strings, NULL, &l->err};
    return yaml_read_map(&in, yaml_root(l->doc), fields, N_FIELDS, "a device", &l->record);
}

static void unload(struct loaded *l)
{
    yaml_free(l->doc);
    intern_free(&l->strings);
    arena_free(&l->arena);
}

static void expect_error(const char *text, const char *error)
{
    struct loaded l;
    assert_int_equal(load(&l, text), -1);
    assert_int_equal(l.err.class, FAIL_USAGE);
    assert_string_equal(l.err.text, error);
    unload(&l);
}

static void every_type_is_read(void **state)
{
    (void)state;
    struct loaded l;
    assert_int_equal(load(&l, "host: 010.1\nport: '22'\ntimeout: 2.5\nlegacy: Yes\n"
                              "groups: [a, b]\nkex: [x, y]\nvars: {k: v}\nfast_cli: [1]\n"),
                     0);
    assert_string_equal(l.record.host, "010.1");
    assert_int_equal(l.record.port, 22);
    assert_int_equal(l.record.timeout_ms, 2500);
    assert_true(l.record.legacy);
    assert_int_equal(l.record.groups.n, 2);
    assert_string_equal(l.record.groups.items[1], "b");
    assert_string_equal(l.record.kex, "x,y");
    assert_string_equal(yaml_text(yaml_find(l.record.vars, "k"), NULL), "v");
    unload(&l);
}

static void a_lone_text_is_a_list_of_one(void **state)
{
    (void)state;
    struct loaded l;
    assert_int_equal(load(&l, "groups: a\nkex: x,y\n"), 0);
    assert_int_equal(l.record.groups.n, 1);
    assert_string_equal(l.record.kex, "x,y");
    unload(&l);
}

static void a_key_without_value_sets_nothing(void **state)
{
    (void)state;
    struct loaded l;
    assert_int_equal(load(&l, "host:\nport: ~\ntimeout: null\n"), 0);
    assert_null(l.record.host);
    unload(&l);
    assert_int_equal(load(&l, "host: 'null'\n"), 0);
    assert_string_equal(l.record.host, "null");
    unload(&l);
}

static void wrong_types_name_key_and_position(void **state)
{
    (void)state;
    expect_error("host: [a]\n", "f.yaml:1:7: 'host' must be a text, not a list");
    expect_error("a: 1", "f.yaml:1:1: unknown key 'a' in a device");
    expect_error("host: a\nprot: 1", "f.yaml:2:1: unknown key 'prot' in a device, did you mean "
                                     "'port'?");
    expect_error("port: x", "f.yaml:1:7: 'port' must be a whole number, not 'x'");
    expect_error("port: 0", "f.yaml:1:7: 'port' must be 1 to 65535, not 0");
    expect_error("port: 65536", "f.yaml:1:7: 'port' must be 1 to 65535, not 65536");
    expect_error("port: 99999999999999999999",
                 "f.yaml:1:7: 'port' must be a whole number, not '99999999999999999999'");
    expect_error("legacy: 2", "f.yaml:1:9: 'legacy' must be true or false, not '2'");
    expect_error("groups: {a: 1}", "f.yaml:1:9: 'groups' must be a list of texts, not a mapping");
    expect_error("groups: [[a]]", "f.yaml:1:10: 'groups' must be a text, not a list");
    expect_error("- a", "f.yaml:1:1: a device must be a mapping, not a list");
    expect_error("[a]: b", "f.yaml:1:1: a key must be a text, not a list");
    expect_error("host: \"a\\0b\"", "f.yaml:1:7: 'host' holds a NUL byte");
}

static void seconds_are_bounded(void **state)
{
    (void)state;
    const char *const bad[] = {"0", "-1", "inf", "nan", "0x10", "1e9", "1s", "''", "1.2.3"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[64];
        struct loaded l;
        snprintf(text, sizeof text, "timeout: %s", bad[i]);
        assert_int_equal(load(&l, text), -1);
        assert_non_null(strstr(l.err.text, "f.yaml:1:10: 'timeout' must be a number of seconds"));
        unload(&l);
    }
    struct loaded l;
    assert_int_equal(load(&l, "timeout: 0.0001"), 0);
    assert_int_equal(l.record.timeout_ms, 1);
    unload(&l);
}

static void a_key_given_twice_names_both_places(void **state)
{
    (void)state;
    expect_error("host: a\nport: 1\nhost: b\n",
                 "f.yaml:3:1: 'host' is given twice, first at f.yaml:1:1");
}

static void merge_keys_fill_in(void **state)
{
    (void)state;
    struct loaded l;
    assert_int_equal(load(&l, "<<: [{host: a, port: 1}, {port: 2, kex: k, <<: {legacy: on}}]\n"
                              "host: own\n"),
                     0);
    assert_string_equal(l.record.host, "own");
    assert_int_equal(l.record.port, 1);
    assert_string_equal(l.record.kex, "k");
    assert_true(l.record.legacy);
    unload(&l);
    expect_error("<<: 3", "f.yaml:1:5: '<<' merges a mapping, not a text");
    expect_error("<<: {port: 1, port: 2}",
                 "f.yaml:1:15: 'port' is given twice, first at f.yaml:1:6");
    expect_error("vars: &v {prot: 1}\n<<: *v",
                 "f.yaml:1:11: unknown key 'prot' in a device, did you mean 'port'?");
}

static void aliases_are_followed(void **state)
{
    (void)state;
    struct loaded l;
    assert_int_equal(load(&l, "vars: &v [x, y]\ngroups: *v\nhost: &h abc\nkex: *h\n"), 0);
    assert_int_equal(l.record.groups.n, 2);
    assert_string_equal(l.record.groups.items[0], "x");
    assert_string_equal(l.record.kex, "abc");
    unload(&l);
    expect_error("host: *nope", "f.yaml:1:7: an alias (*name) to an anchor that no line before it "
                                "sets");
    expect_error("vars: &v {a: *v}",
                 "f.yaml:1:14: an alias (*name) to a value that it is itself part of");
}

static void a_billion_laughs_are_refused(void **state)
{
    (void)state;
    char text[2048];
    int at = snprintf(text, sizeof text, "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for (int i = 1; i < 12; i++)
        at += snprintf(text + at, sizeof text - (size_t)at,
                       "a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i, i,
                       i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    struct loaded l;
    assert_int_equal(load(&l, text), -1);
    assert_non_null(strstr(l.err.text, "too many values"));
    unload(&l);
}

static void depth_is_bounded(void **state)
{
    (void)state;
    char text[4096];
    memset(text, '[', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    expect_error(text, "f.yaml:1:33: nested too deep");
    int at = snprintf(text, sizeof text, "a0: &a0 [x]\n");
    for (int i = 1; i < 40; i++)
        at += snprintf(text + at, sizeof text - (size_t)at, "a%d: &a%d [*a%d]\n", i, i, i - 1);
    struct loaded l;
    assert_int_equal(load(&l, text), -1);
    assert_non_null(strstr(l.err.text, "aliases nested too deep"));
    unload(&l);
}

static void broken_yaml_says_where(void **state)
{
    (void)state;
    expect_error("host: a\nport\nlegacy: on\n", "f.yaml:2:1: not YAML: could not find expected "
                                                "':' (read well up to line 1)");
    expect_error("host: \"a\n",
                 "f.yaml:1:8: not YAML: double-quoted scalar without closing quote (read well up "
                 "to line 1)");
    expect_error("host: a\n---\nhost: b\n",
                 "f.yaml:2:1: a second document (---): one file is one document");
    expect_error("host: !vault x\n", "f.yaml:1:14: a tag (!…) that is not known here");
}

/* libfyaml would take such a byte for the end of the file and keep quiet. */
static void bytes_that_are_not_text_are_refused(void **state)
{
    (void)state;
    expect_error("host: a\nkex: caf\xe9\nport: 0\n", "f.yaml:2:9: byte 0xe9 is not UTF-8 text");
    struct err e = {0};
    assert_null(yaml_load_text("a: b\0c", 6, "f.yaml", &e));
    assert_string_equal(e.text, "f.yaml:1:5: byte 0x00 is not UTF-8 text");
}

static void an_empty_file_has_no_root(void **state)
{
    (void)state;
    const char *const empty[] = {"", "# nothing\n", "---\n", "~\n", "\xef\xbb\xbf"};
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        struct err e = {0};
        struct yaml_doc *doc = yaml_load_text(empty[i], strlen(empty[i]), "f.yaml", &e);
        assert_non_null(doc);
        assert_null(yaml_root(doc));
        yaml_free(doc);
    }
}

static void files_that_cannot_be_read(void **state)
{
    (void)state;
    struct err e = {0};
    assert_null(yaml_load_file("/nonexistent/x.yaml", &e));
    assert_string_equal(e.text, "/nonexistent/x.yaml: cannot be opened: No such file or directory");
    err_clear(&e);
    assert_null(yaml_load_file("/tmp", &e));
    assert_string_equal(e.text, "/tmp: is a directory, not a file");
    err_clear(&e);
    assert_null(yaml_load_file("/dev/zero", &e));
    assert_string_equal(e.text, "/dev/zero: over 64 MiB");
}

static void a_file_says_who_may_read_it(void **state)
{
    (void)state;
    char path[] = "/tmp/poller-test-yaml-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "a: 1\n", 5), 5);
    struct err e = {0};
    struct yaml_doc *doc = yaml_load_file(path, &e);
    assert_non_null(doc);
    assert_false(yaml_readable_by_others(doc));
    yaml_free(doc);
    assert_int_equal(fchmod(fd, 0644), 0);
    doc = yaml_load_file(path, &e);
    assert_non_null(doc);
    assert_true(yaml_readable_by_others(doc));
    assert_string_equal(yaml_text(yaml_find(yaml_root(doc), "a"), NULL), "1");
    yaml_free(doc);
    close(fd);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_read),
        cmocka_unit_test(a_lone_text_is_a_list_of_one),
        cmocka_unit_test(a_key_without_value_sets_nothing),
        cmocka_unit_test(wrong_types_name_key_and_position),
        cmocka_unit_test(seconds_are_bounded),
        cmocka_unit_test(a_key_given_twice_names_both_places),
        cmocka_unit_test(merge_keys_fill_in),
        cmocka_unit_test(aliases_are_followed),
        cmocka_unit_test(a_billion_laughs_are_refused),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(broken_yaml_says_where),
        cmocka_unit_test(bytes_that_are_not_text_are_refused),
        cmocka_unit_test(an_empty_file_has_no_root),
        cmocka_unit_test(files_that_cannot_be_read),
        cmocka_unit_test(a_file_says_who_may_read_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
