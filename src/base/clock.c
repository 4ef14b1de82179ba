#include <limits.h>
#include <poller/clock.h>
#include <time.h>

#define NS_PER_MS     1000000
#define MONO_LONG_AGO ((struct mono){INT64_MIN + 1})

struct mono mono_now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (struct mono){(int64_t)ts.tv_sec * 1000 * NS_PER_MS + ts.tv_nsec};
}

int64_t wall_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / NS_PER_MS;
}

struct mono mono_add_ms(struct mono t, int64_t ms)
{
    int64_t ns;
    if (mono_is_never(t))
        return t;
    /* What is too long ago to be told has come all the same: it must not become "never". */
    if (__builtin_mul_overflow(ms, (int64_t)NS_PER_MS, &ns) ||
        __builtin_add_overflow(t.ns, ns, &ns))
        return ms < 0 ? MONO_LONG_AGO : MONO_NEVER;
    return (struct mono){ns};
}

double mono_ms_between(struct mono earlier, struct mono later)
{
    return (double)(later.ns - earlier.ns) / NS_PER_MS;
}

int mono_poll_timeout(struct mono now, struct mono deadline)
{
    if (mono_is_never(deadline))
        return -1;
    if (deadline.ns <= now.ns)
        return 0;
    int64_t ns;
    if (__builtin_sub_overflow(deadline.ns, now.ns, &ns) || (ns - 1) / NS_PER_MS >= INT_MAX)
        return INT_MAX;
    return (int)((ns - 1) / NS_PER_MS) + 1;
}
