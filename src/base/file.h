/* Whole files into memory, bounded, with a sentence for whatever goes wrong. */
#ifndef POLLER_BASE_FILE_H
#define POLLER_BASE_FILE_H

#include "base/buf.h"

#include <poller/err.h>
#include <sys/stat.h>

/* How path is called in messages: "standard input" for "-", else path itself. */
const char *file_name(const char *path);

/* A descriptor to read path from ("-": standard input itself, not to be closed; "~/x": beneath
 * HOME). -1 with err (FAIL_USAGE, "path: why"). */
int file_open(const char *path, struct err *e);

/* Appends the whole of path ("-": standard input; "~/x": beneath HOME) to b, at most max bytes; b's
 * own maximum is max + 1 or more. st gets what it is (NULL allowed). 0, or -1 with err (FAIL_USAGE,
 * "path: why"): not there, not ours to read, a directory, over max. Pipes are read to their end. */
int file_read(const char *path, size_t max, struct buf *b, struct stat *st, struct err *e);

/* "~/x" beneath HOME, as a shell would; an allocation, or NULL: memory is out. */
char *file_expand_home(const char *path);

#endif
