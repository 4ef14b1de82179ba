/* Computation by the millisecond, with or without the interpreter lock in front of it. */
#ifndef POLLER_LAB_EXPERIMENTS_WORK_H
#define POLLER_LAB_EXPERIMENTS_WORK_H

#include "lab/experiments/interpreter_lock.h"

/* Measures how much a tenth of a millisecond of computation is on this machine; once, before any
 * thread. */
void work_calibrate(void);

/* About so many milliseconds of computation: always the same amount of it. With a lock that the
 * caller holds, checks it every tenth of a millisecond. Any thread. */
void work_for(double ms, struct interpreter_lock *lock);

/* CPU time of this process so far, in milliseconds. */
double work_cpu_ms(void);

#endif
