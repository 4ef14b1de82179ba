/* Devices in virtual time, visited under the window of pace/adapt: for tests. */
#ifndef POLLER_TESTS_ADAPT_SIM_H
#define POLLER_TESTS_ADAPT_SIM_H

#include "pace/adapt.h"

struct sim_model {
    unsigned devices, ceiling;
    unsigned fixed; /* a window that never changes, to compare with; 0: pace/adapt */
    double log_in_ms, think_ms;
    double noise;                       /* 0.5: each time is 0.5 to 1.5 of what it should be */
    double log_ins_per_s, visits_per_s; /* servers that all stand in line for; 0: none */
    double log_in_knee;                 /* log-ins take 1 + (at once / knee)^2 of their time */
    unsigned at_once_max;               /* refuses beyond; 0: any number */
    unsigned dead_every;                /* each so many-th device answers nothing; 0: none */
    unsigned dead_from, dead_to;        /* so do these, but see dead_ms */
    double dead_ms;
    unsigned slow_from; /* devices from here on think slow_ms */
    double slow_ms;
};

struct sim_outcome {
    double elapsed_ms;
    unsigned most;      /* under way at once */
    unsigned refused;   /* by at_once_max */
    unsigned window;    /* the last */
    unsigned low, high; /* of the window, in the middle half of the run */
    double mean;        /* of the window, by time, in the same */
    unsigned grew, backed_off;
};

struct sim_outcome sim_run(const struct sim_model *m);

#endif
