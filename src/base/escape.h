/* Bytes as text that a sentence or a line of a log may hold. */
#ifndef POLLER_BASE_ESCAPE_H
#define POLLER_BASE_ESCAPE_H

#include <stddef.h>

/* Most bytes that one byte becomes ("\x00"). */
#define ESCAPED_MAX 4

enum escape_for {
    ESCAPE_SENTENCE, /* printable ASCII alone; a backslash stays one ("CORP\admin") */
    ESCAPE_LOG       /* can be read back: a backslash is doubled, what is not ASCII (UTF-8) stays */
};

/* Writes bytes[0..n) to to[0..size) and a NUL: printable ones as they are; the letters \a \b \t \n
 * \v \f \r \e; else \xHH. Ends before the first byte whose text does not fit: an escape is never
 * cut. size must not be 0. Returns the length of the text. */
size_t escape_bytes(enum escape_for use, const char *bytes, size_t n, char *to, size_t size);

#endif
