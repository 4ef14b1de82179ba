/* What came of each command, and the verdict over the device: it only records. */
#ifndef POLLER_DIALOGUE_OUTCOME_H
#define POLLER_DIALOGUE_OUTCOME_H

#include "dialogue/stream.h"

#include <poller/dialogue.h>
#include <poller/platform.h>
#include <poller/result.h>
#include <stdarg.h>

#define DOUBT_MAX 200

struct outcome {
    const struct platform *platform;
    const struct job *job;
    const struct dialogue_config *config; /* its secrets are masked in sentences; NULL: none */
    bool doubt_fails;
    struct command_result *results;
    size_t n;
    enum fail_class error; /* FAIL_NONE: none yet */
    char *error_text;      /* NULL: no memory was left for it */
    struct buf note;
};

/* The output of a command that ended: [start, end) of the stream. */
struct span {
    size_t command, start, end;
    unsigned proofs;
    double ms;
    const char *doubt; /* NULL: none */
};

int outcome_init(struct outcome *o, const struct platform *platform, const struct job *job);
void outcome_free(struct outcome *o);

/* The first one counts. */
void outcome_fail(struct outcome *o, enum fail_class class, const char *format, va_list ap);
void outcome_note(struct outcome *o, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* It is whole; with a doubt it may fail all the same. */
void outcome_settle(struct outcome *o, struct stream *s, const struct span *what);
/* What there is of it is not whole: class truncated where an output began, save for questions and
 * caps. */
void outcome_give_up(struct outcome *o, struct stream *s, const struct span *what,
                     enum fail_class class, const char *sentence);
/* A command that is settled already turns out to be in doubt. */
void outcome_doubt(struct outcome *o, size_t command, const char *doubt);

/* Whether output holds a refusal in its first or last lines; the line of it. */
const char *outcome_refusal(const struct platform *p, const char *output, size_t n, size_t *len);

/* Class, sentence, note and commands into r: outputs become r's. */
void outcome_take(struct outcome *o, struct result *r);

#endif
