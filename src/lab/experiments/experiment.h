/* An experiment: a claim, a method, what was measured, and a verdict that a rule makes of the
 * numbers of this run on this machine. One file each; table.c lists them. */
#ifndef POLLER_LAB_EXPERIMENTS_EXPERIMENT_H
#define POLLER_LAB_EXPERIMENTS_EXPERIMENT_H

#include <poller/err.h>
#include <stdbool.h>
#include <stddef.h>

enum verdict { VERDICT_HOLDS, VERDICT_NOT, VERDICT_DEPENDS };

#define SAMPLES_MAX  64
#define NUMBERS_MAX  96
#define SERIES_MAX   16
#define POINTS_MAX   64
#define SKIPPED_MAX  8
#define NAME_LEN     80
#define SENTENCE_LEN 600

/* Repeated measurements of one thing. Zero-initialised is none. */
struct samples {
    double values[SAMPLES_MAX];
    unsigned n;
};

/* What is beyond SAMPLES_MAX is left out. */
void samples_add(struct samples *s, double value);
double samples_median(const struct samples *s); /* 0 for none */
double samples_low(const struct samples *s);
double samples_high(const struct samples *s);
/* Whether the spread is known: at least `least` samples, and either the range is within `part` of
 * the median or there are `most`. */
bool samples_suffice(const struct samples *s, unsigned least, unsigned most, double part);

struct number {
    char name[NAME_LEN], unit[16];
    double median, low, high;
    unsigned n;
};

struct series {
    char name[NAME_LEN], x[32], y[32], unit[16];
    double points[POINTS_MAX][2];
    unsigned n;
};

struct finding {
    enum verdict verdict;
    char depends_on[SENTENCE_LEN]; /* for VERDICT_DEPENDS: on what */
    char rule[SENTENCE_LEN];       /* the rule, with the numbers that decided */
    struct number numbers[NUMBERS_MAX];
    struct series series[SERIES_MAX];
    char skipped[SKIPPED_MAX][SENTENCE_LEN]; /* what could not be measured here, and why */
    unsigned n_numbers, n_series, n_skipped;
    double seconds;
};

/* Adds a number from its samples. */
void finding_number(struct finding *f, const struct samples *s, const char *unit, const char *name,
                    ...) __attribute__((format(printf, 4, 5)));
/* The same for what was counted or measured once. */
void finding_value(struct finding *f, double value, const char *unit, const char *name, ...)
    __attribute__((format(printf, 4, 5)));
/* A curve: points are added to what this returns, which is NULL where there are too many. */
struct series *finding_series(struct finding *f, const char *name, const char *x, const char *y,
                              const char *unit);
void series_add(struct series *s, double x, double y); /* NULL: nothing */
void finding_skip(struct finding *f, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The verdict and the rule that gave it. Returns 0. */
int finding_decide(struct finding *f, enum verdict verdict, const char *rule, ...)
    __attribute__((format(printf, 3, 4)));
/* VERDICT_DEPENDS, and on what. Returns 0. */
int finding_depends(struct finding *f, const char *on, const char *rule, ...)
    __attribute__((format(printf, 3, 4)));

const char *verdict_name(enum verdict v); /* "holds", "does not hold", "depends" */

/* What an experiment may use. */
struct experiment_env {
    bool thorough;      /* takes its time */
    bool is_docker;     /* --lab docker: the container lab in place of the simulator */
    const char *self;   /* this program, for simulators and helper processes */
    const char *place;  /* a directory of this run alone */
    const char *python; /* python3, or NULL */
    unsigned cores;     /* that this process may run on */
};

struct experiment {
    const char *id, *claim, *method;
    /* Runs in a process of its own, single-threaded at the start, and may fork and start threads;
     * ends all of them. 0 with the finding decided, or -1 with err: it could not be run. */
    int (*run)(const struct experiment_env *env, struct finding *f, struct err *e);
};

extern const struct experiment *const experiments[];
extern const size_t experiments_n;

#endif
