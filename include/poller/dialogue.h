/* The dialogue: interprets a platform definition against the bytes of one device. It logs in,
 * learns the prompt, leaves the pager, enters a mode, sends commands, knows when each output ended
 * and proves it, notices refusals, answers questions and pagers, and logs out.
 *
 * Pure: no socket, no descriptor, no clock. Events go in with their time, wishes come out in an
 * update (after cowsql/raft's raft_step). One dialogue belongs to one session and one thread; the
 * rules are const and shared.
 *
 * How wholeness is proved is DESIGN.md, 5 of the project's notes, restated at dialogue/turn. */
#ifndef POLLER_DIALOGUE_H
#define POLLER_DIALOGUE_H

#include <poller/clock.h>
#include <poller/platform.h>
#include <poller/result.h>
#include <stdatomic.h>
#include <stdint.h>

/* A platform's patterns, compiled (PCRE2, JIT) with a match limit. Made before any thread or fork;
 * const and shared afterwards. */
struct dialogue_rules;

/* NULL with err (FAIL_USAGE: file:line:column of the pattern and what PCRE2 says of it). */
struct dialogue_rules *dialogue_rules_new(const struct platform *platform, struct err *e);
void dialogue_rules_free(struct dialogue_rules *rules);

/* A command's answers hold patterns too: checks that they compile. 0, or -1 with err. */
int dialogue_check_command(const struct command *command, struct err *e);

struct dialogue_config {
    const struct dialogue_rules *rules;
    const struct job *job;
    const char *username, *password, *enable; /* "" when there is none; borrowed */
    bool login_in_stream; /* Telnet (or force_in_session_auth): expect login prompts */
    bool may_exec;        /* the transport can run one command by SSH exec */
    const char *line_end; /* the platform's, resolved for the transport */
    int64_t silence_ms;   /* default silence limit; each command may raise its own */
    size_t max_command_bytes, max_device_bytes;
    bool nonce;          /* type inputs behind random digits where this device erases them again */
    uint64_t nonce_seed; /* of the digits: unpredictable, another one for each dialogue */
    /* Shared by all dialogues of a run with this platform, or NULL: set once a device of it did
     * not erase, and not asked again. Any thread, any process. */
    atomic_bool *no_erase;
    bool doubt_fails; /* an output in doubt is a failure of class truncated */
    bool rounds;      /* the session stays open behind the last command: dialogue_continue */
};

struct dialogue;

/* Copies the config; borrows what it points at. NULL: memory is out. */
struct dialogue *dialogue_new(const struct dialogue_config *config);
void dialogue_free(struct dialogue *d); /* wipes its buffers */

enum dialogue_event_kind {
    DIALOGUE_OPENED,      /* the transport can start streams (SSH: authenticated) */
    DIALOGUE_STARTED,     /* the shell or exec asked for is there */
    DIALOGUE_BYTES,       /* data, len: from the device */
    DIALOGUE_ERR_BYTES,   /* data, len: its standard error, by exec */
    DIALOGUE_ECHO,        /* echo_on: Telnet, the peer took over echoing (or gave it back) */
    DIALOGUE_EXIT_STATUS, /* exit_status: by exec or of the shell; -1: none was sent (a signal) */
    DIALOGUE_END,         /* the stream ended in order */
    DIALOGUE_LOST,        /* the connection broke: cause in data, len (a sentence), may be empty */
    DIALOGUE_TICK,        /* time passed: a deadline of ours may be due */
    DIALOGUE_TIMEOUT,     /* the session's own deadline fired: timeout says which */
    DIALOGUE_CANCEL
};

struct dialogue_event {
    enum dialogue_event_kind kind;
    const char *data;
    size_t len;
    bool echo_on;
    int exit_status;
    enum fail_class timeout; /* FAIL_CONNECT_TIMEOUT (not ready in time) or FAIL_TOTAL_TIMEOUT */
};

enum dialogue_start { DIALOGUE_START_NOTHING, DIALOGUE_START_SHELL, DIALOGUE_START_EXEC };

/* What the dialogue wishes after an event. Filled anew by every step; pointers are valid until the
 * next step of the same dialogue. */
#define DIALOGUE_STAGES_MAX 4 /* in one step: set-up, commands, log-out, done */

struct dialogue_update {
    enum dialogue_start start; /* ask the transport for a shell, or for exec_command */
    const char *exec_command;
    const char *send; /* bytes to send, all of them, in order */
    size_t send_len;
    bool send_secret;      /* they hold a secret: never show them */
    bool reached_auth;     /* logged in inside the stream (once) */
    bool reached_ready;    /* first command may go (once) */
    bool reached_commands; /* the last command's output is complete or given up (once a round) */
    const char *stages[DIALOGUE_STAGES_MAX]; /* that began, in order, as dialogue_doing has them */
    size_t n_stages;
    struct mono deadline; /* step again with DIALOGUE_TICK then; MONO_NEVER: none */
    bool round_over;      /* once for each round: its outputs are settled, the session stays open */
    bool settled;         /* once: the verdict is fixed; the log-out may still go on */
    bool finished;        /* nothing more will be sent: close the transport */
};

void dialogue_step(struct dialogue *d, const struct dialogue_event *event, struct mono now,
                   struct dialogue_update *update);

/* After settled or round_over: the device's class and sentence into r (class, err, was_ready,
 * prompt, note), and its command results (moved: outputs become r's). r is from result_new of the
 * same job. Before that it gives what there is, as cancelled. Once for each round: a second call
 * leaves r as it is. */
void dialogue_take(struct dialogue *d, struct result *r);

/* Rounds: with config.rounds the session stays open behind the last command of its job.
 *
 * A round ends with round_over, which comes once for each, instead of settled. Its outputs are
 * proved as any others; what the log-out's echo proves elsewhere, an empty line does, typed behind
 * digits where this device erases them, unless the last command has its second proof already. Then
 * the session is idle: no deadline is left, what the device says is dropped unread (log lines, a
 * prompt drawn anew), and dialogue_take gives the round's results.
 *
 * dialogue_continue begins the next round with the commands of job, of the same device; job and
 * what it points at are borrowed until the round after it begins, or the dialogue is freed.
 * Results, error and note are new, and so are the byte limits; the prompt and what was learned of
 * echoes stay. Results that were not taken are gone. A job without commands is over at once. With
 * job NULL it sends the log-out: settled at once, since nothing is owed, and finished as ever.
 *
 * A round that fails by more than a refused command (silence, an end of the stream, a cap) ends the
 * session with it: settled and finished, no round_over. While idle, an end of the stream, a broken
 * connection, DIALOGUE_CANCEL and DIALOGUE_TIMEOUT finish the session, and nothing fails: results
 * not taken yet are what they were. A cancel sends no log-out; for that, continue with NULL.
 *
 * Where commands go by exec they do so in every round, a channel for each, and NULL sends nothing.
 * The caller tells the total deadline of a round by DIALOGUE_TIMEOUT, as that of a session.
 *
 * 0, or -1 and nothing has changed but update: memory is out, the session is not idle, or it goes
 * by exec and job cannot (a command has answers, or a privilege is asked for). update is filled as
 * by a step. */
int dialogue_continue(struct dialogue *d, const struct job *job, struct mono now,
                      struct dialogue_update *update);

/* The result of a command that is settled already, with its proofs; NULL until then and after
 * dialogue_take. Borrowed, until the next step. */
const struct command_result *dialogue_command(const struct dialogue *d, size_t index);

/* What the dialogue is doing now, for messages and the trace: "waiting for the first prompt". */
const char *dialogue_doing(const struct dialogue *d);

#endif
