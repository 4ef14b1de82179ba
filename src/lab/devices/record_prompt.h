/* A prompt that was seen, and which of a persona's it is. */
#ifndef POLLER_LAB_DEVICES_RECORD_PROMPT_H
#define POLLER_LAB_DEVICES_RECORD_PROMPT_H

#include "base/arena.h"
#include "lab/personas/persona.h"

/* Makes p, a copy of a persona, say the prompt. Where it is one of p's own with a host name in its
 * place, *hostname (in arena) gets that name; where it is none, it is every mode's. 0, or -1:
 * memory. */
int record_prompt(struct persona *p, const char *prompt, struct arena *arena,
                  const char **hostname);

#endif
