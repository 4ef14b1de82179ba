/* What the output of one command really is, built while its wire form is: README.md has the rules.
 */
#ifndef TRUST_TRUTH_H
#define TRUST_TRUTH_H

#include "base/buf.h"

#include <stdbool.h>

struct truth {
    struct buf text;
    struct buf behind;  /* a log line that came behind the prompt, with that prompt's line: may be
                           in the output or not */
    bool blank_is_free; /* an empty line stands above the prompt's upper line: either way */
    bool read;          /* the device has read the command */
    bool whole;         /* it has sent all of it, and the prompt */
    bool followed;      /* and has read another line since */
};

void truth_init(struct truth *t);
void truth_free(struct truth *t);
void truth_clear(struct truth *t);
/* Adds a text in its wire form: CR LF becomes LF, escape sequences are no text. */
void truth_add(struct buf *to, const char *wire, size_t n);
bool truth_accepts(const struct truth *t, const char *output, size_t n);

#endif
