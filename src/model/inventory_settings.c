#include "model/inventory_parts.h"

#include <stdio.h>
#include <string.h>

#define HOST_KEY_PREFIX "SHA256:"

static int no_memory(const struct yaml_in *in)
{
    return err_set(in->e, FAIL_INTERNAL, "out of memory");
}

/* The place of value among names, or -1 with err, which lists them all. */
static int read_choice(const struct yaml_in *in, const struct yaml_field *field,
                       const struct yaml_node *value, const char *const *names, size_t n)
{
    const char *word = NULL;
    char all[128];
    size_t len = 0;
    if (yaml_read_string(in, field, value, &word) != 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], word) == 0)
            return (int)i;
    all[0] = '\0';
    for (size_t i = 0; i < n && len < sizeof all; i++)
        len += (size_t)snprintf(all + len, sizeof all - len, "%s%s", i ? ", " : "", names[i]);
    const char *near = text_nearest(word, names, n);
    if (near)
        return yaml_fail(in->doc, value, in->e, "unknown %s '%.60s', did you mean '%s'? (%s)",
                         field->name, word, near, all);
    return yaml_fail(in->doc, value, in->e, "unknown %s '%.60s': one of %s", field->name, word,
                     all);
}

static int read_transport(const struct yaml_in *in, const struct yaml_field *field,
                          const struct yaml_node *value, void *to)
{
    struct settings *s = to;
    const char *names[TRANSPORT_KINDS];
    for (int i = 0; i < TRANSPORT_KINDS; i++)
        names[i] = transport_kind_name((enum transport_kind)i);
    int kind = read_choice(in, field, value, names, TRANSPORT_KINDS);
    if (kind < 0)
        return -1;
    s->transport = (enum transport_kind)kind;
    s->has_transport = true;
    return 0;
}

static int read_auth(const struct yaml_in *in, const struct yaml_field *field,
                     const struct yaml_node *value, void *to)
{
    static const enum auth_method methods[] = {AUTH_PASSWORD, AUTH_KEYBOARD_INTERACTIVE,
                                               AUTH_PUBLICKEY, AUTH_AGENT};
    static const char *const names[] = {"password", "keyboard-interactive", "publickey", "agent"};
    int choice = read_choice(in, field, value, names, sizeof names / sizeof *names);
    if (choice < 0)
        return -1;
    *(enum auth_method *)to = methods[choice];
    return 0;
}

static int read_tristate(const struct yaml_in *in, const struct yaml_field *field,
                         const struct yaml_node *value, void *to)
{
    bool yes = false;
    if (yaml_read_bool(in, field, value, &yes) != 0)
        return -1;
    *(enum tristate *)to = yes ? TRI_YES : TRI_NO;
    return 0;
}

static int read_host_key(const struct yaml_in *in, const struct yaml_field *field,
                         const struct yaml_node *value, void *to)
{
    if (yaml_read_string(in, field, value, to) != 0)
        return -1;
    if (strncmp(*(const char **)to, HOST_KEY_PREFIX, strlen(HOST_KEY_PREFIX)) == 0)
        return 0;
    return yaml_fail(in->doc, value, in->e,
                     "'%s' is a fingerprint as `ssh-keygen -l` shows it: " HOST_KEY_PREFIX "…",
                     field->name);
}

static int read_platform(const struct yaml_in *in, const struct yaml_field *field,
                         const struct yaml_node *value, void *to)
{
    struct settings *s = to;
    s->platform_node = value;
    return yaml_read_string(in, field, value, &s->platform);
}

int settings_read_secret(const struct yaml_in *in, const struct yaml_field *field,
                         const struct yaml_node *value, void *to)
{
    struct load *l = in->ctx;
    if (yaml_kind(value) != YAML_SCALAR)
        return yaml_fail(in->doc, value, in->e, "'%s' must be a text, not %s", field->name,
                         yaml_kind_name(value));
    size_t len;
    const char *text = yaml_text(value, &len);
    if (strlen(text) != len || strpbrk(text, "\r\n"))
        return yaml_fail(in->doc, value, in->e, "'%s' must be one line", field->name);
    if (len > SECRET_VALUE_MAX)
        return yaml_fail(in->doc, value, in->e, "'%s' is over %d bytes", field->name,
                         SECRET_VALUE_MAX);
    char where[512];
    struct source_pos pos = yaml_pos(in->doc, value);
    const char *label = strcmp(field->name, "secret") == 0 ? "enable secret" : field->name;
    const struct secret *s =
        secret_intern(l->inv->secrets, text, label, source_pos_text(&pos, where, sizeof where));
    if (!s)
        return no_memory(in);
    if (len > 0 && secret_is_plain(s) && !l->first_plain)
        l->first_plain = value;
    *(const struct secret **)to = s;
    return 0;
}

/* Vars being read from a mapping. */
struct vars_reader {
    const struct yaml_in *in;
    struct device_var *items;
    size_t n;
};

static int read_var(void *ctx, const struct yaml_node *key, const struct yaml_node *value)
{
    static const struct yaml_field one = {"a value in vars", yaml_read_string, 0, 0, 0};
    struct vars_reader *r = ctx;
    struct device_var *var = &r->items[r->n++];
    var->value = "";
    if (yaml_read_string(r->in, &one, key, &var->name) != 0)
        return -1;
    return yaml_kind(value) == YAML_NULL ? 0 : yaml_read_string(r->in, &one, value, &var->value);
}

static int count_pair(void *ctx, const struct yaml_node *key, const struct yaml_node *value)
{
    (void)key;
    (void)value;
    ++*(size_t *)ctx;
    return 0;
}

static int read_vars(const struct yaml_in *in, const struct yaml_field *field,
                     const struct yaml_node *value, void *to)
{
    struct settings *s = to;
    size_t n = 0;
    if (yaml_kind(value) != YAML_MAP)
        return yaml_fail(in->doc, value, in->e, "'%s' must be a mapping of texts, not %s",
                         field->name, yaml_kind_name(value));
    if (yaml_each_pair(in->doc, value, count_pair, &n, in->e) != 0)
        return -1;
    if (n > INVENTORY_VARS_MAX)
        return yaml_fail(in->doc, value, in->e, "over %d vars", INVENTORY_VARS_MAX);
    struct device_var *items = arena_array(in->arena, n + 1, sizeof *items);
    if (!items)
        return no_memory(in);
    struct vars_reader r = {in, items, 0};
    if (yaml_each_pair(in->doc, value, read_var, &r, in->e) != 0)
        return -1;
    s->vars = items;
    s->n_vars = n;
    return 0;
}

/* A key of netmiko's that has another name here. */
static int read_elsewhere(const struct yaml_in *in, const struct yaml_field *field,
                          const struct yaml_node *value, void *to)
{
    (void)to;
    return yaml_fail(in->doc, value, in->e, "'%s' is called '%s' beneath `devices`", field->name,
                     strcmp(field->name, "ip") == 0 ? "host" : "platform");
}

/* What paces a group would mean nothing for one device, and something else in the defaults. */
static int read_misplaced(const struct yaml_in *in, const struct yaml_field *field,
                          const struct yaml_node *value, void *to)
{
    (void)to;
    return yaml_fail(in->doc, value, in->e,
                     "'%s' belongs to a group: write it under a name in `groups`, and that name "
                     "into the `groups` of the devices it is for",
                     field->name);
}

/* Between what a run of a day can notice and what no device bears. */
static int read_login_rate(const struct yaml_in *in, const struct yaml_field *field,
                           const struct yaml_node *value, void *to)
{
    if (yaml_read_number(in, field, value, to) != 0)
        return -1;
    double rate = *(double *)to;
    if (rate >= LOGIN_RATE_MIN && rate <= LOGIN_RATE_MAX)
        return 0;
    return yaml_fail(in->doc, value, in->e,
                     "'%s' must be %g to %.0f logins per second, not '%.60s'", field->name,
                     LOGIN_RATE_MIN, LOGIN_RATE_MAX, yaml_text(value, NULL));
}

#define AT(member) offsetof(struct settings, member), 0, 0
#define PORT_MAX   65535
#define TEXT(key)                                                                                  \
    {                                                                                              \
#key, yaml_read_string, AT(key)                                                            \
    }
#define LIST(key)                                                                                  \
    {                                                                                              \
#key, yaml_read_comma_list, AT(key)                                                        \
    }
#define SECRET(key)                                                                                \
    {                                                                                              \
#key, settings_read_secret, AT(key)                                                        \
    }
#define SECONDS(key, member)                                                                       \
    {                                                                                              \
        key, yaml_read_seconds, AT(member)                                                         \
    }
#define SWITCH(key)                                                                                \
    {                                                                                              \
#key, read_tristate, AT(key)                                                               \
    }
#define WHOLE_RECORD 0, 0, 0

/* The first of a name counts: each owner has its own part of the table. */
static const struct yaml_field fields[] = {
    TEXT(name),
    {"limit", read_misplaced, WHOLE_RECORD},
    {"login_rate", read_misplaced, WHOLE_RECORD},
    TEXT(host),
    {"port", yaml_read_int, offsetof(struct settings, port), 1, PORT_MAX},
    {"transport", read_transport, WHOLE_RECORD},
    {"platform", read_platform, WHOLE_RECORD},
    TEXT(username),
    SECRET(password),
    SECRET(secret),
    TEXT(key_file),
    SECRET(passphrase),
    {"auth", read_auth, AT(auth)},
    {"groups", yaml_read_node, AT(groups_node)},
    {"commands", settings_read_commands, AT(commands)},
    TEXT(privilege),
    SWITCH(legacy),
    LIST(kex),
    LIST(ciphers),
    LIST(macs),
    LIST(hostkeys),
    {"host_key", read_host_key, AT(host_key)},
    TEXT(known_hosts),
    SECONDS("connect_timeout", connect_timeout_ms),
    SECONDS("timeout", silence_timeout_ms),
    SECONDS("total_timeout", total_timeout_ms),
    {"vars", read_vars, WHOLE_RECORD},
    SWITCH(exec),
    {"device_type", read_elsewhere, WHOLE_RECORD},
    {"ip", read_elsewhere, WHOLE_RECORD},
    {"limit", yaml_read_int, offsetof(struct settings, limit), 1, INVENTORY_DEVICES_MAX},
    {"login_rate", read_login_rate, AT(login_rate)},
};
#define N_FIELDS (sizeof fields / sizeof *fields)

int settings_read(const struct load *l, const struct yaml_node *node, enum settings_of owner,
                  struct settings *s)
{
    static const struct {
        size_t first; /* of fields */
        const char *what;
    } owners[] = {
        [SETTINGS_OF_DEVICE] = {0, "a device"},
        [SETTINGS_OF_DEFAULTS] = {1, "the defaults"},
        [SETTINGS_OF_GROUP] = {3, "a group"},
    };
    size_t first = owners[owner].first;
    return yaml_read_map(&l->in, node, fields + first, N_FIELDS - first, owners[owner].what, s);
}

/* Ours first, then those of from that have other names. */
static int fill_vars(const struct load *l, const struct yaml_node *node, struct settings *to,
                     const struct settings *from)
{
    if (from->n_vars == 0 || to->vars == from->vars)
        return 0;
    if (to->n_vars == 0) {
        to->vars = from->vars;
        to->n_vars = from->n_vars;
        return 0;
    }
    struct device_var *all = arena_array(l->in.arena, to->n_vars + from->n_vars, sizeof *all);
    if (!all)
        return no_memory(&l->in);
    size_t n = to->n_vars;
    memcpy(all, to->vars, n * sizeof *all);
    for (size_t i = 0; i < from->n_vars; i++) {
        size_t k = 0;
        /* Names are kept once each, so equal ones are the same pointer. */
        while (k < to->n_vars && to->vars[k].name != from->vars[i].name)
            k++;
        if (k == to->n_vars)
            all[n++] = from->vars[i];
    }
    if (n > INVENTORY_VARS_MAX)
        return yaml_fail(l->in.doc, node, l->in.e, "over %d vars, inherited ones counted",
                         INVENTORY_VARS_MAX);
    to->vars = all;
    to->n_vars = n;
    return 0;
}

#define FILL(member)                                                                               \
    if (!to->member)                                                                               \
    to->member = from->member

static void fill_access(struct settings *to, const struct settings *from)
{
    FILL(username);
    FILL(password);
    FILL(secret);
    FILL(passphrase);
    FILL(key_file);
    FILL(auth);
    FILL(kex);
    FILL(ciphers);
    FILL(macs);
    FILL(hostkeys);
    FILL(host_key);
    FILL(known_hosts);
    FILL(host_key_strict);
    FILL(legacy);
}

int settings_fill(const struct load *l, const struct yaml_node *node, struct settings *to,
                  const struct settings *from)
{
    fill_access(to, from);
    FILL(host);
    FILL(port);
    FILL(privilege);
    FILL(exec);
    FILL(connect_timeout_ms);
    FILL(silence_timeout_ms);
    FILL(total_timeout_ms);
    if (!to->has_transport) {
        to->transport = from->transport;
        to->has_transport = from->has_transport;
    }
    if (!to->platform) {
        to->platform = from->platform;
        to->platform_node = from->platform_node;
    }
    if (!to->commands.items)
        to->commands = from->commands;
    return fill_vars(l, node, to, from);
}
