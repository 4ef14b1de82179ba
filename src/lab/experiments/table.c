/* The table of experiments: the rows of the notes' claims, in their order. */
#include "lab/experiments/experiment.h"

#define EACH(X)                                                                                    \
    X(io_bound)                                                                                    \
    X(cpu_bound)                                                                                   \
    X(gil)                                                                                         \
    X(gil_interval)                                                                                \
    X(lock_off)                                                                                    \
    X(scaling)                                                                                     \
    X(how_many)                                                                                    \
    X(footprint)                                                                                   \
    X(hybrid)                                                                                      \
    X(sleepers)                                                                                    \
    X(stop_flag)                                                                                   \
    X(race)                                                                                        \
    X(primitives)                                                                                  \
    X(deadlock)                                                                                    \
    X(shared_memory)                                                                               \
    X(own_stack)                                                                                   \
    X(children_live_on)                                                                            \
    X(placement)                                                                                   \
    X(jit)

#define DECLARE(name) extern const struct experiment experiment_##name;
#define LIST(name)    &experiment_##name,

EACH(DECLARE)

const struct experiment *const experiments[] = {EACH(LIST)};
const size_t experiments_n = sizeof experiments / sizeof *experiments;
