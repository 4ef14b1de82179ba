/* SSH by libssh 0.10, never blocking, over a descriptor of ours: what the files ssh_*.c share. The
 * contract with the outside is <poller/transport.h>.
 *
 * Names begin with ssht_ ("SSH transport"): libssh's own begin with ssh_ and are exported, so that
 * ours must not meet them.
 *
 * step() is a row of small state functions. Each does one call of libssh and says IO_OK (the state
 * was changed, go on), IO_AGAIN (unchanged; made again when a descriptor is ready) or IO_FAIL.
 * After every "again" the session is tested: libssh says it for ever on a connection that is gone.
 */
#ifndef POLLER_TRANSPORT_SSH_H
#define POLLER_TRANSPORT_SSH_H

#include "transport/ssh_inbox.h"
#include "transport/tcp.h"

#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <poller/err.h>
#include <poller/transport.h>

/* SSH_OPTIONS_FD keeps 16 bits. */
#define SSHT_FD_MAX 65535

enum ssht_state {
    SSHT_TCP,
    SSHT_HELLO, /* the first ssh_connect */
    SSHT_KEX,
    SSHT_HOSTKEY,
    SSHT_AUTH, /* chooses among the next */
    SSHT_AUTH_NONE,
    SSHT_AUTH_PASSWORD,
    SSHT_AUTH_KBDINT,
    SSHT_AUTH_PUBLICKEY,
    SSHT_AUTH_AGENT_TURN, /* waits for its turn at the agent */
    SSHT_AUTH_AGENT,      /* a helper thread owns the session */
    SSHT_OPEN,
    SSHT_FAILED,
    SSHT_CLOSED,
    SSHT_STATES
};

enum ssht_stream {
    SSHT_STREAM_NONE,
    SSHT_STREAM_OPENING,
    SSHT_STREAM_PTY,
    SSHT_STREAM_REQUEST,
    SSHT_STREAM_RUNNING,
    SSHT_STREAM_ENDED
};

#define SSHT_SEEN_MAX     80
#define SSHT_QUESTION_MAX 100

struct ssht_agent;

struct ssht {
    struct transport base;
    struct transport_config config; /* its pointers are borrowed */
    struct tcp *tcp;                /* until it is connected */
    enum ssht_state state;
    enum fail_class failure; /* of SSHT_FAILED */
    char *failure_text;      /* NULL: no memory was left for it */

    int fd;              /* the connection, as long as it is ours to close; else -1 */
    bool held_back;      /* what is sent waits in the kernel for what follows it */
    ssh_session session; /* while state is SSHT_AUTH_AGENT the helper thread's */
    ssh_event pump;      /* libssh's own poll over this session alone */
    struct ssh_counter_struct traffic;
    uint64_t payload;     /* bytes of channel data in traffic */
    uint64_t stuck_since; /* traffic.in_bytes when our output last moved */
    uint64_t stuck_out;   /* traffic.out_bytes then */

    char seen[SSHT_SEEN_MAX]; /* the first bytes that came, until there is a banner */
    size_t seen_len;
    bool seen_end; /* it closed without a byte more */

    ssh_key key; /* the keyring's */
    bool password_used;
    unsigned rounds;                  /* of keyboard-interactive */
    char question[SSHT_QUESTION_MAX]; /* the last one, made printable */
    struct ssht_agent *agent;

    ssh_channel channel;
    struct ssh_channel_callbacks_struct callbacks;
    enum ssht_stream stream;
    bool had_channel; /* an earlier one was granted */
    struct ssht_inbox inbox;
    bool remote_eof, remote_closed, closing, told;
    int exit_status;
    char *farewell;      /* SSHT_DISCONNECT and what the peer said as it hung up; or NULL */
    uint32_t max_packet; /* the peer's; 0: not known */
    struct mono eof_deadline;
};

typedef enum io_result ssht_state_fn(struct ssht *t, struct mono now, struct err *e);

static inline struct ssht *ssht_of(struct transport *t)
{
    return (struct ssht *)t;
}

/* True when the connection is gone, whatever libssh's calls answer. */
bool ssht_is_dead(const struct ssht *t);
/* True when bytes of ours wait inside libssh. */
bool ssht_write_pending(const struct ssht *t);
/* IO_AGAIN, or the failure of a session that is dead. */
enum io_result ssht_again(struct ssht *t, struct err *e);

/* ssh_setup.c: the session with its options; 0, or -1 with err. */
int ssht_setup(struct ssht *t, struct err *e);

/* ssh_kex.c */
ssht_state_fn ssht_hello, ssht_kex;
/* What libssh sends packet by packet goes out in one segment, at the latest 200 ms later. Never
 * while the helper thread owns the session. */
void ssht_hold_back(struct ssht *t, bool yes);
/* ssh_hostkey.c */
ssht_state_fn ssht_hostkey;
/* The run's policy, as the device's `ssh_strict` alters it. */
enum hostkey_policy ssht_policy(const struct ssht *t);
/* The known keys to ask, the device's own file first; returns how many. */
size_t ssht_tables(const struct ssht *t, const struct hostkeys *tables[2]);
/* ssh_auth.c, ssh_kbdint.c */
ssht_state_fn ssht_auth, ssht_auth_none, ssht_auth_password, ssht_auth_kbdint, ssht_auth_publickey;
/* What every method's answer leads to; method and what ("the password") are for the sentence. */
enum io_result ssht_auth_answer(struct ssht *t, int rc, const char *method, const char *what,
                                struct mono now, struct err *e);

/* ssh_agent.c */
ssht_state_fn ssht_auth_agent_turn, ssht_auth_agent;
size_t ssht_agent_want(const struct ssht *t, struct pollfd *want);
/* Takes the session back from the helper thread, whatever it does. */
void ssht_agent_stop(struct ssht *t);

/* ssh_stream.c */
enum io_result ssht_start(struct transport *base, const char *command, struct mono now,
                          struct err *e);
enum io_result ssht_recv(struct transport *base, char *to, size_t size, size_t *n,
                         enum transport_stream *stream, struct mono now, struct err *e);
enum io_result ssht_send(struct transport *base, const char *from, size_t n, size_t *sent,
                         struct mono now, struct err *e);
/* ssh_channel.c: from nothing to a shell or a command. */
enum io_result ssht_channel_step(struct ssht *t, const char *command, struct err *e);
void ssht_channel_drop(struct ssht *t);

/* ssh_log.c: libssh's log in this thread, from listen to stop, is looked through for what it alone
 * tells: max_packet (at SSH_LOG_PROTOCOL), farewell (at SSH_LOG_WARN). May be nested. */
#define SSHT_DISCONNECT "Received SSH_MSG_DISCONNECT: "
struct ssht_log {
    struct ssht *listener;
    int level;
};
void ssht_log_listen(struct ssht *t, int level, struct ssht_log *before);
void ssht_log_stop(const struct ssht_log *before);

/* ssh_pump.c: one round of libssh's poll: at most 4096 bytes in, and what is queued out. False when
 * nothing more is to be had now. */
bool ssht_pump(struct ssht *t);
int ssht_pump_start(struct ssht *t);
/* -1 with err when the peer makes us work or hold more than its output is worth. */
int ssht_check_traffic(struct ssht *t, struct err *e);

/* ssh_close.c */
enum io_result ssht_close(struct transport *base, struct mono now);
/* Frees the session; politely: with a DISCONNECT. Closes the descriptor exactly once. */
void ssht_teardown(struct ssht *t, bool politely);
/* Closes and frees what was needed to connect. */
void ssht_drop_tcp(struct ssht *t);

/* ssh_fail.c: the sentence and class of a session that failed or is gone. Always IO_FAIL. */
enum io_result ssht_lost(struct ssht *t, struct err *e);
/* Keeps the first failure, which every later call tells. */
void ssht_keep_failure(struct ssht *t, enum fail_class class, const char *text);
/* A failure of our own finding: "host port N " and the text. */
enum io_result ssht_fail(struct ssht *t, struct err *e, enum fail_class class, const char *format,
                         ...) __attribute__((format(printf, 4, 5)));
/* What a device sent, fit for a sentence: our secrets masked, escapes for what does not print. ""
 * when memory is out. Returns out. */
const char *ssht_printable(const struct ssht *t, const char *from, size_t n, char *out,
                           size_t size);

#endif
