/* What the rooms inventory* share. A file is read in three steps: a dialect reads an entry into
 * settings; settings are filled in from groups, defaults and the command line; they become devices,
 * one for each name of a range. Nodes of the document are pointed at while it is loaded and never
 * afterwards. */
#ifndef POLLER_MODEL_INVENTORY_PARTS_H
#define POLLER_MODEL_INVENTORY_PARTS_H

#include "base/yaml.h"

#include <poller/inventory.h>

#define INVENTORY_DEVICES_MAX 1000000
#define INVENTORY_GROUPS_MAX  256 /* of one device, inherited ones counted */
#define INVENTORY_VARS_MAX    256 /* the same */

/* A group with `limit` or `login_rate`, and where it stood. */
struct paced_group {
    struct device_group group;
    struct source_pos pos;
};

struct pace {
    struct paced_group *groups;
    size_t n, cap;
    struct strmap by_name; /* name to index + 1; while loading */
};

struct inventory {
    struct inventory_options options; /* its texts are copies in the arena */
    struct arena arena;
    struct intern strings;
    struct secret_store *secrets;
    const struct secret *password, *enable; /* of -k and -K */
    struct device *devices;
    size_t n, cap;
    struct pace pace;
    unsigned warned; /* bits of what was warned of: once in a run */
};

/* What an entry, a group or the defaults may say. Zero or NULL: nothing. */
struct settings {
    const char *name, *host, *platform, *username, *key_file, *privilege;
    const char *kex, *ciphers, *macs, *hostkeys, *host_key, *known_hosts;
    const struct secret *password, *secret, *passphrase;
    int64_t port, connect_timeout_ms, silence_timeout_ms, total_timeout_ms;
    int64_t limit;     /* of a group alone, and not inherited: its own devices are counted there */
    double login_rate; /* the same */
    enum transport_kind transport;
    bool has_transport;
    enum auth_method auth;
    enum tristate legacy, exec, host_key_strict;
    struct command_list commands; /* items NULL: nothing; n 0: none, and said so */
    const struct device_var *vars;
    size_t n_vars;
    const char *const *groups; /* with those they inherit from */
    size_t n_groups;
    const struct yaml_node *platform_node, *groups_node; /* where they stood */
};

/* A file being loaded; in->ctx points at one. */
struct load {
    struct inventory *inv;
    struct yaml_in in;
    struct settings defaults;
    struct strmap groups;                /* name to struct group */
    const struct yaml_node *first_plain; /* the first secret that is not a reference */
    /* The list of commands read last, by its first element: aliases to it share what was made. */
    const struct yaml_node *last_commands_first;
    struct command_list last_commands;
};

/* As inventory_add_file, of len bytes of text that stand for a file called name: for tests. */
int inventory_add_text(struct inventory *inv, const char *text, size_t len, const char *name,
                       struct err *e);

/* --- inventory_settings: the keys of our own dialect --- */

/* Whose keys: a device's, those of `defaults`, a group's. */
enum settings_of { SETTINGS_OF_DEVICE, SETTINGS_OF_DEFAULTS, SETTINGS_OF_GROUP };

int settings_read(const struct load *l, const struct yaml_node *node, enum settings_of owner,
                  struct settings *s);

/* A struct secret; the key's name is the label. For netmiko's list, too. */
yaml_read_fn settings_read_secret;

/* What `to` does not say, from says. 0, or -1 with err: vars past their bound, at node. */
int settings_fill(const struct load *l, const struct yaml_node *node, struct settings *to,
                  const struct settings *from);

/* --- inventory_commands --- */
yaml_read_fn settings_read_commands;

/* --- inventory_groups --- */

/* The mapping `groups`: read, and each filled in from those it names. */
int groups_load(struct load *l, const struct yaml_node *map);
/* Fills s in from the groups that s->groups_node names, in their order, and sets s->groups. */
int groups_apply(struct load *l, struct settings *s);

/* --- inventory_pace --- */

/* Keeps a group that limits; another file's of the same name must say the same. */
int pace_keep(struct load *l, const char *name, const struct yaml_node *key,
              const struct settings *s);
/* Sets the limits of every device, once all are named and chosen. */
int pace_apply(struct inventory *inv, struct err *e);
void pace_free(struct pace *pace);

/* --- inventory_native, inventory_netmiko: the dialects --- */
int native_load(struct load *l, const struct yaml_node *root);
int netmiko_load(struct load *l, const struct yaml_node *root);

/* --- inventory_device --- */

/* Adds the devices of an entry whose settings are complete but for the command line's. doc and node
 * NULL: pos says where it stood. key: the text of a mapping's key, or NULL. */
struct entry {
    const struct settings *settings;
    const char *key;
    const struct yaml_doc *doc;
    const struct yaml_node *node;
    struct source_pos pos;
};
int inventory_add_entry(struct inventory *inv, const struct entry *entry, struct err *e);

#endif
