/* What is whole is settled, or held while what comes may correct it. */
#ifndef POLLER_DIALOGUE_SETTLING_H
#define POLLER_DIALOGUE_SETTLING_H

#include "dialogue/turn.h"

/* cur, a command, is whole up to d->out_end. */
struct span settling_span(const struct dialogue *d);
/* What is held, with these proofs besides. */
void settling_release(struct dialogue *d, unsigned proofs);
/* cur ended at d->out_end; next takes its place, its output beginning at out_start. */
void settling_promote(struct dialogue *d, size_t out_start, unsigned proofs);

#endif
