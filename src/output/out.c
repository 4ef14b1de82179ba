#include "output/out.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* More than one record of ordinary size, so that most records are one write(2). */
#define OUT_WRITE_AT (256u << 10)
#define OUT_KEPT_MAX (4 * OUT_WRITE_AT)

void out_init(struct out *o, int fd)
{
    *o = (struct out){.fd = fd};
    buf_init(&o->pending, SIZE_MAX / 2);
}

void out_free(struct out *o)
{
    buf_free(&o->pending);
}

/* What stands between a failed write(2) and the next: nothing, or the wait for a descriptor that
 * somebody else has made non-blocking (a shared terminal, a pipe of ssh). 0, or the errno. */
static int after_failed_write(int fd, int error)
{
    if (error == EINTR)
        return 0;
    if (error != EAGAIN)
        return error;
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    return poll(&p, 1, -1) < 0 && errno != EINTR ? errno : 0;
}

static void write_pending(struct out *o)
{
    const char *at = buf_bytes(&o->pending);
    size_t left = o->pending.len;
    while (left > 0 && !o->error) {
        ssize_t n = write(o->fd, at, left);
        if (n > 0) {
            at += n;
            left -= (size_t)n;
        } else {
            o->error = n == 0 ? EIO : after_failed_write(o->fd, errno);
        }
    }
    buf_truncate(&o->pending, 0);
    if (o->pending.cap > OUT_KEPT_MAX) /* one large output must not cost memory for ever */
        buf_free(&o->pending);
}

void out_bytes(struct out *o, const void *bytes, size_t n)
{
    if (o->error)
        return;
    if (buf_add(&o->pending, bytes, n) != 0)
        o->error = ENOMEM;
    else if (o->pending.len >= OUT_WRITE_AT)
        write_pending(o);
}

void out_str(struct out *o, const char *text)
{
    out_bytes(o, text, strlen(text));
}

void out_fmt(struct out *o, const char *format, ...)
{
    if (o->error)
        return;
    va_list ap;
    va_start(ap, format);
    if (buf_addv(&o->pending, format, ap) != 0)
        o->error = ENOMEM;
    va_end(ap);
}

int out_flush(struct out *o, const char *what, struct err *e)
{
    write_pending(o);
    if (!o->error)
        return 0;
    if (o->error == EPIPE)
        return err_set(e, FAIL_INTERNAL, "%s", "");
    return err_set(e, FAIL_INTERNAL, "%s could not be written: %s; results after this are lost",
                   what, strerror(o->error));
}
