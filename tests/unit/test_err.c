/* links: base/err */
#include <poller/err.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void the_first_text_wins(void **state)
{
    (void)state;
    struct err e = {0};
    assert_false(err_is_set(&e));
    assert_int_equal(err_set(&e, FAIL_AUTH, "refused for %s", "admin"), -1);
    assert_true(err_is_set(&e));
    assert_int_equal(err_set(&e, FAIL_DNS, "later"), -1);
    assert_int_equal(e.class, FAIL_AUTH);
    assert_string_equal(e.text, "refused for admin");
    err_clear(&e);
    assert_false(err_is_set(&e));
    assert_string_equal(e.text, "");
    assert_int_equal(err_set(&e, FAIL_DNS, "100%% of %d", 3), -1);
    assert_string_equal(e.text, "100% of 3");
    assert_int_equal(err_set(NULL, FAIL_DNS, "nobody asks"), -1);
}

static void callers_add_the_place(void **state)
{
    (void)state;
    struct err e = {0};
    err_prefix(&e, "nothing to say: ");
    assert_string_equal(e.text, "");
    err_prefix(NULL, "nobody asks: ");
    err_set(&e, FAIL_KEX, "no common cipher");
    err_prefix(&e, "port %d: ", 22);
    err_prefix(&e, "%s: ", "r1");
    assert_string_equal(e.text, "r1: port 22: no common cipher");
    assert_int_equal(e.class, FAIL_KEX);
}

/* Is text well-formed as far as its characters' lengths go? */
static bool ends_whole(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    while (*p) {
        size_t n = *p < 0x80 ? 1 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
        for (size_t i = 1; i < n; i++)
            if ((p[i] & 0xc0) != 0x80)
                return false;
        p += n;
    }
    return true;
}

static char *repeat(const char *head, const char *piece, size_t n)
{
    size_t head_len = strlen(head), len = strlen(piece);
    char *text = malloc(head_len + n * len + 1);
    memcpy(text, head, head_len);
    for (size_t i = 0; i < n; i++)
        memcpy(text + head_len + i * len, piece, len);
    text[head_len + n * len] = '\0';
    return text;
}

/* Characters of one to four bytes, cut at each of their bytes, by a long text or a long prefix. */
static void a_cut_splits_no_character(void **state)
{
    (void)state;
    static const char *const pieces[] = {"x", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
    static const char *const heads[] = {"", "a", "ab", "abc"};
    for (size_t p = 0; p < 4; p++)
        for (size_t h = 0; h < 4; h++) {
            struct err e = {0}, prefixed = {0};
            char *text = repeat(heads[h], pieces[p], 700);
            err_set(&e, FAIL_INTERNAL, "%s", text);
            assert_true(ends_whole(e.text));
            assert_in_range(strlen(e.text), ERR_TEXT_MAX - 4, ERR_TEXT_MAX - 1);
            assert_memory_equal(e.text, text, strlen(e.text));
            err_prefix(&e, "%s", heads[h]);
            assert_true(ends_whole(e.text));
            err_set(&prefixed, FAIL_INTERNAL, "the cause");
            err_prefix(&prefixed, "%s", text);
            assert_true(ends_whole(prefixed.text));
            assert_in_range(strlen(prefixed.text), ERR_TEXT_MAX - 4, ERR_TEXT_MAX - 1);
            free(text);
        }
}

/* What fits to the byte is not cut. */
static void a_text_of_the_very_size_stays(void **state)
{
    (void)state;
    struct err e = {0};
    char *text = repeat("a", "\xc3\xa9", (ERR_TEXT_MAX - 2) / 2);
    assert_int_equal(strlen(text), ERR_TEXT_MAX - 1);
    err_set(&e, FAIL_INTERNAL, "%s", text);
    assert_string_equal(e.text, text);
    free(text);
}

/* A device's bytes need not be UTF-8; the cut must stay inside the text all the same. */
static void bytes_that_are_no_utf8_are_cut_too(void **state)
{
    (void)state;
    static const char *const pieces[] = {"\x80", "\xff", "\xe2", "\xf0\x80", "\xbf\xc2"};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct err e = {0};
        char *text = repeat("", pieces[i], 900);
        err_set(&e, FAIL_INTERNAL, "%s", text);
        assert_in_range(strlen(e.text), ERR_TEXT_MAX - 5, ERR_TEXT_MAX - 1);
        err_prefix(&e, "%s", text);
        assert_in_range(strlen(e.text), ERR_TEXT_MAX - 5, ERR_TEXT_MAX - 1);
        free(text);
    }
}

/* The whole table, as the documentation of the records and of the exit code has it. */
static const struct {
    const char *name;
    enum fail_class class;
    int before_ready, after_ready;
} promised[] = {
    {"dns", FAIL_DNS, 4, 4},
    {"refused", FAIL_REFUSED, 4, 4},
    {"unreachable", FAIL_UNREACHABLE, 4, 4},
    {"connect_timeout", FAIL_CONNECT_TIMEOUT, 3, 3},
    {"not_ssh", FAIL_NOT_SSH, 4, 4},
    {"kex", FAIL_KEX, 4, 4},
    {"hostkey_unknown", FAIL_HOSTKEY_UNKNOWN, 4, 4},
    {"hostkey_changed", FAIL_HOSTKEY_CHANGED, 4, 4},
    {"auth", FAIL_AUTH, 4, 4},
    {"no_session", FAIL_NO_SESSION, 4, 4},
    {"enable", FAIL_ENABLE, 4, 4},
    {"login_prompt", FAIL_LOGIN_PROMPT, 4, 4},
    {"prompt", FAIL_PROMPT, 3, 3},
    {"silence", FAIL_SILENCE, 3, 3},
    {"total_timeout", FAIL_TOTAL_TIMEOUT, 3, 3},
    {"command_error", FAIL_COMMAND_ERROR, 5, 5},
    {"truncated", FAIL_TRUNCATED, 5, 5},
    {"too_much_output", FAIL_TOO_MUCH_OUTPUT, 5, 5},
    {"peer_closed", FAIL_PEER_CLOSED, 4, 5},
    {"cancelled", FAIL_CANCELLED, 130, 130},
    {"worker_lost", FAIL_WORKER_LOST, 1, 1},
    {"internal", FAIL_INTERNAL, 1, 1},
    {"usage", FAIL_USAGE, 2, 2},
};

static void classes_have_their_names_and_exit_codes(void **state)
{
    (void)state;
    size_t n = sizeof promised / sizeof *promised;
    assert_int_equal(n, FAIL_COUNT - 1);
    for (size_t i = 0; i < n; i++) {
        enum fail_class c = promised[i].class;
        assert_string_equal(fail_name(c), promised[i].name);
        assert_int_equal(fail_by_name(promised[i].name), c);
        assert_int_equal(fail_exit_code(c, false), promised[i].before_ready);
        assert_int_equal(fail_exit_code(c, true), promised[i].after_ready);
    }
    assert_null(fail_name(FAIL_NONE));
    assert_null(fail_name(FAIL_COUNT));
    assert_null(fail_name((enum fail_class) - 1));
    assert_int_equal(fail_by_name("nobody"), FAIL_NONE);
    assert_int_equal(fail_by_name(""), FAIL_NONE);
    assert_int_equal(fail_exit_code(FAIL_NONE, true), 0);
    assert_int_equal(fail_exit_code(FAIL_COUNT, true), 1);
}

static void of_exit_codes_the_order_decides(void **state)
{
    (void)state;
    static const int order[] = {130, 2, 1, 4, 3, 5, 0};
    for (size_t i = 0; i < 7; i++)
        for (size_t k = 0; k < 7; k++)
            assert_int_equal(fail_exit_merge(order[i], order[k]), order[i < k ? i : k]);
}

static void a_sentence_stays_one_line_and_obeys_nobody(void **state)
{
    (void)state;
    struct err e = {0};
    err_set(&e, FAIL_USAGE, "unknown key 'a\nb\tc\x1b[2J\x7f'");
    assert_string_equal(e.text, "unknown key 'a b c?[2J?'");
    err_prefix(&e, "f\n.yaml: ");
    assert_string_equal(e.text, "f .yaml: unknown key 'a b c?[2J?'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sentence_stays_one_line_and_obeys_nobody),
        cmocka_unit_test(the_first_text_wins),
        cmocka_unit_test(callers_add_the_place),
        cmocka_unit_test(a_cut_splits_no_character),
        cmocka_unit_test(a_text_of_the_very_size_stays),
        cmocka_unit_test(bytes_that_are_no_utf8_are_cut_too),
        cmocka_unit_test(classes_have_their_names_and_exit_codes),
        cmocka_unit_test(of_exit_codes_the_order_decides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
