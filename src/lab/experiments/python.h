/* CPython, on the same tasks: a script in, numbers out. */
#ifndef POLLER_LAB_EXPERIMENTS_PYTHON_H
#define POLLER_LAB_EXPERIMENTS_PYTHON_H

#include "lab/experiments/experiment.h"

/* Runs the script (python3 -c), which prints n numbers; at most a minute. False, with a skip in f
 * that says what: no python3, no such build, an error. */
bool python_run(const struct experiment_env *env, struct finding *f, const char *script,
                double *numbers, unsigned n);

#endif
