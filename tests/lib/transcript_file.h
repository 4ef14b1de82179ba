/* A transcript in memory: private to tests/lib/transcript*. */
#ifndef POLLER_TESTS_TRANSCRIPT_FILE_H
#define POLLER_TESTS_TRANSCRIPT_FILE_H

#include <poller/inventory.h>
#include <poller/result.h>

enum step_kind {
    STEP_DEVICE, /* < bytes */
    STEP_STDERR, /* ! bytes */
    STEP_SENT,   /* > bytes; secret: >! */
    STEP_WAIT,
    STEP_EXEC, /* an exec of that command was asked for */
    STEP_EXIT,
    STEP_END,
    STEP_LOST,
    STEP_ECHO, /* number 1: on */
    STEP_TIMEOUT,
    STEP_CANCEL,
    STEP_ROUND_OVER, /* number: its class */
    STEP_CONTINUE,   /* with the next round's commands */
    STEP_LOG_OUT     /* continue with the log-out */
};

struct step {
    enum step_kind kind;
    int line;
    char *bytes;
    char *digits; /* as struct transcript_bytes; may be NULL */
    size_t n;
    bool secret;
    bool optional;  /* >? text: it may have been sent */
    bool comment;   /* ># : the platform's comment and digits stand before the bytes */
    bool nonce;     /* >~ text: digits and erase keys stand before the bytes */
    int64_t number; /* milliseconds, exit status, class */
};

#define FRAGMENTS_MAX 8
#define COMMANDS_MAX  16
#define ANSWERS_MAX   4
#define ROUNDS_MAX    8

struct expected_command {
    bool given;
    int line;
    enum command_status status;
    enum fail_class class;
    bool check_proofs;
    unsigned proofs, at_least;
    char *output; /* NULL: not checked */
    size_t output_n;
    char *contains;
    char *error;
    int exit_status; /* -2: not checked */
};

struct transcript {
    char path[256];
    char *platform, *username, *password, *enable, *privilege, *comment;
    bool no_erase; /* the platform has no key that takes a character back */
    bool telnet, only_whole;
    bool nonce, doubt_fails;
    enum tristate exec;
    int64_t silence_ms;
    size_t max_command_bytes, max_device_bytes;
    struct command commands[COMMANDS_MAX];
    struct answer answers[COMMANDS_MAX][ANSWERS_MAX];
    size_t n_commands;
    bool rounds_on;            /* the session stays open behind the last command of a round */
    size_t rounds[ROUNDS_MAX]; /* the first command of each; at least one */
    size_t n_rounds;
    struct step *steps;
    size_t n_steps;
    enum fail_class class;
    char *errors[FRAGMENTS_MAX], *notes[FRAGMENTS_MAX];
    size_t n_errors, n_notes;
    char *prompt;
    int ready, finished; /* -1: not checked */
    struct expected_command expected[COMMANDS_MAX];
    char *doubts[COMMANDS_MAX];  /* a part of the doubt's sentence; NULL: none */
    bool or_doubt[COMMANDS_MAX]; /* a doubt is as right as the output */
};

#endif
