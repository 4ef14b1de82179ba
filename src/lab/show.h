/* What experiments found, for people and as JSON. */
#ifndef POLLER_LAB_SHOW_H
#define POLLER_LAB_SHOW_H

#include "lab/experiments/experiment.h"

/* One finding on standard output, at most 80 columns wide. */
void show_text(const struct experiment *x, const struct finding *f);

/* The end: a line of verdicts, or the JSON of all; and the report where html names a file. A
 * finding that is NULL could not be had. 0, or -1 with err. */
int show_all(const struct experiment *const *x, const struct finding *const *f, size_t n,
             const struct experiment_env *env, bool is_json, const char *html, struct err *e);

#endif
