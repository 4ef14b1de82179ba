#include "pace/retry.h"

#include "base/seed.h"

#include <stdlib.h>

fail_set retry_default_set(void)
{
    return fail_bit(FAIL_DNS) | fail_bit(FAIL_REFUSED) | fail_bit(FAIL_UNREACHABLE) |
           fail_bit(FAIL_CONNECT_TIMEOUT) | fail_bit(FAIL_NO_SESSION);
}

fail_set retry_forbidden_set(void)
{
    return fail_bit(FAIL_AUTH) | fail_bit(FAIL_ENABLE);
}

bool retry_wanted(const struct retry_policy *p, const struct result *result)
{
    return result->class != FAIL_NONE && result->attempt <= p->max &&
           (p->on & ~retry_forbidden_set() & fail_bit(result->class)) != 0;
}

int64_t retry_delay_ms(const struct retry_policy *p, uint32_t index, uint32_t attempt)
{
    int64_t delay = p->delay_ms > 0 ? p->delay_ms : RETRY_DELAY_MS;
    for (uint32_t i = 1; i < attempt && delay < RETRY_DELAY_CEILING_MS; i++)
        delay = 2 * delay < RETRY_DELAY_CEILING_MS ? 2 * delay : RETRY_DELAY_CEILING_MS;
    uint64_t chance = seed_mix(seed_mix(p->seed, index), attempt);
    return seed_between(chance, delay - delay / 2, delay + delay / 2);
}

int retry_push(struct retry_queue *q, const struct retry_policy *p, const struct result *result,
               struct mono now)
{
    struct retry_waiting *w = malloc(sizeof *w);
    if (!w || timers_reserve(&q->timers, q->timers.n + 1) != 0) {
        free(w);
        return -1;
    }
    *w = (struct retry_waiting){.timer = {.at = TIMER_IDLE},
                                .index = result->index,
                                .attempt = result->attempt,
                                .class = result->class,
                                .was_ready = result->was_ready,
                                .device_ms = result_device_ms(result),
                                .doubts = result_doubts(result)};
    int64_t delay_ms = retry_delay_ms(p, result->index, result->attempt);
    timers_set(&q->timers, &w->timer, mono_add_ms(now, delay_ms));
    return 0;
}

struct mono retry_due(const struct retry_queue *q)
{
    const struct timer *first = timers_first(&q->timers);
    return first ? first->due : MONO_NEVER;
}

struct retry_waiting *retry_pop(struct retry_queue *q)
{
    struct timer *first = timers_first(&q->timers);
    if (first)
        timers_set(&q->timers, first, MONO_NEVER);
    return (struct retry_waiting *)first;
}

size_t retry_count(const struct retry_queue *q)
{
    return q->timers.n;
}

void retry_free(struct retry_queue *q)
{
    struct retry_waiting *w;
    while ((w = retry_pop(q)))
        free(w);
    timers_free(&q->timers);
}
