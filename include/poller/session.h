/* A session: one visit to one device. The only pump between transport, dialogue and deadlines; all
 * that a mode sees. Never blocks. Made after fork, by the thread that steps it; never shared.
 *
 *     struct session *s = session_new(&job, env, now);
 *     while (session_step(s, now) != SESSION_DONE)
 *         wait for session_want(), at most until session_deadline()
 *     struct result *r = session_finish(s);
 */
#ifndef POLLER_SESSION_H
#define POLLER_SESSION_H

#include <poll.h>
#include <poller/clock.h>
#include <poller/dialogue.h>
#include <poller/plan.h>
#include <poller/result.h>
#include <poller/transport.h>
#include <stdatomic.h>

/* What every session of a run shares; const after start. */
struct session_env {
    struct transport_env transport;
    struct dialogue_rules *const *rules; /* by platform->index; NULL entries: not in use */
    int64_t connect_timeout_ms;          /* for devices that set none; 0: the defaults below */
    int64_t silence_timeout_ms;
    int64_t total_timeout_ms;
    size_t max_command_bytes;    /* 16 MiB */
    size_t max_device_bytes;     /* 64 MiB */
    const char *session_log_dir; /* --session-log, or NULL */
    bool trace;                  /* -vv: the dialogue to the log, secrets masked */
    bool doubt_fails;            /* --doubt fail: an output in doubt is truncated */
    bool nonce; /* inputs go behind random digits: the proof nonce. The command line's
                   default is on; without it proofs are weaker: docs/PROOFS.md */
    /* By platform->index: a device of it did not erase the digits, and none of it is asked again.
     * In memory that threads and worker processes share; NULL: each device is asked. */
    atomic_bool *no_erase;
    /* In place of the device's own transport: a memory twin, or NULL. */
    const struct transport_ops *transport_override;
};

#define SESSION_CONNECT_TIMEOUT_MS 15000
#define SESSION_SILENCE_TIMEOUT_MS 30000
#define SESSION_TOTAL_TIMEOUT_MS   300000
#define SESSION_CLOSE_TIMEOUT_MS   2000
#define SESSION_CANCEL_CLOSE_MS    1500 /* the same after a cancel, so that a run ends within 2 s */
#define SESSION_MAX_COMMAND_BYTES  (16u << 20)
#define SESSION_MAX_DEVICE_BYTES   (64u << 20)

struct session;

enum session_state {
    SESSION_WANT,      /* wait for session_want() or session_deadline() */
    SESSION_AGAIN_NOW, /* there is more to do at once; others first */
    SESSION_SETTLED,   /* once: the verdict is fixed; the log-out goes on under its own 2 s */
    SESSION_DONE       /* closed: call session_finish */
};

/* queued_ms: from the start of the run to now, for the record. NULL only when memory is out. Copies
 * the job; borrows the env. */
struct session *session_new(const struct job *job, const struct session_env *env, double queued_ms,
                            struct mono now);

/* Tolerates a spurious call; takes at most 64 KiB from the transport; looks at its deadlines every
 * time. After SESSION_SETTLED step again at once. */
enum session_state session_step(struct session *s, struct mono now);

#define SESSION_WANT_MAX TRANSPORT_WANT_MAX

/* Descriptors and poll(2) events; may change after every step. */
void session_want(const struct session *s, struct pollfd want[SESSION_WANT_MAX], size_t *n);
struct mono session_deadline(const struct session *s);
enum phase session_phase(const struct session *s);
/* Its key exchange and authentication, or its login dialogue, were through, whatever became of the
 * visit afterwards; a transport without a login: it was opened. */
bool session_logged_in(const struct session *s);
const struct device *session_device(const struct session *s);

/* The result of a command that is settled, while the visit goes on; NULL until then. Borrowed,
 * until the next step: for what is to be kept should this process die. */
const struct command_result *session_command(const struct session *s, size_t index);

/* The run was interrupted: settles as cancelled, keeping what came, and goes on to close. Step it
 * afterwards. */
void session_cancel(struct session *s, struct mono now);

/* The kernel refuses to wait for one of its descriptors: its connection is gone, why is a
 * sentence. Step it afterwards. */
void session_lost(struct session *s, const char *why, struct mono now);

/* Frees the session, at any time, and gives its one result; NULL only when memory is out. */
struct result *session_finish(struct session *s);

#endif
