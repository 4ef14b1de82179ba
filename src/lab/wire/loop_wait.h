/* The wait of a loop that has epoll and timers. */
#ifndef POLLER_LAB_WIRE_LOOP_WAIT_H
#define POLLER_LAB_WIRE_LOOP_WAIT_H

#include "base/timers.h"

#include <sys/epoll.h>

/* epoll_wait(2) until the first timer is due, to the nanosecond; to the next millisecond where the
 * kernel (before Linux 5.11), or what stands before it, has no epoll_pwait2. */
int loop_wait(int epoll, struct epoll_event *events, int most, const struct timers *timers);

#endif
