#include "tests/lib/ssh_drive.h"

#include <poller/err.h>
#include <string.h>

struct transport_config drive_config(const struct transport_env *env, const struct device *device,
                                     const char *username)
{
    return (struct transport_config){.env = env,
                                     .device = device,
                                     .username = username,
                                     .password = "",
                                     .passphrase = "",
                                     .pty_cols = 500,
                                     .pty_rows = 5000,
                                     .pty_term = "vt100",
                                     .want_pty = true,
                                     .max_pending = 1u << 20};
}

static struct mono limit(void)
{
    return mono_add_ms(mono_now(), DRIVE_LIMIT_MS);
}

bool drive_wait(struct transport *t, int limit_ms)
{
    struct pollfd want[TRANSPORT_WANT_MAX];
    struct mono end = mono_add_ms(mono_now(), limit_ms), deadline = end;
    size_t n = t->ops->want(t, want, &deadline);

    poll(want, (nfds_t)n, mono_poll_timeout(mono_now(), deadline));
    return !mono_reached(mono_now(), end);
}

enum io_result drive_step(struct transport *t, struct err *e)
{
    struct mono end = limit();
    enum io_result rc;

    while ((rc = t->ops->step(t, mono_now(), e)) == IO_AGAIN && !mono_reached(mono_now(), end))
        drive_wait(t, DRIVE_LIMIT_MS);
    return rc;
}

enum io_result drive_start(struct transport *t, const char *command, struct err *e)
{
    struct mono end = limit();
    enum io_result rc;

    while ((rc = t->ops->start(t, command, mono_now(), e)) == IO_AGAIN &&
           !mono_reached(mono_now(), end))
        drive_wait(t, DRIVE_LIMIT_MS);
    return rc;
}

enum io_result drive_close(struct transport *t)
{
    struct mono end = limit();
    enum io_result rc;

    while ((rc = t->ops->close(t, mono_now())) == IO_AGAIN && !mono_reached(mono_now(), end))
        drive_wait(t, DRIVE_LIMIT_MS);
    return rc;
}

enum io_result drive_read(struct transport *t, const char *until, struct buf *out,
                          struct buf *err_out, struct err *e)
{
    struct mono end = limit();

    while (!mono_reached(mono_now(), end)) {
        char chunk[16384];
        size_t n = 0;
        enum transport_stream stream = STREAM_OUT;
        enum io_result rc;

        if (until != NULL && strstr(buf_bytes(out), until) != NULL)
            return IO_OK;
        rc = t->ops->recv(t, chunk, sizeof(chunk), &n, &stream, mono_now(), e);
        if (rc == IO_AGAIN)
            drive_wait(t, DRIVE_LIMIT_MS);
        else if (rc != IO_OK)
            return rc;
        else if (stream == STREAM_OUT)
            buf_add(out, chunk, n);
        else if (err_out != NULL)
            buf_add(err_out, chunk, n);
    }
    return IO_AGAIN;
}

enum io_result drive_send(struct transport *t, const char *text, size_t n, struct err *e)
{
    struct mono end = limit();

    while (n > 0 && !mono_reached(mono_now(), end)) {
        size_t sent = 0;
        enum io_result rc = t->ops->send(t, text, n, &sent, mono_now(), e);

        if (rc == IO_FAIL)
            return rc;
        if (rc == IO_AGAIN)
            drive_wait(t, DRIVE_LIMIT_MS);
        text += sent;
        n -= sent;
    }
    return n == 0 ? IO_OK : IO_AGAIN;
}
