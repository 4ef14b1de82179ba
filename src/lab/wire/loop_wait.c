#include "lab/wire/loop_wait.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

/* epoll_pwait2: asked for once, for valgrind has a word to say each time. */
static atomic_bool is_missing;

static int in_ms(int64_t ns)
{
    int64_t ms = ns / NS_PER_MS + (ns % NS_PER_MS > 0);
    return ms < INT_MAX ? (int)ms : INT_MAX;
}

int loop_wait(int epoll, struct epoll_event *events, int most, const struct timers *timers)
{
    const struct timer *first = timers_first(timers);
    int64_t left = first ? first->due.ns - mono_now().ns : 0;
    if (left < 0)
        left = 0;
    struct timespec timeout = {left / NS_PER_S, left % NS_PER_S};
    if (!atomic_load(&is_missing)) {
        int n = epoll_pwait2(epoll, events, most, first ? &timeout : NULL, NULL);
        if (n >= 0 || errno != ENOSYS)
            return n;
        atomic_store(&is_missing, true);
    }
    return epoll_wait(epoll, events, most, first ? in_ms(left) : -1);
}
