/* What runs is given up; the log-out; the end of a round. */
#ifndef POLLER_DIALOGUE_CLOSING_H
#define POLLER_DIALOGUE_CLOSING_H

#include "dialogue/turn.h"

/* Lines in which a device may say good-bye: where nothing else shows that it is one, and where its
 * log-out was echoed. */
#define GOOD_BYE_SHORT 1
#define GOOD_BYE_LONG  6

/* After turn_fail: what runs is given up, nothing more is sent. */
void closing_give_up(struct dialogue *d);
/* The verdict, where the device is at a prompt: the next input is the log-out. */
void closing_refuse(struct dialogue *d, enum fail_class class, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Nothing of the outcome changes any more. */
void closing_settle(struct dialogue *d);
/* cur's output was whole. */
void closing_settle_current(struct dialogue *d, unsigned proofs);
/* Did what is owed begin to come? Then cur's prompt was a true one. */
bool closing_echo_began(const struct dialogue *d);
/* The next input is the log-out, into in; its echo came; 2 s went by since. */
void closing_logout(struct dialogue *d, struct input *in);
void closing_logout_begun(struct dialogue *d);
void closing_logout_late(struct dialogue *d);
/* A device says good-bye in so many lines; more is an output that went on behind a false prompt. */
void closing_doubt_what_follows(struct dialogue *d, size_t lines_most);
/* All that the round ran is settled; the device stands at its prompt. */
void closing_round(struct dialogue *d);
/* The session is over while nothing is owed: nothing fails. */
void closing_idle(struct dialogue *d);

#endif
