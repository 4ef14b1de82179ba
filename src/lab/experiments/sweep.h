/* Runs that differ in the number of workers alone, and where their curve bends. */
#ifndef POLLER_LAB_EXPERIMENTS_SWEEP_H
#define POLLER_LAB_EXPERIMENTS_SWEEP_H

#include "lab/experiments/experiment.h"
#include "lab/experiments/poll.h"
#include "lab/experiments/target.h"

#define SWEEP_MAX 12

/* The modes with workers to count: threads, processes, events. */
extern const enum engine_mode sweep_modes[3];

struct sweep_point {
    unsigned workers;
    struct samples elapsed_ms;
    struct samples per_second; /* devices */
    struct samples device_ms;  /* the mean of the devices' own times */
    struct samples cpu;        /* of all cores, by client and simulator: a part of 1 */
    size_t failed;
};

struct sweep {
    enum engine_mode mode;
    struct sweep_point points[SWEEP_MAX];
    unsigned n;
    unsigned bend; /* the index of the first within SWEEP_NEAR of the best rate */
};

#define SWEEP_NEAR 0.10
/* The cores count as used up from here. */
#define SWEEP_CPU_FULL 0.75
/* Workers of whom fewer than this part are at work are started more slowly than they are done. */
#define SWEEP_IDLE 0.7

/* One more measurement of a point; request says mode, workers and how many devices. 0, or -1 with
 * err. */
int sweep_measure(struct poll_world *w, const struct target *t, const struct experiment_env *env,
                  const struct poll_request *request, struct sweep_point *point, struct err *e);

void sweep_find_bend(struct sweep *s);

/* The point with so many workers. NULL: none. */
const struct sweep_point *sweep_at(const struct sweep *s, unsigned workers);

/* Why there is no more to gain behind the bend, as far as what was measured shows it: some words.
 */
const char *sweep_cause(const struct sweep *s);

/* Rates, the bend and its cause as numbers, and the curve. */
void sweep_tell(const struct sweep *s, struct finding *f);

#endif
