/* Memory that lives and dies together: inventory and platforms are loaded once, shared as const by
 * every thread, and freed in one go. Pointers stay valid until arena_free. Not thread-safe. */
#ifndef POLLER_BASE_ARENA_H
#define POLLER_BASE_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *head;
    size_t total; /* bytes handed out */
};

/* A zero-initialised struct arena is an empty one. Memory is zeroed and aligned for any type;
 * NULL when memory is out. */
void *arena_alloc(struct arena *a, size_t n);
void *arena_array(struct arena *a, size_t count, size_t size);
char *arena_dup(struct arena *a, const char *bytes, size_t n); /* NUL added */
char *arena_strdup(struct arena *a, const char *text);
void arena_free(struct arena *a);
/* Overwrites everything first: where it held secrets. */
void arena_wipe(struct arena *a);

#endif
