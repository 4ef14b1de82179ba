/* Between the first prompt and the first command: the platform's instructions, and the walk through
 * its modes to the one to poll in. It plans: one step at a time, which the turn carries out. */
#ifndef POLLER_DIALOGUE_SETUP_H
#define POLLER_DIALOGUE_SETUP_H

#include "dialogue/input.h"
#include "dialogue/prompt.h"

#define SETUP_REFUSED_MAX 8
#define SETUP_WHY         400

enum setup_kind {
    SETUP_SEND,   /* input */
    SETUP_WRITE,  /* input, and nothing is awaited */
    SETUP_NOTE,   /* why: for the record */
    SETUP_FAILED, /* why: the mode that was asked for was not reached */
    SETUP_DONE
};

struct setup_step {
    enum setup_kind kind;
    struct input input;
    char why[SETUP_WHY];
};

struct setup {
    const struct platform *platform;
    const struct job *job;
    const char *enable;                 /* "" when there is none */
    size_t open_at;                     /* next of the platform's on_open */
    const struct accessible_mode *edge; /* being walked; NULL: none */
    size_t edge_at;
    int target;      /* of the walk; -1: none */
    bool must;       /* a privilege asked for */
    bool default_in; /* the mode to poll in was dealt with */
    int hops;
    size_t
        refused[SETUP_REFUSED_MAX]; /* inputs refused before the mode changed: tried again in it */
    size_t n_refused;
    bool again;
    bool noted; /* the refusal of the input that ended was dealt with */
};

/* The next step. mode is that of the prompt which stands now (-1: none known); done is the input
 * that it ended, and refusal the line with which the device refused that, "" when it did not. */
void setup_next(struct setup *s, int mode, const struct input *done, const char *refusal,
                struct setup_step *step);

/* The mode that the edge being walked leads to; -1: none. */
int setup_target(const struct setup *s);

/* The response of an instruction; NULL: a secret that is not set. */
const char *setup_response(const struct setup *s, const struct instruction *ins);

#endif
