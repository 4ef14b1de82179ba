#include "model/secret_vault.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE_BYTES 65536

struct vault_page {
    struct vault_page *next;
    size_t used, size; /* of the whole mapping */
};

static struct vault_page *page_new(size_t n)
{
    size_t size = sizeof(struct vault_page) + n + 1;
    if (size < PAGE_BYTES)
        size = PAGE_BYTES;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    /* Best effort: an unprivileged process may lock little, and a run must not fail for it. */
    (void)mlock(memory, size);
    (void)madvise(memory, size, MADV_DONTDUMP);
    struct vault_page *page = memory;
    page->used = sizeof *page;
    page->size = size;
    return page;
}

const char *vault_put(struct vault *v, const char *bytes, size_t n)
{
    if (n >= SIZE_MAX / 2)
        return NULL;
    if (!v->head || v->head->size - v->head->used <= n) {
        struct vault_page *page = page_new(n);
        if (!page)
            return NULL;
        page->next = v->head;
        v->head = page;
    }
    char *copy = (char *)v->head + v->head->used;
    memcpy(copy, bytes, n);
    copy[n] = '\0';
    v->head->used += n + 1;
    return copy;
}

void vault_free(struct vault *v)
{
    for (struct vault_page *page = v->head, *next; page; page = next) {
        size_t size = page->size;
        next = page->next;
        explicit_bzero(page, size);
        munmap(page, size);
    }
    v->head = NULL;
}
