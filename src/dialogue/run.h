/* Prompts that stand one under another, with nothing but blank lines between: the run that struct
 * owed keeps while it looks at lines. */
#ifndef POLLER_DIALOGUE_RUN_H
#define POLLER_DIALOGUE_RUN_H

#include "dialogue/owed.h"

/* A prompt that stands at `at`. */
void run_push(struct owed *o, size_t at);
/* The last `count` prompts of text, all that stands in [from, to); at[] is where they begin in
 * text, the last one first (prompt_count). */
void run_push_all(struct owed *o, const struct stream *s, const struct prompts *p, size_t from,
                  size_t to, const char *text, size_t n, const size_t *at, size_t count);
/* Before a prompt of this text is pushed: more blank lines than an empty line brings stand before
 * it, or another text was believed? Then the one before was text. */
void run_begin_anew(struct owed *o, const struct prompts *p, const char *text, size_t n);
/* A line of text (NULL: too long to be read): what stood before it is no run any more. */
void run_break(struct owed *o, const char *text, size_t n);
/* The prompt's own line as it stood when it was believed: the text before it, if any, is output. */
void run_begin(struct owed *o);
/* The run as it stood where the echo began. */
void run_back_to_anchor(struct owed *o);
/* An ended line that is no echo. */
void run_take_line(struct owed *o, const struct stream *s, const struct prompts *p, size_t from,
                   size_t lf);

#endif
