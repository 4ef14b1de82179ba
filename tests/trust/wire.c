#include "tests/trust/wire.h"

#include <stdlib.h>

void wire_init(struct wire *w)
{
    *w = (struct wire){0};
    buf_init(&w->bytes, WIRE_MAX);
}

void wire_free(struct wire *w)
{
    buf_free(&w->bytes);
    free(w->chunks);
    *w = (struct wire){0};
}

void wire_clear(struct wire *w)
{
    buf_truncate(&w->bytes, 0);
    w->first = w->n = 0;
    w->last_at = 0;
}

static struct wire_chunk *add(struct wire *w, int64_t at)
{
    if (w->first + w->n == w->cap) {
        size_t cap = w->cap ? w->cap * 2 : 256;
        struct wire_chunk *more = realloc(w->chunks, cap * sizeof *more);
        if (!more)
            return NULL;
        w->chunks = more;
        w->cap = cap;
    }
    w->last_at = at > w->last_at ? at : w->last_at;
    struct wire_chunk *c = &w->chunks[w->first + w->n++];
    *c = (struct wire_chunk){.at = w->last_at};
    return c;
}

void wire_put(struct wire *w, int64_t at, const char *bytes, size_t n)
{
    struct wire_chunk *c = n > 0 && buf_add(&w->bytes, bytes, n) == 0 ? add(w, at) : NULL;
    if (c)
        c->n = n;
}

void wire_end(struct wire *w, int64_t at, enum wire_kind kind)
{
    struct wire_chunk *c = add(w, at);
    if (c)
        c->kind = kind;
}

int64_t wire_next(const struct wire *w)
{
    return w->n ? w->chunks[w->first].at : WIRE_NEVER;
}

const struct wire_chunk *wire_look(const struct wire *w, const char **bytes)
{
    if (w->n == 0)
        return NULL;
    *bytes = buf_bytes(&w->bytes);
    return &w->chunks[w->first];
}

void wire_drop(struct wire *w)
{
    if (w->n == 0)
        return;
    buf_drop_front(&w->bytes, w->chunks[w->first].n);
    w->first++;
    if (--w->n == 0)
        w->first = 0;
}
