/* A file that takes another's place only when it is whole: written aside, then renamed. */
#ifndef POLLER_BASE_ASIDE_H
#define POLLER_BASE_ASIDE_H

#include <poller/err.h>
#include <stddef.h>

struct aside {
    int dir;    /* where the names begin, or AT_FDCWD; borrowed */
    int fd;     /* write here */
    char *path; /* what it will be called; beneath HOME where it began with "~/" */
    char *temp; /* what it is called until then */
};

/* A new file beside path, of mode 0666 less the umask. 0, or -1 with err (FAIL_INTERNAL, "path
 * could not be written: why"): then a is nothing to drop. */
int aside_open(struct aside *a, const char *path, struct err *e);

/* All n bytes. 0, or -1 with err; a is still to be dropped. */
int aside_write(struct aside *a, const void *bytes, size_t n, struct err *e);

/* The file takes its place; a is gone afterwards, on success and failure. 0, or -1 with err. */
int aside_commit(struct aside *a, struct err *e);

/* Leaves no trace of it. */
void aside_drop(struct aside *a);

/* All of it in one: a file of these n bytes, path as seen from the directory dir (AT_FDCWD: from
 * here). 0, or -1 with err as above: what was there before is still there. */
int aside_put(int dir, const char *path, const void *bytes, size_t n, struct err *e);

#endif
