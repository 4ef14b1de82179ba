#include "engine/adapt_parts.h"

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

void failures_init(struct adapt_failures *f)
{
    *f = (struct adapt_failures){.at = MONO_UNSET, .share = -1};
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

static void back_off(struct adapt *a, struct mono now, unsigned under_way, double share)
{
    struct adapt_failures *f = &a->failures;
    double together = fmin(a->window, f->peak);
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
    /* How many were let in is what was under way without what failed; where those follow each other
     * at once, that would be too few. */
    a->edge = fmax(UNDER_THE_EDGE * (together - f->failed), together / 2);
    f->failed = f->ended = f->peak = 0;
    window_set(a, now, fmin(BACK_OFF * together, a->edge), false);
    adapt_go_on(a, ADAPT_GROWING, 2 * ADAPT_PATIENCE);
    adapt_begin_rounds(a, now);
}

/* More failed than chance makes fail. */
static void react(struct adapt *a, struct mono now, unsigned under_way)
{
    struct adapt_failures *f = &a->failures;
    double share = f->failed / (f->ended + under_way - 1.0);
    if (a->state == ADAPT_PROBING) {
        probe_give_up(a, now);
        f->failed = f->ended = 0;
    } else if (a->window < 2) { /* one at a time is no overload */
        come_back(a, now, share);
    } else {
        back_off(a, now, under_way, share);
    }
}

/* A visit that began before the last back-off. Of them all none well: an outage, which no window
 * ends. */
static void count_old(struct adapt *a, struct mono now, const struct adapt_visit *v)
{
    struct adapt_failures *f = &a->failures;
    f->any_good |= v->verdict == ADAPT_GOOD;
    if (f->old > 0 && --f->old == 0 && !f->any_good)
        come_back(a, now, 1);
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
