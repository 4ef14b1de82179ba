/* Recognising our own input as a device gives it back. */
#ifndef POLLER_DIALOGUE_ECHO_H
#define POLLER_DIALOGUE_ECHO_H

#include <stdbool.h>
#include <stddef.h>

enum echo_result {
    ECHO_NOT,  /* something else */
    ECHO_PART, /* nothing, or a beginning of it: *matched bytes */
    ECHO_ALL   /* all of it, and nothing but blanks behind */
};

/* Is raw[0..n), what stands between a prompt and its line's end, the echo of input[0..len)? Takes a
 * terminal's marks into account: escape sequences, backspaces; readline's way of wrapping (" \r",
 * or the first byte of the new line, CR, and that byte again); a line scrolled sideways ("$" or "<"
 * and the end of the input); words that the device completed ("sh ver" as "show version"). */
enum echo_result echo_match(const char *raw, size_t n, const char *input, size_t len,
                            size_t *matched);

/* Is at least half of input in raw[0..n) in one piece? Then that is its echo, mangled. */
bool echo_resembles(const char *raw, size_t n, const char *input, size_t len);

#endif
