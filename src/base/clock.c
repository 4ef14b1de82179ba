#include <limits.h>
#include <poller/clock.h>
#include <time.h>

#define NS_PER_MS 1000000

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
    if (mono_is_never(t) || __builtin_mul_overflow(ms, (int64_t)NS_PER_MS, &ns) ||
        __builtin_add_overflow(t.ns, ns, &ns))
        return MONO_NEVER;
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
    int64_t ms = (deadline.ns - now.ns + NS_PER_MS - 1) / NS_PER_MS;
    return ms > INT_MAX ? INT_MAX : (int)ms;
}
