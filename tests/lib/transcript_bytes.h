/* A transcript's text as bytes: escapes, and the places of digits that are known only when the
 * dialogue has sent them. tests/dialogues/README.md lists them. */
#ifndef POLLER_TESTS_TRANSCRIPT_BYTES_H
#define POLLER_TESTS_TRANSCRIPT_BYTES_H

#include <stddef.h>

#define NONCE_DIGITS 8

/* Escapes to bytes, in place; the length. Digits and wipes are no escapes here. */
size_t transcript_unescape(char *text);

struct transcript_bytes {
    char *bytes;  /* n of them, and room for a line end */
    char *digits; /* for each byte 0, or which of the digits sent last stands there */
    size_t n;
};

/* Expands a line of bytes, so many times over; the caller frees both. -1: memory is out. */
int transcript_expand(const char *text, size_t times, struct transcript_bytes *to);

#endif
