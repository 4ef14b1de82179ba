/* The end of the stream. */
#ifndef POLLER_DIALOGUE_ENDING_H
#define POLLER_DIALOGUE_ENDING_H

#include "dialogue/turn.h"

/* The device ended it. */
void ending_in_order(struct dialogue *d);
/* It broke. why[0..len): what happened, and behind a semicolon what to do. */
void ending_lost(struct dialogue *d, const char *why, size_t len);
/* By exec: the device had no session for us, and said so in the first command's place. */
bool ending_refused(struct dialogue *d);

#endif
