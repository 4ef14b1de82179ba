#include "pace/adapt_parts.h"

#include <math.h>

/* After failures the window falls as CUBIC's does (RFC 9438), and grows again to below them. */
#define BACK_OFF       0.7
#define UNDER_THE_EDGE 0.9
/* Standard deviations of a share that are chance; a probe may give up for less. */
#define MARGIN       3.0
#define MARGIN_PROBE 1.0
/* Before anything is known: one device in twenty is dead. */
#define PRIOR    1.0
#define PRIOR_OF 20.0
/* What is older than so many visits fades. */
#define USUAL_MAX 1024.0
#define ROUND_MAX 256
/* Of the failures beyond the usual ones, the part that a back-off leaves where it was for nothing.
 */
#define AS_BEFORE 0.75
/* How long a visit is, while none has ended. */
#define LOG_INS_OF_A_VISIT 4

void failures_init(struct adapt_failures *f)
{
    *f = (struct adapt_failures){.at = MONO_UNSET, .share = -1, .patience = ADAPT_PATIENCE / 2};
}

static void merge(struct adapt_failures *f)
{
    f->usual += f->failed;
    f->usual_of += f->ended;
    f->failed = f->ended = 0;
    if (f->usual_of > USUAL_MAX) {
        f->usual /= 2;
        f->usual_of /= 2;
    }
}

static double usual_share(const struct adapt_failures *f)
{
    return (f->usual + PRIOR) / (f->usual_of + PRIOR_OF);
}

/* Failures that n visits may have by chance. */
static double allowed(const struct adapt *a, double n)
{
    double p = usual_share(&a->failures);
    double margin = a->state == ADAPT_PROBING ? MARGIN_PROBE : MARGIN;
    return n * p + margin * sqrt(n * p * (1 - p)) + 1;
}

/* The window was not the cause: so many failures are usual from now on. */
static void come_back(struct adapt *a, struct mono now, double share)
{
    struct adapt_failures *f = &a->failures;
    double from = fmax(f->from, a->window);
    a->backed_off -= f->unproven;
    failures_init(f);
    f->usual_of = USUAL_MAX / 2;
    f->usual = share * f->usual_of;
    a->edge = a->ceiling;
    window_set(a, now, from, true);
    adapt_go_on(a, ADAPT_GROWING, ADAPT_PATIENCE);
    adapt_begin_rounds(a, now);
}

/* Growth ends below what was let in: what was under way without what failed of it. Not below half
 * of it at once: dead devices are refused one after another, too. */
static void set_edge(struct adapt *a)
{
    const struct adapt_failures *f = &a->failures;
    a->edge = fmax(UNDER_THE_EDGE * (f->together - f->of_them), f->together / 2);
}

static void back_off(struct adapt *a, struct mono now, unsigned under_way, double share)
{
    struct adapt_failures *f = &a->failures;
    if (f->any_good || !mono_is_set(f->at)) {
        f->from = a->state == ADAPT_TESTING ? a->test.from : a->window;
        f->unproven = 0;
    }
    a->backed_off++;
    f->unproven++;
    f->at = now;
    f->share = share;
    f->old = under_way - 1;
    f->any_good = f->ended > f->failed;
    f->together = fmin(a->window, f->peak);
    f->of_them = f->failed;
    set_edge(a);
    f->failed = f->ended = f->peak = 0;
    window_set(a, now, fmin(BACK_OFF * f->together, a->edge), false);
    adapt_go_on(a, ADAPT_GROWING, f->patience);
    f->patience *= 2;
    adapt_begin_rounds(a, now);
}

/* What it let go is still under way, and may fail as well: that is known. */
static void give_up_probe(struct adapt *a, struct mono now, unsigned under_way)
{
    struct adapt_failures *f = &a->failures;
    a->edge = fmin(a->edge, a->probe.from);
    probe_give_up(a, now, a->probe.from);
    f->at = now;
    f->share = -1;
    f->old = under_way - 1;
    f->any_good = true;
    f->failed = f->ended = f->peak = 0;
}

/* More failed than chance makes fail. */
static void react(struct adapt *a, struct mono now, unsigned under_way)
{
    struct adapt_failures *f = &a->failures;
    double share = f->failed / (f->ended + under_way - 1.0);
    if (a->state == ADAPT_PROBING) {
        give_up_probe(a, now, under_way);
    } else if (a->window < 2) { /* one at a time is no overload */
        come_back(a, now, share);
    } else {
        back_off(a, now, under_way, share);
    }
}

/* As what is full refuses, and not as a dead device keeps silent. */
static bool is_soon(const struct adapt *a, const struct adapt_visit *v)
{
    double usual = fmax(a->visits.base, LOG_INS_OF_A_VISIT * a->log_ins.base);
    return !(usual > 0) || v->ms <= usual;
}

/* A visit that began before the last back-off. Of them all none well: an outage, which no window
 * ends. */
static void count_old(struct adapt *a, struct mono now, const struct adapt_visit *v)
{
    struct adapt_failures *f = &a->failures;
    f->any_good |= v->verdict == ADAPT_GOOD;
    if (f->old == 0)
        return;
    if (--f->old == 0 && !f->any_good) {
        come_back(a, now, 1);
    } else if (f->share >= 0 && v->verdict == ADAPT_OVERLOAD && is_soon(a, v)) {
        f->of_them++;
        set_edge(a);
        if (a->window > a->edge && a->state != ADAPT_PROBING)
            window_set(a, now, a->edge, false);
    }
}

void failures_count(struct adapt *a, struct mono now, const struct adapt_visit *v,
                    unsigned under_way)
{
    struct adapt_failures *f = &a->failures;
    if (mono_is_set(f->at) && mono_is_before(v->started, f->at)) {
        count_old(a, now, v);
        return;
    }
    f->any_good |= v->verdict == ADAPT_GOOD;
    f->peak = under_way > f->peak ? under_way : f->peak;
    f->ended++;
    f->failed += v->verdict == ADAPT_OVERLOAD;
    /* Those under way have not failed so far: what is refused at once is not all there is. */
    if (v->verdict == ADAPT_OVERLOAD && f->failed > allowed(a, f->ended + under_way - 1.0))
        react(a, now, under_way);
    else if (f->ended >= ROUND_MAX)
        merge(f);
}

/* The first round after a back-off: where as many fail as before, it was for nothing. */
static void judge(struct adapt *a, struct mono now)
{
    struct adapt_failures *f = &a->failures;
    double usual = usual_share(f), before = f->share;
    double share = f->ended > 0 ? (double)f->failed / f->ended : 0;
    f->share = -1;
    if (before >= 0 && f->failed > 1 && share - usual > (before - usual) * AS_BEFORE)
        come_back(a, now, share);
    f->unproven = 0;
}

void failures_end_round(struct adapt *a, struct mono now)
{
    if (a->state != ADAPT_TESTING)
        judge(a, now);
    merge(&a->failures);
    a->failures.peak = 0;
}
