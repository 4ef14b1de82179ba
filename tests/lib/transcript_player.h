/* A transcript that is being played: private to tests/lib/transcript*. */
#ifndef POLLER_TESTS_TRANSCRIPT_PLAYER_H
#define POLLER_TESTS_TRANSCRIPT_PLAYER_H

#include "base/buf.h"
#include "tests/lib/transcript.h"
#include "tests/lib/transcript_bytes.h"
#include "tests/lib/transcript_file.h"

#include <poller/dialogue.h>

struct player {
    const struct transcript *t;
    struct dialogue *d;
    struct job job;       /* of the round that runs; without commands when only the log-out does */
    size_t round;         /* its number */
    size_t checked;       /* commands whose outcome was looked at, of all rounds */
    unsigned rounds_over; /* that the dialogue ended, and no `round over` was read for */
    bool taken;           /* this round's results */
    struct mono now, deadline;
    struct buf sent, secret;   /* what was sent and not matched yet; 1 for each byte of a secret */
    const char *comment;       /* the platform's; "": none */
    const char *erase;         /* the platform's key, */
    size_t erases;             /* and how often it wipes out the digits */
    char digits[NONCE_DIGITS]; /* sent last; [0] is NUL until then */
    char *exec;                /* asked for and not matched yet */
    bool settled, finished;
    unsigned ready, commands, settles;
    enum transcript_chunks chunks;
    unsigned seed, random;
    char *error;
    size_t size;
};

/* A message that begins with the line of the transcript; -1. */
int transcript_complain(struct player *p, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Bytes for a message, escaped; four buffers in turn. */
const char *transcript_shown(const char *bytes, size_t n);

/* A step STEP_ROUND_OVER: the round that runs is over, with its class and its commands' outcomes.
 */
int transcript_check_round(struct player *p, const struct step *s);
/* At the end of the transcript. */
int transcript_check_end(struct player *p);

#endif
