#include "pace/adapt_parts.h"

#include <math.h>
#include <stdlib.h>

/* Fewer samples would be noise. */
#define ROUND_MIN 5
/* Rounds in which the base goes most of the way to what has become usual. */
#define DRIFT 16.0

void series_begin(struct adapt_series *s, struct mono since, double window)
{
    s->n = 0;
    s->window = window;
    s->need = (unsigned)fmin(fmax(window, ROUND_MIN), ADAPT_SAMPLES);
    s->since = since;
}

static int compare_ms(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

bool series_add(struct adapt_series *s, struct mono started, double ms)
{
    if (mono_is_before(started, s->since) || s->n >= s->need)
        return false;
    s->ms[s->n++] = ms;
    if (s->n < s->need)
        return false;
    qsort(s->ms, s->n, sizeof *s->ms, compare_ms);
    s->last = s->ms[s->n / 2];
    return true;
}

void series_settle(struct adapt_series *s)
{
    if (!(s->base > 0) || s->last < s->base)
        s->base = s->last;
    else
        s->base += (s->last - s->base) / DRIFT;
}
