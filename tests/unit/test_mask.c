/* links: base/mask base/buf */

/* Secrets in a stream, wherever its chunks split them. */
#include "base/mask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OUT_MAX 65536

/* text through a mask in chunks of `chunk` bytes, as text. */
static char *masked(const char *const *secrets, const char *text, size_t chunk)
{
    struct mask m;
    struct buf out;
    mask_init(&m);
    buf_init(&out, OUT_MAX);
    for (; *secrets; secrets++)
        mask_add(&m, *secrets);
    for (size_t at = 0, n = strlen(text); at < n; at += chunk)
        assert_int_equal(mask_feed(&m, text + at, n - at < chunk ? n - at : chunk, &out), 0);
    assert_int_equal(mask_end(&m, &out), 0);
    mask_free(&m);
    char *whole = buf_take(&out, NULL);
    assert_non_null(whole);
    return whole;
}

static void expect(const char *const *secrets, const char *text, const char *wanted)
{
    for (size_t chunk = 1; chunk <= strlen(text) + 1; chunk++) {
        char *got = masked(secrets, text, chunk);
        assert_string_equal(got, wanted);
        free(got);
    }
}

static void secrets_are_masked_in_every_chunking(void **state)
{
    static const char *const secrets[] = {"hunter2", "enable-me", NULL};
    (void)state;
    expect(secrets, "Password: hunter2\r\nok", "Password: ******\r\nok");
    expect(secrets, "hunter2hunter2", "************");
    expect(secrets, "hunthunter2 enable-menable-me", "hunt****** ******nable-me");
    expect(secrets, "nothing here", "nothing here");
}

static void one_that_begins_another_is_masked_as_the_longer(void **state)
{
    static const char *const secrets[] = {"lab", "lab-enable", NULL};
    (void)state;
    expect(secrets, "lab-enable lab", "****** ******");
    expect(secrets, "lab-en", "******"); /* it ends in what may be the longer: nothing of it */
}

static void an_end_gives_no_beginning_away(void **state)
{
    static const char *const secrets[] = {"correct horse", NULL};
    (void)state;
    expect(secrets, "typed: correct ho", "typed: ******");
    expect(secrets, "typed: co", "typed: co"); /* two letters are an accident */
}

static void empty_secrets_mask_nothing(void **state)
{
    static const char *const secrets[] = {"", NULL};
    (void)state;
    expect(secrets, "all of it", "all of it");
}

static void a_full_buffer_lets_nothing_through(void **state)
{
    struct mask m;
    struct buf out;
    (void)state;
    mask_init(&m);
    mask_add(&m, "secret");
    buf_init(&out, 4);
    assert_int_equal(mask_feed(&m, "a secret", 8, &out), -1);
    assert_int_equal(out.len, 0);
    mask_free(&m);
    buf_free(&out);
}

static void expect_piece(const char *const *secrets, const char *text, const char *wanted)
{
    struct mask m;
    struct buf out;
    mask_init(&m);
    buf_init(&out, OUT_MAX);
    for (; *secrets; secrets++)
        mask_add(&m, *secrets);
    for (int again = 0; again < 2; again++) { /* nothing is left of the first */
        assert_int_equal(mask_piece(&m, text, strlen(text), &out), 0);
        assert_string_equal(buf_bytes(&out), wanted);
        buf_truncate(&out, 0);
    }
    mask_free(&m);
    buf_free(&out);
}

static void a_piece_hides_what_its_ends_cut(void **state)
{
    static const char *const secrets[] = {"hunter2", "lab", "aaaaa", NULL};
    (void)state;
    expect_piece(secrets, "said: hunter2, lab.", "said: ******, ******.");
    expect_piece(secrets, "unter2\r\nr1#", "******\r\nr1#"); /* its front is cut off */
    expect_piece(secrets, "er2\r\nr1#", "******\r\nr1#");
    expect_piece(secrets, "r2\r\nr1#", "r2\r\nr1#"); /* two letters are an accident */
    expect_piece(secrets, "ab\r\n", "ab\r\n");
    expect_piece(secrets, "typed hunt", "typed ******");
    expect_piece(secrets, "hunter2", "******");
    expect_piece(secrets, "lab", "******");
    expect_piece(secrets, "aaaa!", "******!");
    expect_piece(secrets, "aaaaa!", "******!");
    expect_piece(secrets, "aaaaaaa", "******aa");
    expect_piece(secrets, "nte", "******"); /* both are */
    expect_piece(secrets, "", "");
}

/* Wherever a window is cut out of a stream, no three letters of the secret stand in it. */
static void no_window_shows_a_secret(void **state)
{
    static const char text[] = "user\r\nPassword: correct horse\r\ncorrect horse\r\nr1# ";
    static const char secret[] = "correct horse";
    struct mask m;
    struct buf out;
    (void)state;
    mask_init(&m);
    mask_add(&m, secret);
    buf_init(&out, OUT_MAX);
    for (size_t from = 0; from < sizeof text; from++)
        for (size_t n = 0; n < sizeof text - from; n++) {
            assert_int_equal(mask_piece(&m, text + from, n, &out), 0);
            for (size_t i = 0; i + 3 < sizeof secret; i++) {
                const char part[] = {secret[i], secret[i + 1], secret[i + 2], '\0'};
                assert_null(strstr(buf_bytes(&out), part));
            }
            buf_truncate(&out, 0);
        }
    mask_free(&m);
    buf_free(&out);
}

static void a_piece_without_room_lets_nothing_through(void **state)
{
    struct mask m;
    struct buf out;
    (void)state;
    mask_init(&m);
    mask_add(&m, "secret");
    for (size_t max = 0; max < strlen("x ******: ******"); max++) {
        buf_init(&out, max + 2);
        assert_int_equal(buf_add_str(&out, "x "), 0);
        int rc = mask_piece(&m, "cret: secr", 10, &out);
        assert_int_equal(rc, max < strlen("******: ******") ? -1 : 0);
        assert_string_equal(buf_bytes(&out), rc == 0 ? "x ******: ******" : "x ");
        buf_free(&out);
    }
    mask_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_are_masked_in_every_chunking),
        cmocka_unit_test(one_that_begins_another_is_masked_as_the_longer),
        cmocka_unit_test(an_end_gives_no_beginning_away),
        cmocka_unit_test(empty_secrets_mask_nothing),
        cmocka_unit_test(a_full_buffer_lets_nothing_through),
        cmocka_unit_test(a_piece_hides_what_its_ends_cut),
        cmocka_unit_test(no_window_shows_a_secret),
        cmocka_unit_test(a_piece_without_room_lets_nothing_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
