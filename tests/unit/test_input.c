/* links: base/buf dialogue/input */
#include "dialogue/input.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define DELS  "\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f"
#define NONCE "0a1b2c3d"

static const struct platform plain = {.name = "x"};

static void expect_typed(const struct platform *p, const char *nonce, unsigned stray,
                         const char *expected)
{
    struct buf out;
    struct input in = {.kind = INPUT_COMMAND, .text = "show clock"};
    strcpy(in.nonce, nonce);
    buf_init(&out, 1000);
    assert_int_equal(input_type(&in, p, stray, &out), 0);
    assert_string_equal(buf_bytes(&out), expected);
    buf_free(&out);
}

static void digits_are_eight_and_never_the_same(void **state)
{
    (void)state;
    struct input a = {.text = ""}, b = a, c = a;
    uint64_t one = 7, other = 8;
    input_draw_nonce(&a, &one);
    input_draw_nonce(&b, &one);
    input_draw_nonce(&c, &other);
    for (int i = 0; i < 200; i++) { /* some begin with noughts */
        struct input in = {.text = ""};
        input_draw_nonce(&in, &other);
        assert_int_equal(strlen(in.nonce), NONCE_LEN);
        assert_int_equal(strspn(in.nonce, "0123456789abcdef"), NONCE_LEN);
    }
    assert_string_not_equal(a.nonce, b.nonce);
    assert_string_not_equal(a.nonce, c.nonce);
    one = 7; /* the seed alone decides */
    input_draw_nonce(&c, &one);
    assert_string_equal(a.nonce, c.nonce);
}

static void an_input_is_typed_as_it_is(void **state)
{
    (void)state;
    expect_typed(&plain, "", 0, "show clock");
}

static void digits_are_wiped_out_before_it(void **state)
{
    (void)state;
    const struct platform other = {.name = "x", .erase = "\b"};
    expect_typed(&plain, NONCE, 0, NONCE DELS "show clock");
    expect_typed(&other, NONCE, 0, NONCE "\b\b\b\b\b\b\b\bshow clock");
}

static void a_key_that_kills_the_line_is_taken_where_it_is_shorter(void **state)
{
    (void)state;
    const struct platform kills = {.name = "x", .kill = "\x15"},
                          longer = {.name = "x", .kill = "\x15\x15\x15\x15\x15\x15\x15\x15"},
                          empty = {.name = "x", .kill = ""};
    expect_typed(&kills, NONCE, 0, NONCE "\x15show clock");
    expect_typed(&longer, NONCE, 0, NONCE DELS "show clock");
    expect_typed(&empty, NONCE, 0, NONCE DELS "show clock");
    expect_typed(&kills, "", 0, "show clock"); /* nothing is there to be killed */
}

static void stray_keys_are_wiped_out_first(void **state)
{
    (void)state;
    expect_typed(&plain, "", 2, "\x7f\x7fshow clock");
    expect_typed(&plain, NONCE, 1, "\x7f" NONCE DELS "show clock");
}

static void without_room_it_says_so(void **state)
{
    (void)state;
    struct input in = {.text = "show clock", .nonce = NONCE};
    const size_t sizes[] = {0, 4, 12, 20};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct buf out;
        buf_init(&out, sizes[i]);
        assert_int_equal(input_type(&in, &plain, 1, &out), -1);
        buf_free(&out);
    }
}

static struct nonce_sight find(const char *raw, const char *nonce)
{
    struct nonce_sight sight = {.from = 99};
    if (!input_find(raw, strlen(raw), nonce, &sight))
        sight.from = 99;
    return sight;
}

static void expect_form(const char *behind, enum erase_form form)
{
    char raw[100] = "r1#" NONCE;
    strcat(raw, behind);
    struct nonce_sight sight = find(raw, NONCE);
    assert_int_equal(sight.from, 3);
    assert_int_equal(sight.to, 11);
    assert_int_equal(sight.missing, 0);
    assert_int_equal(sight.part, 0);
    if (sight.form != form)
        fail_msg("form %d, not %d", sight.form, form);
}

static void how_they_are_wiped_out_tells_who_did(void **state)
{
    (void)state;
    expect_form("\b \b\b \b\b \b\b \bshow", ERASE_PLAIN);
    expect_form("\b\x1b[K\b\x1b[Kshow", ERASE_EDITED);
    expect_form("\rr1#\x1b[Kshow", ERASE_EDITED);
    expect_form("\x1b[8D\x1b[Kshow", ERASE_EDITED);
    expect_form("\b \bshow", ERASE_EDITED); /* once says nothing of a kernel */
    expect_form("^H^H^H^Hshow", ERASE_SHOWN);
    expect_form("^?^?^?^?show", ERASE_SHOWN);
    expect_form("show", ERASE_NONE);
    expect_form("^a^b", ERASE_NONE);
}

static void they_are_found_wrapped_and_among_escapes(void **state)
{
    (void)state;
    struct nonce_sight s = find("r1#0a1b \r2c3d\b", NONCE);
    assert_int_equal(s.from, 3);
    assert_int_equal(s.to, 13);
    s = find("r1#0a1b2\r2c3d", NONCE); /* the new line's first byte comes twice */
    assert_int_equal(s.missing, 0);
    assert_int_equal(s.to, 13);
    s = find("r1#0a\x1b[K1b2c3d", NONCE);
    assert_int_equal(s.missing, 0);
    assert_int_equal(s.to, 14);
    assert_int_equal(find("0a1b 0a1b2c3d", NONCE).from, 5);
}

static void something_may_have_eaten_a_few(void **state)
{
    (void)state;
    struct nonce_sight s = find("r1#1b2c3d\b", NONCE);
    assert_int_equal(s.from, 3);
    assert_int_equal(s.missing, 2);
    assert_int_equal(find("r1#2c3d", NONCE).missing, 4);
    assert_int_equal(find("r1#c3d", NONCE).from, 99); /* any text may have three */
}

static void a_line_may_end_among_them(void **state)
{
    (void)state;
    struct nonce_sight s = find("r1#0a1b", NONCE);
    assert_int_equal(s.from, 3);
    assert_int_equal(s.part, 4);
}

static void other_text_holds_none(void **state)
{
    (void)state;
    assert_int_equal(find("r1#show clock", NONCE).from, 99);
    assert_int_equal(find("r1#0a1b2c4d", NONCE).from, 99);
    assert_int_equal(find("r1#0a1b2c3d", "").from, 99);
    assert_int_equal(find("", NONCE).from, 99);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digits_are_eight_and_never_the_same),
        cmocka_unit_test(an_input_is_typed_as_it_is),
        cmocka_unit_test(digits_are_wiped_out_before_it),
        cmocka_unit_test(a_key_that_kills_the_line_is_taken_where_it_is_shorter),
        cmocka_unit_test(stray_keys_are_wiped_out_first),
        cmocka_unit_test(without_room_it_says_so),
        cmocka_unit_test(how_they_are_wiped_out_tells_who_did),
        cmocka_unit_test(they_are_found_wrapped_and_among_escapes),
        cmocka_unit_test(something_may_have_eaten_a_few),
        cmocka_unit_test(a_line_may_end_among_them),
        cmocka_unit_test(other_text_holds_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
