/* What is done with what stands in the stream until the first prompt. */
#ifndef POLLER_DIALOGUE_ENTERING_H
#define POLLER_DIALOGUE_ENTERING_H

#include "dialogue/turn.h"

bool entering_look(struct dialogue *d); /* true: look again */
/* Quiet, and what was held back is believed. */
void entering_quiet(struct dialogue *d, enum hold hold);
/* Quiet for longer. True: the tail is taken for the first prompt. */
bool entering_long_quiet(struct dialogue *d);
/* The login was refused, with the device's words for it. */
void entering_refused(struct dialogue *d, const struct login_sight *sight);

#endif
