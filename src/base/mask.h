/* Masks secrets in a stream of bytes, also where a chunk splits one: a tail that could be the
 * beginning of a secret is held back until more comes. And in a piece of a stream, for a message.
 */
#ifndef POLLER_BASE_MASK_H
#define POLLER_BASE_MASK_H

#include "base/buf.h"

#define MASK_SECRETS_MAX 4
#define MASK_TEXT        "******"

struct mask {
    const char *secrets[MASK_SECRETS_MAX]; /* borrowed */
    size_t lengths[MASK_SECRETS_MAX];
    size_t n;
    struct buf held;
};

void mask_init(struct mask *m);
void mask_free(struct mask *m); /* wipes */

/* "" is ignored; so is what is over MASK_SECRETS_MAX. */
void mask_add(struct mask *m, const char *secret);

/* Appends bytes to out with every secret as MASK_TEXT, keeping back what might be the beginning of
 * one. 0, or -1 when memory is out: nothing of these bytes is in out then. */
int mask_feed(struct mask *m, const char *bytes, size_t n, struct buf *out);

/* The stream ended: what was held back goes out as MASK_TEXT where it is long enough to give a
 * secret away, else as it is. */
int mask_end(struct mask *m, struct buf *out);

/* A piece of a stream, for a message: appends bytes[0..n) to out with every secret as MASK_TEXT; so
 * is what ends one that began before the piece, or begins one that goes on behind it, where it is
 * long enough to give it away. 0, or -1 when memory is out: nothing of these bytes is in out then.
 * Not between a feed and its end. */
int mask_piece(struct mask *m, const char *bytes, size_t n, struct buf *out);

#endif
