/* The table of experiments: the rows of the notes' claims, in their order. */
#include "lab/experiments/experiment.h"

#define EACH(X) X(sleepers)

#define DECLARE(name) extern const struct experiment experiment_##name;
#define LIST(name)    &experiment_##name,

EACH(DECLARE)

const struct experiment *const experiments[] = {EACH(LIST)};
const size_t experiments_n = sizeof experiments / sizeof *experiments;
