#include "model/inventory_parts.h"

#include <string.h>

struct top {
    const struct yaml_node *defaults, *groups, *devices;
};

static const struct yaml_field top_fields[] = {
    {"defaults", yaml_read_node, offsetof(struct top, defaults), 0, 0},
    {"groups", yaml_read_node, offsetof(struct top, groups), 0, 0},
    {"devices", yaml_read_node, offsetof(struct top, devices), 0, 0},
};

/* Forms of others that a beginner may bring. */
static const struct {
    const char *key, *hint;
} foreign[] = {
    {"device_type", "one netmiko device: write a list (each begins with '- ')"},
    {"host", "one device: write a list beneath `devices`"},
    {"all", "an Ansible inventory, which is not read yet: list its hosts beneath `devices`"},
    {"hosts", "another tool's inventory, which is not read yet: list its hosts beneath `devices`"},
};

static int check_form(const struct load *l, const struct yaml_node *root)
{
    if (yaml_find(root, "devices"))
        return 0;
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        if (yaml_find(root, foreign[i].key))
            return yaml_fail(l->in.doc, root, l->in.e, "this looks like %s", foreign[i].hint);
    return 0;
}

/* netmiko's own tools keep devices as a mapping of names. */
static int hint_at_mapping(void *ctx, const struct yaml_node *key, const struct yaml_node *value)
{
    const struct load *l = ctx;
    if (yaml_kind(value) != YAML_MAP || !yaml_find(value, "device_type"))
        return 0;
    return yaml_fail(l->in.doc, key, l->in.e,
                     "netmiko's devices are read as a list: write '- ' in front of each instead "
                     "of '%.60s:'",
                     yaml_text(key, NULL));
}

static int add_device(struct load *l, struct settings *s, const char *key,
                      const struct yaml_node *node)
{
    if (groups_apply(l, s) != 0 || settings_fill(l, node, s, &l->defaults) != 0)
        return -1;
    struct entry entry = {.settings = s, .key = key, .doc = l->in.doc, .node = node};
    return inventory_add_entry(l->inv, &entry, l->in.e);
}

static int read_settings(struct load *l, const struct yaml_node *node, struct settings *s)
{
    return settings_read(l, node, SETTINGS_OF_DEVICE, s);
}

static int read_pair(void *ctx, const struct yaml_node *key, const struct yaml_node *value)
{
    struct load *l = ctx;
    struct settings s = {0};
    size_t len;
    const char *name = yaml_text(key, &len);
    if (strlen(name) != len)
        return yaml_fail(l->in.doc, key, l->in.e, "a name with control characters");
    if (yaml_kind(value) != YAML_NULL && read_settings(l, value, &s) != 0)
        return -1;
    return add_device(l, &s, name, key);
}

static int read_element(struct load *l, const struct yaml_node *node)
{
    static const struct yaml_field name_field = {"name", yaml_read_string, 0, 0, 0};
    struct settings s = {0};
    int rc = yaml_kind(node) == YAML_SCALAR ? yaml_read_string(&l->in, &name_field, node, &s.name)
                                            : read_settings(l, node, &s);
    return rc == 0 ? add_device(l, &s, NULL, node) : -1;
}

static int read_devices(struct load *l, const struct yaml_node *devices)
{
    int rc = 0;
    if (yaml_kind(devices) == YAML_MAP)
        return yaml_each_pair(l->in.doc, devices, read_pair, l, l->in.e);
    if (yaml_kind(devices) == YAML_SCALAR)
        return yaml_fail(l->in.doc, devices, l->in.e,
                         "'devices' must be a mapping of names to devices, or a list, not a text");
    for (const struct yaml_node *el = yaml_first(devices); rc == 0 && el; el = yaml_next(el))
        rc = read_element(l, el);
    return rc;
}

int native_load(struct load *l, const struct yaml_node *root)
{
    struct top top = {0};
    if (check_form(l, root) != 0 ||
        (!yaml_find(root, "devices") &&
         yaml_each_pair(l->in.doc, root, hint_at_mapping, l, l->in.e) != 0) ||
        yaml_read_map(&l->in, root, top_fields, sizeof top_fields / sizeof *top_fields,
                      "an inventory (defaults, groups, devices)", &top) != 0)
        return -1;
    if (!top.devices)
        return yaml_fail(l->in.doc, root, l->in.e, "no `devices` in it");
    if (top.defaults && yaml_kind(top.defaults) != YAML_NULL &&
        settings_read(l, top.defaults, SETTINGS_OF_DEFAULTS, &l->defaults) != 0)
        return -1;
    if (groups_load(l, top.groups) != 0)
        return -1;
    if (l->defaults.groups_node)
        return yaml_fail(l->in.doc, l->defaults.groups_node, l->in.e,
                         "'groups' has no place in the defaults");
    return read_devices(l, top.devices);
}
