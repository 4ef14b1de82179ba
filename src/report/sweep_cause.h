/* Why a curve bends where it does: report/sweep's own. */
#ifndef POLLER_REPORT_SWEEP_CAUSE_H
#define POLLER_REPORT_SWEEP_CAUSE_H

#include "report/sweep.h"

/* True where a point's devices fail about as often as at least: within a hundredth of them. */
bool sweep_fails_alike(const struct compare_point *point, size_t least);

/* Fills cause and because of a bend at this point. */
void sweep_explain(const struct sweep *s, const struct sweep_input *in,
                   const struct compare_point *at, struct sweep_bend *bend);

#endif
