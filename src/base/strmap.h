/* A map from texts to pointers, and a set of texts kept once each. For what is loaded once: names
 * of devices, keys of a mapping, anchors, strings that a hundred thousand devices share. Entries
 * are never removed. Not thread-safe. */
#ifndef POLLER_BASE_STRMAP_H
#define POLLER_BASE_STRMAP_H

#include "base/arena.h"

#include <stddef.h>
#include <stdint.h>

struct strmap_slot {
    const char *key; /* NULL: free */
    uint32_t len, hash;
    void *value;
};

/* Zero-initialised is empty. */
struct strmap {
    struct strmap_slot *slots;
    size_t n, cap;
};

/* The value's place, made (value NULL) where the key is new; the key is borrowed, so it must live
 * as long as the map. NULL: memory is out. Valid until the next strmap_put. */
void **strmap_put(struct strmap *map, const char *key, size_t len);

/* The value of key, or NULL. */
void *strmap_get(const struct strmap *map, const char *key, size_t len);

void strmap_free(struct strmap *map);

/* Texts kept once each, in an arena. */
struct intern {
    struct strmap map;
    struct arena *arena;
};

/* The one copy of this text; NULL: memory is out. Lives as long as the arena. */
const char *intern_text(struct intern *strings, const char *text, size_t len);
void intern_free(struct intern *strings); /* the table; the texts stay in the arena */

#endif
