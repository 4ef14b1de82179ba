#include "base/file.h"
#include "base/log.h"
#include "model/inventory_parts.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONNECT_DEFAULT_MS 10000 /* netmiko's conn_timeout where nothing is said */

/* An entry of netmiko's list: arguments of its ConnectHandler. */
struct netmiko {
    struct settings settings;
    const char *device_type, *ip;
    const struct yaml_node *device_type_node;
    int64_t timeout_ms, conn_ms, auth_ms, banner_ms;
    bool use_keys, allow_agent, ssh_strict;
};

/* Known, and it would change what happens: said once in a run, at its first place. */
static int read_unsupported(const struct yaml_in *in, const struct yaml_field *field,
                            const struct yaml_node *value, void *to)
{
    struct load *l = in->ctx;
    unsigned bit = 1U << field->min;
    char where[512];
    struct source_pos pos = yaml_pos(in->doc, value);
    (void)to;
    if (!(l->inv->warned & bit))
        log_warn("%s: '%s' is not supported yet: it changes nothing",
                 source_pos_text(&pos, where, sizeof where), field->name);
    l->inv->warned |= bit;
    return 0;
}

static int read_device_type(const struct yaml_in *in, const struct yaml_field *field,
                            const struct yaml_node *value, void *to)
{
    struct netmiko *n = to;
    n->device_type_node = value;
    return yaml_read_string(in, field, value, &n->device_type);
}

#define AT(member) offsetof(struct netmiko, member), 0, 0
#define OF(member) offsetof(struct netmiko, settings.member), 0, 0
#define NOT_NEEDED(key)                                                                            \
    {                                                                                              \
        key, yaml_read_nothing, 0, 0, 0                                                            \
    }
#define UNSUPPORTED(key, bit)                                                                      \
    {                                                                                              \
        key, read_unsupported, 0, bit, bit                                                         \
    }

static const struct yaml_field fields[] = {
    {"device_type", read_device_type, 0, 0, 0},
    {"host", yaml_read_string, OF(host)},
    {"ip", yaml_read_string, AT(ip)},
    {"username", yaml_read_string, OF(username)},
    {"password", settings_read_secret, OF(password)},
    {"secret", settings_read_secret, OF(secret)},
    {"port", yaml_read_int, offsetof(struct netmiko, settings.port), 1, 65535},
    {"timeout", yaml_read_seconds, AT(timeout_ms)},
    {"conn_timeout", yaml_read_seconds, AT(conn_ms)},
    {"auth_timeout", yaml_read_seconds, AT(auth_ms)},
    {"banner_timeout", yaml_read_seconds, AT(banner_ms)},
    {"read_timeout_override", yaml_read_seconds, OF(silence_timeout_ms)},
    {"use_keys", yaml_read_bool, AT(use_keys)},
    {"key_file", yaml_read_string, OF(key_file)},
    {"passphrase", settings_read_secret, OF(passphrase)},
    {"allow_agent", yaml_read_bool, AT(allow_agent)},
    {"ssh_strict", yaml_read_bool, AT(ssh_strict)},
    UNSUPPORTED("ssh_config_file", 0),
    UNSUPPORTED("disabled_algorithms", 1),
    UNSUPPORTED("alt_key_file", 2),
    /* How long netmiko's threads wait for one another's session: here none is shared. */
    NOT_NEEDED("session_timeout"),
    NOT_NEEDED("keepalive"),
    NOT_NEEDED("system_host_keys"),
    NOT_NEEDED("alt_host_keys"),
    NOT_NEEDED("session_log"),
    NOT_NEEDED("global_delay_factor"),
    NOT_NEEDED("fast_cli"),
    NOT_NEEDED("encoding"),
    NOT_NEEDED("default_enter"),
    NOT_NEEDED("global_cmd_verify"),
    /* Arguments of its older and newer versions, about its own waiting and logging. */
    NOT_NEEDED("verbose"),
    NOT_NEEDED("blocking_timeout"),
    NOT_NEEDED("response_return"),
    NOT_NEEDED("session_log_record_writes"),
    NOT_NEEDED("session_log_file_mode"),
    NOT_NEEDED("allow_auto_change"),
    NOT_NEEDED("auto_connect"),
    NOT_NEEDED("delay_factor_compat"),
    NOT_NEEDED("disable_lf_normalization"),
};
#define N_FIELDS (sizeof fields / sizeof *fields)

/* cisco_ios_telnet is cisco_ios over Telnet. */
static int take_device_type(const struct load *l, struct netmiko *n)
{
    static const struct {
        const char *suffix;
        enum transport_kind transport;
    } suffixes[] = {{"_telnet", TRANSPORT_TELNET}, {"_ssh", TRANSPORT_SSH}};
    struct settings *s = &n->settings;
    if (!n->device_type)
        return 0;
    s->platform_node = n->device_type_node;
    size_t len = strlen(n->device_type);
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        size_t end = strlen(suffixes[i].suffix);
        if (len <= end || strcmp(n->device_type + len - end, suffixes[i].suffix) != 0)
            continue;
        len -= end;
        s->transport = suffixes[i].transport;
        s->has_transport = true;
        break;
    }
    s->platform = intern_text(l->in.strings, n->device_type, len);
    return s->platform ? 0 : err_set(l->in.e, FAIL_INTERNAL, "out of memory");
}

/* One deadline for what netmiko counts apart; `timeout` is its older name of the first part. */
static void take_timeouts(struct netmiko *n)
{
    int64_t connect = n->conn_ms ? n->conn_ms : n->timeout_ms;
    if (!connect && !n->auth_ms && !n->banner_ms)
        return;
    n->settings.connect_timeout_ms =
        (connect ? connect : CONNECT_DEFAULT_MS) + n->auth_ms + n->banner_ms;
}

/* Where use_keys names no file it means the usual ones. */
static const char *usual_key(const struct load *l)
{
    static const char *const names[] = {"~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *path = file_expand_home(names[i]);
        bool is_there = path && access(path, R_OK) == 0;
        free(path);
        if (is_there)
            return intern_text(l->in.strings, names[i], strlen(names[i]));
    }
    return NULL;
}

static void take_auth(const struct load *l, struct netmiko *n)
{
    struct settings *s = &n->settings;
    if (n->ssh_strict)
        s->host_key_strict = TRI_YES;
    if (!n->use_keys)
        return;
    if (!s->key_file && !n->allow_agent)
        s->key_file = usual_key(l);
    s->auth = s->key_file || !n->allow_agent ? AUTH_PUBLICKEY : AUTH_AGENT;
}

static int add_device(struct load *l, const struct yaml_node *node)
{
    struct netmiko n = {0};
    if (yaml_kind(node) == YAML_MAP && (yaml_find(node, "platform") || yaml_find(node, "groups")))
        return yaml_fail(l->in.doc, node, l->in.e,
                         "a list at the top is netmiko's: put yours beneath `devices:`");
    if (yaml_read_map(&l->in, node, fields, N_FIELDS, "a device of netmiko's list", &n) != 0)
        return -1;
    if (!n.settings.host)
        n.settings.host = n.ip;
    if (!n.settings.host)
        return yaml_fail(l->in.doc, node, l->in.e, "a device needs `host`");
    if (take_device_type(l, &n) != 0)
        return -1;
    take_timeouts(&n);
    take_auth(l, &n);
    struct entry entry = {.settings = &n.settings, .doc = l->in.doc, .node = node};
    return inventory_add_entry(l->inv, &entry, l->in.e);
}

int netmiko_load(struct load *l, const struct yaml_node *root)
{
    int rc = 0;
    for (const struct yaml_node *el = yaml_first(root); rc == 0 && el; el = yaml_next(el))
        rc = add_device(l, el);
    return rc;
}
