/* What echoes and prompts teach of this device. */
#ifndef POLLER_DIALOGUE_LEARN_H
#define POLLER_DIALOGUE_LEARN_H

#include "dialogue/turn.h"

/* What an empty line brings besides a prompt. */
void learn_gap(struct dialogue *d, const struct sight *sight);
/* What the echo of digits tells: whether they are wiped out, and by whom. */
void learn_nonce(struct dialogue *d, const struct sight *sight);
/* The prompt before an echo: cur's proof, and perhaps a new text. */
void learn_prompt_of(struct dialogue *d, const struct sight *sight);
/* The blank behind a prompt may come later than the rest of it; where nothing is known of prompts,
 * any part of it may. */
void learn_late_part(struct dialogue *d);

#endif
