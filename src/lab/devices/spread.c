#include "lab/devices/spread.h"

#include "base/seed.h"
#include "lab/wire/duration.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST      (86400 * INT64_C(1000000000))
#define SIGMA_MAX 10.0

static const struct {
    const char *name;
    int arguments;
} kinds[SPREAD_KINDS] = {
    [SPREAD_FIXED] = {"", 1},
    [SPREAD_UNIFORM] = {"uniform", 2},
    [SPREAD_NORMAL] = {"normal", 2},
    [SPREAD_LOGNORMAL] = {"lognormal", 2},
    [SPREAD_EXPONENTIAL] = {"exponential", 1},
};

static enum spread_kind kind_of(const char *text, size_t len)
{
    for (int i = SPREAD_UNIFORM; i < SPREAD_KINDS; i++)
        if (strlen(kinds[i].name) == len && memcmp(kinds[i].name, text, len) == 0)
            return (enum spread_kind)i;
    return SPREAD_KINDS;
}

static int read_sigma(const char *text, double *sigma)
{
    char *end;
    *sigma = strtod(text, &end);
    return end != text && *end == '\0' && *sigma >= 0 && *sigma <= SIGMA_MAX ? 0 : -1;
}

static int read_number(const char *text, enum spread_unit unit, int64_t *out)
{
    char *end;
    if (unit == SPREAD_TIME)
        return duration_parse(text, out);
    if (text[0] < '0' || text[0] > '9')
        return -1;
    long long n = strtoll(text, &end, 10);
    *out = n;
    return *end == '\0' && n <= MOST ? 0 : -1;
}

/* The arguments behind the colon. */
static int read_arguments(char *text, enum spread_unit unit, struct spread *out)
{
    char *second = strchr(text, ',');
    if ((second != NULL) != (kinds[out->kind].arguments == 2))
        return -1;
    if (second)
        *second++ = '\0';
    if (read_number(text, unit, &out->a) != 0)
        return -1;
    if (!second)
        return 0;
    if (out->kind == SPREAD_LOGNORMAL)
        return read_sigma(second, &out->sigma);
    return read_number(second, unit, &out->b);
}

int spread_parse(const char *text, const char *what, enum spread_unit unit, struct spread *out,
                 struct err *e)
{
    char copy[128];
    const char *colon = strchr(text, ':');
    *out = (struct spread){.kind = colon ? kind_of(text, (size_t)(colon - text)) : SPREAD_FIXED};
    size_t len = strlen(colon ? colon + 1 : text);
    if (out->kind != SPREAD_KINDS && len < sizeof copy) {
        memcpy(copy, colon ? colon + 1 : text, len + 1);
        if (read_arguments(copy, unit, out) == 0 &&
            (out->kind != SPREAD_UNIFORM || out->a <= out->b))
            return 0;
    }
    if (unit == SPREAD_RATE)
        return err_set(e, FAIL_USAGE,
                       "%s '%.100s' is no rate: say bytes per second such as 9600, or a "
                       "distribution such as uniform:1200,9600",
                       what, text);
    return err_set(e, FAIL_USAGE,
                   "%s '%.100s' is no time: say one such as 300ms, or uniform:100ms,500ms, "
                   "normal:300ms,50ms, lognormal:300ms,0.5 or exponential:300ms",
                   what, text);
}

/* From two numbers in [0, 1): Box and Muller, "A Note on the Generation of Random Normal Deviates"
 * (1958). */
static double normal_deviate(uint64_t random)
{
    double u = 1.0 - seed_unit(random), v = seed_unit(seed_mix(random, 1));
    return sqrt(-2.0 * log(u)) * cos(2.0 * M_PI * v);
}

static double draw(const struct spread *s, uint64_t random)
{
    double a = (double)s->a, b = (double)s->b;
    switch (s->kind) {
    case SPREAD_UNIFORM:
        return a + (b - a) * seed_unit(random);
    case SPREAD_NORMAL:
        return a + b * normal_deviate(random);
    case SPREAD_LOGNORMAL:
        return a * exp(s->sigma * normal_deviate(random));
    case SPREAD_EXPONENTIAL:
        return -a * log(1.0 - seed_unit(random));
    default:
        return a;
    }
}

int64_t spread_draw(const struct spread *s, uint64_t random)
{
    double ns = draw(s, random);
    return ns <= 0 ? 0 : ns >= (double)MOST ? MOST : (int64_t)ns;
}
