/* Worker processes: forked before any thread, handed jobs one by one as frames over a socketpair,
 * replaced when they die. The calling process is single-threaded and stays so. */
#ifndef POLLER_ENGINE_POOL_PROCESSES_H
#define POLLER_ENGINE_POOL_PROCESSES_H

#include "engine/share.h"

/* Runs the share by n processes; each runs its part by runner. 0, or -1 with err. */
int run_processes(const struct share *all, unsigned n, runner_fn *runner, struct err *e);

#endif
