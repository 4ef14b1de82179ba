/* poller-lab inventory: the devices of a simulator, as a file for poller. */
#include "base/seed.h"
#include "base/strmap.h"
#include "lab/command.h"
#include "lab/fleet_popt.h"

#include <stdio.h>
#include <string.h>

enum dialect { DIALECT_POLLER, DIALECT_NETMIKO };
enum { OVER_SSH, OVER_TELNET };

struct list {
    const struct fleet *fleet;
    struct intern names; /* those that were given out */
    struct shares transports;
    enum dialect dialect;
    const char *command;
};

/* One device as a client is to see it. */
struct entry {
    struct device device;
    char host[DEVICE_NAME_MAX + 16];
    uint16_t port;
    bool is_telnet;
    const char *password;
};

static int transport_number(void *ctx, const char *name, struct err *e)
{
    (void)ctx;
    if (strcmp(name, "ssh") == 0)
        return OVER_SSH;
    if (strcmp(name, "telnet") == 0)
        return OVER_TELNET;
    return err_set(e, FAIL_USAGE, "--transport: '%s' is neither ssh nor telnet", name);
}

static void make_entry(const struct list *list, uint32_t index, struct entry *out)
{
    const struct fleet *fleet = list->fleet;
    struct device *d = &out->device;
    fleet_device(fleet, index, d);
    uint32_t a = d->address, place = seed_place(fleet->seed ^ 0x7e1, index, fleet->n);
    out->is_telnet = shares_pick(&list->transports, a, place, fleet->n) == OVER_TELNET;
    out->port = out->is_telnet ? fleet->telnet_port : fleet->ssh_port;
    out->password = d->password;
    snprintf(out->host, sizeof out->host, "%u.%u.%u.%u", a >> 24, a >> 16 & 255, a >> 8 & 255,
             a & 255);
    switch (d->misbehaviour) {
    case MIS_REFUSED:
        out->port = fleet->refuse_port;
        break;
    case MIS_UNANSWERED:
        out->port = fleet->deaf_port;
        break;
    case MIS_NAMELESS:
        snprintf(out->host, sizeof out->host, "%s.invalid", d->name);
        break;
    case MIS_WRONG_PASSWORD:
        out->password = "not-the-password";
        break;
    default:
        break;
    }
}

/* A text in single quotes, as YAML has them. */
static void put_quoted(const char *text)
{
    putchar('\'');
    for (; *text; text++) {
        if (*text == '\'')
            putchar('\'');
        putchar(*text);
    }
    putchar('\'');
}

static void put_pair(const char *key, const char *value)
{
    printf("%s: ", key);
    put_quoted(value);
    putchar('\n');
}

static void put_netmiko(const struct entry *entry)
{
    const struct device *d = &entry->device;
    printf("- device_type: %s%s\n  host: %s\n  port: %u\n", d->persona->platform,
           entry->is_telnet ? "_telnet" : "", entry->host, entry->port);
    put_pair("  username", d->user);
    put_pair("  password", entry->password);
    if (d->persona->privilege_secret)
        put_pair("  secret", d->secret);
}

static bool is_default(const char *value, const char *fallback)
{
    return strcmp(value, fallback) == 0;
}

/* The device's own name, where nobody had it before; else its number makes it another. */
static void put_name(struct list *list, const struct device *d)
{
    size_t before = list->names.map.n;
    bool is_new = intern_text(&list->names, d->name, strlen(d->name)) && list->names.map.n > before;
    char name[DEVICE_NAME_MAX + 16];
    snprintf(name, sizeof name, "%s-%u", d->name, d->index + 1);
    printf("  - {name: ");
    put_quoted(is_new ? d->name : name);
}

/* A recorded device runs what it was seen to run. */
static void put_recorded(const struct device *d)
{
    const struct persona *p = d->persona;
    const char *last = NULL;
    for (size_t i = 0; i < p->n_commands; i++) {
        const struct persona_command *c = &p->commands[i];
        if (!c->is_recorded || (last && strcmp(last, c->text) == 0))
            continue;
        printf("%s", last ? ", " : ", commands: [");
        put_quoted(c->text);
        last = c->text;
    }
    if (last)
        putchar(']');
}

static void put_native(struct list *list, const struct entry *entry)
{
    const struct device *d = &entry->device;
    const struct fleet *fleet = list->fleet;
    put_name(list, d);
    printf(", host: %s, groups: [%s]", entry->host, d->persona->platform);
    if (entry->port != fleet->ssh_port)
        printf(", port: %u", entry->port);
    if (entry->is_telnet)
        printf(", transport: telnet");
    if (d->misbehaviour == MIS_OLD_ALGORITHMS)
        printf(", legacy: true");
    if (!is_default(entry->password, fleet->password)) {
        printf(", password: ");
        put_quoted(entry->password);
    }
    if (!is_default(d->user, fleet->user)) {
        printf(", username: ");
        put_quoted(d->user);
    }
    if (d->persona->privilege_secret && !is_default(d->secret, fleet->secret)) {
        printf(", secret: ");
        put_quoted(d->secret);
    }
    if (!list->command)
        put_recorded(d);
    printf("}\n");
}

/* What a group runs where no command was asked for: the persona's first that shows something. */
static const char *first_command(const struct persona *p)
{
    for (size_t i = 0; i < p->n_commands; i++)
        if (p->commands[i].n_parts > 0 && p->commands[i].enters < 0 &&
            !strchr(p->commands[i].text, '*'))
            return p->commands[i].text;
    return NULL;
}

static bool is_used(const struct fleet *fleet, const struct persona *p)
{
    struct device d;
    for (uint32_t i = 0; i < fleet->n; i++) {
        fleet_device(fleet, i, &d);
        if (strcmp(d.persona->platform, p->platform) == 0)
            return true;
    }
    return false;
}

static void put_group(const struct list *list, const struct persona *p)
{
    const char *command = list->command ? list->command : first_command(p);
    printf("  %s:\n", p->platform);
    put_pair("    platform", p->platform);
    if (p->privilege_secret)
        put_pair("    secret", list->fleet->secret);
    if (command) {
        printf("    commands:\n      - ");
        put_quoted(command);
        putchar('\n');
    }
}

static void put_groups(const struct list *list)
{
    const struct persona_set *set = &list->fleet->personas;
    printf("groups:\n");
    for (size_t i = 0; i < set->n; i++) {
        bool is_first = true;
        for (size_t k = 0; k < i; k++)
            is_first = is_first && strcmp(set->items[k]->platform, set->items[i]->platform) != 0;
        if (is_first && is_used(list->fleet, set->items[i]))
            put_group(list, set->items[i]);
    }
}

static void put_all(struct list *list)
{
    const struct fleet *fleet = list->fleet;
    struct entry entry;
    if (list->dialect == DIALECT_POLLER) {
        printf("defaults:\n  port: %u\n", fleet->ssh_port);
        put_pair("  username", fleet->user);
        put_pair("  password", fleet->password);
        put_groups(list);
        printf("devices:\n");
    }
    for (uint32_t i = 0; i < fleet->n; i++) {
        make_entry(list, i, &entry);
        if (list->dialect == DIALECT_NETMIKO)
            put_netmiko(&entry);
        else
            put_native(list, &entry);
    }
}

static int read_dialect(const char *text, enum dialect *out, struct err *e)
{
    if (!text || strcmp(text, "poller") == 0)
        *out = DIALECT_POLLER;
    else if (strcmp(text, "netmiko") == 0)
        *out = DIALECT_NETMIKO;
    else
        return err_set(e, FAIL_USAGE, "--dialect '%.60s' is neither poller nor netmiko", text);
    return 0;
}

static int run(int argc, const char **argv, struct err *e)
{
    struct fleet_options options = {0};
    struct fleet fleet = {0};
    struct arena names = {0};
    struct list list = {.fleet = &fleet, .names = {.arena = &names}};
    const char *dialect = NULL, *transport = "ssh";
    struct poptOption devices[FLEET_POPT_SIZE];
    const struct poptOption table[] = {
        {"dialect", 0, POPT_ARG_STRING, &dialect, 0, "poller (default) or netmiko", "NAME"},
        {"transport", 't', POPT_ARG_STRING, &transport, 0,
         "ssh (default), telnet, or shares such as ssh:80%,telnet:20%", "LIST"},
        {"command", 'c', POPT_ARG_STRING, &list.command, 0,
         "what the groups run (poller's dialect)", "COMMAND"},
        {NULL, 0, POPT_ARG_INCLUDE_TABLE, devices, 0, "Devices, as for poller-lab sim:", NULL},
        POPT_AUTOHELP POPT_TABLEEND};
    fleet_popt(devices, &options);
    int rc = lab_popt_parse(argc, argv, table, e);
    if (rc == 0)
        rc = read_dialect(dialect, &list.dialect, e);
    if (rc == 0)
        rc = shares_parse(transport, "--transport", transport_number, NULL, &list.transports, e);
    if (rc == 0)
        rc = fleet_make(&fleet, &options, e);
    if (rc == 0)
        put_all(&list);
    intern_free(&list.names);
    arena_free(&names);
    fleet_free(&fleet);
    return rc == 0 ? 0 : fail_exit_code(e->class, false);
}

const struct lab_command lab_command_inventory = {
    "inventory", "the devices of a simulator, as a file for poller", run};
