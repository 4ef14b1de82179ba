/* Counts of verdicts, by what a session was like. Plain data: it goes through a pipe as it is. */
#ifndef TRUST_TALLY_H
#define TRUST_TALLY_H

#include "tests/trust/play.h"

#define WAITS_MS   4000 /* waits longer than that count as that */
#define PROOF_SETS 256

struct tally_row {
    uint64_t n[VERDICTS];
};

enum content { CONTENT_HARMLESS, CONTENT_HOSTILE, CONTENTS };

struct tally {
    uint64_t dialogues, harmless, stuck;
    uint64_t doubts_right; /* in doubt, and the truth all the same */
    uint64_t strange[2];   /* lines nobody meant to send: of devices that erase, that do not */
    struct tally_row all[CONTENTS];
    struct tally_row platforms[CONTENTS][PLATFORMS];
    struct tally_row terminals[CONTENTS][TERMINALS];
    struct tally_row nonces[CONTENTS][2];
    struct tally_row oddities[CONTENTS][ODDITIES];
    struct tally_row proofs[CONTENTS][PROOF_SETS];
    uint64_t waits[2][WAITS_MS + 1]; /* with echo, without; of sessions that were not odd in time */
    uint64_t round_trips[2][4];      /* the same in round trips, rounded; the last: more */
};

void tally_add(struct tally *t, const struct scene *s, const struct outcome *o);
void tally_merge(struct tally *t, const struct tally *other);
void tally_print(const struct tally *t);

/* Percent. wrong: of those called ok without doubt; needless and doubt: of commands; doubt of
 * harmless ones. content: CONTENTS for all. */
double tally_wrong(const struct tally *t, enum content content);
/* The same of the sessions with nonce alone. */
double tally_wrong_nonce(const struct tally *t);
double tally_needless(const struct tally *t, enum content content);
double tally_doubt(const struct tally *t, enum content content);
/* Median of the waits, in ms. */
double tally_wait(const struct tally *t, bool echoes);

#endif
