/* links: base/arena base/buf base/clock base/err base/escape base/file base/log model/hostlist
 * model/hostlist_each model/inventory model/inventory_commands model/inventory_device
 * model/inventory_finish model/inventory_groups model/inventory_native model/inventory_netmiko
 * model/inventory_pace model/inventory_settings model/limit model/limit_match model/plan
 * model/platform model/platform_extra model/platform_steps model/platform_yaml model/result
 * model/secret model/secret_fetch model/secret_program model/secret_vault base/strmap base/text
 * model/transport_kind base/yaml base/yaml_map base/yaml_parse base/yaml_read
 * gen/platform_builtin */

/* How long an inventory of a hundred thousand devices takes to load: as a mapping, as a list, as
 * the netmiko list, each with a known platform, group and commands. Fails over 2 s. */
#include <poller/clock.h>
#include <poller/err.h>
#include <poller/inventory.h>
#include <poller/platform.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DEVICES  100000
#define LIMIT_MS 2000.0

static const char head[] = "defaults: {username: lab, password: 'env:LAB', platform: cisco_ios}\n"
                           "groups: {g: {commands: [show version, show clock]}}\n"
                           "devices:\n";

static const struct form {
    const char *name, *head, *line;
} forms[] = {
    {"mapping", head, "  r%06d: {host: 10.%d.%d.%d, groups: [g]}\n"},
    {"list", head, "  - {name: r%06d, host: 10.%d.%d.%d, groups: [g]}\n"},
    {"netmiko list", "",
     "- {device_type: cisco_ios, session_log: r%06d, host: 10.%d.%d.%d, username: lab}\n"},
};

static int write_form(const struct form *f, const char *path)
{
    FILE *out = fopen(path, "w");
    if (!out)
        return -1;
    fputs(f->head, out);
    for (int i = 0; i < DEVICES; i++)
        fprintf(out, f->line, i, i >> 16, (i >> 8) & 255, i & 255);
    return fclose(out);
}

static double load_ms(const struct platform_set *platforms, const char *path, struct err *e)
{
    struct mono start = mono_now();
    struct inventory_options options = {.platforms = platforms};
    struct inventory *inv = inventory_new(&options);
    double ms = -1;
    if (inv && inventory_add_file(inv, path, e) == 0 &&
        inventory_finish(inv, NULL, 0, NULL, e) == 0 && inventory_count(inv) == DEVICES)
        ms = mono_ms_between(start, mono_now());
    inventory_free(inv);
    return ms;
}

int main(void)
{
    char path[] = "/tmp/poller-bench-XXXXXX";
    struct err e = {0};
    int fd = mkstemp(path), bad = 0;
    struct platform_set *platforms = platform_set_load(NULL, 0, &e);
    if (fd < 0 || !platforms)
        return 1;
    close(fd);
    printf("inventory: %d devices\n", DEVICES);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        double ms = write_form(&forms[i], path) == 0 ? load_ms(platforms, path, &e) : -1;
        printf("  %-14s %8.0f ms%s%s\n", forms[i].name, ms, ms < 0 ? ": " : "",
               ms < 0 ? e.text : "");
        bad += ms < 0 || ms > LIMIT_MS;
    }
    platform_set_free(platforms);
    unlink(path);
    return bad > 0;
}
