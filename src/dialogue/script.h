/* Which input comes next: the set-up, the commands, the log-out. */
#ifndef POLLER_DIALOGUE_SCRIPT_H
#define POLLER_DIALOGUE_SCRIPT_H

#include "dialogue/turn.h"

/* The next input into in; INPUT_NONE when nothing is to be sent. */
void script_next(struct dialogue *d, struct input *in);
/* The command at index as an input. */
void script_command(const struct dialogue *d, size_t index, struct input *in);

#endif
