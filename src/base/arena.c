#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_BLOCK 65536

struct arena_block {
    struct arena_block *next;
    size_t used, size;
    alignas(max_align_t) char bytes[];
};

static struct arena_block *block_for(struct arena *a, size_t n)
{
    if (a->head && a->head->size - a->head->used >= n)
        return a->head;
    size_t size = n > ARENA_BLOCK / 4 ? n : ARENA_BLOCK;
    if (size > SIZE_MAX - sizeof(struct arena_block))
        return NULL;
    struct arena_block *block = malloc(sizeof *block + size);
    if (!block)
        return NULL;
    block->used = 0;
    block->size = size;
    /* A big one goes behind the head, whose free rest stays in use. */
    if (size == n && a->head) {
        block->next = a->head->next;
        a->head->next = block;
    } else {
        block->next = a->head;
        a->head = block;
    }
    return block;
}

static void *take(struct arena *a, size_t n, size_t align)
{
    size_t mask = align - 1;
    if (n > SIZE_MAX - mask)
        return NULL;
    if (a->head && align > 1) {
        size_t aligned = (a->head->used + mask) & ~mask;
        a->head->used = aligned < a->head->size ? aligned : a->head->size;
    }
    struct arena_block *block = block_for(a, n);
    if (!block)
        return NULL;
    void *p = block->bytes + block->used;
    block->used += n;
    a->total += n;
    return p;
}

void *arena_alloc(struct arena *a, size_t n)
{
    void *p = take(a, n, alignof(max_align_t));
    if (p)
        memset(p, 0, n);
    return p;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    size_t n;
    if (__builtin_mul_overflow(count, size, &n))
        return NULL;
    return arena_alloc(a, n);
}

char *arena_dup(struct arena *a, const char *bytes, size_t n)
{
    if (n == SIZE_MAX)
        return NULL;
    char *p = take(a, n + 1, 1);
    if (!p)
        return NULL;
    if (n > 0)
        memcpy(p, bytes, n);
    p[n] = '\0';
    return p;
}

char *arena_strdup(struct arena *a, const char *text)
{
    return arena_dup(a, text, strlen(text));
}

void arena_free(struct arena *a)
{
    for (struct arena_block *b = a->head, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    *a = (struct arena){0};
}

void arena_wipe(struct arena *a)
{
    for (struct arena_block *b = a->head; b; b = b->next)
        explicit_bzero(b->bytes, b->used);
    arena_free(a);
}
