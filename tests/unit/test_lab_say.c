/* links: lab/personas/say lab/personas/persona_say lab/personas/persona_read
 * lab/personas/persona_commands lab/personas/persona_match base/seed base/arena base/buf
 * base/err base/file base/strmap base/text base/yaml base/yaml_map base/yaml_parse
 * base/yaml_read */

/* Placeholders: what they become, and where one that nobody knows stands. */
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

/* --- what is said --- */

static const struct say_world world = {
    .seed = 77,
    .hostname = "r1",
    .user = "admin",
    .client = "127.0.0.1",
    .mode = "exec",
    .input = "shw ver",
    .word = "shw",
    .address = 0x7f010203,
    .index = 4,
    .row = 2,
    .caret = 3,
};

static const char *said(const char *text, const struct say_world *where)
{
    static struct buf out;
    struct say say;
    struct say_fault fault;
    buf_free(&out);
    buf_init(&out, 65536);
    if (!say_make(text, strlen(text), &say, &fault))
        fail_msg("'%s': '%s' at %zu", text, fault.name, fault.at);
    assert_int_equal(say_to(&say, where, &out), 0);
    return buf_bytes(&out);
}

static void placeholders_become_what_they_stand_for(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"", ""},
        {"no placeholder } {x} }}", "no placeholder } {x} }}"},
        {"{{hostname}}|{{user}}|{{client}}|{{mode}}", "r1|admin|127.0.0.1|exec"},
        {"{{address}}|{{index}}|{{n}}|{{n0}}", "127.1.2.3|5|3|2"},
        {"{{input}}|{{word}}", "shw ver|shw"},
        {"{{caret}}", "   ^"},
        {"[{{n:5}}][{{n:-5}}][{{n:0}}][{{user:2}}]", "[    3][3    ][3][admin]"},
        {"{{n}}{{n}}", "33"},
        {"{{count 5 5}}", "5"},
        {"{{count -3 -3:6}}", "    -3"},
        {"{{pick x|x}}", "x"},
        {"{{pick a:b|a:b}}", "a:b"},
        {"{{pick |}}", ""},
        {"100% {{n}} %s %d", "100% 3 %s %d"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(said(rows[i].text, &world), rows[i].want);
}

static void missing_texts_are_empty(void **state)
{
    static const struct say_world nowhere = {.seed = 1};
    struct say none = {.text = NULL};
    struct buf out;
    (void)state;
    assert_string_equal(said("[{{hostname}}{{user}}{{client}}{{mode}}{{input}}{{word}}]", &nowhere),
                        "[]");
    buf_init(&out, 10);
    assert_int_equal(say_to(&none, &nowhere, &out), 0);
    assert_int_equal(out.len, 0);
    assert_true(say_is_empty(&none));
}

static void a_whole_typed_line_fits(void **state)
{
    char line[1025], want[1100];
    struct say_world long_line = world;
    (void)state;
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    long_line.input = long_line.word = line;
    long_line.caret = 2000;
    snprintf(want, sizeof want, "'%s'", line);
    assert_string_equal(said("'{{input}}'", &long_line), want);
    assert_string_equal(said("'{{word}}'", &long_line), want);
    assert_int_equal(strlen(said("{{caret}}", &long_line)), 2001);
}

static void the_same_device_says_the_same(void **state)
{
    static const char text[] = "{{serial}} {{mac}} {{count 1 999999}} {{hex 16}} {{pick a|b|c|d}} "
                               "{{uptime.weeks}} {{uptime.seconds}}";
    struct say_world other = world;
    char first[256];
    (void)state;
    snprintf(first, sizeof first, "%s", said(text, &world));
    assert_string_equal(said(text, &world), first);
    other.user = "someone";
    other.client = "127.9.9.9";
    assert_string_equal(said(text, &other), first);
    other.seed++;
    assert_string_not_equal(said(text, &other), first);
}

static void each_place_and_row_has_its_own(void **state)
{
    struct say_world row = world;
    char first[64];
    unsigned long a, b;
    (void)state;
    assert_int_equal(
        sscanf(said("{{count 0 999999999}} {{count 0 999999999}}", &world), "%lu %lu", &a, &b), 2);
    assert_true(a != b);
    snprintf(first, sizeof first, "%s", said("{{hex 16}}", &world));
    row.row++;
    assert_string_not_equal(said("{{hex 16}}", &row), first);
}

static void numbers_stay_within_their_bounds(void **state)
{
    unsigned seen[3] = {0};
    struct say_world row = world;
    (void)state;
    for (row.row = 0; row.row < 300; row.row++) {
        long n = strtol(said("{{count -1 1}}", &row), NULL, 10);
        assert_in_range(n + 1, 0, 2);
        seen[n + 1]++;
        assert_int_equal(strspn(said("{{hex 7}}", &row), "0123456789abcdef"), 7);
        assert_int_equal(strlen(said("{{hex 64}}", &row)), 64);
        assert_non_null(strchr("abc", said("{{pick a|b|c}}", &row)[0]));
    }
    for (int i = 0; i < 3; i++)
        assert_in_range(seen[i], 70, 130);
}

static void identities_have_their_forms(void **state)
{
    unsigned b[3];
    char want[64];
    (void)state;
    for (struct say_world device = world; device.seed < 200; device.seed++) {
        const char *serial = said("{{serial}}", &device);
        assert_int_equal(strlen(serial), 11);
        assert_int_equal(strspn(serial, "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"), 11);
        assert_true(strspn(serial, "0123456789") == 0);
        assert_int_equal(
            sscanf(said("{{mac}}", &device), "52:54:00:%2x:%2x:%2x", &b[0], &b[1], &b[2]), 3);
        snprintf(want, sizeof want,
                 "5254.00%02x.%02x%02x 52-54-00-%02X-%02X-%02X 5254-00%02x-%02x%02x", b[0], b[1],
                 b[2], b[0], b[1], b[2], b[0], b[1], b[2]);
        assert_string_equal(said("{{mac.dot}} {{mac.dash}} {{mac.comware}}", &device), want);
        unsigned w, d, h, m, s;
        assert_int_equal(sscanf(said("{{uptime.weeks}} {{uptime.days}} {{uptime.hours}} "
                                     "{{uptime.minutes}} {{uptime.seconds}}",
                                     &device),
                                "%u %u %u %u %u", &w, &d, &h, &m, &s),
                         5);
        assert_true(w <= 99 && d <= 6 && h <= 23 && m <= 59 && s <= 59);
    }
}

/* --- what is wrong --- */

static void wrong_placeholders_are_found(void **state)
{
    static const struct {
        const char *text;
        size_t at;
        const char *name, *nearest;
        bool is_open;
    } rows[] = {
        {"ab {{hostnam}}", 3, "hostnam", "hostname", false},
        {"{{hostname}} {{host name}}", 13, "host", NULL, false},
        {"{{}}", 0, "", NULL, false},
        {"{{ hostname}}", 0, "", NULL, false},
        {"{{hostname", 0, "", NULL, true},
        {"{{hostname} {{index}}", 0, "", NULL, true},
        {"{{n}} {{", 6, "", NULL, true},
        {"{{n 3}}", 0, "n", NULL, false},
        {"{{count}}", 0, "count", NULL, false},
        {"{{count 3}}", 0, "count", NULL, false},
        {"{{count 3 2}}", 0, "count", NULL, false},
        {"{{count 3 4 5}}", 0, "count", NULL, false},
        {"{{hex 0}}", 0, "hex", NULL, false},
        {"{{hex 65}}", 0, "hex", NULL, false},
        {"{{hex}}", 0, "hex", NULL, false},
        {"{{pick a}}", 0, "pick", NULL, false},
        {"{{n:}}", 0, "n:", "n", false},
        {"{{n:x}}", 0, "n:x", NULL, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct say say;
        struct say_fault fault;
        if (say_make(rows[i].text, strlen(rows[i].text), &say, &fault))
            fail_msg("'%s' was taken", rows[i].text);
        assert_int_equal(fault.at, rows[i].at);
        assert_string_equal(fault.name, rows[i].name);
        assert_int_equal(fault.is_open, rows[i].is_open);
        if (rows[i].nearest)
            assert_string_equal(fault.nearest, rows[i].nearest);
        else
            assert_null(fault.nearest);
    }
}

static void widths_and_arguments_are_bounded(void **state)
{
    static const char *const wrong[] = {"{{n:201}}", "{{n:-201}}", "{{n:99999999999999999999}}",
                                        "{{n:-99999999999999999999}}"};
    struct say say;
    struct say_fault fault;
    char text[400];
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(say_make(wrong[i], strlen(wrong[i]), &say, &fault));
    assert_int_equal(strlen(said("{{n:200}}{{n:-200}}", &world)), 400);
    /* What is not cut in silence is refused. */
    for (int n = 100; n < 200; n++) {
        snprintf(text, sizeof text, "{{pick %0*d|%0*d}}", n / 2, 1, n - n / 2, 1);
        bool is_taken = say_make(text, strlen(text), &say, &fault);
        assert_int_equal(is_taken, n + 1 < 128);
        size_t len = is_taken ? strlen(said(text, &world)) : (size_t)n / 2;
        assert_true(len == (size_t)n / 2 || len == (size_t)(n - n / 2));
    }
}

static void assert_refused(const char *text, const char *message)
{
    struct err e = {0};
    assert_null(persona_read(text, strlen(text), "p.yaml", "p", &arena, &e));
    assert_string_equal(e.text, message);
    assert_int_equal(e.class, FAIL_USAGE);
}

#define HOSTS "nobody knows the placeholder 'hostnam', did you mean 'hostname'?"

static void a_wrong_placeholder_has_its_exact_place(void **state)
{
    (void)state;
    assert_refused(MODES "motd: 'a {{hostnam}}'\n", "p.yaml:2:10: " HOSTS);
    assert_refused(MODES "motd: \"a\\n {{hostnam}}\"\n", "p.yaml:2:12: " HOSTS);
    assert_refused(MODES "motd: {{hostnam}}\n", "p.yaml:2:7: 'motd' must be a text, not a mapping");
    assert_refused(MODES "motd: a {{hostnam}}\n", "p.yaml:2:9: " HOSTS);
    assert_refused(MODES "motd: |\n  one\n  two {{hostnam}}\n", "p.yaml:4:7: " HOSTS);
    assert_refused(MODES "motd: |\n\n\n    {{hostname}} {{hostnam}}\n", "p.yaml:5:18: " HOSTS);
    assert_refused(MODES "motd: |2-\n    {{hostnam}}\n", "p.yaml:3:5: " HOSTS);
    assert_refused(MODES "motd: >\n  folded\n  {{hostnam}}\n", "p.yaml:4:3: " HOSTS);
    assert_refused(MODES "motd: 'two\n\n  lines {{hostnam}}'\n", "p.yaml:4:9: " HOSTS);
    /* Columns are characters. */
    assert_refused(MODES "motd: 'ä€ {{hostnam}}'\n", "p.yaml:2:11: " HOSTS);
    /* One like it before: in the text, in the line, in another text. */
    assert_refused(MODES "motd: '{{hostname}} {{hostnam}}'\n", "p.yaml:2:21: " HOSTS);
    assert_refused("modes: [{name: '{{hostnam', prompt: '{{hostnam}}>'}]\n", "p.yaml:1:38: " HOSTS);
    assert_refused(MODES "commands:\n  - command: '{{hostnam'\n    output:\n      - \"x\"\n      - "
                         "{repeat: 2, text: \"y{{hostnam}}\"}\n",
                   "p.yaml:6:29: " HOSTS);
    /* Escapes hide it: the text's beginning. */
    assert_refused(MODES "motd: \"\\x7b{hostnam}}\"\n", "p.yaml:2:7: " HOSTS);
}

static void other_wrong_placeholders_say_what_they_are(void **state)
{
    (void)state;
    assert_refused(MODES "motd: '{{hostname'\n", "p.yaml:2:8: the placeholder has no end: }}");
    assert_refused(MODES "motd: |\n  a\n  {{hostname}\n  {{index}}\n",
                   "p.yaml:4:3: the placeholder has no end: }}");
    assert_refused(MODES "motd: '{{count 2 1}}'\n",
                   "p.yaml:2:8: the placeholder '{{count' is not one of "
                   "config/personas/README.md, or its arguments are not");
    assert_refused(MODES "motd: '{{zzzzzzzz}}'\n",
                   "p.yaml:2:8: the placeholder '{{zzzzzzzz' is not one of "
                   "config/personas/README.md, or its arguments are not");
    assert_refused("modes: [{name: 'a', prompt: '{{hostnam}}>'}]\n", "p.yaml:1:30: " HOSTS);
    assert_refused(MODES "commands: [{command: 'a', logout: '{{hostnam}}'}]\n",
                   "p.yaml:2:36: " HOSTS);
    assert_refused(MODES "commands: [{command: 'a', ask: {prompt: '{{hostnam}}'}}]\n",
                   "p.yaml:2:42: " HOSTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(placeholders_become_what_they_stand_for),
        cmocka_unit_test(missing_texts_are_empty),
        cmocka_unit_test(a_whole_typed_line_fits),
        cmocka_unit_test(the_same_device_says_the_same),
        cmocka_unit_test(each_place_and_row_has_its_own),
        cmocka_unit_test(numbers_stay_within_their_bounds),
        cmocka_unit_test(identities_have_their_forms),
        cmocka_unit_test(wrong_placeholders_are_found),
        cmocka_unit_test(widths_and_arguments_are_bounded),
        cmocka_unit_test(a_wrong_placeholder_has_its_exact_place),
        cmocka_unit_test(other_wrong_placeholders_say_what_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, drop_arena);
}
