#include "pace/budget_start.h"

#include "base/seed.h"

#include <math.h>

#define NS_PER_MS 1e6

static struct mono next_at(const struct start *s)
{
    return (struct mono){s->begun.ns + (int64_t)(s->at * s->within_ns)};
}

/* Of what is left of the time the least of as many moments as are left of the places. */
static void draw(struct start *s)
{
    double chance = 1 - seed_unit(seed_next(&s->chance));
    s->at = 1 - (1 - s->at) * pow(chance, 1.0 / (s->places - s->opened));
}

void start_init(struct start *s, unsigned places, int64_t within_ms, uint64_t seed,
                struct mono begun)
{
    *s = (struct start){.places = places,
                        .within_ns = (double)within_ms * NS_PER_MS,
                        .begun = begun,
                        .chance = seed};
    if (within_ms <= 0)
        s->opened = places;
    else if (places > 0)
        draw(s);
}

void start_advance(struct start *s, struct mono now)
{
    while (s->opened < s->places && mono_reached(now, next_at(s)))
        if (++s->opened < s->places)
            draw(s);
}

struct mono start_open_at(const struct start *s, unsigned under_way)
{
    if (under_way < s->opened || s->within_ns <= 0)
        return (struct mono){0};
    return s->opened < s->places ? next_at(s) : MONO_NEVER;
}
