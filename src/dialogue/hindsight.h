/* Evidence that comes later, and what it corrects. */
#ifndef POLLER_DIALOGUE_HINDSIGHT_H
#define POLLER_DIALOGUE_HINDSIGHT_H

#include "dialogue/turn.h"

extern const char hindsight_surplus_doubt[]; /* of what a prompt too many may have ended */

/* Looks at the lines that ended since cur's echo for what speaks about that echo: it is drawn
 * again. */
void hindsight_look(struct dialogue *d);
/* An output that is about to be settled holds our prompt at the beginning of a line: where a kernel
 * may have echoed, it or the one before is in doubt. */
void hindsight_of_prompts(struct dialogue *d, struct span *what);
/* cur, a command without echo, begins with a prompt too many: the one before may have ended too
 * early. */
void hindsight_surplus(struct dialogue *d);
/* The stream ended behind the log-out: did a prompt stand there? */
void hindsight_at_end(struct dialogue *d);
/* Known prompts and nothing else stand on the last line, more than one. */
void hindsight_prompts_on_one_line(struct dialogue *d);
/* A prompt stands behind the log-out. True: it is one too many, the last command's own. */
bool hindsight_at_logout(struct dialogue *d);

#endif
