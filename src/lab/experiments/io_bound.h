/* The parts of the experiment io-bound: forty devices, thousands of them, and netmiko beside. */
#ifndef POLLER_LAB_EXPERIMENTS_IO_BOUND_H
#define POLLER_LAB_EXPERIMENTS_IO_BOUND_H

#include "lab/experiments/poll.h"
#include "lab/experiments/target.h"

/* Threads count as good as another mode up to this many times its elapsed time. */
#define IO_AS_GOOD 1.15

extern const enum engine_mode io_modes[3]; /* threads, processes, events */

/* What a part found: one clause of the rule, and whether it speaks for the claim. */
struct io_part {
    bool holds;
    bool gains;     /* threads took less time than one after another, or fewer of them */
    const char *on; /* where it does not hold although threads gain: what it depends on, or NULL */
    char text[SENTENCE_LEN / 2];
};

/* Forty devices whose times are in the published proportion. */
int io_forty(const struct experiment_env *env, struct finding *f, struct io_part *out,
             struct err *e);
/* 5,460 devices, a twentieth of them refusing. */
int io_many(const struct experiment_env *env, struct finding *f, struct io_part *out,
            struct err *e);
/* The container lab as it is. */
int io_docker(const struct experiment_env *env, struct finding *f, struct io_part *out,
              struct err *e);
/* netmiko on the simulator of options; skipped aloud where it cannot be imported. */
int io_netmiko(const struct experiment_env *env, const struct target *t, const char *const *options,
               struct finding *f, struct err *e);

/* One run in mode; its elapsed time to s. Where devices failed that should not: -1 with err. */
int io_run(struct poll_world *w, const struct poll_request *request, struct samples *s,
           struct err *e);

/* What so many workers (at most 64) would take for n devices without any loss: each device goes to
 * the first worker that is free. */
double io_lossless_ms(const double *device_ms, size_t n, unsigned workers);

#endif
