#include "base/file.h"
#include "base/log.h"
#include "model/hostlist.h"
#include "model/inventory_parts.h"

#include <stdlib.h>
#include <string.h>

static bool copy_text(struct inventory *inv, const char **text)
{
    if (*text)
        *text = intern_text(&inv->strings, *text, strlen(*text));
    return *text != NULL;
}

static bool copy_options(struct inventory *inv, const struct inventory_options *options)
{
    struct inventory_options *o = &inv->options;
    *o = *options;
    if (o->password)
        inv->password = secret_intern(inv->secrets, o->password, "password", "-k");
    if (o->enable)
        inv->enable = secret_intern(inv->secrets, o->enable, "enable secret", "-K");
    return (!o->username || copy_text(inv, &o->username)) &&
           (!o->default_platform || copy_text(inv, &o->default_platform)) &&
           (!o->password || inv->password) && (!o->enable || inv->enable);
}

struct inventory *inventory_new(const struct inventory_options *options)
{
    struct inventory *inv = calloc(1, sizeof *inv);
    if (!inv)
        return NULL;
    inv->strings.arena = &inv->arena;
    inv->secrets = secret_store_new();
    if (inv->secrets && copy_options(inv, options))
        return inv;
    inventory_free(inv);
    return NULL;
}

void inventory_free(struct inventory *inv)
{
    if (!inv)
        return;
    secret_store_free(inv->secrets);
    intern_free(&inv->strings);
    arena_free(&inv->arena);
    pace_free(&inv->pace);
    free(inv->devices);
    free(inv);
}

static void warn_of_plain_secret(const struct load *l)
{
    char where[512];
    if (!l->first_plain || !yaml_readable_by_others(l->in.doc))
        return;
    struct source_pos pos = yaml_pos(l->in.doc, l->first_plain);
    log_warn("%s: a secret stands here, and others can read the file: chmod 600 it, or write "
             "env:NAME, file:PATH, cmd:PROGRAM or ask",
             source_pos_text(&pos, where, sizeof where));
}

static int load_root(struct load *l, const char *name, struct err *e)
{
    const struct yaml_node *root = yaml_root(l->in.doc);
    if (!root)
        return err_set(e, FAIL_USAGE, "%s: holds no devices: it is empty", name);
    if (yaml_kind(root) == YAML_LIST)
        return netmiko_load(l, root);
    if (yaml_kind(root) == YAML_MAP)
        return native_load(l, root);
    return yaml_fail(l->in.doc, root, e,
                     "an inventory is netmiko's list, or a mapping with `devices`, not a text");
}

static int load_doc(struct inventory *inv, const struct yaml_doc *doc, const char *name,
                    struct err *e)
{
    struct load l = {.inv = inv};
    l.in = (struct yaml_in){
        .doc = doc, .arena = &inv->arena, .strings = &inv->strings, .ctx = &l, .e = e};
    int rc = load_root(&l, name, e);
    strmap_free(&l.groups);
    if (rc == 0)
        warn_of_plain_secret(&l);
    return rc;
}

int inventory_add_file(struct inventory *inv, const char *path, struct err *e)
{
    struct yaml_doc *doc = yaml_load_file(path, e);
    int rc = doc ? load_doc(inv, doc, file_name(path), e) : -1;
    yaml_free(doc);
    return rc;
}

int inventory_add_text(struct inventory *inv, const char *text, size_t len, const char *name,
                       struct err *e)
{
    struct yaml_doc *doc = yaml_load_text(text, len, name, e);
    int rc = doc ? load_doc(inv, doc, name, e) : -1;
    yaml_free(doc);
    return rc;
}

static int add_host(void *ctx, const char *text, size_t len, struct err *e)
{
    struct inventory *inv = ctx;
    struct host_address address;
    struct settings s = {0};
    if (host_address_parse(text, len, &address, e) != 0) {
        err_prefix(e, "-w: ");
        return -1;
    }
    s.port = address.port;
    s.host = intern_text(&inv->strings, address.host, address.host_len);
    if (address.user_len > 0)
        s.username = intern_text(&inv->strings, address.user, address.user_len);
    if (!s.host || (address.user_len > 0 && !s.username))
        return err_set(e, FAIL_INTERNAL, "out of memory");
    struct entry entry = {.settings = &s, .pos = {.file = "-w"}};
    return inventory_add_entry(inv, &entry, e);
}

int inventory_add_hosts(struct inventory *inv, const char *list, struct err *e)
{
    size_t before = inv->n;
    if (hostlist_each(list, add_host, inv, e) != 0)
        return -1;
    return inv->n > before ? 0 : err_set(e, FAIL_USAGE, "-w: no host in '%.60s'", list);
}

size_t inventory_count(const struct inventory *inv)
{
    return inv->n;
}

const struct device *inventory_at(const struct inventory *inv, size_t index)
{
    return index < inv->n ? &inv->devices[index] : NULL;
}

struct secret_store *inventory_secrets(struct inventory *inv)
{
    return inv->secrets;
}
