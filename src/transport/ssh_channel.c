/* From nothing to a shell or a command: channel, pty, request. */
#include "transport/ssh.h"

#include <stdlib.h>
#include <string.h>

/* Libssh takes ten bytes off each packet that a device announces, and where it announces ten it
 * sends empty packets until 256 MiB are queued. */
#define PACKET_MIN 64

/* The callbacks run inside other calls of libssh: they only note, and never call it. Data is
 * consumed whole, as what is left is offered again with the next packet only, and never after an
 * error. */
static int on_data(ssh_session session, ssh_channel channel, void *data, uint32_t len,
                   int is_stderr, void *ctx)
{
    struct ssht *t = ctx;

    (void)session;
    (void)channel;
    t->payload += len;
    if (!t->closing)
        ssht_inbox_add(&t->inbox, is_stderr ? STREAM_ERR : STREAM_OUT, data, len);
    return (int)len;
}

static void on_eof(ssh_session session, ssh_channel channel, void *ctx)
{
    struct ssht *t = ctx;

    (void)session;
    (void)channel;
    t->remote_eof = true;
}

static void on_close(ssh_session session, ssh_channel channel, void *ctx)
{
    struct ssht *t = ctx;

    (void)session;
    (void)channel;
    t->remote_closed = true;
}

static void on_exit_status(ssh_session session, ssh_channel channel, int status, void *ctx)
{
    struct ssht *t = ctx;

    (void)session;
    (void)channel;
    t->exit_status = status & 0xff;
}

/* The peer's maximum packet is told by libssh's log alone. */
static int open_session(struct ssht *t)
{
    struct ssht_log before;
    int rc;

    ssht_log_listen(t, SSH_LOG_PROTOCOL, &before);
    rc = ssh_channel_open_session(t->channel);
    ssht_log_stop(&before);
    return rc;
}

static enum io_result refused(struct ssht *t, const char *what, struct err *e)
{
    static const char denied[] = "Channel opening failure: channel ";
    const char *text = ssh_get_error(t->session);
    char said[200];

    if (ssht_is_dead(t))
        return ssht_lost(t, e);
    text = strncmp(text, denied, strlen(denied)) == 0 ? strstr(text, "error") : NULL;
    ssht_printable(t, text ? text : "", text ? strlen(text) : 0, said, sizeof(said));
    return ssht_fail(t, e, FAIL_NO_SESSION,
                     "let us in, but refused %s%s%s%s; its lines may all be in use, or the user "
                     "may not have one",
                     what, text ? " ('" : "", said, text ? "')" : "");
}

/* A device may grant the request, say its last words and hang up in one breath; libssh then answers
 * error for all of it. */
static bool was_there(const struct ssht *t)
{
    return !ssht_inbox_empty(&t->inbox) || t->exit_status >= 0;
}

static enum io_result answer(struct ssht *t, int rc, enum ssht_stream next, const char *what,
                             struct err *e)
{
    if (rc == SSH_AGAIN)
        return ssht_again(t, e);
    if (rc != SSH_OK && (next != SSHT_STREAM_RUNNING || !was_there(t)))
        return refused(t, what, e);
    t->stream = next;
    return IO_OK;
}

/* The last one's close must be on its way first. ssh_channel_free would leave it out whenever the
 * end before it did not go out at once. */
static enum io_result new_channel(struct ssht *t, struct err *e)
{
    if (t->channel != NULL && t->stream == SSHT_STREAM_ENDED &&
        ssh_channel_close(t->channel) == SSH_AGAIN)
        return ssht_again(t, e);
    ssht_channel_drop(t);
    t->remote_eof = t->remote_closed = t->told = false;
    t->exit_status = -1;
    t->max_packet = 0;
    t->eof_deadline = MONO_NEVER;
    t->channel = ssh_channel_new(t->session);
    if (t->channel == NULL)
        return ssht_is_dead(t) ? ssht_lost(t, e) : refused(t, "a session", e);
    t->callbacks = (struct ssh_channel_callbacks_struct){
        .userdata = t,
        .channel_data_function = on_data,
        .channel_eof_function = on_eof,
        .channel_close_function = on_close,
        .channel_exit_status_function = on_exit_status,
    };
    ssh_callbacks_init(&t->callbacks);
    if (ssh_set_channel_callbacks(t->channel, &t->callbacks) != SSH_OK)
        return ssht_fail(t, e, FAIL_INTERNAL, "cannot be gone on with: memory is out");
    t->stream = SSHT_STREAM_OPENING;
    return IO_OK;
}

/* A server that allows one channel at a time may read our close of the last and this request in one
 * go, and refuse what it would grant a moment later (OpenSSH with MaxSessions 1). Once it has said
 * no, it has seen the close. */
static bool may_ask_again(struct ssht *t, int rc)
{
    if (rc != SSH_ERROR || !t->had_channel || ssht_is_dead(t))
        return false;
    t->had_channel = false;
    t->stream = SSHT_STREAM_NONE;
    return true;
}

static enum io_result open_channel(struct ssht *t, const char *command, struct err *e)
{
    enum ssht_stream next =
        command == NULL && t->config.want_pty ? SSHT_STREAM_PTY : SSHT_STREAM_REQUEST;
    int opened = open_session(t);
    enum io_result rc;

    if (may_ask_again(t, opened))
        return IO_OK;
    rc = answer(t, opened, next, "a session", e);
    if (rc == IO_OK)
        t->had_channel = true;
    if (rc == IO_OK && t->max_packet > 0 && t->max_packet < PACKET_MIN)
        return ssht_fail(t, e, FAIL_NO_SESSION,
                         "takes packets of at most %u bytes, too few to send anything in (RFC 4253 "
                         "asks for 32768)",
                         t->max_packet);
    return rc;
}

static enum io_result request(struct ssht *t, const char *command, struct err *e)
{
    if (command == NULL)
        return answer(t, ssh_channel_request_shell(t->channel), SSHT_STREAM_RUNNING, "a shell", e);
    return answer(t, ssh_channel_request_exec(t->channel, command), SSHT_STREAM_RUNNING,
                  "to run a command", e);
}

enum io_result ssht_channel_step(struct ssht *t, const char *command, struct err *e)
{
    const struct transport_config *config = &t->config;

    switch (t->stream) {
    case SSHT_STREAM_NONE:
    case SSHT_STREAM_ENDED:
        return new_channel(t, e);
    case SSHT_STREAM_OPENING:
        return open_channel(t, command, e);
    case SSHT_STREAM_PTY:
        return answer(t,
                      ssh_channel_request_pty_size(t->channel,
                                                   config->pty_term ? config->pty_term : "vt100",
                                                   config->pty_cols, config->pty_rows),
                      SSHT_STREAM_REQUEST, "a terminal", e);
    case SSHT_STREAM_REQUEST:
        return request(t, command, e);
    case SSHT_STREAM_RUNNING:
        break;
    }
    return IO_OK;
}

/* libssh keeps a channel that the peer has not closed, and would go on calling us. */
void ssht_channel_drop(struct ssht *t)
{
    if (t->channel == NULL)
        return;
    ssh_remove_channel_callbacks(t->channel, &t->callbacks);
    ssh_channel_free(t->channel);
    t->channel = NULL;
    t->stream = SSHT_STREAM_NONE;
}
