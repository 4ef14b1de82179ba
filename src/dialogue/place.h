/* Where an output ends, and which line ends in it are ours. */
#ifndef POLLER_DIALOGUE_PLACE_H
#define POLLER_DIALOGUE_PLACE_H

#include "dialogue/turn.h"

/* cur's output ends at the prompt that sight names. */
void place_set(struct dialogue *d, const struct sight *sight);
/* The same where the echo of next was seen, and where the prompt came twice: counted, our own line
 * ends left out, and in doubt where they cannot be told from the output's. */
void place_of_echo(struct dialogue *d, const struct sight *sight);
void place_of_second(struct dialogue *d, const struct sight *sight);
/* For the record: lines stand behind a prompt in cur's output; where the echo showed it. */
void place_note_lines(struct dialogue *d);
void place_note_log(struct dialogue *d, const struct sight *sight);
/* The first n empty lines since next was sent; `answered` of them brought prompts of their own. */
void place_omit_empties(struct dialogue *d, size_t n, size_t answered, const struct sight *sight);

#endif
