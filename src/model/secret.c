#include "base/arena.h"
#include "base/strmap.h"
#include "model/secret_fetch.h"
#include "model/secret_vault.h"

#include <poller/err.h>
#include <poller/secret.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ASK "ask"

typedef int fetch_fn(const char *argument, struct buf *out, struct err *e);

static const struct {
    const char *prefix;
    fetch_fn *fetch;
} sources[] = {
    {"env:", secret_fetch_env},
    {"file:", secret_fetch_file},
    {"cmd:", secret_fetch_program},
};
#define N_SOURCES (sizeof sources / sizeof *sources)

struct secret {
    struct secret *next;
    const char *argument; /* behind the prefix; NULL: plain or asked for */
    fetch_fn *fetch;
    const char *label, *where;
    const char *value; /* NULL until it is fetched */
    bool is_asked, is_wanted;
};

struct secret_store {
    struct arena arena;  /* references: not secret themselves */
    struct vault vault;  /* values, and plain texts as keys of the map */
    struct strmap known; /* text, or "ask" and its label, to secret */
    struct secret *first, **end;
};

struct secret_store *secret_store_new(void)
{
    struct secret_store *store = calloc(1, sizeof *store);
    if (store)
        store->end = &store->first;
    return store;
}

void secret_store_free(struct secret_store *store)
{
    if (!store)
        return;
    vault_free(&store->vault);
    strmap_free(&store->known);
    arena_free(&store->arena);
    free(store);
}

static size_t source_of(const char *text)
{
    size_t i = 0;
    while (i < N_SOURCES && strncmp(text, sources[i].prefix, strlen(sources[i].prefix)) != 0)
        i++;
    return i;
}

static struct secret *secret_add(struct secret_store *store, const char *text, const char *label,
                                 const char *where)
{
    struct secret *s = arena_alloc(&store->arena, sizeof *s);
    if (!s)
        return NULL;
    size_t source = source_of(text);
    s->is_asked = strcmp(text, ASK) == 0;
    s->is_wanted = true;
    s->label = arena_strdup(&store->arena, label);
    s->where = arena_strdup(&store->arena, where ? where : "");
    if (source < N_SOURCES) {
        s->fetch = sources[source].fetch;
        s->argument = arena_strdup(&store->arena, text + strlen(sources[source].prefix));
    } else if (!s->is_asked) {
        s->value = vault_put(&store->vault, text, strlen(text));
    }
    bool is_whole = s->label && s->where && (s->is_asked || s->argument || s->value);
    return is_whole ? s : NULL;
}

const struct secret *secret_intern(struct secret_store *store, const char *text, const char *label,
                                   const char *where)
{
    char asked[64];
    if (strcmp(text, ASK) == 0) {
        /* No plain text can be mistaken for this: it holds a newline. */
        snprintf(asked, sizeof asked, ASK "\n%s", label);
    }
    const char *key = strcmp(text, ASK) == 0 ? asked : text;
    struct secret *s = strmap_get(&store->known, key, strlen(key));
    if (s)
        return s;
    s = secret_add(store, text, label, where);
    if (!s)
        return NULL;
    const char *kept = s->value ? s->value : arena_strdup(&store->arena, key);
    void **place = kept ? strmap_put(&store->known, kept, strlen(kept)) : NULL;
    if (!place)
        return NULL;
    *place = s;
    *store->end = s;
    store->end = &s->next;
    return s;
}

bool secret_is_plain(const struct secret *s)
{
    return !s->is_asked && !s->argument;
}

void secret_want_none(struct secret_store *store)
{
    for (struct secret *s = store->first; s; s = s->next)
        s->is_wanted = false;
}

void secret_want(struct secret_store *store, const struct secret *wanted)
{
    (void)store;
    if (wanted)
        ((struct secret *)(uintptr_t)wanted)->is_wanted = true;
}

/* A value is one line: sent to a device, a second one would be typed at a prompt. */
static int check_value(struct buf *value, struct err *e)
{
    if (value->len > 0 && buf_bytes(value)[value->len - 1] == '\n')
        buf_truncate(value, value->len - 1);
    if (value->len > 0 && buf_bytes(value)[value->len - 1] == '\r')
        buf_truncate(value, value->len - 1);
    if (value->len == 0)
        return err_set(e, FAIL_USAGE, "it is empty");
    if (value->len > SECRET_VALUE_MAX)
        return err_set(e, FAIL_USAGE, "it is over %d bytes", SECRET_VALUE_MAX);
    if (memchr(buf_bytes(value), '\0', value->len))
        return err_set(e, FAIL_USAGE, "it holds a NUL byte");
    if (memchr(buf_bytes(value), '\n', value->len))
        return err_set(e, FAIL_USAGE, "it has more than one line");
    return 0;
}

static int ask_for(const struct secret *s, struct buf *value, secret_ask_fn *ask, void *ask_ctx,
                   struct err *e)
{
    char *room = buf_room(value, SECRET_VALUE_MAX + 1);
    if (!room)
        return err_set(e, FAIL_INTERNAL, "out of memory");
    if (!ask)
        return err_set(e, FAIL_USAGE, "nobody is there to be asked");
    if (ask(ask_ctx, s->label, room, SECRET_VALUE_MAX + 1, e) != 0)
        return -1;
    buf_grew(value, strnlen(room, SECRET_VALUE_MAX));
    return 0;
}

static int resolve(struct secret_store *store, struct secret *s, secret_ask_fn *ask, void *ask_ctx,
                   struct err *e)
{
    struct buf value;
    buf_init(&value, SECRET_FETCH_MAX + 1);
    int rc = s->is_asked ? ask_for(s, &value, ask, ask_ctx, e) : s->fetch(s->argument, &value, e);
    if (rc == 0)
        rc = check_value(&value, e);
    if (rc == 0) {
        s->value = vault_put(&store->vault, buf_bytes(&value), value.len);
        if (!s->value)
            rc = err_set(e, FAIL_INTERNAL, "out of memory");
    }
    buf_wipe(&value);
    if (rc != 0)
        err_prefix(e, "%s%s%s%s", s->where, s->where[0] ? ": " : "", s->is_asked ? "" : s->label,
                   s->is_asked ? "" : ": ");
    return rc;
}

int secret_resolve_all(struct secret_store *store, secret_ask_fn *ask, void *ask_ctx, struct err *e)
{
    for (struct secret *s = store->first; s; s = s->next)
        if (!s->value && s->is_wanted && resolve(store, s, ask, ask_ctx, e) != 0)
            return -1;
    return 0;
}

int secret_check_all(struct secret_store *store, struct err *e)
{
    for (struct secret *s = store->first; s; s = s->next)
        if (!s->value && s->is_wanted && !s->is_asked && s->fetch != secret_fetch_program &&
            resolve(store, s, NULL, NULL, e) != 0)
            return -1;
    return 0;
}

const char *secret_value(const struct secret *s)
{
    return s && s->value ? s->value : "";
}
