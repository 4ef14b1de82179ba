/* links: base/filename */
#include "base/filename.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define PLAIN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

static void names(const char *name, const char *expected)
{
    char out[FILENAME_MADE_MAX + 1];
    assert_ptr_equal(filename_make(name, out), out);
    assert_string_equal(out, expected);
}

static void ordinary_names(void **state)
{
    (void)state;
    names("r1", "r1");
    names("core-sw3.example.net", "core-sw3.example.net");
    names("show version", "show%20version");
    names("show ip route | include 10/8", "show%20ip%20route%20%7C%20include%2010%2F8");
    names("100%", "100%25");
    names(PLAIN, PLAIN);
    names("2001:db8::1", "2001%3Adb8%3A%3A1");
}

/* Nothing that names another place, hides, or is no name at all. */
static void names_that_would_do_harm(void **state)
{
    (void)state;
    names("", "%");
    names(".", "%2E");
    names("..", "%2E.");
    names("...", "%2E..");
    names("../../etc/passwd", "%2E.%2F..%2Fetc%2Fpasswd");
    names(".bashrc", "%2Ebashrc");
    names("/", "%2F");
    names("a/b", "a%2Fb");
    names("a\\b", "a%5Cb");
    names("a\nb\r\t\033[0m", "a%0Ab%0D%09%1B%5B0m");
    names("-rf", "-rf");
    names("~root", "%7Eroot");
    names("$(reboot)`id`;&", "%24%28reboot%29%60id%60%3B%26");
    names("caf\xc3\xa9", "caf%C3%A9");
    names("\xff\x80\x7f", "%FF%80%7F");
}

static void every_byte_is_plain_or_escaped(void **state)
{
    (void)state;
    for (int c = 1; c < 256; c++) {
        char name[] = {'x', (char)c, '\0'}, expected[8];
        if (strchr(PLAIN, c))
            snprintf(expected, sizeof expected, "x%c", c);
        else
            snprintf(expected, sizeof expected, "x%%%02X", c);
        names(name, expected);
    }
}

/* Of sha256sum: printf '%0201d' 0, and '%0200d' followed by x. */
static void long_names_are_cut_with_their_digest(void **state)
{
    (void)state;
    char name[300], out[FILENAME_MADE_MAX + 1];
    snprintf(name, sizeof name, "%0200d", 0);
    names(name, name);
    snprintf(name, sizeof name, "%0201d", 0);
    filename_make(name, out);
    assert_int_equal(strlen(out), 200);
    assert_memory_equal(out, name, 191);
    assert_string_equal(out + 191, "~fdc71390");
    snprintf(name, sizeof name, "%0200dx", 0);
    filename_make(name, out);
    assert_string_equal(out + 191, "~35a43846");
}

/* Wherever the bound falls, no %XX is split and no name is too long. */
static void a_cut_splits_no_escape(void **state)
{
    (void)state;
    for (size_t plain = 0; plain <= 200; plain++) {
        char name[600], out[FILENAME_MADE_MAX + 1];
        memset(name, 'x', plain);
        memset(name + plain, '/', 250);
        name[plain + 250] = '\0';
        filename_make(name, out);
        size_t n = strlen(out), tail = n - 9;
        assert_in_range(n, FILENAME_MADE_MAX - 2, FILENAME_MADE_MAX);
        assert_int_equal(out[tail], '~');
        assert_int_equal(strspn(out + tail + 1, "0123456789abcdef"), 8);
        size_t kept = plain < 191 ? plain : 191;
        assert_int_equal(strspn(out, "x"), kept);
        assert_int_equal((tail - kept) % 3, 0);
        for (size_t i = kept; i < tail; i += 3)
            assert_memory_equal(out + i, "%2F", 3);
    }
}

/* Cut names with the same beginning stay apart. */
static void cut_names_differ(void **state)
{
    (void)state;
    char a[400], b[400], made_a[FILENAME_MADE_MAX + 1], made_b[FILENAME_MADE_MAX + 1];
    memset(a, 'x', 399);
    a[399] = '\0';
    memcpy(b, a, sizeof b);
    b[398] = 'y';
    assert_string_not_equal(filename_make(a, made_a), filename_make(b, made_b));
    assert_memory_equal(made_a, made_b, 192);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinary_names),
        cmocka_unit_test(names_that_would_do_harm),
        cmocka_unit_test(every_byte_is_plain_or_escaped),
        cmocka_unit_test(long_names_are_cut_with_their_digest),
        cmocka_unit_test(a_cut_splits_no_escape),
        cmocka_unit_test(cut_names_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
