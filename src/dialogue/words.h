/* What a device said, fit for a sentence: secrets masked, control bytes escaped, bounded. */
#ifndef POLLER_DIALOGUE_WORDS_H
#define POLLER_DIALOGUE_WORDS_H

#include "dialogue/stream.h"

#include <poller/dialogue.h>

#define SHOWN_MAX  120 /* bytes of the device's in "last seen" */
#define WORDS_MAX  200 /* of one of its lines */
#define WORDS_SIZE 500 /* room for either, escaped: a sentence has ERR_TEXT_MAX */

/* c: NULL, where there are no secrets. Text of the device's into to[WORDS_SIZE], without blanks at
 * its ends; returns to. */
const char *words_of(const struct dialogue_config *c, const char *text, size_t n, char *to);
/* The tail, its end where it is long. */
const char *words_tail(const struct dialogue_config *c, const struct stream *s, char *to);
/* The last bytes that came, in quotes; or: nothing. */
const char *words_last_seen(const struct dialogue_config *c, const struct stream *s, char *to);

#endif
