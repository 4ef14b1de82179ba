#include "tests/lib/inventory_dump.h"

#include <inttypes.h>

static void put_text(struct buf *to, const char *key, const char *value)
{
    if (value)
        buf_addf(to, " %s=%s", key, value);
}

static void put_secret(struct buf *to, const char *key, const struct secret *s)
{
    if (s)
        buf_addf(to, " %s=%s%s", key, secret_is_plain(s) ? "plain:" : "by reference",
                 secret_value(s));
}

static void put_ms(struct buf *to, const char *key, int64_t ms)
{
    if (ms)
        buf_addf(to, " %s=%" PRId64 "ms", key, ms);
}

static void put_tristate(struct buf *to, const char *key, enum tristate t)
{
    if (t != TRI_UNSET)
        buf_addf(to, " %s=%s", key, t == TRI_YES ? "yes" : "no");
}

static void put_commands(struct buf *to, const struct command_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct command *c = &list->items[i];
        buf_addf(to, "\n  %s:%d:%d '%s'", c->file, c->line, c->column, c->text);
        put_ms(to, "timeout", c->timeout_ms);
        for (size_t k = 0; k < c->n_answers; k++)
            buf_addf(to, " '%s'->'%s'", c->answers[k].prompt, c->answers[k].response);
    }
}

static void put_access(struct buf *to, const struct device *d)
{
    static const char *const auths[] = {NULL, "password", "keyboard-interactive", "publickey",
                                        "agent"};
    put_text(to, "user", d->username);
    put_secret(to, "password", d->password);
    put_secret(to, "secret", d->secret);
    put_secret(to, "passphrase", d->passphrase);
    put_text(to, "key_file", d->key_file);
    put_text(to, "auth", auths[d->auth]);
    put_text(to, "kex", d->kex);
    put_text(to, "ciphers", d->ciphers);
    put_text(to, "macs", d->macs);
    put_text(to, "hostkeys", d->hostkeys);
    put_text(to, "host_key", d->host_key);
    put_text(to, "known_hosts", d->known_hosts);
    put_tristate(to, "strict", d->host_key_strict);
}

void dump_device(struct buf *to, const struct device *d)
{
    buf_addf(to, "%s:%d:%d %s %s:%u %s %s", d->file, d->line, d->column, d->name, d->host, d->port,
             transport_kind_name(d->transport), d->platform_name);
    put_access(to, d);
    put_text(to, "privilege", d->privilege);
    if (d->legacy)
        buf_add_str(to, " legacy");
    put_tristate(to, "exec", d->exec);
    put_ms(to, "connect", d->connect_timeout_ms);
    put_ms(to, "silence", d->silence_timeout_ms);
    put_ms(to, "total", d->total_timeout_ms);
    for (size_t i = 0; i < d->n_groups; i++)
        buf_addf(to, "%s%s", i ? "," : " groups=", d->groups[i]);
    for (size_t i = 0; i < d->n_limits; i++)
        buf_addf(to, "%s%u", i ? "," : " limits=", d->limits[i]);
    for (size_t i = 0; i < d->n_vars; i++)
        buf_addf(to, " var:%s=%s", d->vars[i].name, d->vars[i].value);
    put_commands(to, &d->commands);
    buf_add_char(to, '\n');
}

void dump_inventory(struct buf *to, const struct inventory *inv)
{
    for (size_t i = 0; i < inventory_count(inv); i++)
        dump_device(to, inventory_at(inv, i));
    for (size_t i = 0; i < inventory_group_count(inv); i++) {
        const struct device_group *g = inventory_group_at(inv, i);
        buf_addf(to, "group %zu %s limit=%u login_rate=%g\n", i, g->name, g->limit, g->login_rate);
    }
}
