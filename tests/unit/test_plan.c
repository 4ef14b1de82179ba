/* links: base/arena base/buf base/clock base/err base/escape base/file base/log model/hostlist
 * model/hostlist_each model/inventory model/inventory_commands model/inventory_device
 * model/inventory_finish model/inventory_groups model/inventory_native model/inventory_netmiko
 * model/inventory_pace model/inventory_settings model/limit model/limit_match model/plan
 * model/platform model/platform_extra model/platform_steps model/platform_yaml model/result
 * model/secret model/secret_fetch model/secret_program model/secret_vault base/strmap base/text
 * model/transport_kind base/yaml base/yaml_map base/yaml_parse base/yaml_read
 * gen/platform_builtin */

/* Whose commands and whose mode a job has, and what cannot be planned. */
#include <poller/err.h>
#include <poller/plan.h>
#include <poller/platform.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct platform_set *platforms;
static struct inventory *inventory;

static int set_up(void **state)
{
    struct err e = {0};
    (void)state;
    platforms = platform_set_load(NULL, 0, &e);
    return platforms ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    platform_set_free(platforms);
    return 0;
}

static struct plan *plan_of(const char *text, const char *const *commands, size_t n,
                            const char *privilege, struct err *e)
{
    char path[] = "/tmp/poller-plan-XXXXXX";
    struct inventory_options options = {.platforms = platforms};
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    inventory = inventory_new(&options);
    *e = (struct err){0};
    assert_int_equal(inventory_add_file(inventory, path, e), 0);
    assert_int_equal(inventory_finish(inventory, NULL, 0, NULL, e), 0);
    unlink(path);
    return plan_new(inventory, commands, n, privilege, e);
}

static void done(struct plan *plan)
{
    plan_free(plan);
    inventory_free(inventory);
}

static const char two[] = "defaults: {platform: cisco_ios, commands: [show clock]}\n"
                          "devices:\n"
                          "  r1: {commands: [show version, show users], privilege: exec}\n"
                          "  r2: {}\n";

static void devices_keep_their_own(void **state)
{
    struct err e;
    (void)state;
    struct plan *plan = plan_of(two, NULL, 0, NULL, &e);
    assert_non_null(plan);
    assert_int_equal(plan_count(plan), 2);
    struct job r1 = plan_job(plan, 0), r2 = plan_job(plan, 1);
    assert_int_equal(r1.commands.n, 2);
    assert_string_equal(r1.commands.items[1].text, "show users");
    assert_string_equal(r1.privilege, "exec");
    assert_int_equal(r1.attempt, 1);
    assert_int_equal(r2.index, 1);
    assert_string_equal(r2.commands.items[0].text, "show clock");
    assert_null(r2.privilege);
    done(plan);
}

static void the_command_line_replaces_both(void **state)
{
    static const char *const commands[] = {"show ip route"};
    struct err e;
    (void)state;
    struct plan *plan = plan_of(two, commands, 1, "configuration", &e);
    assert_non_null(plan);
    for (size_t i = 0; i < 2; i++) {
        struct job job = plan_job(plan, i);
        assert_int_equal(job.commands.n, 1);
        assert_string_equal(job.commands.items[0].text, "show ip route");
        assert_string_equal(job.privilege, "configuration");
    }
    done(plan);
}

static void what_cannot_be_planned(void **state)
{
    static const char *const lines[] = {"show\nversion"}, *const empty[] = {""};
    struct err e;
    (void)state;
    struct plan *plan = plan_of("devices: {r1: {platform: linux}}\n", NULL, 0, NULL, &e);
    assert_null(plan);
    assert_non_null(strstr(e.text, ":1:")); /* the device that has no command, and where */
    assert_non_null(strstr(e.text, "r1 has no command"));
    assert_int_equal(e.class, FAIL_USAGE);
    done(plan);
    plan = plan_of(two, NULL, 0, "configuratoin", &e);
    assert_null(plan);
    assert_non_null(strstr(e.text, "did you mean 'configuration'?"));
    done(plan);
    plan = plan_of(two, lines, 1, NULL, &e);
    assert_null(plan);
    done(plan);
    plan = plan_of(two, empty, 1, NULL, &e);
    assert_null(plan);
    done(plan);
    plan = plan_of("devices: {}\n", lines, 1, NULL, &e);
    assert_null(plan);
    done(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(devices_keep_their_own),
        cmocka_unit_test(the_command_line_replaces_both),
        cmocka_unit_test(what_cannot_be_planned),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
