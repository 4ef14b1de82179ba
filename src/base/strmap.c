#include "base/strmap.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAP 64

/* FNV-1a. */
static uint32_t hash_of(const char *key, size_t len)
{
    uint32_t h = 2166136261U;
    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)key[i]) * 16777619U;
    return h;
}

static struct strmap_slot *find(struct strmap_slot *slots, size_t cap, const char *key,
                                uint32_t len, uint32_t hash)
{
    size_t at = hash & (cap - 1);
    while (slots[at].key) {
        struct strmap_slot *s = &slots[at];
        if (s->hash == hash && s->len == len && memcmp(s->key, key, len) == 0)
            break;
        at = (at + 1) & (cap - 1);
    }
    return &slots[at];
}

static int grow(struct strmap *map)
{
    size_t cap = map->cap ? map->cap * 2 : FIRST_CAP;
    struct strmap_slot *slots = calloc(cap, sizeof *slots);
    if (!slots)
        return -1;
    for (size_t i = 0; i < map->cap; i++) {
        const struct strmap_slot *old = &map->slots[i];
        if (old->key)
            *find(slots, cap, old->key, old->len, old->hash) = *old;
    }
    free(map->slots);
    map->slots = slots;
    map->cap = cap;
    return 0;
}

void **strmap_put(struct strmap *map, const char *key, size_t len)
{
    if (len > UINT32_MAX || (map->n >= map->cap / 2 && grow(map) != 0))
        return NULL;
    uint32_t hash = hash_of(key, len);
    struct strmap_slot *slot = find(map->slots, map->cap, key, (uint32_t)len, hash);
    if (!slot->key) {
        *slot = (struct strmap_slot){key, (uint32_t)len, hash, NULL};
        map->n++;
    }
    return &slot->value;
}

void *strmap_get(const struct strmap *map, const char *key, size_t len)
{
    if (map->n == 0 || len > UINT32_MAX)
        return NULL;
    return find(map->slots, map->cap, key, (uint32_t)len, hash_of(key, len))->value;
}

void strmap_free(struct strmap *map)
{
    free(map->slots);
    *map = (struct strmap){0};
}

const char *intern_text(struct intern *strings, const char *text, size_t len)
{
    const char *kept = strmap_get(&strings->map, text, len);
    if (kept)
        return kept;
    char *copy = arena_dup(strings->arena, text, len);
    if (!copy)
        return NULL;
    void **value = strmap_put(&strings->map, copy, len);
    if (!value)
        return NULL;
    *value = copy;
    return copy;
}

void intern_free(struct intern *strings)
{
    strmap_free(&strings->map);
}
