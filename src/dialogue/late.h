/* Deadlines and caps: what was waited for, what was seen. */
#ifndef POLLER_DIALOGUE_LATE_H
#define POLLER_DIALOGUE_LATE_H

#include "dialogue/turn.h"

/* Nothing came for turn_silence_ms. */
void late_silence(struct dialogue *d);
/* The session's own limit, of this class, is over. */
void late_timeout(struct dialogue *d, enum fail_class class);
/* More than limit bytes came, of one "command" or "device". */
void late_too_much(struct dialogue *d, size_t limit, const char *of);

#endif
