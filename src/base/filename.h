/* Names that came from outside, as names of files: what -O and --session-log share. */
#ifndef POLLER_BASE_FILENAME_H
#define POLLER_BASE_FILENAME_H

#include <stddef.h>

/* Most bytes a made name has, without the NUL; leaves room for endings such as ".failed.txt". */
#define FILENAME_MADE_MAX 200

/* Bytes outside [A-Za-z0-9._-], and a leading dot, become %XX; what is longer than
 * FILENAME_MADE_MAX is cut and ends in ~ and 8 hex digits of the SHA-256 of the whole name. Never
 * "", ".", ".." or with a slash. out has FILENAME_MADE_MAX + 1 bytes. Returns out. */
char *filename_make(const char *name, char out[FILENAME_MADE_MAX + 1]);

#endif
