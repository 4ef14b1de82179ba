#include "lab/experiments/experiment.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void samples_add(struct samples *s, double value)
{
    if (s->n < SAMPLES_MAX)
        s->values[s->n++] = value;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double samples_median(const struct samples *s)
{
    double sorted[SAMPLES_MAX];
    if (s->n == 0)
        return 0;
    memcpy(sorted, s->values, s->n * sizeof *sorted);
    qsort(sorted, s->n, sizeof *sorted, by_size);
    return s->n % 2 ? sorted[s->n / 2] : (sorted[s->n / 2 - 1] + sorted[s->n / 2]) / 2;
}

double samples_low(const struct samples *s)
{
    double low = s->n ? s->values[0] : 0;
    for (unsigned i = 1; i < s->n; i++)
        low = s->values[i] < low ? s->values[i] : low;
    return low;
}

double samples_high(const struct samples *s)
{
    double high = s->n ? s->values[0] : 0;
    for (unsigned i = 1; i < s->n; i++)
        high = s->values[i] > high ? s->values[i] : high;
    return high;
}

bool samples_suffice(const struct samples *s, unsigned least, unsigned most, double part)
{
    if (s->n >= most || s->n >= SAMPLES_MAX)
        return true;
    return s->n >= least && samples_high(s) - samples_low(s) <= part * samples_median(s);
}

static struct number *next_number(struct finding *f, const char *unit)
{
    if (f->n_numbers == NUMBERS_MAX)
        return NULL;
    struct number *n = &f->numbers[f->n_numbers++];
    *n = (struct number){0};
    snprintf(n->unit, sizeof n->unit, "%s", unit);
    return n;
}

void finding_number(struct finding *f, const struct samples *s, const char *unit, const char *name,
                    ...)
{
    struct number *n = next_number(f, unit);
    va_list ap;
    if (!n)
        return;
    va_start(ap, name);
    vsnprintf(n->name, sizeof n->name, name, ap);
    va_end(ap);
    n->median = samples_median(s);
    n->low = samples_low(s);
    n->high = samples_high(s);
    n->n = s->n;
}

void finding_value(struct finding *f, double value, const char *unit, const char *name, ...)
{
    struct number *n = next_number(f, unit);
    va_list ap;
    if (!n)
        return;
    va_start(ap, name);
    vsnprintf(n->name, sizeof n->name, name, ap);
    va_end(ap);
    n->median = n->low = n->high = value;
    n->n = 1;
}

struct series *finding_series(struct finding *f, const char *name, const char *x, const char *y,
                              const char *unit)
{
    if (f->n_series == SERIES_MAX)
        return NULL;
    struct series *s = &f->series[f->n_series++];
    *s = (struct series){0};
    snprintf(s->name, sizeof s->name, "%s", name);
    snprintf(s->x, sizeof s->x, "%s", x);
    snprintf(s->y, sizeof s->y, "%s", y);
    snprintf(s->unit, sizeof s->unit, "%s", unit);
    return s;
}

void series_add(struct series *s, double x, double y)
{
    if (!s || s->n == POINTS_MAX)
        return;
    s->points[s->n][0] = x;
    s->points[s->n++][1] = y;
}

void finding_skip(struct finding *f, const char *format, ...)
{
    va_list ap;
    if (f->n_skipped == SKIPPED_MAX)
        return;
    va_start(ap, format);
    vsnprintf(f->skipped[f->n_skipped++], SENTENCE_LEN, format, ap);
    va_end(ap);
}

int finding_decide(struct finding *f, enum verdict verdict, const char *rule, ...)
{
    va_list ap;
    va_start(ap, rule);
    vsnprintf(f->rule, sizeof f->rule, rule, ap);
    va_end(ap);
    f->verdict = verdict;
    return 0;
}

int finding_depends(struct finding *f, const char *on, const char *rule, ...)
{
    va_list ap;
    va_start(ap, rule);
    vsnprintf(f->rule, sizeof f->rule, rule, ap);
    va_end(ap);
    snprintf(f->depends_on, sizeof f->depends_on, "%s", on);
    f->verdict = VERDICT_DEPENDS;
    return 0;
}

const char *verdict_name(enum verdict v)
{
    static const char *const names[] = {"holds", "does not hold", "depends"};
    return names[v];
}
