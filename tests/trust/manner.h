/* A device's way of speaking: platform, prompt, terminal, questions, pager. Made from a seed out of
 * the table of ways (ways.c); plain data, so that a case can be made smaller by clearing fields. */
#ifndef TRUST_MANNER_H
#define TRUST_MANNER_H

#include "tests/trust/random.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLATFORMS 13
#define BANNERS   4

/* Who shows what is typed. */
enum terminal {
    TERMINAL_DEVICE,   /* the command line itself, when it reads */
    TERMINAL_READLINE, /* the same at the prompt; while a command runs the kernel does, at once */
    TERMINAL_KERNEL,   /* always the kernel, at once */
    TERMINAL_NONE,
    TERMINALS
};

/* What an erase key shows. */
enum erasing {
    ERASE_BLANK,  /* BS blank BS */
    ERASE_TO_END, /* BS ESC[K */
    ERASE_REDRAW, /* CR, prompt and line anew */
    ERASE_NOT     /* it is a byte like any other: the line is refused */
};

enum width_style { WIDTH_NONE, WIDTH_WRAPS, WIDTH_SCROLLS };

/* One platform, fixed: ways.c. */
struct way {
    const char *platform;
    const char *prompts[4]; /* may hold %c (a counter), %t (seconds), %s (a star or nothing) */
    const char *changing[2];
    const char *uppers[2];   /* lines above the prompt; NULL: it has none */
    bool blank;              /* an empty line before each prompt that follows an output */
    const char *stamp;       /* stands before each output; or NULL */
    const char *user_prompt; /* before enable; NULL: there is no enable */
    const char *setup, *setup_answer;
    const char *refusal; /* of an unknown line */
    const char *logout, *goodbye;
    const char *user_question, *password_question;
    const char *mark; /* of the pager */
    const char *wipes[2];
    const char *end_mark; /* where the pager waits at the end, too, for q; or NULL */
    char key;             /* that shows the next page */
    bool key_needed;      /* any other key ends the output */
    const char *log[2];   /* %t: seconds */
    const char *commands[8];
    const char *line_end;          /* over SSH */
    unsigned terminals[TERMINALS]; /* per mille */
    bool unix_like;
};

extern const struct way ways[PLATFORMS];

struct manner {
    unsigned platform; /* of ways */
    char prompt[64];
    char upper[64];
    bool upper_blank; /* an empty line above the upper one */
    bool user_mode;   /* begins before enable */
    bool telnet;
    bool coloured; /* the prompt */
    bool pasting;  /* bracketed paste around each input line */
    enum terminal terminal;
    enum erasing erasing;
    enum width_style width_style;
    int width;
    bool redraws, echo_twice, double_enter, silent_enter;
    bool pager;
    int page_lines;
    unsigned wipe;
    bool lost_at_first, lost_typed_ahead;
    unsigned banner; /* which of peer.c's; 0: none that reads as a question */
    int delay_ms;    /* one way */
    int key_ms;      /* between keys, as they arrive */
    int think_ms;    /* before the prompt, and before an output */
};

/* For m->platform, which is set; all else is made.
 * odds: bits of enum oddity are added as they are chosen. hostile: those may be, too. rare: what is
 * seldom seen is multiplied in frequency by it. */
void manner_make(struct manner *m, struct random *r, bool hostile, unsigned rare, uint64_t *odds);
const struct way *manner_way(const struct manner *m);
const char *manner_line_end(const struct manner *m);
const char *terminal_name(enum terminal t);

#endif
