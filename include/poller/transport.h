/* Transports: from a name to an open stream, without ever blocking and without knowing a prompt.
 *
 * A transport is a const table of operations; `ssh`, `telnet` and `local` fill it. One transport
 * object belongs to one session and one thread. No call blocks; every call tolerates being made
 * when nothing is ready. The time is an argument. */
#ifndef POLLER_TRANSPORT_H
#define POLLER_TRANSPORT_H

#include <poll.h>
#include <poller/clock.h>
#include <poller/inventory.h>
#include <poller/result.h>

enum io_result {
    IO_OK,
    IO_AGAIN, /* nothing now: wait for what want() says */
    IO_END,   /* the peer ended the stream in order */
    IO_FAIL   /* err says what, with its class */
};

enum transport_stream { STREAM_OUT, STREAM_ERR };

enum hostkey_policy { HOSTKEY_ACCEPT_NEW, HOSTKEY_STRICT, HOSTKEY_OFF };

struct hostkeys; /* known host keys, const after load: transport/hostkeys.h */
struct keyring;  /* client keys loaded once, shared read-only: transport/keyring.h */

/* What every transport of a run shares; const after start. */
struct transport_env {
    const struct hostkeys *hostkeys; /* the run's file */
    const struct keyring *keyring;
    enum hostkey_policy policy;
    /* the known keys of a device's own known_hosts file; NULL: it has none */
    const struct hostkeys *(*device_hostkeys)(const void *ctx, const struct device *device);
    const void *device_hostkeys_ctx;
};

struct transport_config {
    const struct transport_env *env;
    const struct device *device;
    const char *username, *password, *passphrase; /* values; "" when none; borrowed */
    int pty_cols, pty_rows;                       /* resolved; 0: Telnet answers no NAWS */
    const char *pty_term;
    bool want_pty;
    size_t max_pending; /* most bytes kept in our own queues */
};

/* Every transport's object begins with this. */
struct transport {
    const struct transport_ops *ops;
    struct mono phase_end[PHASE_COUNT]; /* stamped by step: RESOLVE, CONNECT, KEX, AUTH; MONO_UNSET
                                           where not reached or not this transport's */
    char *host_key;                     /* SHA256:…, ours until result takes it */
    char *known_hosts_line;             /* a key accepted as new; or NULL */
};

#define TRANSPORT_WANT_MAX 8

struct transport_ops {
    const char *name;

    /* Makes the object; does no I/O yet. NULL with err. Owned by the caller: free(). */
    struct transport *(*open)(const struct transport_config *config, struct err *e);

    /* Carries it from name to open stream (SSH: authenticated; Telnet: connected). IO_OK: open;
     * IO_AGAIN; IO_FAIL with class. Idempotent once open. */
    enum io_result (*step)(struct transport *t, struct mono now, struct err *e);

    /* Asks for a shell (command NULL) or one command by SSH exec. IO_OK: it is there. Repeat with
     * the same argument while IO_AGAIN. Telnet: a shell is there at once; exec is IO_FAIL. local:
     * a shell is the device's program, exec runs the command by /bin/sh (transport/local.h). A
     * refusal is FAIL_NO_SESSION. After an exec ended, another may be started. */
    enum io_result (*start)(struct transport *t, const char *command, struct mono now,
                            struct err *e);

    /* Takes bytes that have come: IO_OK with *n > 0; IO_END after the last byte of the stream (of
     * this exec). Data that came before a failure is handed out before the failure is. */
    enum io_result (*recv)(struct transport *t, char *to, size_t size, size_t *n,
                           enum transport_stream *stream, struct mono now, struct err *e);

    /* Sends as much as goes: IO_OK with *sent > 0, or IO_AGAIN with *sent 0. */
    enum io_result (*send)(struct transport *t, const char *from, size_t n, size_t *sent,
                           struct mono now, struct err *e);

    /* What to wait for: fills at most TRANSPORT_WANT_MAX entries, returns how many; *deadline, if
     * sooner than its value, is set to when to step again anyway. A descriptor may change after
     * any call, so ask after each. */
    size_t (*want)(const struct transport *t, struct pollfd *want, struct mono *deadline);

    /* Of the shell or exec that ended: 0 to 255, or -1 when none was sent. */
    int (*exit_status)(const struct transport *t);

    /* True when the peer echoes what is typed (Telnet option; SSH pty: true). */
    bool (*echo)(const struct transport *t);

    /* Closes in order: IO_AGAIN until done or given up; the session bounds it by 2 s and then
     * frees. */
    enum io_result (*close)(struct transport *t, struct mono now);

    /* At any time; never blocks; wipes what is secret. */
    void (*free)(struct transport *t);
};

extern const struct transport_ops transport_ssh;
extern const struct transport_ops transport_telnet;
extern const struct transport_ops transport_local;

/* The table by kind. */
const struct transport_ops *transport_by_kind(enum transport_kind kind);

#endif
