/* Threads for experiments: started together, joined, timed. */
#ifndef POLLER_LAB_EXPERIMENTS_THREADS_H
#define POLLER_LAB_EXPERIMENTS_THREADS_H

#include "lab/experiments/experiment.h"

#include <pthread.h>

/* Where threads wait for each other, so that none has done its work before the last one starts. */
struct start_line {
    pthread_barrier_t barrier;
};

void start_line_init(struct start_line *line, unsigned n);
void start_line_wait(struct start_line *line);
void start_line_destroy(struct start_line *line);

#define EXPERIMENT_THREADS_MAX 64

/* Runs n threads of body(ctx) to their end; *ms: from the first start to the last join. 0, or -1
 * with err: a thread could not be started; those that were are joined where body lets them. */
int threads_run(void *(*body)(void *), void *ctx, unsigned n, double *ms, struct err *e);

/* The same, each with a part of its own: parts are `size` bytes apart. */
int threads_run_parts(void *(*body)(void *), void *parts, size_t size, unsigned n, double *ms,
                      struct err *e);

#endif
