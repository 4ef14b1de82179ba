/* links: base/buf base/err base/file model/hostlist model/hostlist_each */
#include "model/hostlist.h"

#include <poller/err.h>
#include <poller/inventory.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct joined {
    char text[4096];
    size_t n, names;
};

static int join(void *ctx, const char *name)
{
    struct joined *j = ctx;
    j->names++;
    j->n += (size_t)snprintf(j->text + j->n, sizeof j->text - j->n, "%s%s", j->n ? " " : "", name);
    return 0;
}

static int count(void *ctx, const char *name)
{
    (void)name;
    ++*(size_t *)ctx;
    return 0;
}

static void expect(const char *list, const char *names)
{
    struct joined j = {0};
    struct err e = {0};
    assert_int_equal(hostlist_expand(list, 1000, join, &j, &e), 0);
    assert_string_equal(j.text, names);
}

static void expect_error(const char *list, const char *error)
{
    struct joined j = {0};
    struct err e = {0};
    assert_int_equal(hostlist_expand(list, 1000, join, &j, &e), -1);
    assert_int_equal(e.class, FAIL_USAGE);
    assert_string_equal(e.text, error);
}

static void lists_and_ranges(void **state)
{
    (void)state;
    expect("r1", "r1");
    expect("r1,r2", "r1 r2");
    expect(" r1 , ,r2,", "r1 r2");
    expect("sw[1-3]", "sw1 sw2 sw3");
    expect("sw[08-11]", "sw08 sw09 sw10 sw11");
    expect("sw[8-11]", "sw8 sw9 sw10 sw11");
    expect("sw[001-2]", "sw001 sw002");
    expect("sw[00]", "sw00");
    expect("r[1-3,7]-x", "r1-x r2-x r3-x r7-x");
    expect("sw[1-2],r[7]", "sw1 sw2 r7");
    expect("a[1-2]b[01-02]c", "a1b01c a1b02c a2b01c a2b02c");
    expect("10.0.[0-1].[1-2]", "10.0.0.1 10.0.0.2 10.0.1.1 10.0.1.2");
    expect("lab@sw[1-2]:22", "lab@sw1:22 lab@sw2:22");
    expect("", "");
}

static void addresses_of_ipv6_are_no_ranges(void **state)
{
    (void)state;
    expect("[2001:db8::1]:22,[::1]", "[2001:db8::1]:22 [::1]");
    expect("2001:db8::[1-2]", "2001:db8::1 2001:db8::2");
}

static void bad_ranges(void **state)
{
    (void)state;
    static const char form[] = "a range is written [1-9], [01-20] or [1,3,7-9]";
    char text[256];
    const char *const bad[] = {"",      "a-c", "1-", "-3",   "1,,2",
                               "1-3-5", "1,",  "x",  "1 -2", "1234567890123456789"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char list[64];
        snprintf(list, sizeof list, "sw[%s]", bad[i]);
        snprintf(text, sizeof text, "'%s': %s", bad[i], form);
        expect_error(list, text);
    }
    expect_error("sw[9-1]", "'9-1': a range that runs backwards");
    expect_error("sw[1-2", "'sw[1-2': a '[' without its ']'");
    expect_error("a[1][1][1][1][1]", "'a[1][1][1][1][1]': too many ranges in one name");
}

static void sizes_are_bounded(void **state)
{
    (void)state;
    expect_error("sw[1-1000000]", "'1-1000000': a range of over 100,000 names");
    expect_error("sw[0-999999999999999999]",
                 "'0-999999999999999999': a range of over 100,000 names");
    expect_error("sw[1-1000]-[1-101]",
                 "'sw[1-1000]-[1-101]': ranges of over 100,000 names together");
    expect_error("a[1-600],b[1-600]", "over 1000 hosts in all");
    size_t n = 0;
    struct err e = {0};
    assert_int_equal(hostlist_expand("sw[1-100000]", 100000, count, &n, &e), 0);
    assert_int_equal(n, 100000);
    char name[300];
    memset(name, 'x', sizeof name - 1);
    name[256] = '\0';
    assert_int_equal(hostlist_expand(name, 10, count, &n, &e), -1);
    assert_non_null(strstr(e.text, "a name of over 255 bytes"));
    err_clear(&e);
    name[255] = '\0';
    assert_int_equal(hostlist_expand(name, 10, count, &n, &e), 0);
    memcpy(name + 252, "[9]", 4);
    assert_int_equal(hostlist_expand(name, 10, count, &n, &e), 0);
    memcpy(name + 249, "[0000009]", 10);
    assert_int_equal(hostlist_expand(name, 10, count, &n, &e), -1);
}

static void spans_are_bounded(void **state)
{
    (void)state;
    char list[256] = "sw[1";
    for (int i = 0; i < 40; i++)
        strcat(list, ",1");
    strcat(list, "]");
    struct joined j = {0};
    struct err e = {0};
    assert_int_equal(hostlist_expand(list, 1000, join, &j, &e), -1);
    assert_non_null(strstr(e.text, "too many parts in one range"));
}

static void files_hold_one_entry_a_line(void **state)
{
    (void)state;
    char path[] = "/tmp/poller-test-hosts-XXXXXX", list[64], error[128];
    static const char text[] = "# all of them\nr1\n\n  sw[1-2]:23 # switches\r\nlab@r3";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
    snprintf(list, sizeof list, "a,^%s,b", path);
    expect(list, "a r1 sw1:23 sw2:23 lab@r3 b");
    assert_int_equal(write(fd, "\nsw[1-x]\n", 9), 9);
    snprintf(error, sizeof error, "%s:6: '1-x': a range is written [1-9], [01-20] or [1,3,7-9]",
             path);
    expect_error(list, error);
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_int_equal(write(fd, "^more\n", 6), 6);
    snprintf(error, sizeof error, "%s:1: a file of hosts names no further files", path);
    expect_error(list, error);
    close(fd);
    unlink(path);
    expect_error("^/nonexistent/x", "/nonexistent/x: cannot be opened: No such file or directory");
    expect_error("^", "'^' without a file behind it");
}

static void expect_address(const char *entry, const char *user, const char *host, int port)
{
    struct host_address a;
    struct err e = {0};
    assert_int_equal(host_address_parse(entry, strlen(entry), &a, &e), 0);
    assert_int_equal(a.user_len, strlen(user));
    assert_memory_equal(a.user, user, a.user_len);
    assert_int_equal(a.host_len, strlen(host));
    assert_memory_equal(a.host, host, a.host_len);
    assert_int_equal(a.port, port);
}

static void addresses(void **state)
{
    (void)state;
    expect_address("r1", "", "r1", 0);
    expect_address("r1:2022", "", "r1", 2022);
    expect_address("lab@r1", "lab", "r1", 0);
    expect_address("lab@r1:22", "lab", "r1", 22);
    expect_address("lab@corp@r1:22", "lab@corp", "r1", 22);
    expect_address("2001:db8::1", "", "2001:db8::1", 0);
    expect_address("[2001:db8::1]", "", "2001:db8::1", 0);
    expect_address("[1-3]x:22", "", "[1-3]x", 22);
    expect_address("lab@[2001:db8::1]:65535", "lab", "2001:db8::1", 65535);
}

static void bad_addresses(void **state)
{
    (void)state;
    const char *const bad[] = {"",
                               ":22",
                               "@r1",
                               "lab@",
                               "r1:",
                               "r1:0",
                               "r1:x",
                               "r1:65536",
                               "[::1]22",
                               "[::1]:0",
                               "a b",
                               "r1:22x",
                               "r1:99999999999999999999",
                               "r1\t",
                               "[::1]:"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct host_address a;
        struct err e = {0};
        assert_int_equal(host_address_parse(bad[i], strlen(bad[i]), &a, &e), -1);
        assert_int_equal(e.class, FAIL_USAGE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_and_ranges),  cmocka_unit_test(addresses_of_ipv6_are_no_ranges),
        cmocka_unit_test(bad_ranges),        cmocka_unit_test(sizes_are_bounded),
        cmocka_unit_test(spans_are_bounded), cmocka_unit_test(files_hold_one_entry_a_line),
        cmocka_unit_test(addresses),         cmocka_unit_test(bad_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
