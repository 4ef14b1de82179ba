/* Is a line the echo of an input, behind a prompt or alone? */
#ifndef POLLER_DIALOGUE_ECHO_LINE_H
#define POLLER_DIALOGUE_ECHO_LINE_H

#include "dialogue/echo.h"
#include "dialogue/owed.h"

/* The line [from, lf) as prompt and input: ALL with the run and sight->prompt set, PART with
 * *matched. */
enum echo_result echo_line_look(struct owed *o, const struct stream *s, const struct prompts *p,
                                size_t from, size_t lf, const char *input, size_t *matched,
                                struct sight *sight);

/* The line as the rest of an echo that was interrupted or wrapped; PART moves o->echoed on. */
enum echo_result echo_line_rest(struct owed *o, const struct stream *s, size_t from, size_t lf,
                                const char *input);

/* A beginning of the input, or all of it, stands on [from, lf), and on the same line a line of a
 * log. */
bool echo_line_cut_by_log(const struct stream *s, size_t from, size_t lf, const char *input,
                          size_t *matched);

/* The blank behind the believed prompt may have come later than the rest of it. */
void echo_line_late_blanks(const struct owed *o, const struct stream *s, const struct prompts *p,
                           size_t lf, const char *input, struct sight *sight);

#endif
