/* Commands by exec: a channel for each; no login, no prompt, an exit status. */
#ifndef POLLER_DIALOGUE_EXEC_H
#define POLLER_DIALOGUE_EXEC_H

#include "dialogue/turn.h"

/* Can its commands go by exec? */
bool exec_wanted(const struct dialogue *d, const struct job *job);
/* The next command, or the end. */
void exec_next(struct dialogue *d);
/* The channel is closed. */
void exec_end(struct dialogue *d);

#endif
