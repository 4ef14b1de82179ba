/* A byte buffer with a hard maximum, stated when it is made (after curl's dynbuf).
 *
 * The bytes are data[start .. start+len); buf_bytes() points at them. They are followed by a NUL
 * that does not count, so text may be read as a C string. Not thread-safe. */
#ifndef POLLER_BASE_BUF_H
#define POLLER_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *data;
    size_t start;
    size_t len;
    size_t cap;
    size_t max;
};

/* max: the most bytes it will ever hold. Allocates nothing. */
void buf_init(struct buf *b, size_t max);
void buf_free(struct buf *b);

/* Overwrites what the allocation held, then frees: for secrets. */
void buf_wipe(struct buf *b);

/* "" when empty, never NULL. Valid until the next call that changes b. */
const char *buf_bytes(const struct buf *b);

/* All adding calls return 0, or -1 when it would pass max or memory is out; b is unchanged then. */
int buf_add(struct buf *b, const void *bytes, size_t n);
int buf_add_str(struct buf *b, const char *text);
int buf_add_char(struct buf *b, char c);
int buf_addf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
int buf_addv(struct buf *b, const char *format, va_list ap);

/* Room for n more bytes at the end; write there, then buf_grew(). NULL when it would pass max. */
char *buf_room(struct buf *b, size_t n);
void buf_grew(struct buf *b, size_t n);

/* Drops the first / all but the first n bytes. Dropping from the front is O(1) amortised. */
void buf_drop_front(struct buf *b, size_t n);
void buf_truncate(struct buf *b, size_t n);

/* The bytes as a NUL-terminated allocation that is now the caller's (free()); b is empty again.
 * NULL when memory is out. *n, if not NULL, gets the length. */
char *buf_take(struct buf *b, size_t *n);

#endif
