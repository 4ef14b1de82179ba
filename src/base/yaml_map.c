#include "base/yaml_tree.h"

#include <string.h>

/* One walk over a mapping and what is merged into it. */
struct walk {
    const struct yaml_doc *doc;
    yaml_pair_fn *each;
    void *ctx;
    struct err *e;
    struct strmap seen; /* keys that were handed out, or are the mapping's own */
};

static bool is_merge_key(const struct yaml_node *key)
{
    return key->kind == YAML_SCALAR && key->is_plain && strcmp(key->text, "<<") == 0;
}

static const struct yaml_node *first_key(const struct yaml_node *map)
{
    map = yaml_follow(map);
    return map->kind == YAML_MAP ? map->first : NULL;
}

static const struct yaml_node *next_key(const struct yaml_node *key)
{
    return key->next ? key->next->next : NULL;
}

/* Puts map's own keys into keys; they must be texts, each once. */
static int collect_keys(const struct walk *w, const struct yaml_node *map, struct strmap *keys)
{
    for (const struct yaml_node *key = first_key(map); key; key = next_key(key)) {
        if (yaml_kind(key) != YAML_SCALAR)
            return yaml_fail(w->doc, key, w->e, "a key must be a text, not %s",
                             yaml_kind_name(key));
        size_t len;
        const char *name = yaml_text(key, &len);
        void **place = strmap_put(keys, name, len);
        if (!place)
            return err_set(w->e, FAIL_INTERNAL, "%s: out of memory", w->doc->file);
        if (*place) {
            char first[512];
            struct source_pos pos = yaml_pos(w->doc, *place);
            return yaml_fail(w->doc, key, w->e, "'%.100s' is given twice, first at %s", name,
                             source_pos_text(&pos, first, sizeof first));
        }
        *place = (void *)(uintptr_t)key;
    }
    return 0;
}

static int walk_merges(struct walk *w, const struct yaml_node *map);

/* Hands out the pairs of a mapping that is merged into another, where that one has no such key. */
static int walk_merged(struct walk *w, const struct yaml_node *map)
{
    if (yaml_kind(map) != YAML_MAP)
        return yaml_fail(w->doc, map, w->e, "'<<' merges a mapping, not %s", yaml_kind_name(map));
    struct strmap own = {0};
    int rc = collect_keys(w, map, &own);
    strmap_free(&own);
    for (const struct yaml_node *key = first_key(map); rc == 0 && key; key = next_key(key)) {
        size_t len;
        const char *name = yaml_text(key, &len);
        void **place = is_merge_key(key) ? NULL : strmap_put(&w->seen, name, len);
        if (!place && !is_merge_key(key))
            return err_set(w->e, FAIL_INTERNAL, "%s: out of memory", w->doc->file);
        if (!place || *place)
            continue;
        *place = (void *)(uintptr_t)key;
        rc = w->each(w->ctx, key, key->next);
    }
    return rc == 0 ? walk_merges(w, map) : rc;
}

/* As deep as mappings are nested with aliases followed, so bounded by YAML_DEPTH_MAX. */
static int walk_merges(struct walk *w, const struct yaml_node *map)
{
    int rc = 0;
    for (const struct yaml_node *key = first_key(map); rc == 0 && key; key = next_key(key)) {
        if (!is_merge_key(key))
            continue;
        if (yaml_kind(key->next) != YAML_LIST) {
            rc = walk_merged(w, key->next);
            continue;
        }
        for (const struct yaml_node *m = yaml_first(key->next); rc == 0 && m; m = yaml_next(m))
            rc = walk_merged(w, m);
    }
    return rc;
}

int yaml_each_pair(const struct yaml_doc *doc, const struct yaml_node *map, yaml_pair_fn *each,
                   void *ctx, struct err *e)
{
    struct walk w = {.doc = doc, .each = each, .ctx = ctx, .e = e};
    int rc = collect_keys(&w, map, &w.seen);
    for (const struct yaml_node *key = first_key(map); rc == 0 && key; key = next_key(key))
        if (!is_merge_key(key))
            rc = each(ctx, key, key->next);
    if (rc == 0)
        rc = walk_merges(&w, map);
    strmap_free(&w.seen);
    return rc;
}

static const struct yaml_node *find_merged(const struct yaml_node *merged, const char *name)
{
    if (yaml_kind(merged) == YAML_MAP)
        return yaml_find(merged, name);
    for (const struct yaml_node *m = yaml_first(merged); m; m = yaml_next(m)) {
        const struct yaml_node *found = yaml_kind(m) == YAML_MAP ? yaml_find(m, name) : NULL;
        if (found)
            return found;
    }
    return NULL;
}

const struct yaml_node *yaml_find(const struct yaml_node *map, const char *name)
{
    for (const struct yaml_node *key = first_key(map); key; key = next_key(key))
        if (strcmp(yaml_text(key, NULL), name) == 0)
            return key->next;
    for (const struct yaml_node *key = first_key(map); key; key = next_key(key)) {
        const struct yaml_node *found = is_merge_key(key) ? find_merged(key->next, name) : NULL;
        if (found)
            return found;
    }
    return NULL;
}
