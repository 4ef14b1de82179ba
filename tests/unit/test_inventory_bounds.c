/* links: base/arena base/buf base/err base/escape base/file base/log model/hostlist
 * model/hostlist_each model/inventory model/inventory_commands model/inventory_device
 * model/inventory_finish model/inventory_groups model/inventory_native model/inventory_netmiko
 * model/inventory_pace model/inventory_settings model/limit model/limit_match model/platform
 * model/platform_extra model/platform_steps model/platform_yaml model/secret model/secret_fetch
 * model/secret_program model/secret_vault base/strmap base/text model/transport_kind base/yaml
 * base/yaml_map base/yaml_parse base/yaml_read base/clock gen/platform_builtin
 * tests/lib/failing_malloc model/plan */

/* What one small file may not blow up into, and memory that runs out while it is loaded. */
#include "base/log.h"
#include "model/inventory_parts.h"
#include "tests/lib/failing_malloc.h"

#include <poller/plan.h>
#include <poller/platform.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct platform_set *platforms;
static struct inventory *inv;
static struct err err;

static void begin(void)
{
    inventory_free(inv);
    inv = inventory_new(&(struct inventory_options){.platforms = platforms});
    assert_non_null(inv);
    err_clear(&err);
}

static int add(const char *text)
{
    return inventory_add_text(inv, text, strlen(text), "f.yaml", &err);
}

static void the_number_of_devices_is_bounded(void **state)
{
    (void)state;
    char text[1024] = "devices:\n";
    begin();
    for (int i = 0; i < 11; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "  s%d-[1-100000]:\n", i);
    assert_int_equal(add(text), -1);
    assert_string_equal(err.text, "f.yaml:12:3: over 1000000 devices in all");
}

static void groups_of_many_levels_are_bounded(void **state)
{
    (void)state;
    char text[8192] = "groups:\n  g0:\n";
    for (int i = 1; i < 100; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "  g%d: {groups: g%d}\n", i,
                 i - 1);
    strcat(text, "devices: {r1: {groups: g99}}");
    begin();
    /* From the innermost on each is resolved before the next, so this is not deep. */
    assert_int_equal(add(text), 0);
    assert_int_equal(inventory_finish(inv, NULL, 0, NULL, &err), 0);
    assert_int_equal(inventory_at(inv, 0)->n_groups, 100);
    strcpy(text, "groups:\n");
    for (int i = 99; i > 0; i--)
        snprintf(text + strlen(text), sizeof text - strlen(text), "  g%d: {groups: g%d}\n", i,
                 i - 1);
    strcat(text, "  g0:\ndevices: {}");
    begin();
    assert_int_equal(add(text), -1);
    assert_string_equal(err.text, "f.yaml:34:3: groups inherit over 32 deep");
}

/* 200 vars with that letter in front of their number. */
static void put_vars(char *text, size_t size, const char *owner, char letter)
{
    size_t n = strlen(text);
    n += (size_t)snprintf(text + n, size - n, "  %s: {groups: %s, vars: {", owner,
                          letter == 'a' ? "[]" : "[a]");
    for (int i = 0; i < 200; i++)
        n += (size_t)snprintf(text + n, size - n, "%c%d: x,", letter, i);
    snprintf(text + n, size - n, "}}\n");
}

static void vars_are_bounded_with_those_inherited(void **state)
{
    (void)state;
    char text[8192] = "groups:\n";
    put_vars(text, sizeof text, "a", 'a');
    strcat(text, "devices:\n");
    put_vars(text, sizeof text, "r1", 'b');
    begin();
    assert_int_equal(add(text), -1);
    assert_string_equal(err.text, "f.yaml:4:17: over 256 vars, inherited ones counted");
}

static void aliases_to_commands_share_them(void **state)
{
    (void)state;
    begin();
    assert_int_equal(add("devices:\n"
                         "  r1: {commands: &c [show clock, show version]}\n"
                         "  r2: {commands: *c}\n"
                         "  r3: {commands: [show users]}\n"
                         "  r4: {commands: *c}\n"),
                     0);
    assert_int_equal(inventory_finish(inv, NULL, 0, NULL, &err), 0);
    const struct command_list *lists[4];
    for (size_t i = 0; i < 4; i++)
        lists[i] = &inventory_at(inv, i)->commands;
    assert_ptr_equal(lists[0]->items, lists[1]->items);
    assert_int_equal(lists[1]->n, 2);
    assert_string_equal(lists[2]->items[0].text, "show users");
    assert_int_equal(lists[3]->n, 2);
    assert_string_equal(lists[3]->items[1].text, "show version");
}

/* --- memory --- */

static int load_all(struct err *e)
{
    static const char *const excludes[] = {"sw02"};
    struct inventory_options options = {.platforms = platforms, .username = "u", .password = "ask"};
    struct inventory *own = inventory_new(&options);
    if (!own)
        return err_set(e, FAIL_INTERNAL, "out of memory");
    int rc = inventory_add_hosts(own, "sw[01-99],x@r1:22,[::1]:23", e);
    if (rc == 0)
        rc = inventory_finish(own, excludes, 1, "sw*,/^r/", e);
    static const char *const commands[] = {"show version"};
    struct plan *plan = rc == 0 ? plan_new(own, commands, 1, NULL, e) : NULL;
    rc = plan && plan_count(plan) == 99 ? 0 : -1;
    plan_free(plan);
    inventory_free(own);
    return rc;
}

/* Without a file: libfyaml does not bear it. */
static void every_allocation_can_fail(void **state)
{
    (void)state;
    long n = 0;
    if (!failing_malloc_works())
        skip();
    for (bool has_failed = true; has_failed; n++) {
        struct err e = {0};
        failing_malloc_at(n + 1);
        int rc = load_all(&e);
        has_failed = failing_malloc_stop();
        if (has_failed && rc == 0)
            continue; /* what is given back at the end may as well be kept */
        assert_int_equal(rc, has_failed ? -1 : 0);
        assert_int_equal(e.class, has_failed ? FAIL_INTERNAL : FAIL_NONE);
    }
    assert_true(n > 20);
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
        cmocka_unit_test(the_number_of_devices_is_bounded),
        cmocka_unit_test(groups_of_many_levels_are_bounded),
        cmocka_unit_test(vars_are_bounded_with_those_inherited),
        cmocka_unit_test(aliases_to_commands_share_them),
        cmocka_unit_test(every_allocation_can_fail),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
