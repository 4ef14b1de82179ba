/* What is done with what stands in the stream while an echo, or the prompt again, is owed. */
#ifndef POLLER_DIALOGUE_WAITING_H
#define POLLER_DIALOGUE_WAITING_H

#include "dialogue/turn.h"

bool waiting_look(struct dialogue *d); /* true: look again */
/* The echo that was owed. */
bool waiting_echo(struct dialogue *d, const struct sight *sight);
/* Quiet for longer. True: look again. */
bool waiting_long_quiet(struct dialogue *d);

#endif
