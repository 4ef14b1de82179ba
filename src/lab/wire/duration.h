/* A time span as it is written in options and personas: 20us, 50ms, 1.5s, 2m. */
#ifndef POLLER_LAB_WIRE_DURATION_H
#define POLLER_LAB_WIRE_DURATION_H

#include <stdint.h>

#define DURATION_MAX_NS (86400 * INT64_C(1000000000)) /* one day */

/* Digits with at most one point between them, and us, ms, s or m; a bare number is
 * seconds. No sign, exponent or blank. Below a nanosecond it is cut off. 0, or -1 where text is
 * not that or is over a day; *ns is unchanged then. */
int duration_parse(const char *text, int64_t *ns);

#endif
