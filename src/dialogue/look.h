/* What is looked at when bytes come, and when it has been quiet. */
#ifndef POLLER_DIALOGUE_LOOK_H
#define POLLER_DIALOGUE_LOOK_H

#include "dialogue/turn.h"

/* Looks at what has come until there is nothing more to be made of it. */
void look_now(struct dialogue *d);
/* It has been quiet for as long as what is held back asks for; for NUDGE_MS. */
void look_at_quiet(struct dialogue *d);
void look_at_long_quiet(struct dialogue *d);

#endif
