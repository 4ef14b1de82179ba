/* Work in a process of its own: the leader of a group that is ended with all that it started,
 * whether the work comes to its end, dies, or is interrupted. */
#ifndef POLLER_LAB_APART_H
#define POLLER_LAB_APART_H

#include <signal.h>

struct apart {
    sigset_t watched, before;
};

/* From here on SIGINT, SIGTERM and SIGHUP (those that are not ignored) do not end this process but
 * apart_run(). Call it while there is one thread. */
void apart_begin(struct apart *a);

/* Runs work(ctx) and returns 0 when it has ended, the signal that came instead, or -1: no process
 * could be made. None of its processes is left. */
int apart_run(const struct apart *a, void (*work)(void *ctx), void *ctx);

#endif
