/* --device-file: what single devices are, beyond the options. */
#include "base/yaml.h"
#include "lab/devices/fleet.h"

#include <arpa/inet.h>

#define AT(member)   offsetof(struct raw_device, member)
#define MS_MAX       86400000
#define DEVICE_WORDS "a device"

struct raw_device {
    struct device_override override;
    const struct yaml_node *address, *persona, *misbehave;
};

static const struct yaml_field fields[] = {
    {"address", yaml_read_node, AT(address), 0, 0},
    {"persona", yaml_read_node, AT(persona), 0, 0},
    {"misbehave", yaml_read_node, AT(misbehave), 0, 0},
    {"hostname", yaml_read_string, AT(override.name), 0, 0},
    {"user", yaml_read_string, AT(override.user), 0, 0},
    {"password", yaml_read_string, AT(override.password), 0, 0},
    {"secret", yaml_read_string, AT(override.secret), 0, 0},
    {"think_ms", yaml_read_int, AT(override.think_ms), 0, MS_MAX},
    {"rtt_ms", yaml_read_int, AT(override.rtt_ms), 0, MS_MAX},
};

static int64_t index_of(const struct yaml_in *in, const struct yaml_node *node)
{
    const struct fleet *fleet = in->ctx;
    struct in_addr a;
    if (inet_pton(AF_INET, yaml_text(node, NULL), &a) != 1)
        return yaml_fail(in->doc, node, in->e, "'%.60s' is no IPv4 address", yaml_text(node, NULL));
    int64_t index = (int64_t)ntohl(a.s_addr) - fleet->first;
    if (index < 0 || index >= fleet->n)
        return yaml_fail(in->doc, node, in->e, "%s is none of the %u devices",
                         yaml_text(node, NULL), fleet->n);
    return index;
}

/* The name's number, with the error at its place. */
static int number_at(const struct yaml_in *in, const struct yaml_node *node, share_name_fn *number,
                     void *ctx)
{
    struct source_pos pos = yaml_pos(in->doc, node);
    char where[512];
    int n = number(ctx, yaml_text(node, NULL), in->e);
    if (n < 0)
        err_prefix(in->e, "%s: ", source_pos_text(&pos, where, sizeof where));
    return n;
}

/* What is known of the device already: by --from, or by what stands further up. */
static struct device_override known_of(const struct fleet *fleet, const struct yaml_node *node)
{
    static const struct device_override nothing = {
        .misbehaviour = -1, .think_ms = -1, .rtt_ms = -1};
    const struct yaml_node *address =
        yaml_kind(node) == YAML_MAP ? yaml_find(node, "address") : NULL;
    struct in_addr a;
    if (!address || inet_pton(AF_INET, yaml_text(address, NULL), &a) != 1)
        return nothing;
    int64_t index = (int64_t)ntohl(a.s_addr) - fleet->first;
    return index >= 0 && index < fleet->n && fleet->override[index] ? *fleet->override[index]
                                                                    : nothing;
}

static int read_device(const struct yaml_in *in, const struct yaml_node *node)
{
    struct fleet *fleet = in->ctx;
    struct raw_device raw = {.override = known_of(fleet, node)};
    if (yaml_read_map(in, node, fields, sizeof fields / sizeof *fields, DEVICE_WORDS, &raw) != 0)
        return -1;
    if (!raw.address)
        return yaml_fail(in->doc, node, in->e, "a device needs 'address'");
    int64_t index = index_of(in, raw.address);
    if (index < 0)
        return -1;
    if (raw.persona) {
        int n = number_at(in, raw.persona, personas_number, &fleet->personas);
        if (n < 0)
            return -1;
        raw.override.persona = fleet->personas.items[n];
    }
    if (raw.misbehave &&
        (raw.override.misbehaviour = number_at(in, raw.misbehave, misbehave_number, NULL)) < 0)
        return -1;
    struct device_override *kept = arena_alloc(in->arena, sizeof *kept);
    if (!kept)
        return err_set(in->e, FAIL_INTERNAL, "out of memory");
    *kept = raw.override;
    fleet->override[index] = kept;
    return 0;
}

int fleet_read_devices(struct fleet *fleet, const char *path, struct err *e)
{
    struct yaml_doc *doc = yaml_load_file(path, e);
    struct intern strings = {.arena = &fleet->arena};
    struct yaml_in in = {doc, &fleet->arena, &strings, fleet, e};
    const struct yaml_node *list = doc ? yaml_root(doc) : NULL;
    int rc = doc ? 0 : -1;
    if (rc == 0 && !fleet->override)
        rc = fleet_room(fleet, e);
    if (rc == 0 && list && yaml_kind(list) != YAML_LIST)
        rc = yaml_fail(doc, list, e, "a file of devices is a list, not %s", yaml_kind_name(list));
    for (const struct yaml_node *node = list ? yaml_first(list) : NULL; node && rc == 0;
         node = yaml_next(node))
        rc = read_device(&in, node);
    intern_free(&strings);
    if (doc)
        yaml_free(doc);
    return rc;
}
