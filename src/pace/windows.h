/* -n auto: a window for the run, and one for each group that is the first of a device, moved by
 * what the visits tell (pace/adapt) and kept by the budget. Under the hand-out's lock. */
#ifndef POLLER_PACE_WINDOWS_H
#define POLLER_PACE_WINDOWS_H

#include "pace/budget.h"

struct windows;

/* Of a budget that was made with them; both borrowed. done: by device index, what is not visited;
 * or NULL. most: of the run. NULL with err: memory is out. */
struct windows *windows_new(struct budget *b, const struct inventory *inventory, const bool *done,
                            unsigned most, struct mono now, struct err *e);
void windows_free(struct windows *w);

/* After it has its permits. */
void windows_handed_out(struct windows *w, uint32_t index, bool first_attempt, struct mono now);
void windows_logged_in(struct windows *w, uint32_t index, struct mono now);
/* Before its permits come back. */
void windows_answer(struct windows *w, const struct result *result, struct mono now);

/* What became of them: run->workers and run->windows, which point into the inventory. */
void windows_summary(const struct windows *w, struct run_summary *run);

#endif
