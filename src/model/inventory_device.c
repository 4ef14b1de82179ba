#include "model/hostlist.h"
#include "model/inventory_parts.h"

#include <poller/platform.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_DEVICES 64
#define PORT_SSH      22
#define PORT_TELNET   23
#define GENERIC       "generic"

/* With the entry's position, wherever it stood. */
static int __attribute__((format(printf, 3, 4)))
fail_entry(const struct entry *entry, struct err *e, const char *format, ...)
{
    char text[ERR_TEXT_MAX], where[512];
    struct source_pos pos = entry->node ? yaml_pos(entry->doc, entry->node) : entry->pos;
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    return err_set(e, FAIL_USAGE, "%s: %s", source_pos_text(&pos, where, sizeof where), text);
}

static int no_memory(struct err *e)
{
    return err_set(e, FAIL_INTERNAL, "out of memory");
}

static int fail_platform(const struct inventory *inv, const struct entry *entry, const char *name,
                         struct err *e)
{
    const struct settings *s = entry->settings;
    const struct entry at = {.doc = entry->doc,
                             .node =
                                 s->platform && s->platform_node ? s->platform_node : entry->node,
                             .pos = entry->pos};
    const char *near = platform_nearest(inv->options.platforms, name);
    if (near)
        return fail_entry(&at, e, "unknown platform '%.60s', did you mean '%s'?", name, near);
    return fail_entry(&at, e, "unknown platform '%.60s'", name);
}

static int set_platform(const struct inventory *inv, const struct entry *entry, struct device *d,
                        struct err *e)
{
    const char *fallback = inv->options.default_platform;
    d->platform_name = entry->settings->platform;
    if (!d->platform_name)
        d->platform_name = fallback ? fallback : GENERIC;
    d->platform = platform_find(inv->options.platforms, d->platform_name);
    if (d->platform || inv->options.skip_unknown)
        return 0;
    return fail_platform(inv, entry, d->platform_name, e);
}

static uint16_t usual_port(enum transport_kind kind)
{
    static const uint16_t ports[TRANSPORT_KINDS] = {
        [TRANSPORT_SSH] = PORT_SSH, [TRANSPORT_TELNET] = PORT_TELNET, [TRANSPORT_LOCAL] = 0};
    return ports[kind];
}

/* All but name and host. */
static void take_settings(const struct inventory *inv, const struct settings *s, struct device *d)
{
    d->transport = s->has_transport ? s->transport : TRANSPORT_SSH;
    d->port = s->port ? (uint16_t)s->port : usual_port(d->transport);
    d->username = s->username ? s->username : inv->options.username;
    d->password = s->password ? s->password : inv->password;
    d->secret = s->secret ? s->secret : inv->enable;
    d->passphrase = s->passphrase;
    d->key_file = s->key_file;
    d->auth = s->auth;
    d->groups = s->groups;
    d->n_groups = s->n_groups;
    d->commands = s->commands;
    d->privilege = s->privilege;
    d->legacy = s->legacy == TRI_YES;
    d->exec = s->exec;
    d->kex = s->kex;
    d->ciphers = s->ciphers;
    d->macs = s->macs;
    d->hostkeys = s->hostkeys;
    d->host_key = s->host_key;
    d->known_hosts = s->known_hosts;
    d->host_key_strict = s->host_key_strict;
    d->connect_timeout_ms = s->connect_timeout_ms;
    d->silence_timeout_ms = s->silence_timeout_ms;
    d->total_timeout_ms = s->total_timeout_ms;
    d->vars = s->vars;
    d->n_vars = s->n_vars;
}

static int make_room(struct inventory *inv, size_t more, const struct entry *entry, struct err *e)
{
    if (more > INVENTORY_DEVICES_MAX - inv->n)
        return fail_entry(entry, e, "over %d devices in all", INVENTORY_DEVICES_MAX);
    if (inv->n + more <= inv->cap)
        return 0;
    size_t cap = inv->cap ? inv->cap : FIRST_DEVICES;
    while (cap < inv->n + more)
        cap *= 2;
    struct device *devices = realloc(inv->devices, cap * sizeof *devices);
    if (!devices)
        return no_memory(e);
    inv->devices = devices;
    inv->cap = cap;
    return 0;
}

/* A name goes into records, file names and terminals. */
static int check_name(const struct entry *entry, const char *name, struct err *e)
{
    if (name[0] == '\0')
        return fail_entry(entry, e, "an empty name");
    for (const char *p = name; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            return fail_entry(entry, e, "a name with control characters");
    return 0;
}

/* A host without its brackets; a port or user in it has a key of its own. */
static const char *keep_host(struct inventory *inv, const struct entry *entry, const char *host,
                             bool is_local, struct err *e)
{
    struct host_address a = {.host = host, .host_len = strlen(host)};
    struct err why = {0};
    if (!is_local && host_address_parse(host, strlen(host), &a, &why) != 0) {
        fail_entry(entry, e, "'host' %s", why.text);
        return NULL;
    }
    if (is_local && check_name(entry, host, e) != 0)
        return NULL;
    if (a.port || a.user_len) {
        fail_entry(entry, e,
                   "'host' is a name or an address alone, not '%.60s': %s has a key of "
                   "its own",
                   host, a.port ? "`port`" : "`username`");
        return NULL;
    }
    const char *kept = intern_text(&inv->strings, a.host, a.host_len);
    if (!kept)
        no_memory(e);
    return kept;
}

/* The pattern of text; count 0 where there is none. */
static int read_pattern(const struct entry *entry, const char *key, const char *text,
                        struct host_pattern *p, struct err *e)
{
    struct err why = {0};
    p->count = 0;
    if (!text || host_pattern_parse(text, strlen(text), p, &why) == 0)
        return 0;
    if (!entry->node) /* -w has no keys */
        return fail_entry(entry, e, "%s", why.text);
    return fail_entry(entry, e, "'%s' %s", key, why.text);
}

struct expansion {
    struct inventory *inv;
    const struct entry *entry;
    struct host_pattern name, host;
    struct err *e;
};

static int add_one(struct expansion *x, const struct device *template, size_t index)
{
    char text[HOST_NAME_MAX_BYTES + 1];
    struct inventory *inv = x->inv;
    struct device d = *template;
    bool is_local = d.transport == TRANSPORT_LOCAL;
    if (x->name.count > 0) {
        host_pattern_name(&x->name, index, text);
        d.name = intern_text(&inv->strings, text, strlen(text));
        if (!d.name)
            return no_memory(x->e);
        if (check_name(x->entry, d.name, x->e) != 0)
            return -1;
    }
    host_pattern_name(&x->host, x->host.count > 1 ? index : 0, text);
    d.host = keep_host(inv, x->entry, text, is_local, x->e);
    if (!d.host)
        return -1;
    inv->devices[inv->n++] = d;
    return 0;
}

static int expand(struct expansion *x, const struct device *template)
{
    size_t names = x->name.count, hosts = x->host.count;
    size_t count = names > 0 ? names : hosts;
    if (hosts > 1 && names > 0 && names != hosts)
        return fail_entry(x->entry, x->e,
                          "%zu names and %zu hosts: their ranges are walked in "
                          "step, so they must be as long",
                          names, hosts);
    if (make_room(x->inv, count, x->entry, x->e) != 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (add_one(x, template, i) != 0)
            return -1;
    return 0;
}

int inventory_add_entry(struct inventory *inv, const struct entry *entry, struct err *e)
{
    const struct settings *s = entry->settings;
    const char *name = s->name ? s->name : entry->key;
    const char *host = s->host ? s->host : entry->key ? entry->key : name;
    struct expansion x; /* large, and its patterns are filled before they are read */
    x.inv = inv;
    x.entry = entry;
    x.e = e;
    if (!host)
        return fail_entry(entry, e, "a device needs `host` (or `name`)");
    if (read_pattern(entry, "name", name, &x.name, e) != 0 ||
        read_pattern(entry, "host", host, &x.host, e) != 0)
        return -1;
    struct source_pos pos = entry->node ? yaml_pos(entry->doc, entry->node) : entry->pos;
    struct device d = {.line = pos.line, .column = pos.column};
    d.file = intern_text(&inv->strings, pos.file, strlen(pos.file));
    if (!d.file)
        return no_memory(e);
    take_settings(inv, s, &d);
    if (set_platform(inv, entry, &d, e) != 0)
        return -1;
    return expand(&x, &d);
}
