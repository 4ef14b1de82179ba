/* What the other end of a descriptor can show. */
#ifndef POLLER_BASE_TERM_H
#define POLLER_BASE_TERM_H

#include <stdbool.h>

/* when: "always", "never" or "auto": on a terminal, unless NO_COLOR is set (no-color.org). */
bool term_color(const char *when, int fd);

/* The locale of the environment says UTF-8: the first of LC_ALL, LC_CTYPE, LANG that is set. The
 * program's own locale stays "C", so that numbers are written the same everywhere. */
bool term_utf8(void);

#endif
