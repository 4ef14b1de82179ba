/* A device's command line for tests: a built-in persona with a misbehaviour, typed to at times that
 * the test says. */
#ifndef POLLER_TESTS_LIB_CLI_PLAY_H
#define POLLER_TESTS_LIB_CLI_PLAY_H

#include "lab/sim/cli.h"

#define PLAY_START_MS 5000

struct cli_play {
    struct cli cli;
    struct device device;
    struct mono now;
    char commands[4096]; /* what the hook saw, each followed by | */
    unsigned checks;
};

/* The personas, for all tests of a program: a cmocka group's set-up and tear-down. */
int cli_play_load(void **state);
int cli_play_unload(void **state);

/* The device is r1, its user and password admin, its secret enable; it may be changed before it is
 * opened. Fails the test where there is no such persona. */
void cli_play_init(struct cli_play *p, const char *persona, enum misbehaviour wrong);
void cli_play_free(struct cli_play *p);
void cli_play_telnet(struct cli_play *p);
void cli_play_shell(struct cli_play *p);
void cli_play_exec(struct cli_play *p, const char *command);

/* Types, or lets that many milliseconds go by; then everything is done that is due by then. */
void cli_play_type(struct cli_play *p, const char *text);
void cli_play_bytes(struct cli_play *p, const char *bytes, size_t n);
void cli_play_wait(struct cli_play *p, int64_t ms);

/* Fails the test unless this is what was said since the last call, to the byte. */
void cli_play_said(struct cli_play *p, const char *text);
void cli_play_said_bytes(struct cli_play *p, const char *bytes, size_t n);
/* The same for those lines of an output (with \n), ended by CR LF, and what is around them. */
void cli_play_said_lines(struct cli_play *p, const char *before, const char *output, unsigned first,
                         unsigned n, const char *after);
/* Types what the device echoes, and expects the echo before what it says. */
void cli_play_dialogue(struct cli_play *p, const char *typed, const char *said);
/* What was said since the last call (until the next). */
const char *cli_play_take(struct cli_play *p);
/* The output of a command in the present mode, with \n as line ends (until the next call). */
const char *cli_play_output(struct cli_play *p, const char *command);

#endif
