#include "tests/lib/memory_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

void memory_run_open(struct memory_run *run, const char *hosts, const char *const *commands,
                     size_t n)
{
    struct err e = {0};
    *run = (struct memory_run){.platforms = platform_set_load(NULL, 0, &e)};
    assert_non_null(run->platforms);
    struct inventory_options options = {
        .platforms = run->platforms, .username = "lab", .default_platform = "cisco_ios"};
    run->inventory = inventory_new(&options);
    assert_int_equal(inventory_add_hosts(run->inventory, hosts, &e), 0);
    assert_int_equal(inventory_finish(run->inventory, NULL, 0, NULL, &e), 0);
    run->plan = plan_new(run->inventory, commands, n, NULL, &e);
    assert_non_null(run->plan);
    run->rules = calloc(platform_count(run->platforms), sizeof(struct dialogue_rules *));
    const struct platform *platform = inventory_at(run->inventory, 0)->platform;
    run->rules[platform->index] = dialogue_rules_new(platform, &e);
    assert_non_null(run->rules[platform->index]);
    run->env = (struct session_env){.rules = run->rules, .transport_override = &memory_device_ops};
}

void memory_run_close(struct memory_run *run)
{
    for (size_t i = 0; i < platform_count(run->platforms); i++)
        dialogue_rules_free(run->rules[i]);
    free(run->rules);
    plan_free(run->plan);
    inventory_free(run->inventory);
    platform_set_free(run->platforms);
}
