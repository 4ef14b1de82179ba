#include "model/inventory_parts.h"

#include <stdlib.h>
#include <string.h>

#define INHERITANCE_MAX 32

struct group {
    const char *name;
    const struct yaml_node *key;
    struct settings settings; /* filled in once it is resolved */
    enum { GROUP_READ, GROUP_UNDER_WAY, GROUP_RESOLVED } state;
    /* Itself, then those it inherits from, in the order in which they count. */
    const char *const *names;
    size_t n_names;
};

/* Names of groups being collected, each once. */
struct name_list {
    const char *items[INVENTORY_GROUPS_MAX];
    size_t n;
};

static int no_memory(const struct load *l)
{
    return err_set(l->in.e, FAIL_INTERNAL, "out of memory");
}

/* -1: too many. */
static int add_name(struct name_list *list, const char *name)
{
    /* Names are kept once each, so equal ones are the same pointer. */
    for (size_t i = 0; i < list->n; i++)
        if (list->items[i] == name)
            return 0;
    if (list->n == INVENTORY_GROUPS_MAX)
        return -1;
    list->items[list->n++] = name;
    return 0;
}

static int add_names(struct name_list *list, const struct group *g)
{
    for (size_t i = 0; i < g->n_names; i++)
        if (add_name(list, g->names[i]) != 0)
            return -1;
    return 0;
}

static const char *const *keep_names(struct load *l, const struct name_list *list)
{
    const char **kept = arena_array(l->in.arena, list->n + 1, sizeof *kept);
    if (kept)
        memcpy(kept, list->items, list->n * sizeof *kept);
    return kept;
}

static int fail_unknown(const struct load *l, const struct yaml_node *node, const char *name)
{
    const char *near = NULL;
    const char **names = calloc(l->groups.n + 1, sizeof *names);
    size_t n = 0;
    for (size_t i = 0; names && i < l->groups.cap; i++)
        if (l->groups.slots[i].key)
            names[n++] = l->groups.slots[i].key;
    if (names)
        near = text_nearest(name, names, n);
    int rc = near ? yaml_fail(l->in.doc, node, l->in.e, "unknown group '%.60s', did you mean '%s'?",
                              name, near)
                  : yaml_fail(l->in.doc, node, l->in.e,
                              "unknown group '%.60s': it is not in `groups`", name);
    free(names);
    return rc;
}

static int resolve(struct load *l, struct group *g, unsigned depth);

/* One name in a list of groups: the group, resolved; NULL with err. */
static struct group *find_group(struct load *l, const struct yaml_node *node, unsigned depth)
{
    size_t len;
    const char *name = yaml_text(node, &len);
    if (yaml_kind(node) != YAML_SCALAR) {
        yaml_fail(l->in.doc, node, l->in.e, "a group's name is a text, not %s",
                  yaml_kind_name(node));
        return NULL;
    }
    struct group *g = strmap_get(&l->groups, name, len);
    if (!g) {
        fail_unknown(l, node, name);
        return NULL;
    }
    if (g->state == GROUP_UNDER_WAY) {
        yaml_fail(l->in.doc, node, l->in.e, "group '%.60s' inherits from itself", name);
        return NULL;
    }
    return g->state == GROUP_RESOLVED || resolve(l, g, depth + 1) == 0 ? g : NULL;
}

/* Fills s in from the groups of a list (or one name) and collects their names. *only is the group
 * where there is just one. */
static int apply(struct load *l, struct settings *s, struct name_list *names, unsigned depth,
                 const struct group **only)
{
    const struct yaml_node *list = s->groups_node;
    *only = NULL;
    if (!list || yaml_kind(list) == YAML_NULL)
        return 0;
    bool is_list = yaml_kind(list) == YAML_LIST;
    for (const struct yaml_node *el = is_list ? yaml_first(list) : list; el;
         el = is_list ? yaml_next(el) : NULL) {
        const struct group *g = find_group(l, el, depth);
        if (!g)
            return -1;
        if (add_names(names, g) != 0)
            return yaml_fail(l->in.doc, el, l->in.e, "over %d groups, inherited ones counted",
                             INVENTORY_GROUPS_MAX);
        if (settings_fill(l, el, s, &g->settings) != 0)
            return -1;
        *only = names->n == g->n_names ? g : NULL;
    }
    return 0;
}

/* Bounded by INHERITANCE_MAX. */
static int resolve(struct load *l, struct group *g, unsigned depth)
{
    if (depth > INHERITANCE_MAX)
        return yaml_fail(l->in.doc, g->key, l->in.e, "groups inherit over %d deep",
                         INHERITANCE_MAX);
    struct name_list names = {0};
    const struct group *only;
    g->state = GROUP_UNDER_WAY;
    add_name(&names, g->name);
    if (apply(l, &g->settings, &names, depth, &only) != 0)
        return -1;
    g->names = keep_names(l, &names);
    g->n_names = names.n;
    g->state = GROUP_RESOLVED;
    return g->names ? 0 : no_memory(l);
}

static int read_group(void *ctx, const struct yaml_node *key, const struct yaml_node *value)
{
    struct load *l = ctx;
    size_t len;
    const char *text = yaml_text(key, &len);
    struct group *g = arena_alloc(l->in.arena, sizeof *g);
    const char *name = intern_text(l->in.strings, text, len);
    void **place = g && name ? strmap_put(&l->groups, name, len) : NULL;
    if (!place)
        return no_memory(l);
    *place = g;
    g->name = name;
    g->key = key;
    if (strlen(name) != len || len == 0)
        return yaml_fail(l->in.doc, key, l->in.e, "a group needs a name");
    if (yaml_kind(value) == YAML_NULL)
        return 0;
    if (settings_read(l, value, SETTINGS_OF_GROUP, &g->settings) != 0)
        return -1;
    return pace_keep(l, name, key, &g->settings);
}

static int resolve_group(void *ctx, const struct yaml_node *key, const struct yaml_node *value)
{
    (void)value;
    return find_group(ctx, key, 0) ? 0 : -1;
}

int groups_load(struct load *l, const struct yaml_node *map)
{
    if (!map || yaml_kind(map) == YAML_NULL)
        return 0;
    if (yaml_kind(map) != YAML_MAP)
        return yaml_fail(l->in.doc, map, l->in.e,
                         "'groups' must be a mapping of names to groups, not %s",
                         yaml_kind_name(map));
    if (yaml_each_pair(l->in.doc, map, read_group, l, l->in.e) != 0)
        return -1;
    return yaml_each_pair(l->in.doc, map, resolve_group, l, l->in.e);
}

int groups_apply(struct load *l, struct settings *s)
{
    struct name_list names;
    const struct group *only;
    names.n = 0;
    if (apply(l, s, &names, 0, &only) != 0)
        return -1;
    if (names.n == 0)
        return 0;
    /* Many devices are in one group alone and share its list. */
    s->groups = only ? only->names : keep_names(l, &names);
    s->n_groups = names.n;
    return s->groups ? 0 : no_memory(l);
}
