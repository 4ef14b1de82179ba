#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_CHUNK 65536

const char *file_name(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

char *file_expand_home(const char *path)
{
    const char *home = getenv("HOME");
    char *full = NULL;
    if (strncmp(path, "~/", 2) != 0 || !home)
        return strdup(path);
    return asprintf(&full, "%s%s", home, path + 1) < 0 ? NULL : full;
}

static int fail_too_big(const char *name, size_t max, struct err *e)
{
    return max >= 1u << 20 ? err_set(e, FAIL_USAGE, "%s: over %zu MiB", name, max >> 20)
                           : err_set(e, FAIL_USAGE, "%s: over %zu bytes", name, max);
}

static int read_all(int fd, size_t max, struct buf *b, const char *name, struct err *e)
{
    size_t before = b->len;
    for (;;) {
        /* One byte more than allowed tells a file at the bound from one past it. */
        size_t left = max + 1 - (b->len - before);
        size_t want = left < READ_CHUNK ? left : READ_CHUNK;
        if (want == 0)
            return fail_too_big(name, max, e);
        char *room = buf_room(b, want);
        if (!room)
            return err_set(e, FAIL_INTERNAL, "%s: out of memory", name);
        ssize_t n = read(fd, room, want);
        if (n == 0)
            return 0;
        if (n > 0)
            buf_grew(b, (size_t)n);
        else if (errno != EINTR)
            return err_set(e, FAIL_USAGE, "%s: cannot be read: %s", name, strerror(errno));
    }
}

int file_open(const char *path, struct err *e)
{
    if (strcmp(path, "-") == 0)
        return STDIN_FILENO;
    char *full = file_expand_home(path);
    if (!full)
        return err_set(e, FAIL_INTERNAL, "%s: out of memory", path);
    int fd = open(full, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        err_set(e, FAIL_USAGE, "%s: cannot be opened: %s", path, strerror(errno));
    free(full);
    return fd;
}

int file_read(const char *path, size_t max, struct buf *b, struct stat *st, struct err *e)
{
    struct stat unused;
    if (!st)
        st = &unused;
    int fd = file_open(path, e);
    if (fd < 0)
        return -1;
    const char *name = file_name(path);
    int rc;
    if (fstat(fd, st) != 0)
        rc = err_set(e, FAIL_USAGE, "%s: cannot be read: %s", name, strerror(errno));
    else if (S_ISDIR(st->st_mode))
        rc = err_set(e, FAIL_USAGE, "%s: is a directory, not a file", name);
    else
        rc = read_all(fd, max, b, name, e);
    if (fd != STDIN_FILENO)
        close(fd);
    return rc;
}
