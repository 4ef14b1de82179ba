/* A prompt is believed, and what comes next is sent. */
#ifndef POLLER_DIALOGUE_ADVANCE_H
#define POLLER_DIALOGUE_ADVANCE_H

#include "dialogue/turn.h"

/* The tail is a prompt, and cur's output ended at out_end: send what comes next. stray bytes at the
 * tail's end are echoes of a pager's key. */
void advance_accept(struct dialogue *d, size_t prompt, unsigned proofs, size_t stray);
/* Types it, behind digits where they are wiped out, and awaits its echo if it has one. */
void advance_send(struct dialogue *d, const struct input *input);
/* The secret that the platform's instruction has for the question that stands there. */
void advance_respond(struct dialogue *d);
/* cur ended at d->out_end; next takes its place, its output beginning at out_start. */
void advance_promote(struct dialogue *d, size_t out_start, unsigned proofs);
/* The first input of another round, or the log-out. */
void advance_resume(struct dialogue *d);
/* A mark was text. True: the key that was to answer it stands behind it. */
bool advance_take_back_key(struct dialogue *d);

#endif
