/* Options that were given and have no effect, or none that is good. */
#ifndef POLLER_CLI_OPTIONS_IDLE_H
#define POLLER_CLI_OPTIONS_IDLE_H

#include "cli/options.h"

/* One warning for each: a run is not refused because of them, since scripts change -m alone. */
void options_note_idle(const struct options *o);

/* More loops than cores: allowed, with a warning. */
void options_note_shards(const struct options *o);

#endif
