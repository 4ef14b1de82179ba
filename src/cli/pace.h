/* What the options say about pace, for one run. */
#ifndef POLLER_CLI_PACE_H
#define POLLER_CLI_PACE_H

#include "base/buf.h"
#include "cli/options.h"
#include "pace/budget.h"

/* Handshakes at once where --handshakes is not given, for each core: a key exchange is all
 * computing, so more of them at once only grow old waiting for it. */
#define PACE_HANDSHAKES_PER_CORE 500

struct budget_pace pace_of(const struct options *o);

/* What was asked for, as one line ("pace: …") with its end; nothing where nothing was. 0, or -1: no
 * room. */
int pace_line(const struct options *o, const struct inventory *inventory, struct buf *out);

#endif
