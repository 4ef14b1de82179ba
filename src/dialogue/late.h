/* Deadlines and caps: what was waited for, what was seen. */
#ifndef POLLER_DIALOGUE_LATE_H
#define POLLER_DIALOGUE_LATE_H

#include "dialogue/turn.h"

void late_silence(struct dialogue *d);
void late_timeout(struct dialogue *d, enum fail_class class);
void late_too_much(struct dialogue *d, size_t limit, const char *of);

#endif
