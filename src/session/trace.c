#include "session/trace.h"

#include "base/buf.h"
#include "base/escape.h"
#include "base/filename.h"
#include "base/log.h"
#include "base/mask.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT_MAX     (1u << 20) /* of one chunk, masked and escaped */
#define LOG_LINE_MAX 512        /* bytes of a device's line before it is broken in two */
#define PATH_SIZE    4096

struct trace {
    const struct device *device;
    struct mono start, last;
    int fd; /* -1: no file */
    bool to_log;
    struct mask out, err, sent;
    struct buf masked; /* of the chunk at hand */
    struct buf text;   /* lines for the file */
};

static int open_file(const struct job *job, const char *dir)
{
    char name[FILENAME_MADE_MAX + 1], path[PATH_SIZE];
    filename_make(job->device->name, name);
    int n = snprintf(path, sizeof path, "%s/%s.log", dir, name);
    errno = ENAMETOOLONG;
    int fd = -1;
    if (n > 0 && (size_t)n < sizeof path)
        fd = open(path,
                  O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW |
                      (job->attempt > 1 ? O_APPEND : O_TRUNC),
                  0600);
    if (fd >= 0 && fchmod(fd, 0600) != 0) {
        close(fd);
        fd = -1;
    }
    if (fd < 0)
        log_warn("%s: no session log in %s: %s", job->device->name, dir, strerror(errno));
    return fd;
}

static void add_secrets(struct mask *m, const struct device *device)
{
    mask_init(m);
    mask_add(m, secret_value(device->password));
    mask_add(m, secret_value(device->secret));
    mask_add(m, secret_value(device->passphrase));
}

struct trace *trace_new(const struct job *job, const char *dir, bool to_log, struct mono start)
{
    int fd = dir ? open_file(job, dir) : -1;
    if (fd < 0 && !to_log)
        return NULL;
    struct trace *t = calloc(1, sizeof *t);
    if (!t) {
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    t->device = job->device;
    t->start = t->last = start;
    t->fd = fd;
    t->to_log = to_log;
    add_secrets(&t->out, job->device);
    add_secrets(&t->err, job->device);
    add_secrets(&t->sent, job->device);
    buf_init(&t->masked, TEXT_MAX);
    buf_init(&t->text, TEXT_MAX);
    return t;
}

static void write_file(struct trace *t)
{
    const char *at = buf_bytes(&t->text);
    size_t left = t->text.len;
    while (t->fd >= 0 && left > 0) {
        ssize_t n = write(t->fd, at, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            log_warn("%s: its session log ends here: %s", t->device->name, strerror(errno));
            close(t->fd);
            t->fd = -1;
            break;
        }
        at += n;
        left -= (size_t)n;
    }
    buf_truncate(&t->text, 0);
}

/* One line of what went, n at most LOG_LINE_MAX. */
static void put_line(struct trace *t, char direction, const char *bytes, size_t n)
{
    char line[LOG_LINE_MAX * ESCAPED_MAX + 1];
    escape_bytes(ESCAPE_LOG, bytes, n, line, sizeof line);
    double at = mono_ms_between(t->start, t->last) / 1000;
    if (t->to_log)
        log_debug("%s: +%.3f %c %s", t->device->name, at, direction, line);
    if (t->fd >= 0 && buf_addf(&t->text, "+%.3f %c %s\n", at, direction, line) != 0) {
        write_file(t);
        (void)buf_addf(&t->text, "+%.3f %c %s\n", at, direction, line);
    }
}

/* The masked bytes as lines, then to the file. */
static void put_lines(struct trace *t, char direction)
{
    const char *at = buf_bytes(&t->masked);
    size_t left = t->masked.len;
    while (left > 0) {
        size_t n = left < LOG_LINE_MAX ? left : LOG_LINE_MAX;
        const char *end = memchr(at, '\n', n);
        if (end)
            n = (size_t)(end - at) + 1;
        put_line(t, direction, at, n);
        at += n;
        left -= n;
    }
    buf_truncate(&t->masked, 0);
    write_file(t);
}

void trace_received(struct trace *t, const char *bytes, size_t n, bool err, struct mono now)
{
    if (!t)
        return;
    t->last = now;
    if (mask_feed(err ? &t->err : &t->out, bytes, n, &t->masked) != 0)
        trace_note(t, now, "%zu bytes are left out: memory is out", n);
    put_lines(t, err ? '!' : '<');
}

void trace_sent(struct trace *t, const char *bytes, size_t n, bool secret, struct mono now)
{
    if (!t)
        return;
    t->last = now;
    /* What is sent at once is whole: only a secret that the dialogue marks is ever sent alone. */
    if (secret)
        (void)buf_add_str(&t->masked, MASK_TEXT);
    else if (mask_feed(&t->sent, bytes, n, &t->masked) == 0)
        (void)mask_end(&t->sent, &t->masked);
    put_lines(t, '>');
}

void trace_note(struct trace *t, struct mono now, const char *format, ...)
{
    if (!t)
        return;
    t->last = now;
    va_list ap;
    va_start(ap, format);
    (void)buf_addv(&t->masked, format, ap);
    va_end(ap);
    put_lines(t, '*');
}

static void end_stream(struct trace *t, struct mask *m, char direction)
{
    (void)mask_end(m, &t->masked);
    put_lines(t, direction);
    mask_free(m);
}

void trace_free(struct trace *t)
{
    if (!t)
        return;
    end_stream(t, &t->out, '<');
    end_stream(t, &t->err, '!');
    mask_free(&t->sent);
    buf_wipe(&t->masked);
    buf_free(&t->text);
    if (t->fd >= 0)
        close(t->fd);
    free(t);
}
