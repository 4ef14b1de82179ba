/* What a judge of owed echoes puts into a struct sight. */
#ifndef POLLER_DIALOGUE_SIGHTING_H
#define POLLER_DIALOGUE_SIGHTING_H

#include "dialogue/owed.h"

void sight_set_prompt(struct sight *sight, const char *text, size_t n);

/* left[0..n) stands before the echo, which begins at `echo` on the line that begins at from. True:
 * it is a prompt, or ends in some; they are on the run then, and the last is sight->prompt. */
bool sight_take_prompts(struct owed *o, const struct stream *s, const struct prompts *p,
                        size_t from, size_t echo, const char *left, size_t n, struct sight *sight);

/* The echo ends with the line that ends at lf: which prompt of the run ended the output? */
void sight_found(const struct owed *o, size_t lf, struct sight *sight);

#endif
