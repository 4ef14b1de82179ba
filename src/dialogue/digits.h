/* The echo of an input that was typed behind digits (input.h). */
#ifndef POLLER_DIALOGUE_DIGITS_H
#define POLLER_DIALOGUE_DIGITS_H

#include "dialogue/owed.h"

/* The ended line [from, lf), while the digits are owed. True: sight is set. */
bool digits_look(struct owed *o, const struct stream *s, const struct prompts *p, size_t from,
                 size_t lf, const struct input *next, bool edited, struct sight *sight);

/* The same once they came, and the text behind them was interrupted. */
bool digits_look_for_rest(struct owed *o, const struct stream *s, const struct prompts *p,
                          size_t from, size_t lf, const struct input *next, struct sight *sight);

#endif
