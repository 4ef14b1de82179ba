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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_are_masked_in_every_chunking),
        cmocka_unit_test(one_that_begins_another_is_masked_as_the_longer),
        cmocka_unit_test(an_end_gives_no_beginning_away),
        cmocka_unit_test(empty_secrets_mask_nothing),
        cmocka_unit_test(a_full_buffer_lets_nothing_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
