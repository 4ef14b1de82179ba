#include "model/inventory_parts.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_GROUPS 16

static int no_memory(struct err *e)
{
    return err_set(e, FAIL_INTERNAL, "out of memory");
}

static int make_room(struct pace *pace)
{
    if (pace->n < pace->cap)
        return 0;
    size_t cap = pace->cap ? pace->cap * 2 : FIRST_GROUPS;
    struct paced_group *groups = realloc(pace->groups, cap * sizeof *groups);
    if (!groups)
        return -1;
    pace->groups = groups;
    pace->cap = cap;
    return 0;
}

/* One site is one, in whichever file its devices stand. */
static int compare_with(const struct load *l, const struct yaml_node *key,
                        const struct paced_group *first, const struct device_group *g)
{
    char where[512];
    if (first->group.limit == g->limit && first->group.login_rate == g->login_rate)
        return 0;
    return yaml_fail(l->in.doc, key, l->in.e,
                     "group '%.60s' has another `limit` or `login_rate` at %s: both must say the "
                     "same",
                     g->name, source_pos_text(&first->pos, where, sizeof where));
}

int pace_keep(struct load *l, const char *name, const struct yaml_node *key,
              const struct settings *s)
{
    struct pace *pace = &l->inv->pace;
    struct device_group g = {name, (unsigned)s->limit, s->login_rate};
    if (s->limit == 0 && !(s->login_rate > 0))
        return 0;
    void **place = strmap_put(&pace->by_name, name, strlen(name));
    if (place && *place)
        return compare_with(l, key, &pace->groups[(uintptr_t)*place - 1], &g);
    struct source_pos pos = yaml_pos(l->in.doc, key);
    pos.file = intern_text(l->in.strings, pos.file, strlen(pos.file));
    if (!place || !pos.file || make_room(pace) != 0)
        return no_memory(l->in.e);
    pace->groups[pace->n++] = (struct paced_group){g, pos};
    *place = (void *)(uintptr_t)pace->n; /* a number where the map has a pointer */
    return 0;
}

/* Those of a device's groups that limit, into out, which has room for all its groups. */
static size_t collect(const struct pace *pace, const struct device *d, uint32_t *out)
{
    size_t n = 0;
    for (size_t i = 0; i < d->n_groups; i++) {
        const char *name = d->groups[i];
        uintptr_t number = (uintptr_t)strmap_get(&pace->by_name, name, strlen(name));
        if (number > 0)
            out[n++] = (uint32_t)(number - 1);
    }
    return n;
}

/* The one copy of a list. */
static const uint32_t *share(struct arena *arena, struct strmap *lists, const uint32_t *list,
                             size_t n)
{
    size_t bytes = n * sizeof *list;
    const uint32_t *kept = strmap_get(lists, (const char *)list, bytes);
    if (kept)
        return kept;
    uint32_t *copy = arena_array(arena, n, sizeof *copy);
    if (!copy)
        return NULL;
    memcpy(copy, list, bytes);
    void **place = strmap_put(lists, (const char *)copy, bytes);
    if (!place)
        return NULL;
    *place = copy;
    return copy;
}

static int set_limits(struct inventory *inv, struct device *d, struct strmap *lists)
{
    uint32_t list[INVENTORY_GROUPS_MAX];
    d->n_limits = collect(&inv->pace, d, list);
    if (d->n_limits == 0)
        return 0;
    d->limits = share(&inv->arena, lists, list, d->n_limits);
    return d->limits ? 0 : -1;
}

int pace_apply(struct inventory *inv, struct err *e)
{
    struct strmap lists = {0};
    const struct device *last = NULL; /* neighbours often share a list of groups */
    int rc = 0;
    for (size_t i = 0; inv->pace.n > 0 && rc == 0 && i < inv->n; i++) {
        struct device *d = &inv->devices[i];
        if (last && d->groups == last->groups && d->n_groups == last->n_groups) {
            d->limits = last->limits;
            d->n_limits = last->n_limits;
        } else {
            rc = set_limits(inv, d, &lists);
        }
        last = d;
    }
    strmap_free(&lists);
    return rc == 0 ? 0 : no_memory(e);
}

void pace_free(struct pace *pace)
{
    strmap_free(&pace->by_name);
    free(pace->groups);
}

size_t inventory_group_count(const struct inventory *inv)
{
    return inv->pace.n;
}

const struct device_group *inventory_group_at(const struct inventory *inv, size_t index)
{
    return index < inv->pace.n ? &inv->pace.groups[index].group : NULL;
}
