/* What a sweep over numbers of workers tells: bounds beside the measured times, where each mode's
 * curve bends, and why. Pure: numbers in, numbers and sentences out.
 *
 * Bounds: G. M. Amdahl, "Validity of the single processor approach to achieving large scale
 * computing capabilities", AFIPS 1967; R. L. Graham, "Bounds on multiprocessing timing anomalies",
 * SIAM J. Appl. Math. 17, 1969 (jobs handed out from a list to whoever is free). */
#ifndef POLLER_REPORT_SWEEP_H
#define POLLER_REPORT_SWEEP_H

#include "report/compare.h"

/* A curve bends at the smallest number of workers within this share of the best. */
#define SWEEP_WITHIN 0.05

/* A number of workers that was left out, since descriptors would not do; say: the sentence. */
struct sweep_refused {
    const char *mode;
    const char *say;
};

/* What held devices back: of the whole run, or of a group. */
struct sweep_pace {
    const char *group; /* or NULL */
    size_t devices;    /* that are under it */
    double login_rate; /* a second; 0: none */
    unsigned limit;    /* devices at once; 0: none */
};

struct sweep_input {
    const struct compare_row *rows;
    size_t n_rows;
    unsigned cores;  /* that this process may use */
    unsigned shards; /* loops of mode events; 0 is 1 */
    const struct sweep_refused *refused;
    size_t n_refused;
    const struct sweep_pace *paces;
    size_t n_paces;
};

enum sweep_cause {
    SWEEP_UNKNOWN,
    SWEEP_CPU,
    SWEEP_DEVICES,
    SWEEP_DESCRIPTORS,
    SWEEP_LOGIN_RATE,
    SWEEP_LIMIT
};

const char *sweep_cause_name(enum sweep_cause cause);

struct sweep_bound {
    const char *mode;
    unsigned workers;
    double waiting_ms; /* no run can be shorter */
    double amdahl_ms;  /* a run can, as far as the client computes while devices think */
};

struct sweep_bend {
    const char *mode;
    unsigned workers;
    double elapsed_ms;
    enum sweep_cause cause;
    char because[320]; /* the numbers that decided, as a sentence */
};

struct sweep {
    struct compare_point *points;
    struct sweep_bound *bounds; /* one for each point */
    size_t n_points;
    struct sweep_bend *bends; /* one for each mode but sequential */
    size_t n_bends;
    double baseline_ms; /* 0: no sequential run */
    unsigned cores, shards;
};

/* Names in it are the rows'. 0, or -1: no memory. sweep_free() either way. */
int sweep_read(struct sweep *s, const struct sweep_input *in);
void sweep_free(struct sweep *s);

/* Device times as short as in any of the runs where the fewest devices failed: what one run was
 * held up by is no bound for the others. */
struct sweep_floor {
    double sum_ms, slowest_ms;
};
struct sweep_floor sweep_floor(const struct compare_point *points, size_t n);

/* The best that list scheduling can do: the waiting shared out evenly, but never shorter than the
 * slowest device. */
double sweep_waiting_ms(double sum_ms, double slowest_ms, unsigned workers);
/* The worst it can do (Graham): whoever is free takes the next, and the slowest comes last. */
double sweep_graham_ms(double sum_ms, double slowest_ms, unsigned workers);
/* Amdahl: of alone_ms the part serial_ms is not shared out, the rest is, one after the other, but
 * never shorter than the slowest device. */
double sweep_amdahl_ms(double alone_ms, double serial_ms, double slowest_ms, unsigned workers);

/* Processors that a mode with so many workers can keep busy. */
unsigned sweep_mode_cores(const char *mode, unsigned workers, unsigned cores, unsigned shards);
/* The client's processor time in elapsed x processors: near 1, it computes all the time. */
double sweep_cpu_share(const struct sweep *s, const struct compare_point *point);

/* The point of this mode where its curve bends, or NULL: the mode has none. A point where more
 * devices fail than elsewhere is no candidate: failing is fast. */
const struct compare_point *sweep_bend_point(const struct compare_point *points, size_t n,
                                             const char *mode);

/* 1, 2, 5, 10, then doubled, up to the number of devices, which is the last. Returns how many, at
 * most max. */
size_t sweep_default_workers(size_t devices, unsigned *out, size_t max);

/* The table with both bounds beside the measured times, then a paragraph for each bend. At most 80
 * columns. 0, or -1: no memory. */
int sweep_table(const struct sweep *s, struct buf *out);

#endif
