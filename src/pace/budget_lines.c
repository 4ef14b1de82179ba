#include "pace/budget_lines.h"

#include "base/strmap.h"

#include <stdlib.h>
#include <string.h>

/* What is known of the devices while the lines are made. */
struct making {
    struct lines *l;
    const struct inventory *inventory;
    unsigned per_host;
    bool windows;
    struct strmap hosts;    /* to struct host */
    struct strmap windowed; /* names of first groups, to their number + 1 */
    struct strmap known;    /* lists of limiters, to the number of their line */
    uint32_t *list;         /* of the device in hand */
    size_t room;
};

struct host {
    uint32_t n;      /* devices */
    uint32_t number; /* of those that limit */
};

static struct host *host_of(struct making *m, const struct device *d)
{
    void **place = strmap_put(&m->hosts, d->host, strlen(d->host));
    if (place && !*place)
        *place = arena_alloc(&m->l->arena, sizeof(struct host));
    return place ? *place : NULL;
}

static int count_host(struct making *m, const struct device *d)
{
    struct host *h = m->per_host && d->host ? host_of(m, d) : NULL;
    if (!h)
        return m->per_host && d->host ? -1 : 0;
    if (++h->n == m->per_host + 1)
        h->number = m->l->n_hosts++;
    return 0;
}

static int note_window(struct making *m, const struct device *d)
{
    if (!m->windows || d->n_groups == 0)
        return 0;
    void **place = strmap_put(&m->windowed, d->groups[0], strlen(d->groups[0]));
    if (!place)
        return -1;
    if (*place)
        return 0;
    const char **more = realloc(m->l->windows, (m->l->n_windows + (size_t)1) * sizeof *more);
    if (!more)
        return -1;
    m->l->windows = more;
    more[m->l->n_windows] = d->groups[0];
    *place = (void *)(uintptr_t)++m->l->n_windows;
    return 0;
}

/* The limiters of a device into m->list, whose length is returned; a window's comes first. */
static size_t list_limiters(struct making *m, const struct device *d)
{
    size_t n = 0;
    if (m->windows && d->n_groups > 0) {
        const void *number = strmap_get(&m->windowed, d->groups[0], strlen(d->groups[0]));
        m->list[n++] = lines_first_window(m->l) + (uint32_t)(uintptr_t)number - 1;
    }
    for (size_t i = 0; i < d->n_limits; i++)
        m->list[n++] = 1 + d->limits[i];
    const struct host *h =
        m->per_host && d->host ? strmap_get(&m->hosts, d->host, strlen(d->host)) : NULL;
    if (h && h->n > m->per_host)
        m->list[n++] = lines_first_host(m->l) + h->number;
    return n;
}

static int add_line(struct lines *l, const uint32_t *limiters, size_t n)
{
    if (l->n_lines == l->room) {
        size_t room = l->room ? 2 * l->room : 16;
        struct line *more = realloc(l->lines, room * sizeof *more);
        if (!more)
            return -1;
        l->lines = more;
        l->room = room;
    }
    l->lines[l->n_lines++] =
        (struct line){.limiters = limiters, .n_limiters = (uint32_t)n, .devices = CHAIN_EMPTY};
    return 0;
}

/* The line of devices under the first n of m->list; -1: memory is out. */
static int64_t find_line(struct making *m, size_t n)
{
    size_t size = n * sizeof *m->list;
    if (n == 0)
        return 0;
    const void *known = strmap_get(&m->known, (const char *)m->list, size);
    if (known)
        return (int64_t)(uintptr_t)known;
    uint32_t *kept = arena_array(&m->l->arena, n, sizeof *kept);
    if (!kept)
        return -1;
    memcpy(kept, m->list, size);
    void **place = strmap_put(&m->known, (const char *)kept, size);
    if (!place || add_line(m->l, kept, n) != 0)
        return -1;
    *place = (void *)(uintptr_t)(m->l->n_lines - 1);
    return (int64_t)m->l->n_lines - 1;
}

static int stand_in_line(struct making *m, size_t n_devices)
{
    for (size_t i = 0; i < n_devices; i++) {
        const struct device *d = inventory_at(m->inventory, i);
        if (d->n_limits + 2 > m->room) {
            size_t room = 2 * (d->n_limits + 2);
            uint32_t *more = realloc(m->list, room * sizeof *more);
            if (!more)
                return -1;
            m->list = more;
            m->room = room;
        }
        int64_t line = find_line(m, list_limiters(m, d));
        if (line < 0)
            return -1;
        m->l->line_of[i] = (uint32_t)line;
    }
    return 0;
}

static int make_lines(struct making *m)
{
    struct lines *l = m->l;
    size_t n = inventory_count(m->inventory);
    if (add_line(l, NULL, 0) != 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        const struct device *d = inventory_at(m->inventory, i);
        if (count_host(m, d) != 0 || note_window(m, d) != 0)
            return -1;
    }
    if (lines_limiters(l) == 1)
        return 0;
    l->line_of = malloc((n + 1) * sizeof *l->line_of);
    l->next_device = malloc((n + 1) * sizeof *l->next_device);
    return l->line_of && l->next_device ? stand_in_line(m, n) : -1;
}

int lines_init(struct lines *l, const struct inventory *inventory, unsigned per_host, bool windows)
{
    *l = (struct lines){.n_groups = (uint32_t)inventory_group_count(inventory)};
    struct making m = {.l = l, .inventory = inventory, .per_host = per_host, .windows = windows};
    int rc = make_lines(&m);
    strmap_free(&m.hosts);
    strmap_free(&m.windowed);
    strmap_free(&m.known);
    free(m.list);
    return rc;
}

void lines_free(struct lines *l)
{
    free(l->lines);
    free(l->line_of);
    free(l->next_device);
    free(l->windows);
    arena_free(&l->arena);
}
