/* The one session channel of a connection (RFC 4254): opened, asked for a shell or a command, its
 * bytes both ways, its end. */
#include "lab/sim/visit.h"

#include <libssh/server.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

/* At once: while the socket takes no more, no more is given to libssh, which would hold it all. */
#define WRITE_MAX 16384

/* --- what comes (libssh calls these while it is pumped; they do not call it back) --- */

static int on_data(ssh_session session, ssh_channel channel, void *data, uint32_t len,
                   int is_stderr, void *userdata)
{
    struct visit *v = userdata;
    (void)session;
    (void)channel;
    if (!v->cli && !is_stderr) {
        /* OpenSSH's client sends before its shell is confirmed; a terminal holds so much. */
        (void)buf_add(&v->ssh.early, data, len);
    } else if (!is_stderr && v->state == VISIT_OPEN) {
        struct mono now = mono_now();
        v->limit = (struct mono){now.ns + v->shard->config->idle_ns};
        cli_input(v->cli, data, len, now);
    }
    return (int)len;
}

static void on_eof(ssh_session session, ssh_channel channel, void *userdata)
{
    struct visit *v = userdata;
    (void)session;
    (void)channel;
    v->ssh.has_eof = true;
}

static void on_close(ssh_session session, ssh_channel channel, void *userdata)
{
    struct visit *v = userdata;
    (void)session;
    (void)channel;
    v->ssh.has_left = true;
}

static bool set_callbacks(struct visit *v)
{
    struct ssh_channel_callbacks_struct *callbacks = calloc(1, sizeof *callbacks);
    if (!callbacks)
        return false;
    callbacks->userdata = v;
    callbacks->channel_data_function = on_data;
    callbacks->channel_eof_function = on_eof;
    callbacks->channel_close_function = on_close;
    ssh_callbacks_init(callbacks);
    v->ssh.callbacks = callbacks;
    return ssh_set_channel_callbacks(v->ssh.channel, callbacks) == SSH_OK;
}

/* --- what is asked --- */

static void on_open(struct visit *v, ssh_message message)
{
    if (v->ssh.channel || v->state != VISIT_OPEN ||
        ssh_message_subtype(message) != SSH_CHANNEL_SESSION) {
        ssh_message_reply_default(message);
        return;
    }
    v->has_ended_well = false;
    v->ssh.channel = ssh_message_channel_request_open_reply_accept(message);
    if (!v->ssh.channel || !set_callbacks(v))
        visit_end(v);
}

static void set_window(struct visit *v, int rows)
{
    v->ssh.rows = rows > 0 ? (unsigned)rows : 0;
    if (v->cli)
        v->cli->rows = v->ssh.rows;
}

static void open_shell(struct visit *v, ssh_message message, struct mono now)
{
    ssh_message_channel_request_reply_success(message);
    if (!visit_make_cli(v))
        return;
    v->cli->rows = v->ssh.rows;
    cli_open_shell(v->cli, v->user, v->device.misbehaviour != MIS_NO_FREE_LINE, now);
    cli_input(v->cli, buf_bytes(&v->ssh.early), v->ssh.early.len, now);
    buf_free(&v->ssh.early);
}

static void open_exec(struct visit *v, ssh_message message, struct mono now)
{
    const char *command = ssh_message_channel_request_command(message);
    if (!v->device.persona->ssh.exec || !command) {
        ssh_message_reply_default(message);
        return;
    }
    ssh_message_channel_request_reply_success(message);
    buf_free(&v->ssh.early);
    if (!visit_make_cli(v))
        return;
    v->ssh.is_exec = true;
    if (v->device.misbehaviour == MIS_NO_FREE_LINE)
        cli_set_no_free_line(v->cli);
    else
        cli_open_exec(v->cli, v->user, command, now);
}

static void on_request(struct visit *v, ssh_message message, struct mono now)
{
    if (ssh_message_channel_request_channel(message) != v->ssh.channel || !v->ssh.channel) {
        ssh_message_reply_default(message);
        return;
    }
    switch (ssh_message_subtype(message)) {
    case SSH_CHANNEL_REQUEST_PTY:
        set_window(v, ssh_message_channel_request_pty_height(message));
        ssh_message_channel_request_reply_success(message);
        break;
    case SSH_CHANNEL_REQUEST_WINDOW_CHANGE:
        set_window(v, ssh_message_channel_request_pty_height(message));
        break;
    case SSH_CHANNEL_REQUEST_SHELL:
        if (!v->cli)
            open_shell(v, message, now);
        break;
    case SSH_CHANNEL_REQUEST_EXEC:
        if (!v->cli)
            open_exec(v, message, now);
        break;
    default:
        ssh_message_reply_default(message);
    }
}

void visit_ssh_channel(struct visit *v, ssh_message message, struct mono now)
{
    if (ssh_message_type(message) == SSH_REQUEST_CHANNEL_OPEN)
        on_open(v, message);
    else
        on_request(v, message, now);
}

/* --- what goes --- */

static void cork(struct visit *v, int on)
{
    (void)setsockopt(v->source.fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on);
}

static bool is_dead(const struct visit *v)
{
    return ssh_get_fd(v->ssh.session) == -1 || !ssh_is_connected(v->ssh.session);
}

/* libssh queues a packet until its own poll has seen that the socket takes it. */
static void push(struct visit *v)
{
    if (ssh_get_status(v->ssh.session) & SSH_WRITE_PENDING)
        ssh_blocking_flush(v->ssh.session, 0);
}

/* What the window, the socket and libssh take of the dialogue's output. */
static void send_out(struct visit *v, struct mono now)
{
    struct buf *out = &v->cli->out;
    size_t most = v->cli->is_drained_often ? 1 : WRITE_MAX;
    while (out->len > 0 && !v->cli->holds && v->state == VISIT_OPEN) {
        size_t n = out->len < most ? out->len : most;
        int sent = ssh_channel_write(v->ssh.channel, buf_bytes(out), (uint32_t)n);
        push(v);
        if (is_dead(v) || sent < 0) {
            visit_end(v);
            return;
        }
        buf_drop_front(out, (size_t)sent);
        if (sent == 0 || ssh_get_status(v->ssh.session) & SSH_WRITE_PENDING)
            return;
        if (out->len == 0 && v->cli->state == CLI_ENDLESS)
            break; /* the others have their turn; the socket is writable, so the loop comes back */
    }
    if (out->len == 0 && (v->cli->state == CLI_ENDLESS || v->cli->is_full))
        v->cli->due = now;
    else if (out->len == 0)
        buf_free(out);
}

static void close_channel(struct visit *v)
{
    if (v->ssh.is_exec && v->device.persona->ssh.exit_status)
        ssh_channel_request_send_exit_status(v->ssh.channel, v->cli->exit_status);
    ssh_channel_send_eof(v->ssh.channel);
    ssh_channel_close(v->ssh.channel);
    push(v);
}

/* One command is through, and the next may come on a channel of its own. */
static void forget_channel(struct visit *v)
{
    ssh_remove_channel_callbacks(v->ssh.channel, v->ssh.callbacks);
    ssh_channel_free(v->ssh.channel);
    cli_free(v->cli);
    free(v->cli);
    free(v->ssh.callbacks);
    v->cli = NULL;
    v->ssh.channel = NULL;
    v->ssh.callbacks = NULL;
    v->ssh.is_exec = v->ssh.has_eof = v->ssh.has_left = false;
}

/* The device's end, behind what it said. */
static void finish(struct visit *v, struct mono now)
{
    enum cli_end end = v->cli->end;
    bool is_one_of_many = v->ssh.is_exec && end == CLI_LOGGED_OUT;
    v->has_ended_well = end == CLI_LOGGED_OUT;
    if (end != CLI_HUNG_UP)
        close_channel(v);
    if (is_dead(v))
        visit_end(v);
    else if (is_one_of_many)
        forget_channel(v);
    else
        visit_close_soon(v, now);
}

/* The client's end without ours: nothing more will be typed, but what was is done. */
static void heed_end(struct visit *v, struct mono now)
{
    bool is_idle = v->cli->out.len == 0 && v->cli->typed.len == 0 && mono_is_never(v->cli->due);
    if (v->ssh.has_eof && !v->ssh.has_left && is_idle)
        close_channel(v);
    if (v->ssh.has_left || is_dead(v))
        visit_end(v);
    else if (v->ssh.has_eof && is_idle)
        visit_close_soon(v, now);
}

void visit_ssh_flush(struct visit *v, struct mono now)
{
    if (!v->cli)
        return;
    bool is_last = v->cli->end == CLI_LAST_WORDS;
    if (is_last)
        cork(v, 1);
    send_out(v, now);
    if (v->state == VISIT_OPEN && v->cli->end != CLI_GOES_ON && v->cli->out.len == 0)
        finish(v, now);
    else if (v->state == VISIT_OPEN && !v->ssh.is_exec)
        heed_end(v, now);
    if (is_last && v->state != VISIT_OVER)
        cork(v, 0);
}
