/* A time that devices differ in: one number, or a distribution from which each device draws once.
 */
#ifndef POLLER_LAB_DEVICES_SPREAD_H
#define POLLER_LAB_DEVICES_SPREAD_H

#include <poller/err.h>
#include <stdint.h>

enum spread_kind {
    SPREAD_FIXED,       /* 300ms */
    SPREAD_UNIFORM,     /* uniform:100ms,500ms   between the two */
    SPREAD_NORMAL,      /* normal:300ms,50ms     mean, standard deviation */
    SPREAD_LOGNORMAL,   /* lognormal:300ms,0.5   median, sigma of the logarithm */
    SPREAD_EXPONENTIAL, /* exponential:300ms     mean */
    SPREAD_KINDS
};

enum spread_unit {
    SPREAD_TIME, /* nanoseconds; written with a unit, as 300ms */
    SPREAD_RATE  /* bytes per second; written as a whole number */
};

/* Zero-initialised is "always 0". */
struct spread {
    enum spread_kind kind;
    int64_t a, b;
    double sigma;
};

/* Reads one of the forms above. what names the option in the message ("--think"). 0, or -1 with err
 * (FAIL_USAGE). */
int spread_parse(const char *text, const char *what, enum spread_unit unit, struct spread *out,
                 struct err *e);

/* The value that the number `random` draws: never below 0, nor above a day or 86.4 TB/s. */
int64_t spread_draw(const struct spread *spread, uint64_t random);

#endif
