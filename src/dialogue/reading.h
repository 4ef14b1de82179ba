/* What is done with what stands in the stream while an output is read. */
#ifndef POLLER_DIALOGUE_READING_H
#define POLLER_DIALOGUE_READING_H

#include "dialogue/turn.h"

/* True: look again. */
bool reading_setup(struct dialogue *d);
bool reading_output(struct dialogue *d);
bool reading_logout(struct dialogue *d);
/* True: a pager's mark stands there, which was answered. */
bool reading_pager(struct dialogue *d);
/* Quiet, and what was held back is believed. False: it is none of these rooms'. */
bool reading_quiet(struct dialogue *d, enum hold hold);
/* Quiet for longer: an empty line, where a prompt may stand above what came. */
void reading_nudge(struct dialogue *d);

#endif
