/* What came of one visit: phases, failure class, outputs with their proofs. One per job, whatever
 * happens; made by session_finish (or by the engine for a job that no session could serve), moved
 * to the collector, then the sinks. */
#ifndef POLLER_RESULT_H
#define POLLER_RESULT_H

#include <poller/err.h>
#include <poller/plan.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The phases of a visit, in order. */
enum phase {
    PHASE_QUEUED,  /* start of the run to the hand-out */
    PHASE_RESOLVE, /* name look-up; 0 for a literal address */
    PHASE_CONNECT, /* TCP */
    PHASE_KEX,     /* SSH banner and key exchange; never reached over Telnet */
    PHASE_AUTH,    /* SSH authentication, or the login dialogue */
    PHASE_READY,   /* opening the stream, first prompt, pager, mode */
    PHASE_COMMANDS,
    PHASE_CLOSE, /* log-out and close */
    PHASE_COUNT
};

const char *phase_name(enum phase p);

/* Why an output is believed to be whole (DESIGN.md, 5). A bit set. */
enum proof {
    PROOF_ECHO = 1,
    PROOF_PROMPT = 2,
    PROOF_PATTERN = 4,
    PROOF_NEXT_ECHO = 8,
    PROOF_EXIT_STATUS = 16,
    PROOF_NUDGE = 32,
    PROOF_SECOND = 64,
    PROOF_NONCE = 128 /* the next input was typed behind random digits, and they came back */
};
#define PROOF_KINDS 8

/* The name of bit 1 << i: "echo", "prompt", "pattern", "next_echo", "exit_status", "nudge",
 * "second", "nonce". */
const char *proof_name(int i);

enum command_status { COMMAND_NOT_RUN, COMMAND_OK, COMMAND_FAILED };

struct command_result {
    enum command_status status;
    enum fail_class class;
    char *output; /* cleaned: between echo and prompt, '\n' line ends, no pager marks or escapes;
                     may hold NUL and bytes that are not UTF-8; NULL when not run */
    size_t output_len;
    char *raw; /* what came on the wire for it, NULL where it equals output */
    size_t raw_len;
    char *error;     /* a sentence, or NULL */
    char *doubt;     /* what the stream could not tell of this output, a sentence; NULL: nothing */
    unsigned proofs; /* of enum proof */
    int exit_status; /* by exec; -1: none */
    double ms;       /* negative: not run */
};

struct result {
    uint32_t index; /* the device */
    uint32_t attempt;
    enum fail_class class; /* FAIL_NONE: ok */
    bool was_ready;
    struct err err;
    int64_t started_at_ms;        /* wall clock, the hand-out */
    double phase_ms[PHASE_COUNT]; /* negative: never reached */
    double total_ms;              /* hand-out to closed */
    uint32_t process;             /* worker process, 0 for the parent or only one */
    uint32_t worker;              /* slot, 0 to n-1 */
    char *host_key;               /* "SHA256:…" or NULL */
    char *known_hosts_line;       /* a key seen for the first time under accept-new, to be stored
                                     by the collector alone; or NULL */
    char *prompt;                 /* learned; or NULL */
    char *note;                   /* what the reader should know besides, or NULL */
    struct command_result *commands;
    size_t n_commands;
};

/* A result for job with all its commands listed as not run and every phase unreached. NULL: memory
 * is out. */
struct result *result_new(const struct job *job);
void result_free(struct result *r);
/* An array of n, from calloc, with all that it owns; NULL is none. */
void command_results_free(struct command_result *results, size_t n);

/* Bytes it holds: what the collector's queue is bounded by. */
size_t result_size(const struct result *r);

/* Its outputs that are in doubt. */
size_t result_doubts(const struct result *r);

/* total without close: what device_ms and the sum are made of. */
double result_device_ms(const struct result *r);

/* False: nobody went there, so it has no times; every phase is unreached and no time has passed. */
bool result_was_visited(const struct result *r);

/* What -n auto chose, for the run or a group: devices at once. */
struct window_summary {
    const char *group; /* NULL: the run */
    unsigned start, most, final;
    unsigned grew, backed_off; /* times */
};

#define SUMMARY_GROUPS_MAX 32

struct windows_summary {
    bool is_auto; /* else nothing of this is filled */
    struct window_summary run;
    struct window_summary groups[SUMMARY_GROUPS_MAX]; /* where there are more than one */
    size_t n_groups, left_out;
};

/* What leaves a place empty while devices are left. */
enum pace_hold {
    HOLD_LOGIN_RATE,
    HOLD_HANDSHAKES,
    HOLD_STOP_AFTER, /* few log in at once, so that the row cannot grow too long */
    HOLD_JITTER_START,
    HOLD_LIMITS,      /* of groups and hosts */
    HOLD_RETRY_DELAY, /* all that is left waits for its second attempt */
    HOLD_COUNT,
    HOLD_NOTHING = HOLD_COUNT
};

/* "login_rate", …: the key of the run object. */
const char *pace_hold_name(enum pace_hold hold);

/* The run object of the records; computed by report/stats, written by the sinks. */
struct run_summary {
    char run_id[27]; /* ULID */
    const char *mode;
    unsigned workers; /* with -n auto: as many as there were at once */
    struct windows_summary windows;
    size_t devices, ok, failed;
    size_t not_visited; /* of the failed: cancelled before their turn came */
    size_t retried;     /* of the devices: those that needed more than one attempt */
    size_t doubts;      /* outputs in doubt, of each device's last attempt */
    size_t classes[FAIL_COUNT];
    double elapsed_ms, device_ms_sum, speedup_estimate; /* times: of the devices visited */
    double held_ms[HOLD_COUNT];                         /* some place was empty because of it */
    double p50, p95, p99, max;
    const char *slowest; /* a device's name, or NULL */
    double cpu_user_ms, cpu_system_ms;
    long max_rss_kib;
    const char *version;
};

#endif
