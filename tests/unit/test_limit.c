/* links: base/arena base/buf base/clock base/err base/escape base/file base/log model/hostlist
 * model/hostlist_each model/inventory model/inventory_commands model/inventory_device
 * model/inventory_finish model/inventory_groups model/inventory_native model/inventory_netmiko
 * model/inventory_pace model/inventory_settings model/limit model/limit_match model/plan
 * model/platform model/platform_extra model/platform_steps model/platform_yaml model/result
 * model/secret model/secret_fetch model/secret_program model/secret_vault base/strmap base/text
 * model/transport_kind base/yaml base/yaml_map base/yaml_parse base/yaml_read
 * gen/platform_builtin */

/* -x and -l over a small inventory: which names stay, and what a slip is answered. */
#include <poller/err.h>
#include <poller/inventory.h>
#include <poller/platform.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char text[] = "defaults: {platform: linux}\n"
                           "groups: {core: {}, edge: {}, paris: {groups: [edge]}, rome: {}}\n"
                           "devices:\n"
                           "  core1: {host: 192.0.2.1, groups: [core]}\n"
                           "  core2: {host: 192.0.2.2, groups: [core, rome]}\n"
                           "  edge1: {host: 192.0.2.3, groups: [paris]}\n"
                           "  edge2: {host: 192.0.2.4, groups: [edge, rome]}\n"
                           "  'sw[01-03]': {}\n";

static struct platform_set *platforms;
static char path[] = "/tmp/poller-limit-XXXXXX";

static int set_up(void **state)
{
    struct err e = {0};
    (void)state;
    int fd = mkstemp(path);
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || close(fd) != 0)
        return -1;
    platforms = platform_set_load(NULL, 0, &e);
    return platforms ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    platform_set_free(platforms);
    return unlink(path);
}

/* The names that stay, with blanks between; or "error: " and the sentence. */
static const char *chosen(const char *exclude, const char *limit)
{
    static char names[1024];
    struct err e = {0};
    struct inventory_options options = {.platforms = platforms};
    struct inventory *inv = inventory_new(&options);
    names[0] = '\0';
    if (inventory_add_file(inv, path, &e) != 0 ||
        inventory_finish(inv, &exclude, exclude ? 1 : 0, limit, &e) != 0)
        snprintf(names, sizeof names, "error: %s", e.text);
    for (size_t i = 0; !err_is_set(&e) && i < inventory_count(inv); i++) {
        strcat(names, names[0] ? " " : "");
        strcat(names, inventory_at(inv, i)->name);
    }
    inventory_free(inv);
    return names;
}

static void a_limit_chooses(void **state)
{
    static const struct {
        const char *limit, *names;
    } cases[] = {
        {"core1", "core1"},
        {"core1,sw02", "core1 sw02"},
        {"core1:sw02", "core1 sw02"},
        {"192.0.2.4", "edge2"},
        {"sw*", "sw01 sw02 sw03"},
        {"sw[01-02]", "sw01 sw02"},
        {"core", "core1 core2"},
        {"edge", "edge1 edge2"}, /* groups of groups, too */
        {"core,!core2", "core1"},
        {"!core2,core", "core1"}, /* whatever the order */
        {"edge:&rome", "edge2"},
        {"all,!sw*", "core1 core2 edge1 edge2"},
        {"!core,!edge", "sw01 sw02 sw03"},
        {"/^(core|edge)1$/", "core1 edge1"},
        {"/w0[13]/,core1", "core1 sw01 sw03"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(chosen(NULL, cases[i].limit), cases[i].names);
}

static void an_exclusion_leaves_out(void **state)
{
    (void)state;
    assert_string_equal(chosen("core1,sw[02-03]", NULL), "core2 edge1 edge2 sw01");
    assert_string_equal(chosen("rome", NULL), "core1 edge1 sw01 sw02 sw03");
    assert_string_equal(chosen("core", "core,edge"), "edge1 edge2");
    /* A standing list may name what is not here. */
    assert_string_equal(chosen("edge,nosuch", NULL), "core1 core2 sw01 sw02 sw03");
}

static void a_slip_is_told_with_the_nearest_name(void **state)
{
    (void)state;
    assert_non_null(strstr(chosen(NULL, "croe1"), "error: -l: "));
    assert_non_null(strstr(chosen(NULL, "croe1"), "did you mean 'core1'?"));
    assert_non_null(strstr(chosen(NULL, "all,!egde1"), "'edge1'")); /* it would have been visited */
    assert_non_null(strstr(chosen(NULL, "/(/"), "error: -l: "));
    assert_non_null(strstr(chosen(NULL, "/(a+)+$"), "error: -l: ")); /* never closed */
    assert_non_null(strstr(chosen(NULL, "sw[03-01]"), "error: -l: "));
    assert_non_null(strstr(chosen("sw[1-", NULL), "error: -x: "));
    assert_non_null(strstr(chosen("sw[3-1]", NULL), "error: -x: "));
    assert_string_equal(chosen("sw0[!12]", NULL), "core1 core2 edge1 edge2 sw01 sw02");
}

static void names_of_a_list_are_bounded(void **state)
{
    (void)state;
    char list[512] = "";
    for (int i = 0; i < 11; i++)
        snprintf(list + strlen(list), sizeof list - strlen(list), "%sn%d-[1-100000]", i ? "," : "",
                 i);
    assert_string_equal(chosen(list, NULL),
                        "error: -x: 'n10-[1-100000]': over 1000000 names in all");
}

static void a_name_that_is_not_utf8_is_only_not_matched(void **state)
{
    (void)state;
    struct err e = {0};
    struct inventory_options options = {.platforms = platforms};
    struct inventory *inv = inventory_new(&options);
    assert_int_equal(inventory_add_hosts(inv, "sw\xff,sw1", &e), 0);
    assert_int_equal(inventory_finish(inv, NULL, 0, "/^sw.$/", &e), 0);
    assert_int_equal(inventory_count(inv), 1);
    assert_string_equal(inventory_at(inv, 0)->name, "sw1");
    inventory_free(inv);
}

static void nothing_left_is_an_answer_of_its_own(void **state)
{
    (void)state;
    assert_string_equal(chosen(NULL, "core,!core"), "error: -l and -x leave none of the 7 devices");
    assert_string_equal(chosen("*", NULL), "error: -l and -x leave none of the 7 devices");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_limit_chooses),
        cmocka_unit_test(an_exclusion_leaves_out),
        cmocka_unit_test(a_slip_is_told_with_the_nearest_name),
        cmocka_unit_test(names_of_a_list_are_bounded),
        cmocka_unit_test(a_name_that_is_not_utf8_is_only_not_matched),
        cmocka_unit_test(nothing_left_is_an_answer_of_its_own),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
