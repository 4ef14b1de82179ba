/* What we send: an input of the script, and how it is typed.
 *
 * An echo that cannot be guessed: the input is typed as eight random digits, eight erase keys, then
 * the text, in one write. Nothing is executed for the digits, and no output can hold their echo,
 * unless a terminal put it there, so what stands before it has ended. Which of the kinds of echo
 * there are (a command line's own, a kernel's) shows by how the digits are wiped out (input_find).
 */
#ifndef POLLER_DIALOGUE_INPUT_H
#define POLLER_DIALOGUE_INPUT_H

#include "base/buf.h"

#include <poller/clock.h>
#include <poller/platform.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NONCE_LEN    8
#define COMMENT_SIZE 24  /* of such a line; what begins it has up to 8 bytes */
#define NONCE_LINE   480 /* longest input that goes with a nonce: a line of VRP takes 510 bytes */

enum input_kind {
    INPUT_NONE,
    INPUT_EMPTY,    /* an empty line: does the first prompt come again? */
    INPUT_SECOND,   /* an empty line after a command: the second proof */
    INPUT_SETUP,    /* of the platform's instructions */
    INPUT_PROMPTED, /* the same; a question follows */
    INPUT_RESPONSE, /* to that question; never echoed */
    INPUT_COMMAND,
    INPUT_MARK, /* digits and an empty line behind a round's last command: their echo ends it */
    INPUT_LOGOUT
};

struct input {
    enum input_kind kind;
    const char *text;              /* borrowed */
    size_t command;                /* of INPUT_COMMAND: its index */
    const struct instruction *ins; /* of set-up inputs */
    char nonce[NONCE_LEN + 1];     /* "" without */
    unsigned proofs;               /* of its output, so far */
    struct mono sent_at, done_at;  /* done_at: its prompt was seen */
    bool proved_twice;             /* the second proof is there */
    bool keys;                     /* keys that a mark got were to be wiped out before it */
    bool glued;                    /* its prompt stood behind text on the same line: ask again */
    bool comment;       /* its text is a line that the device ignores, with digits in it */
    bool marked;        /* a mark behind it was typed ahead */
    bool spoiled;       /* what wiped out its digits did not: another line was run */
    bool line_end_owed; /* a line of a log ended its echo's line */
    bool unread;        /* it came to nothing that shows: was it read at all? */
    const char *doubt;  /* what the stream could not tell of its output; or NULL */
};

/* An empty line: the prompt again is all that it brings. */
bool input_is_empty(const struct input *in);

/* The next digits of a sequence, into in->nonce. */
void input_draw_nonce(struct input *in, uint64_t *sequence);

/* A line that the platform ignores, its comment's beginning and the next digits, into to. */
void input_draw_comment(char to[COMMENT_SIZE], const struct platform *p, uint64_t *sequence);

/* The key that takes a character back; "" where the platform has none. */
const char *input_erase_key(const struct platform *p);

/* The keys that wipe out `stray` characters typed before, the nonce and what wipes it out, and the
 * text; without a line end. 0, or -1: no room. */
int input_type(const struct input *in, const struct platform *p, unsigned stray, struct buf *out);

/* How the digits were wiped out. */
enum erase_form {
    ERASE_NONE,  /* not, or in a way we do not know */
    ERASE_SHOWN, /* not at all: a kernel shows the keys as "^H" or "^?" */
    ERASE_PLAIN, /* BS blank BS for each: a kernel, and many command lines */
    ERASE_EDITED /* in another way: a command line */
};

struct nonce_sight {
    size_t from, to;  /* offsets of the first digit that is there, and behind the last */
    unsigned missing; /* digits at the front that are not there */
    unsigned part;    /* the line ends after so many of them; else 0 */
    enum erase_form form;
};

/* Looks for the digits in the raw line: wrapped or drawn again as any input. False: not there. */
bool input_find(const char *raw, size_t n, const char *nonce, struct nonce_sight *sight);

#endif
