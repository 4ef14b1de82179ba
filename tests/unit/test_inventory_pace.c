/* links: base/arena base/buf base/err base/escape base/file base/log model/hostlist
 * model/hostlist_each model/inventory model/inventory_commands model/inventory_device
 * model/inventory_finish model/inventory_groups model/inventory_native model/inventory_netmiko
 * model/inventory_pace model/inventory_settings model/limit model/limit_match model/platform
 * model/platform_extra model/platform_steps model/platform_yaml model/secret model/secret_fetch
 * model/secret_program model/secret_vault base/strmap base/text model/transport_kind base/yaml
 * base/yaml_map base/yaml_parse base/yaml_read base/clock gen/platform_builtin */

/* Groups that limit how their devices are visited: which limits a device is under, how they are
 * shared, and what is refused. tests/unit/data/inventory/pace.yaml has the plain cases. */
#include "base/log.h"
#include "model/inventory_parts.h"

#include <poller/platform.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct platform_set *platforms;
static struct inventory *inv;
static struct err err;

static void begin(void)
{
    struct inventory_options with = {.platforms = platforms};
    inventory_free(inv);
    inv = inventory_new(&with);
    assert_non_null(inv);
    err_clear(&err);
}

static int add_as(const char *text, const char *name)
{
    return inventory_add_text(inv, text, strlen(text), name, &err);
}

static void load(const char *text, const char *only)
{
    begin();
    if (add_as(text, "f.yaml") != 0 || inventory_finish(inv, NULL, 0, only, &err) != 0)
        fail_msg("%s", err.text);
}

struct refusal {
    const char *text, *before, *after;
};

static void refuse(const struct refusal *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char expected[400];
        snprintf(expected, sizeof expected, "%s%s", cases[i].before, cases[i].after);
        begin();
        assert_int_equal(add_as(cases[i].text, "f.yaml"), -1);
        assert_int_equal(err.class, FAIL_USAGE);
        assert_string_equal(err.text, expected);
    }
}

static void a_key_out_of_place_is_refused(void **state)
{
    (void)state;
    static const char misplaced[] =
        " belongs to a group: write it under a name in `groups`, and that name into the `groups` "
        "of the devices it is for";
    static const struct refusal cases[] = {
        {"devices: {r1: {limit: 5}}", "f.yaml:1:23: 'limit'", misplaced},
        {"devices: {r1: {login_rate: 5}}", "f.yaml:1:28: 'login_rate'", misplaced},
        {"devices: [{host: h, limit: x}]", "f.yaml:1:28: 'limit'", misplaced},
        {"defaults: {limit: 5}\ndevices: {r1: }", "f.yaml:1:19: 'limit'", misplaced},
        {"defaults: {login_rate: 5}\ndevices: {r1: }", "f.yaml:1:24: 'login_rate'", misplaced},
        {"groups: {a: {login_rates: 1}}\ndevices: {r1: }",
         "f.yaml:1:14: unknown key 'login_rates' in a group", ", did you mean 'login_rate'?"},
        {"- {host: a, device_type: linux, login_rate: 1}",
         "f.yaml:1:33: unknown key 'login_rate' in a device of netmiko's list", ""},
    };
    refuse(cases, sizeof cases / sizeof *cases);
}

static void limits_out_of_bounds_are_refused(void **state)
{
    (void)state;
    static const struct refusal cases[] = {
        {"groups: {a: {limit: 0}}\ndevices: {r1: }", "f.yaml:1:21: 'limit' must be 1 to 1000000",
         ", not 0"},
        {"groups: {a: {limit: -3}}\ndevices: {r1: }", "f.yaml:1:21: 'limit' must be 1 to 1000000",
         ", not -3"},
        {"groups: {a: {limit: 1000001}}\ndevices: {r1: }",
         "f.yaml:1:21: 'limit' must be 1 to 1000000", ", not 1000001"},
        {"groups: {a: {limit: 99999999999999999999}}\ndevices: {r1: }",
         "f.yaml:1:21: 'limit' must be a whole number", ", not '99999999999999999999'"},
        {"groups: {a: {limit: 2.5}}\ndevices: {r1: }",
         "f.yaml:1:21: 'limit' must be a whole number", ", not '2.5'"},
        {"groups: {a: {limit: many}}\ndevices: {r1: }",
         "f.yaml:1:21: 'limit' must be a whole number", ", not 'many'"},
        {"groups: {a: {limit: [5]}}\ndevices: {r1: }",
         "f.yaml:1:21: 'limit' must be a whole number", ", not a list"},
    };
    refuse(cases, sizeof cases / sizeof *cases);
}

static void rates_out_of_bounds_are_refused(void **state)
{
    (void)state;
    static const struct refusal cases[] = {
        {"groups: {a: {login_rate: 0}}\ndevices: {r1: }",
         "f.yaml:1:26: 'login_rate' must be "
         "0.001 to 1000000 logins per second",
         ", not '0'"},
        {"groups: {a: {login_rate: -1}}\ndevices: {r1: }",
         "f.yaml:1:26: 'login_rate' must be "
         "0.001 to 1000000 logins per second",
         ", not '-1'"},
        {"groups: {a: {login_rate: 1e-300}}\ndevices: {r1: }",
         "f.yaml:1:26: 'login_rate' must be "
         "0.001 to 1000000 logins per second",
         ", not '1e-300'"},
        {"groups: {a: {login_rate: 1e9}}\ndevices: {r1: }",
         "f.yaml:1:26: 'login_rate' must be "
         "0.001 to 1000000 logins per second",
         ", not '1e9'"},
        {"groups: {a: {login_rate: 1e999}}\ndevices: {r1: }",
         "f.yaml:1:26: 'login_rate' must be a number", ", not '1e999'"},
        {"groups: {a: {login_rate: nan}}\ndevices: {r1: }",
         "f.yaml:1:26: 'login_rate' must be a number", ", not 'nan'"},
        {"groups: {a: {login_rate: .inf}}\ndevices: {r1: }",
         "f.yaml:1:26: 'login_rate' must be a number", ", not '.inf'"},
        {"groups: {a: {login_rate: 1/s}}\ndevices: {r1: }",
         "f.yaml:1:26: 'login_rate' must be a number", ", not '1/s'"},
        {"groups: {a: {login_rate: ''}}\ndevices: {r1: }",
         "f.yaml:1:26: 'login_rate' must be a number", ", not ''"},
        {"groups: {a: {login_rate: {}}}\ndevices: {r1: }",
         "f.yaml:1:26: 'login_rate' must be a number", ", not a mapping"},
    };
    refuse(cases, sizeof cases / sizeof *cases);
}

static void the_bounds_themselves_are_taken(void **state)
{
    (void)state;
    load("groups:\n  a: {limit: 1, login_rate: 0.001}\n  b: {limit: 1000000, login_rate: 1e6}\n"
         "devices: {r1: {groups: [a, b]}}",
         NULL);
    const struct device_group *a = inventory_group_at(inv, 0), *b = inventory_group_at(inv, 1);
    assert_int_equal(a->limit, 1);
    assert_true(a->login_rate == 0.001);
    assert_int_equal(b->limit, 1000000);
    assert_true(b->login_rate == 1e6);
    assert_null(inventory_group_at(inv, 2));
}

static void devices_that_say_the_same_share_their_limits(void **state)
{
    (void)state;
    load("groups: {a: {limit: 3}, b: {login_rate: 2}, c: }\n"
         "devices: {r1: {groups: [a, b]}, r2: {groups: a}, r3: {groups: [a, c, b]},\n"
         "          'sw[1-3]': {groups: [a, b]}, r5: {groups: [b, a]}}",
         NULL);
    const uint32_t *first = inventory_at(inv, 0)->limits;
    assert_int_equal(inventory_at(inv, 0)->n_limits, 2);
    assert_int_equal(inventory_at(inv, 1)->n_limits, 1);
    for (size_t i = 2; i < 6; i++) {
        assert_ptr_equal(inventory_at(inv, i)->limits, first);
        assert_int_equal(inventory_at(inv, i)->n_limits, 2);
    }
    assert_ptr_not_equal(inventory_at(inv, 6)->limits, first);
    assert_int_equal(inventory_at(inv, 6)->limits[0], 1);
    assert_int_equal(inventory_at(inv, 6)->limits[1], 0);
}

static void devices_left_out_leave_the_limits_of_the_rest(void **state)
{
    (void)state;
    load("groups: {a: {limit: 3}, b: {limit: 2}}\n"
         "devices: {r1: {groups: a}, r2: {groups: b}, r3: , r4: {groups: b}}",
         "r2,r3,r4");
    assert_int_equal(inventory_group_count(inv), 2);
    assert_int_equal(inventory_at(inv, 0)->limits[0], 1);
    assert_int_equal(inventory_at(inv, 1)->n_limits, 0);
    assert_null(inventory_at(inv, 1)->limits);
    assert_int_equal(inventory_at(inv, 2)->limits[0], 1);
}

static void one_name_is_one_group_in_every_file(void **state)
{
    (void)state;
    begin();
    assert_int_equal(add_as("groups: {ams: }\ndevices: {r0: {groups: ams}}", "e.yaml"), 0);
    assert_int_equal(add_as("groups: {ams: {limit: 4}}\ndevices: {r1: {groups: ams}}", "f.yaml"),
                     0);
    assert_int_equal(add_as("groups: {ams: {limit: 4}}\ndevices: {r2: {groups: ams}}", "g.yaml"),
                     0);
    assert_int_equal(inventory_finish(inv, NULL, 0, NULL, &err), 0);
    assert_int_equal(inventory_group_count(inv), 1);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(inventory_at(inv, i)->n_limits, 1);
}

static void files_that_disagree_are_refused(void **state)
{
    (void)state;
    static const char *const others[] = {"{limit: 5}", "{limit: 4, login_rate: 1}"};
    for (size_t i = 0; i < 2; i++) {
        char text[100];
        snprintf(text, sizeof text, "groups: {ams: %s}\ndevices: {r2: {groups: ams}}", others[i]);
        begin();
        assert_int_equal(
            add_as("groups: {ams: {limit: 4}}\ndevices: {r1: {groups: ams}}", "f.yaml"), 0);
        assert_int_equal(add_as(text, "g.yaml"), -1);
        assert_string_equal(err.text, "g.yaml:1:10: group 'ams' has another `limit` or "
                                      "`login_rate` at f.yaml:1:10: both must say the same");
    }
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
        cmocka_unit_test(a_key_out_of_place_is_refused),
        cmocka_unit_test(limits_out_of_bounds_are_refused),
        cmocka_unit_test(rates_out_of_bounds_are_refused),
        cmocka_unit_test(the_bounds_themselves_are_taken),
        cmocka_unit_test(devices_that_say_the_same_share_their_limits),
        cmocka_unit_test(devices_left_out_leave_the_limits_of_the_rest),
        cmocka_unit_test(one_name_is_one_group_in_every_file),
        cmocka_unit_test(files_that_disagree_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
