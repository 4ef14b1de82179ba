/* Texts with placeholders: `{{hostname}}`, `{{count 1 99:4}}`. The list of them stands in
 * config/personas/README.md. Pure. */
#ifndef POLLER_LAB_PERSONAS_SAY_H
#define POLLER_LAB_PERSONAS_SAY_H

#include "base/buf.h"

#include <poller/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct say {
    const char *text; /* NULL: nothing */
    uint32_t len;
    bool is_plain;  /* no placeholder in it */
    uint64_t place; /* makes each text's random values its own */
};

/* What placeholders stand for. Texts that are NULL read as empty. */
struct say_world {
    uint64_t seed; /* the device's own */
    const char *hostname, *user, *client, *mode, *input, *word;
    uint32_t address, index; /* host order; from 0 */
    uint32_t row;            /* in a repeated line, from 0 */
    size_t caret;            /* columns before the ^ */
};

/* Where a placeholder stands that nobody knows. */
struct say_fault {
    size_t at; /* offset in the text */
    char name[48];
    const char *nearest; /* a known one, or NULL */
    bool is_open;        /* no }} ends it */
};

/* Makes a text; borrows it. False with fault: an unknown or unfinished placeholder, or bad
 * arguments. */
bool say_make(const char *text, size_t len, struct say *out, struct say_fault *fault);

/* Appends what it says in this world. 0, or -1: memory or b's maximum. */
int say_to(const struct say *say, const struct say_world *world, struct buf *b);

static inline bool say_is_empty(const struct say *say)
{
    return say->len == 0;
}

#endif
