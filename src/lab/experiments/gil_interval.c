#include "lab/experiments/python.h"
#include "lab/experiments/threads.h"
#include "lab/experiments/work.h"

#include <poller/clock.h>

#define PAYS 1.3

static const double pieces_ms[] = {0.1, 0.5, 2, 5, 10, 30, 100};
#define SIZES (sizeof pieces_ms / sizeof *pieces_ms)

struct piece {
    struct interpreter_lock lock;
    double ms;
    bool is_locked;
};

static void *do_piece(void *ctx)
{
    struct piece *p = ctx;
    if (p->is_locked)
        interpreter_lock_take(&p->lock);
    work_for(p->ms, p->is_locked ? &p->lock : NULL);
    if (p->is_locked)
        interpreter_lock_drop(&p->lock);
    return NULL;
}

/* Two such pieces, one after the other and in two threads. */
struct pair {
    struct samples one_by_one, together;
};

static int measure_pair(double ms, bool is_locked, struct pair *out, struct err *e)
{
    struct piece piece = {.ms = ms, .is_locked = is_locked};
    double together;
    interpreter_lock_init(&piece.lock, INTERPRETER_INTERVAL_US);
    struct mono start = mono_now();
    do_piece(&piece);
    do_piece(&piece);
    double one_by_one = mono_ms_between(start, mono_now());
    int rc = threads_run(do_piece, &piece, 2, &together, e);
    interpreter_lock_destroy(&piece.lock);
    samples_add(&out->one_by_one, one_by_one);
    if (rc == 0)
        samples_add(&out->together, together);
    return rc;
}

static int measure(const struct experiment_env *env, struct finding *f, bool is_locked,
                   double *smallest, double *largest, struct err *e)
{
    struct series *curve = finding_series(f, is_locked ? "with the lock" : "without", "piece (ms)",
                                          "speed-up of two threads", "x");
    for (size_t i = 0; i < SIZES; i++) {
        struct pair pair = {{{0}, 0}, {{0}, 0}};
        unsigned most = env->thorough ? 31 : pieces_ms[i] > 20 ? 7 : 15;
        while (pair.together.n < most)
            if (measure_pair(pieces_ms[i], is_locked, &pair, e) != 0)
                return -1;
        /* The best of each: what else this machine does makes times longer, never shorter. */
        double speed_up = samples_low(&pair.one_by_one) / samples_low(&pair.together);
        finding_number(f, &pair.together, "ms", "two pieces of %g ms in threads, %s", pieces_ms[i],
                       is_locked ? "lock" : "no lock");
        series_add(curve, pieces_ms[i], speed_up);
        *(i == 0 ? smallest : largest) = speed_up;
    }
    return 0;
}

static int run(const struct experiment_env *env, struct finding *f, struct err *e)
{
    double locked_small, locked_large, free_small, free_large, interval = 0;
    work_calibrate();
    if (measure(env, f, true, &locked_small, &locked_large, e) != 0 ||
        measure(env, f, false, &free_small, &free_large, e) != 0)
        return -1;
    if (python_run(env, f, "import sys; print(sys.getswitchinterval() * 1000)", &interval, 1))
        finding_value(f, interval, "ms", "CPython's own switch interval");
    if (env->cores < 2)
        return finding_depends(f, "a second core", "this machine lends one core: nothing can pay");
    bool holds = locked_small < PAYS && locked_large > PAYS;
    return finding_decide(
        f, holds ? VERDICT_HOLDS : VERDICT_NOT,
        "holds where under the lock two threads gain less than %.1f x on pieces of "
        "0.1 ms (%.2f) and more on pieces of 100 ms (%.2f); without the lock it is "
        "%.2f and %.2f: what pays is set by the cost of a thread, not by the interval",
        PAYS, locked_small, locked_large, free_small, free_large);
}

const struct experiment experiment_gil_interval = {
    "gil-interval",
    "The switch interval is 5 ms; work in pieces far below it does not pay to split, work far "
    "above "
    "it does.",
    "Two pieces of computation, of 0.1 to 100 ms each, one after the other and in two threads made "
    "for them. Once under a lock with CPython's rule and its 5 ms, once without a lock.",
    run};
