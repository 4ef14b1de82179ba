#include "base/aside.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int cannot(const struct aside *a, int error, struct err *e)
{
    return err_set(e, FAIL_INTERNAL, "%s could not be written: %s", a->path, strerror(error));
}

static void forget(struct aside *a)
{
    free(a->path);
    free(a->temp);
    *a = (struct aside){.dir = AT_FDCWD, .fd = -1};
}

/* ".name.new" in the same directory: only there is a rename one step. */
static char *temp_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    int before = slash ? (int)(slash + 1 - path) : 0;
    char *temp = NULL;
    return asprintf(&temp, "%.*s.%s.new", before, path, path + before) < 0 ? NULL : temp;
}

static int open_at(struct aside *a, int dir, const char *path, struct err *e)
{
    struct stat st;
    *a = (struct aside){.dir = dir, .fd = -1, .path = file_expand_home(path)};
    a->temp = a->path ? temp_name(a->path) : NULL;
    if (!a->temp) {
        forget(a);
        return err_set(e, FAIL_INTERNAL, "%s: out of memory", path);
    }
    int error = 0;
    if (fstatat(dir, a->path, &st, 0) == 0 && S_ISDIR(st.st_mode))
        error = EISDIR;
    else if ((a->fd = openat(dir, a->temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
                             0666)) < 0)
        error = errno;
    if (!error)
        return 0;
    cannot(a, error, e);
    forget(a);
    return -1;
}

int aside_open(struct aside *a, const char *path, struct err *e)
{
    return open_at(a, AT_FDCWD, path, e);
}

int aside_write(struct aside *a, const void *bytes, size_t n, struct err *e)
{
    const char *at = bytes;
    while (n > 0) {
        ssize_t written = write(a->fd, at, n);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return cannot(a, written < 0 ? errno : EIO, e);
        at += written;
        n -= (size_t)written;
    }
    return 0;
}

int aside_commit(struct aside *a, struct err *e)
{
    int rc = close(a->fd);
    a->fd = -1;
    if (rc == 0)
        rc = renameat(a->dir, a->temp, a->dir, a->path);
    if (rc != 0) {
        cannot(a, errno, e);
        aside_drop(a);
        return -1;
    }
    forget(a);
    return 0;
}

void aside_drop(struct aside *a)
{
    if (!a->temp)
        return;
    if (a->fd >= 0)
        close(a->fd);
    unlinkat(a->dir, a->temp, 0);
    forget(a);
}

int aside_put(int dir, const char *path, const void *bytes, size_t n, struct err *e)
{
    struct aside a;
    if (open_at(&a, dir, path, e) != 0)
        return -1;
    if (aside_write(&a, bytes, n, e) == 0)
        return aside_commit(&a, e);
    aside_drop(&a);
    return -1;
}
