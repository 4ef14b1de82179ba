/* One direction of a connection in virtual time: chunks with the moment at which they arrive, in
 * order. Times are milliseconds. */
#ifndef TRUST_WIRE_H
#define TRUST_WIRE_H

#include "base/buf.h"

#include <stdint.h>

#define WIRE_NEVER INT64_MAX
#define WIRE_MAX   (1u << 19) /* bytes on their way at most; more are dropped */

enum wire_kind { WIRE_BYTES, WIRE_END, WIRE_LOST };

struct wire_chunk {
    int64_t at;
    size_t n;
    enum wire_kind kind;
};

struct wire {
    struct buf bytes;
    struct wire_chunk *chunks;
    size_t first, n, cap;
    int64_t last_at;
};

void wire_init(struct wire *w);
void wire_free(struct wire *w);
/* Empty again; keeps its memory. */
void wire_clear(struct wire *w);
/* It arrives at `at`, or with what was sent before it, if that comes later. */
void wire_put(struct wire *w, int64_t at, const char *bytes, size_t n);
void wire_end(struct wire *w, int64_t at, enum wire_kind kind);
/* When the next chunk arrives; WIRE_NEVER: nothing is on its way. */
int64_t wire_next(const struct wire *w);
/* The next chunk; its bytes are valid until wire_drop. */
const struct wire_chunk *wire_look(const struct wire *w, const char **bytes);
void wire_drop(struct wire *w);

#endif
