/* links: base/arena base/buf base/err base/escape base/file base/log model/hostlist
 * model/hostlist_each model/inventory model/inventory_commands model/inventory_device
 * model/inventory_finish model/inventory_groups model/inventory_native model/inventory_netmiko
 * model/inventory_pace model/inventory_settings model/limit model/limit_match model/platform
 * model/platform_extra model/platform_steps model/platform_yaml model/secret model/secret_fetch
 * model/secret_program model/secret_vault base/strmap base/text model/transport_kind base/yaml
 * base/yaml_map base/yaml_parse base/yaml_read base/clock gen/platform_builtin
 * tests/lib/inventory_dump */
#include "base/file.h"
#include "base/log.h"
#include "model/inventory_parts.h"
#include "tests/lib/inventory_dump.h"

#include <dirent.h>
#include <fcntl.h>
#include <poller/platform.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define DATA     "tests/unit/data/inventory"
#define TEXT_MAX (1U << 20)

static struct platform_set *platforms;
static struct inventory *inv;
static struct err err;

static void begin(const struct inventory_options *options)
{
    struct inventory_options with = options ? *options : (struct inventory_options){0};
    with.platforms = platforms;
    inventory_free(inv);
    inv = inventory_new(&with);
    assert_non_null(inv);
    err_clear(&err);
}

static int add(const char *text)
{
    return inventory_add_text(inv, text, strlen(text), "f.yaml", &err);
}

static int finish(void)
{
    return inventory_finish(inv, NULL, 0, NULL, &err);
}

static void expect_devices(const char *text)
{
    struct buf dump;
    buf_init(&dump, TEXT_MAX);
    if (err_is_set(&err))
        fail_msg("%s", err.text);
    dump_inventory(&dump, inv);
    assert_string_equal(buf_bytes(&dump), text);
    buf_free(&dump);
}

/* --- the files in DATA: each NAME.yaml gives what stands in NAME.expected --- */

/* What loading the file gives: its devices, or its error. */
static void load_file(const char *name, struct buf *got)
{
    begin(NULL);
    if (inventory_add_file(inv, name, &err) == 0 && finish() == 0)
        dump_inventory(got, inv);
    else
        buf_addf(got, "error %s: %s\n", fail_name(err.class), err.text);
}

static int ends_with_yaml(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot && strcmp(dot, ".yaml") == 0;
}

static int check_file(const char *name)
{
    char expected_name[512];
    struct buf got, expected;
    buf_init(&got, TEXT_MAX);
    buf_init(&expected, TEXT_MAX);
    snprintf(expected_name, sizeof expected_name, "%.*sexpected", (int)strlen(name) - 4, name);
    struct err e = {0};
    load_file(name, &got);
    int rc = file_read(expected_name, TEXT_MAX - 1, &expected, NULL, &e);
    if (rc != 0 || strcmp(buf_bytes(&got), buf_bytes(&expected)) != 0) {
        print_error("%s:\n--- expected\n%s--- got\n%s", name, buf_bytes(&expected),
                    buf_bytes(&got));
        rc = -1;
    }
    buf_free(&got);
    buf_free(&expected);
    return rc;
}

static void every_file_gives_what_is_expected(void **state)
{
    (void)state;
    struct dirent **entries;
    int bad = 0, here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(here >= 0);
    assert_int_equal(chdir(DATA), 0);
    int n = scandir(".", &entries, ends_with_yaml, alphasort);
    assert_true(n > 50);
    for (int i = 0; i < n; i++) {
        bad += check_file(entries[i]->d_name) != 0;
        free(entries[i]);
    }
    free(entries);
    assert_int_equal(fchdir(here), 0);
    close(here);
    assert_int_equal(bad, 0);
}

/* --- the command line beneath, and several sources --- */

static void the_command_line_is_beneath_the_file(void **state)
{
    (void)state;
    begin(&(struct inventory_options){
        .username = "u", .password = "ask", .enable = "ask", .default_platform = "linux"});
    assert_int_equal(add("devices: {r1: , r2: {username: own, password: own, secret: ''}}"), 0);
    assert_int_equal(inventory_add_hosts(inv, "r3,own@r4:23", &err), 0);
    assert_int_equal(finish(), 0);
    expect_devices(
        "f.yaml:1:11 r1 r1:22 ssh linux user=u password=by reference secret=by reference\n"
        "f.yaml:1:17 r2 r2:22 ssh linux user=own password=plain:own secret=plain:\n"
        "-w:0:0 r3 r3:22 ssh linux user=u password=by reference secret=by reference\n"
        "-w:0:0 r4 r4:23 ssh linux user=own password=by reference secret=by reference\n");
}

static void hosts_without_a_file(void **state)
{
    (void)state;
    begin(NULL);
    assert_int_equal(inventory_add_hosts(inv, "127.0.0.[1-2]:1,[2001:db8::1]:22,x@[::1],::2", &err),
                     0);
    assert_int_equal(finish(), 0);
    expect_devices("-w:0:0 127.0.0.1 127.0.0.1:1 ssh generic\n"
                   "-w:0:0 127.0.0.2 127.0.0.2:1 ssh generic\n"
                   "-w:0:0 2001:db8::1 2001:db8::1:22 ssh generic\n"
                   "-w:0:0 ::1 ::1:22 ssh generic user=x\n"
                   "-w:0:0 ::2 ::2:22 ssh generic\n");
}

static void a_host_that_stands_twice_is_named_with_its_port(void **state)
{
    (void)state;
    begin(NULL);
    assert_int_equal(inventory_add_hosts(inv, "a:1,a:2,b", &err), 0);
    assert_int_equal(add("- {host: a}\n- {host: '::1'}\n- {host: '::1', port: 2}"), 0);
    assert_int_equal(finish(), 0);
    const char *const names[] = {"a:1", "a:2", "b", "a:22", "[::1]:22", "[::1]:2"};
    assert_int_equal(inventory_count(inv), 6);
    for (size_t i = 0; i < 6; i++)
        assert_string_equal(inventory_at(inv, i)->name, names[i]);
    assert_null(inventory_at(inv, 6));
}

static void expect_hosts_error(const char *list, const char *error)
{
    begin(NULL);
    int rc = inventory_add_hosts(inv, list, &err);
    assert_int_equal(rc == 0 ? finish() : rc, -1);
    assert_int_equal(err.class, FAIL_USAGE);
    assert_string_equal(err.text, error);
}

static void bad_host_lists(void **state)
{
    (void)state;
    expect_hosts_error("a:0", "-w: 'a:0': a port is a number from 1 to 65535");
    expect_hosts_error("", "-w: no host in ''");
    expect_hosts_error("sw[1-1000000]", "-w: '1-1000000': a range of over 100,000 names");
    expect_hosts_error("sw[1-x]", "-w: '1-x': a range is written [1-9], [01-20] or [1,3,7-9]");
    expect_hosts_error("a,b,a", "-w: device 'a:22' stands twice, first at -w");
    expect_hosts_error("^/nonexistent/x",
                       "/nonexistent/x: cannot be opened: No such file or directory");
}

static void an_unknown_platform_can_be_the_devices_failure(void **state)
{
    (void)state;
    begin(&(struct inventory_options){.skip_unknown = true});
    assert_int_equal(add("devices: {a: {platform: nosuch}, b: {platform: linux}}"), 0);
    assert_int_equal(finish(), 0);
    assert_null(inventory_at(inv, 0)->platform);
    assert_string_equal(inventory_at(inv, 0)->platform_name, "nosuch");
    assert_string_equal(inventory_at(inv, 1)->platform->name, "linux");
}

static void an_unknown_default_platform(void **state)
{
    (void)state;
    begin(&(struct inventory_options){.default_platform = "linus"});
    assert_int_equal(inventory_add_hosts(inv, "a", &err), -1);
    assert_string_equal(err.text, "-w: unknown platform 'linus', did you mean 'linux'?");
}

static void groups_belong_to_their_file(void **state)
{
    (void)state;
    begin(NULL);
    assert_int_equal(add("groups: {a: {username: one}}\ndevices: {r1: {groups: a}}"), 0);
    assert_int_equal(add("groups: {a: {username: two}}\ndevices: {r2: {groups: a}}"), 0);
    assert_int_equal(finish(), 0);
    assert_string_equal(inventory_at(inv, 0)->username, "one");
    assert_string_equal(inventory_at(inv, 1)->username, "two");
}

/* What users copy must load, with nothing but what it shows. */
static void the_example_loads(void **state)
{
    (void)state;
    static const char *const names[] = {"access01.example.net",
                                        "access02.example.net",
                                        "access03.example.net",
                                        "core1",
                                        "core2",
                                        "srv1",
                                        "srv2",
                                        "zebra1"};
    begin(NULL);
    if (inventory_add_file(inv, "config/devices.example.yaml", &err) != 0 || finish() != 0)
        fail_msg("%s", err.text);
    assert_int_equal(inventory_count(inv), 8);
    for (size_t i = 0; i < 8; i++)
        assert_string_equal(inventory_at(inv, i)->name, names[i]);
    assert_true(inventory_at(inv, 4)->legacy);
    assert_string_equal(inventory_at(inv, 4)->platform_name, "cisco_ios");
    assert_string_equal(inventory_at(inv, 4)->privilege, "exec");
    assert_int_equal(inventory_at(inv, 6)->exec, TRI_NO);
    assert_string_equal(inventory_at(inv, 7)->commands.items[2].answers[0].response, "y");
}

/* --- secrets --- */

static void only_what_is_left_is_asked_for(void **state)
{
    (void)state;
    begin(NULL);
    assert_int_equal(add("defaults: {password: env:POLLER_TEST_NOWHERE}\n"
                         "devices: {r1: {password: known}, r2: }"),
                     0);
    assert_int_equal(inventory_finish(inv, NULL, 0, "r1", &err), 0);
    assert_int_equal(secret_resolve_all(inventory_secrets(inv), NULL, NULL, &err), 0);
    assert_string_equal(secret_value(inventory_at(inv, 0)->password), "known");
    begin(NULL);
    assert_int_equal(add("devices:\n  r2:\n    password: env:POLLER_TEST_NOWHERE"), 0);
    assert_int_equal(finish(), 0);
    assert_int_equal(secret_resolve_all(inventory_secrets(inv), NULL, NULL, &err), -1);
    assert_string_equal(err.text, "f.yaml:3:15: password: the environment variable "
                                  "POLLER_TEST_NOWHERE is not set");
}

/* --- warnings --- */

static int standard_error = -1;

/* Standard error into a file, until it is taken. */
static void catch_warnings(void)
{
    char path[] = "/tmp/poller-test-warnings-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    unlink(path);
    standard_error = dup(STDERR_FILENO);
    dup2(fd, STDERR_FILENO);
    close(fd);
    log_set_level(LOG_WARN);
}

static void take_warnings(char *text, size_t size)
{
    log_set_level(LOG_QUIET);
    ssize_t n = pread(STDERR_FILENO, text, size - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    dup2(standard_error, STDERR_FILENO);
    close(standard_error);
}

static void what_netmiko_can_and_we_cannot_warns_once(void **state)
{
    (void)state;
    char text[4096];
    begin(NULL);
    catch_warnings();
    int rc = add("- {host: a, disabled_algorithms: {}, ssh_config_file: x}\n"
                 "- {host: b, disabled_algorithms: {}, alt_key_file: y}\n");
    take_warnings(text, sizeof text);
    assert_int_equal(rc, 0);
    assert_string_equal(
        text,
        "poller: warning: f.yaml:1:34: 'disabled_algorithms' is not supported yet: it changes "
        "nothing\n"
        "poller: warning: f.yaml:1:55: 'ssh_config_file' is not supported yet: it changes nothing\n"
        "poller: warning: f.yaml:2:52: 'alt_key_file' is not supported yet: it changes nothing\n");
}

static void secrets_in_a_file_for_all_to_read_warn_once(void **state)
{
    (void)state;
    static const char content[] = "- {host: a, password: x}\n- {host: b, password: y}\n";
    char path[] = "/tmp/poller-test-inventory-XXXXXX", text[4096], expected[256];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, sizeof content - 1), sizeof content - 1);
    const mode_t modes[] = {0644, 0640, 0600};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(fchmod(fd, modes[i]), 0);
        begin(NULL);
        catch_warnings();
        int rc = inventory_add_file(inv, path, &err);
        take_warnings(text, sizeof text);
        assert_int_equal(rc, 0);
        snprintf(expected, sizeof expected,
                 "poller: warning: %s:1:23: a secret stands here, and others can read the file: "
                 "chmod 600 it, or write env:NAME, file:PATH, cmd:PROGRAM or ask\n",
                 path);
        assert_string_equal(text, modes[i] == 0600 ? "" : expected);
    }
    close(fd);
    unlink(path);
}

static void references_and_empty_secrets_warn_of_nothing(void **state)
{
    (void)state;
    char path[] = "/tmp/poller-test-inventory-XXXXXX", text[4096];
    static const char content[] = "- {host: a, password: env:X, secret: ''}\n";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, sizeof content - 1), sizeof content - 1);
    assert_int_equal(fchmod(fd, 0644), 0);
    begin(NULL);
    catch_warnings();
    int rc = inventory_add_file(inv, path, &err);
    take_warnings(text, sizeof text);
    assert_int_equal(rc, 0);
    assert_string_equal(text, "");
    close(fd);
    unlink(path);
}

static int set_up(void **state)
{
    (void)state;
    struct err e = {0};
    log_set_level(LOG_QUIET);
    platforms = platform_set_load(NULL, 0, &e);
    return platforms ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    inventory_free(inv);
    platform_set_free(platforms);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_file_gives_what_is_expected),
        cmocka_unit_test(the_command_line_is_beneath_the_file),
        cmocka_unit_test(hosts_without_a_file),
        cmocka_unit_test(a_host_that_stands_twice_is_named_with_its_port),
        cmocka_unit_test(bad_host_lists),
        cmocka_unit_test(an_unknown_platform_can_be_the_devices_failure),
        cmocka_unit_test(an_unknown_default_platform),
        cmocka_unit_test(groups_belong_to_their_file),
        cmocka_unit_test(the_example_loads),
        cmocka_unit_test(only_what_is_left_is_asked_for),
        cmocka_unit_test(what_netmiko_can_and_we_cannot_warns_once),
        cmocka_unit_test(secrets_in_a_file_for_all_to_read_warn_once),
        cmocka_unit_test(references_and_empty_secrets_warn_of_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
