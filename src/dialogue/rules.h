/* A platform, compiled: its patterns beside the definition they come from. */
#ifndef POLLER_DIALOGUE_RULES_H
#define POLLER_DIALOGUE_RULES_H

#include "dialogue/match.h"

#include <poller/dialogue.h>

struct rules_list {
    struct match *items;
    size_t n;
};

struct rules_question { /* of one send_prompted_input */
    const struct instruction *of;
    struct match prompt;
};

struct dialogue_rules {
    const struct platform *platform;
    struct match prompt; /* whole line */
    struct match *modes; /* whole line; platform->n_modes of them */
    struct match *pagers;
    struct match login_user, login_password;
    struct match question;         /* what waits for an answer, whoever asks */
    struct match new_password;     /* a question for one, instead of the first prompt */
    struct match press_any_return; /* as press_return, on every platform */
    struct match decoration;       /* lines that may stand above a prompt */
    struct rules_list login_failed, no_session, press_return;
    struct rules_question *questions;
    size_t n_questions;
};

/* The mode whose prompt text is, -1: none; *known: it is a prompt of this platform. */
int rules_mode(const struct dialogue_rules *r, const struct matcher *m, const char *text, size_t n,
               bool *known);

bool rules_match_any(const struct rules_list *list, const struct matcher *m, const char *text,
                     size_t n, size_t *start);

/* The compiled question of an instruction of this platform; NULL: it has none. */
const struct match *rules_question_of(const struct dialogue_rules *r, const struct instruction *of);

#endif
