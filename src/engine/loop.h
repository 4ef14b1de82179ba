/* Inside the loop: a visit, and what epoll knows of it. */
#ifndef POLLER_ENGINE_LOOP_H
#define POLLER_ENGINE_LOOP_H

#include "base/timers.h"
#include "engine/share.h"

/* One session in the loop. */
struct visit {
    struct timer timer; /* first, so that a timer's address is its visit's */
    struct session *session;
    struct job job;
    unsigned worker;
    struct share_told told;
    bool settled;              /* its place is free again; the log-out goes on */
    bool queued;               /* in the run queue */
    struct visit *next_run;    /* the run queue */
    struct visit *prev, *next; /* all visits */
    int fds[SESSION_WANT_MAX]; /* registered */
    size_t n_fds;
};

/* Brings epoll in line with what the visit's session wants, after each of its steps and before any
 * other session's: descriptors are closed and their numbers used again under us (LIBSSH.md), so
 * what was registered is never trusted. 0, or -1 with errno: the kernel refuses a descriptor. */
int watch_sync(int epoll_fd, struct visit *v);

#endif
