/* What experiments found, for people and as JSON. */
#ifndef POLLER_LAB_SHOW_H
#define POLLER_LAB_SHOW_H

#include "base/buf.h"
#include "lab/experiments/experiment.h"
#include "report/bars.h"

#include <jansson.h>

#define SHOW_COLUMNS 80

/* All that adds to out returns 0, or -1: no memory. No line is longer than SHOW_COLUMNS. */

/* One finding: claim, method, numbers, curves, verdict and rule. */
int show_finding(const struct experiment *x, const struct finding *f,
                 const struct bars_style *style, struct buf *out);

/* Its curves alone; those with the same axes have the same scale. */
int show_charts(const struct finding *f, const struct bars_style *style, struct buf *out);

/* The closing table: verdicts and the rules that gave them, shortened; and how many there are of
 * each. A finding that is NULL could not be had. */
int show_verdicts(const struct experiment *const *x, const struct finding *const *f, size_t n,
                  struct buf *out);

/* The document of all: what -o json prints and the report is made from. NULL: no memory. */
json_t *show_json(const struct experiment *const *x, const struct finding *const *f, size_t n,
                  const struct experiment_env *env);

/* --- parts of them --- */

/* Text broken at blanks: the first line behind heading, the others indented by its length. At most
 * `most` lines, the last of which then ends in "..."; 0: all. */
int show_wrapped(const char *heading, const char *text, unsigned most, struct buf *out);

/* How many bytes of text go on a line of `room` columns (at least 1 of a text that is not empty).
 */
size_t show_line_length(const char *text, size_t room);

#define SHOW_VALUE_LEN 32
/* A value with as many places as it needs. Returns out. */
const char *show_value(double v, char out[SHOW_VALUE_LEN]);

#endif
