/* Writing known_hosts: a line made, and appended whole under a lock. */
#include "transport/hostkeys.h"
#include "transport/hostkeys_line.h"

#include <errno.h>
#include <fcntl.h>
#include <poller/err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

char *hostkeys_line(const char *host, uint16_t port, const char *type, const void *blob,
                    size_t blob_len)
{
    char name[HOSTKEYS_NAME_MAX];
    char *key = hostkeys_base64(blob, blob_len, true);
    char *line = NULL;

    if (key == NULL || !hostkeys_line_name(host, port, name, sizeof(name)) ||
        asprintf(&line, "%s %s %s", name, type, key) < 0)
        line = NULL;
    free(key);
    return line;
}

/* Makes the directories above path, for the owner alone. */
static int make_directories(const char *path)
{
    char *copy = strdup(path);
    int rc = copy == NULL ? -1 : 0;

    for (char *slash = copy; rc == 0 && (slash = strchr(slash + 1, '/')) != NULL; *slash = '/') {
        *slash = '\0';
        if (mkdir(copy, 0700) != 0 && errno != EEXIST)
            rc = -1;
    }
    free(copy);
    return rc;
}

static int open_locked(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    if (fd < 0 && errno == ENOENT && make_directories(path) == 0)
        fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    while (fd >= 0 && flock(fd, LOCK_EX) != 0) {
        if (errno == EINTR)
            continue;
        close(fd);
        return -1;
    }
    return fd;
}

/* True when the file has the line already; *ends_open: its last line lacks an end. */
static bool has_line(FILE *file, const char *line, bool *ends_open)
{
    char *text = NULL;
    size_t cap = 0;
    ssize_t len;
    bool found = false;

    *ends_open = false;
    while (!found && (len = getline(&text, &cap, file)) > 0) {
        *ends_open = text[len - 1] != '\n';
        text[strcspn(text, "\r\n")] = '\0';
        found = strcmp(text, line) == 0;
    }
    free(text);
    return found;
}

static int append_text(int fd, const char *line, bool ends_open)
{
    char *text = NULL;
    int len = asprintf(&text, "%s%s\n", ends_open ? "\n" : "", line);
    ssize_t written;

    if (len < 0)
        return -1;
    do
        written = write(fd, text, (size_t)len);
    while (written < 0 && errno == EINTR);
    free(text);
    if (written >= 0 && written < len)
        errno = ENOSPC;
    return written == len ? 0 : -1;
}

int hostkeys_append(const char *path, const char *line, struct err *e)
{
    int fd = open_locked(path);
    int other = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
    FILE *file = other >= 0 ? fdopen(other, "r") : NULL;
    bool ends_open;
    int rc = -1;

    if (file != NULL)
        rc = has_line(file, line, &ends_open) ? 0 : append_text(fd, line, ends_open);
    if (rc != 0)
        err_set(e, FAIL_INTERNAL, "%s: the new host key could not be stored: %s", path,
                strerror(errno));
    if (file != NULL)
        fclose(file);
    else if (other >= 0)
        close(other);
    if (fd >= 0)
        close(fd); /* gives the lock up, too */
    return rc;
}
