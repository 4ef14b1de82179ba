/* Questions in a command's output: those that its own answers know, and those that nobody answers.
 */
#ifndef POLLER_DIALOGUE_QUESTION_H
#define POLLER_DIALOGUE_QUESTION_H

#include "dialogue/rules.h"
#include "dialogue/stream.h"

struct questions {
    const struct command *command;
    struct match *answers; /* compiled; n of them */
    size_t n;
    size_t line;    /* of the question that was answered last; NOWHERE */
    size_t last;    /* which answer that was; NOWHERE */
    unsigned given; /* answers */
};

enum question_kind {
    QUESTION_NONE,
    QUESTION_ANSWER, /* answer `which` */
    QUESTION_STANDS, /* the one that was answered is still there */
    QUESTION_OPEN    /* nobody answers; if it stands still it is one */
};

/* Those of a command, instead of another's. */
void questions_begin(struct questions *q, const struct command *command);
void questions_free(struct questions *q);

enum question_kind question_look(const struct questions *q, const struct stream *s,
                                 const struct dialogue_rules *r, const struct matcher *m,
                                 size_t *which);
void questions_answered(struct questions *q, const struct stream *s, size_t which);

#endif
