#include "model/inventory_parts.h"
#include "model/limit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int no_memory(struct err *e)
{
    return err_set(e, FAIL_INTERNAL, "out of memory");
}

/* How often each host stands among the devices without a name. */
static int count_hosts(const struct inventory *inv, struct strmap *hosts)
{
    for (size_t i = 0; i < inv->n; i++) {
        const struct device *d = &inv->devices[i];
        if (d->name)
            continue;
        void **count = strmap_put(hosts, d->host, strlen(d->host));
        if (!count)
            return -1;
        *count = (void *)((uintptr_t)*count + 1); /* a number where the map has a pointer */
    }
    return 0;
}

static const char *name_of(struct inventory *inv, const struct device *d, bool with_port)
{
    char text[300];
    if (!with_port)
        return d->host;
    bool is_v6 = strchr(d->host, ':') != NULL;
    int n = snprintf(text, sizeof text, "%s%s%s:%u", is_v6 ? "[" : "", d->host, is_v6 ? "]" : "",
                     d->port);
    return n > 0 && (size_t)n < sizeof text ? arena_dup(&inv->arena, text, (size_t)n) : NULL;
}

static int name_devices(struct inventory *inv, struct err *e)
{
    struct strmap hosts = {0};
    int rc = count_hosts(inv, &hosts);
    for (size_t i = 0; rc == 0 && i < inv->n; i++) {
        struct device *d = &inv->devices[i];
        if (d->name)
            continue;
        uintptr_t count = (uintptr_t)strmap_get(&hosts, d->host, strlen(d->host));
        d->name = name_of(inv, d, count > 1);
        rc = d->name ? 0 : -1;
    }
    strmap_free(&hosts);
    return rc == 0 ? 0 : no_memory(e);
}

static int fail_duplicate(const struct device *d, const struct device *first, struct err *e)
{
    char here[512], there[512];
    struct source_pos pos = {d->file, d->line, d->column};
    struct source_pos first_pos = {first->file, first->line, first->column};
    return err_set(e, FAIL_USAGE, "%s: device '%.100s' stands twice, first at %s",
                   source_pos_text(&pos, here, sizeof here), d->name,
                   source_pos_text(&first_pos, there, sizeof there));
}

static int refuse_duplicates(const struct inventory *inv, struct strmap *names, struct err *e)
{
    for (size_t i = 0; i < inv->n; i++) {
        struct device *d = &inv->devices[i];
        void **first = strmap_put(names, d->name, strlen(d->name));
        if (!first)
            return no_memory(e);
        if (*first)
            return fail_duplicate(d, *first, e);
        *first = d;
    }
    return 0;
}

static void drop_others(struct inventory *inv, const bool *keep)
{
    size_t n = 0;
    for (size_t i = 0; i < inv->n; i++)
        if (keep[i])
            inv->devices[n++] = inv->devices[i];
    inv->n = n;
}

static int choose(struct inventory *inv, const struct strmap *names, const char *const *excludes,
                  size_t n_excludes, const char *limit, struct err *e)
{
    struct limit_scope scope = {inv->devices, inv->n, names};
    bool *keep = malloc(inv->n + 1);
    if (!keep)
        return no_memory(e);
    memset(keep, true, inv->n);
    int rc = limit ? limit_apply(&scope, limit, keep, e) : 0;
    for (size_t i = 0; rc == 0 && i < n_excludes; i++)
        rc = limit_exclude(&scope, excludes[i], keep, e);
    size_t before = inv->n;
    if (rc == 0)
        drop_others(inv, keep);
    free(keep);
    if (rc == 0 && before > 0 && inv->n == 0)
        rc = err_set(e, FAIL_USAGE, "-l and -x leave none of the %zu devices", before);
    return rc;
}

/* What the devices left do not use is neither asked for nor fetched; what the command line gave
 * is, as everywhere: it was asked for by name. */
static void want_secrets(struct inventory *inv)
{
    secret_want_none(inv->secrets);
    secret_want(inv->secrets, inv->password);
    secret_want(inv->secrets, inv->enable);
    for (size_t i = 0; i < inv->n; i++) {
        secret_want(inv->secrets, inv->devices[i].password);
        secret_want(inv->secrets, inv->devices[i].secret);
        secret_want(inv->secrets, inv->devices[i].passphrase);
    }
}

/* What was needed for loading alone. */
static void give_back(struct inventory *inv)
{
    intern_free(&inv->strings);
    strmap_free(&inv->pace.by_name);
    struct device *fitting = realloc(inv->devices, (inv->n + 1) * sizeof *fitting);
    if (fitting) {
        inv->devices = fitting;
        inv->cap = inv->n + 1;
    }
}

int inventory_finish(struct inventory *inv, const char *const *excludes, size_t n_excludes,
                     const char *limit, struct err *e)
{
    struct strmap names = {0};
    int rc = name_devices(inv, e);
    if (rc == 0)
        rc = refuse_duplicates(inv, &names, e);
    if (rc == 0 && (n_excludes > 0 || limit))
        rc = choose(inv, &names, excludes, n_excludes, limit, e);
    strmap_free(&names);
    if (rc == 0)
        rc = pace_apply(inv, e);
    if (rc != 0)
        return -1;
    want_secrets(inv);
    give_back(inv);
    return 0;
}
