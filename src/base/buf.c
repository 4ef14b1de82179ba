#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUF_FIRST 64 /* most of what a session holds is a line or two */

void buf_init(struct buf *b, size_t max)
{
    /* The NUL behind the bytes must be countable, too. */
    *b = (struct buf){.max = max < SIZE_MAX ? max : SIZE_MAX - 1};
}

void buf_free(struct buf *b)
{
    free(b->data);
    buf_init(b, b->max);
}

void buf_wipe(struct buf *b)
{
    if (b->data)
        explicit_bzero(b->data, b->cap);
    buf_free(b);
}

const char *buf_bytes(const struct buf *b)
{
    return b->data ? b->data + b->start : "";
}

/* Moves what is there to the front: only when that frees at least half, so that dropping and adding
 * in turn costs O(1) a byte. */
static void slide_to_front(struct buf *b)
{
    memmove(b->data, b->data + b->start, b->len + 1);
    b->start = 0;
}

/* Makes n more bytes and the NUL fit behind what is there. A secret must not stay behind in an old
 * block, so growing copies and wipes instead of realloc(). */
static int make_room(struct buf *b, size_t n)
{
    if (n > b->max || b->len > b->max - n)
        return -1;
    size_t need = b->len + n + 1;
    if (b->start + need <= b->cap)
        return 0;
    if (b->data && need <= b->cap && b->start >= b->len) {
        slide_to_front(b);
        return 0;
    }
    size_t cap = b->cap ? b->cap : BUF_FIRST;
    while (cap < need)
        cap = cap > b->max / 2 ? (b->max + 1 > need ? b->max + 1 : need) : cap * 2;
    char *data = malloc(cap);
    if (!data)
        return -1;
    if (b->data) {
        memcpy(data, b->data + b->start, b->len);
        explicit_bzero(b->data, b->cap);
        free(b->data);
    }
    data[b->len] = '\0';
    b->data = data;
    b->start = 0;
    b->cap = cap;
    return 0;
}

char *buf_room(struct buf *b, size_t n)
{
    return make_room(b, n) == 0 ? b->data + b->start + b->len : NULL;
}

void buf_grew(struct buf *b, size_t n)
{
    b->len += n;
    b->data[b->start + b->len] = '\0';
}

int buf_add(struct buf *b, const void *bytes, size_t n)
{
    if (n == 0)
        return 0;
    char *room = buf_room(b, n);
    if (!room)
        return -1;
    memcpy(room, bytes, n);
    buf_grew(b, n);
    return 0;
}

int buf_add_str(struct buf *b, const char *text)
{
    return buf_add(b, text, strlen(text));
}

int buf_add_char(struct buf *b, char c)
{
    return buf_add(b, &c, 1);
}

int buf_addv(struct buf *b, const char *format, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (n < 0)
        return -1;
    char *room = buf_room(b, (size_t)n);
    if (!room)
        return -1;
    vsnprintf(room, (size_t)n + 1, format, ap);
    buf_grew(b, (size_t)n);
    return 0;
}

int buf_addf(struct buf *b, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    int rc = buf_addv(b, format, ap);
    va_end(ap);
    return rc;
}

void buf_drop_front(struct buf *b, size_t n)
{
    if (n >= b->len) {
        buf_truncate(b, 0);
        return;
    }
    b->start += n;
    b->len -= n;
}

void buf_truncate(struct buf *b, size_t n)
{
    if (n >= b->len || !b->data)
        return;
    b->len = n;
    if (n == 0)
        b->start = 0;
    b->data[b->start + b->len] = '\0';
}

char *buf_take(struct buf *b, size_t *n)
{
    if (!b->data && make_room(b, 0) != 0)
        return NULL;
    if (b->data && b->start > 0)
        slide_to_front(b);
    if (n)
        *n = b->len;
    char *data = b->data;
    buf_init(b, b->max);
    return data;
}
