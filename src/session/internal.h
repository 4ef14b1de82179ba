/* What the files of session/ share: session (the steps and the deadlines), pump (between transport
 * and dialogue), verdict (class, phases, result). Nobody else includes this. */
#ifndef POLLER_SESSION_INTERNAL_H
#define POLLER_SESSION_INTERNAL_H

#include "base/buf.h"
#include "session/trace.h"

#include <poller/session.h>

enum stage {
    STAGE_OPENING, /* transport->step until a stream can be had */
    STAGE_TALKING, /* bytes go between transport and dialogue, log-out included */
    STAGE_CLOSING, /* transport->close */
    STAGE_DONE
};

struct session {
    struct job job;
    const struct session_env *env;
    struct transport *transport; /* NULL: could not be made, or freed at the end */
    struct dialogue *dialogue;   /* NULL: there is none */
    int64_t started_at_ms;       /* wall clock */
    double queued_ms;
    struct trace *trace;
    enum stage stage;

    bool opened;         /* the transport was open once */
    bool streamed;       /* a stream was there once */
    bool talked;         /* streamed, or the dialogue is ready: its is the verdict */
    bool starting;       /* transport->start is not through */
    char *exec;          /* its argument; NULL: a shell */
    bool streaming;      /* there is a stream to receive from */
    bool was_exec;       /* of the stream that is or was last there */
    bool echo;           /* as the dialogue was told last */
    bool ready;          /* the dialogue said so */
    bool settled;        /* the verdict is fixed */
    bool told;           /* SESSION_SETTLED was returned */
    bool finished;       /* the dialogue has nothing more to send than what is in out */
    bool cancelled;      /* closes in less time */
    struct buf out;      /* to send */
    enum fail_class own; /* the session's own verdict, which goes before the dialogue's */
    char *own_text;      /* NULL: no memory was left for it */
    char *broken;        /* sending failed: why; what came before is still received */

    struct mono handed_out, settled_at, done_at, last;
    struct mono phase_end[PHASE_COUNT];
    struct mono connect_deadline, total_deadline, dialogue_deadline, close_deadline;

    /* What the last step left to wait for. */
    struct pollfd want[TRANSPORT_WANT_MAX];
    size_t n_want;
    struct mono transport_deadline;
};

/* pump */

/* Each true: there is more to do at once. */
bool pump_open(struct session *s, struct mono now);
bool pump_talk(struct session *s, struct mono now);
bool pump_close(struct session *s, struct mono now);

void pump_tick(struct session *s, struct mono now);
/* The session's own deadline came: class FAIL_CONNECT_TIMEOUT or FAIL_TOTAL_TIMEOUT. */
void pump_timeout(struct session *s, enum fail_class class, struct mono now);
void pump_cancel(struct session *s, struct mono now);
/* The connection is gone. */
void pump_lost(struct session *s, const char *why, struct mono now);

/* verdict */

/* The device's own limit, else the run's, else the default. */
int64_t limit_ms(int64_t device, int64_t run, int64_t fallback);

/* The session's own verdict, unless there is one; closes without a log-out. */
void verdict_fail(struct session *s, const struct err *e, struct mono now);
/* Not in time before a stream was there: says how far it came. */
void verdict_late(struct session *s, enum fail_class deadline, struct mono now);
/* The dialogue settled, or verdict_fail: fixes the time and starts the 2 s of the close. */
void verdict_settle(struct session *s, struct mono now);
/* Copies the transport's stamps where the dialogue set none. */
void verdict_stamps(struct session *s);
enum phase verdict_phase(const struct session *s);
bool verdict_logged_in(const struct session *s);
/* The result: class, sentence, commands and phases. NULL: memory is out. */
struct result *verdict_result(struct session *s);

#endif
