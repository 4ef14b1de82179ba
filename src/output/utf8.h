/* Bytes from devices as text that is safe to hand on. */
#ifndef POLLER_OUTPUT_UTF8_H
#define POLLER_OUTPUT_UTF8_H

#include "base/buf.h"

/* Appends bytes as UTF-8 (RFC 3629): each byte that is not part of a well-formed character becomes
 * U+FFFD. For JSON. 0, or -1 when to's maximum would be passed. */
int utf8_clean(struct buf *to, const char *bytes, size_t n);

/* The same, and control characters other than tab and newline become U+FFFD too, C1 ones included:
 * nothing that a terminal would obey. */
int utf8_clean_printable(struct buf *to, const char *bytes, size_t n);

#endif
