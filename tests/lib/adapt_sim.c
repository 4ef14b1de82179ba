#include "tests/lib/adapt_sim.h"

#include <math.h>
#include <stdlib.h>

#define NS_PER_MS  1e6
#define REFUSED_MS 20.0

struct visit {
    double started, due;
    bool logged_in;
    enum adapt_verdict verdict;
    double think_ms;
};

struct sim {
    const struct sim_model *m;
    struct adapt adapt;
    struct sim_outcome out;
    struct visit *visits;            /* under way */
    unsigned n, begun, ended, alive; /* alive: those that hold a place of the server */
    double now, log_in_free, visit_free, window_ms, window_since;
    uint64_t chance;
};

static struct mono at(double ms)
{
    return (struct mono){(int64_t)(ms * NS_PER_MS)};
}

static double noisy(struct sim *s, double ms)
{
    s->chance = s->chance * 6364136223846793005u + 1442695040888963407u;
    double x = (double)(s->chance >> 40) / (double)(1 << 24);
    return ms * (1 + s->m->noise * (2 * x - 1));
}

static unsigned window(const struct sim *s)
{
    return s->m->fixed ? s->m->fixed : adapt_window(&s->adapt);
}

/* A server that one after another stands at. */
static double served(double now, double *free, double per_s)
{
    if (!(per_s > 0))
        return now;
    *free = fmax(now, *free) + 1000 / per_s;
    return *free;
}

static bool is_dead(const struct sim_model *m, unsigned i)
{
    return (m->dead_every > 0 && i % m->dead_every == m->dead_every - 1) ||
           (i >= m->dead_from && i < m->dead_to);
}

static void begin(struct sim *s)
{
    const struct sim_model *m = s->m;
    unsigned i = s->begun++;
    struct visit v = {.started = s->now, .verdict = ADAPT_GOOD};
    v.think_ms = m->slow_from && i >= m->slow_from ? m->slow_ms : m->think_ms;
    if (is_dead(m, i)) {
        v.verdict = ADAPT_OVERLOAD;
        v.due = s->now + m->dead_ms;
    } else if (m->at_once_max && s->alive >= m->at_once_max) {
        v.verdict = ADAPT_OVERLOAD;
        v.due = s->now + REFUSED_MS;
        s->out.refused++;
    } else {
        double grows = m->log_in_knee > 0 ? 1 + pow(s->alive / m->log_in_knee, 2) : 1;
        s->alive++;
        v.due = served(s->now, &s->log_in_free, m->log_ins_per_s) + noisy(s, m->log_in_ms) * grows;
    }
    s->visits[s->n++] = v;
    s->out.most = s->n > s->out.most ? s->n : s->out.most;
}

static bool is_middle(const struct sim *s)
{
    return s->ended >= s->m->devices / 4 && s->ended < s->m->devices * 3 / 4;
}

/* What the window was until now. */
static void note_window(struct sim *s, double until)
{
    unsigned w = window(s);
    if (!is_middle(s))
        return;
    s->window_ms += w * (until - s->now);
    s->window_since += until - s->now;
    s->out.low = s->out.low == 0 || w < s->out.low ? w : s->out.low;
    s->out.high = w > s->out.high ? w : s->out.high;
}

static void log_in(struct sim *s, struct visit *v)
{
    v->logged_in = true;
    v->due = served(s->now, &s->visit_free, s->m->visits_per_s) + noisy(s, v->think_ms);
    adapt_logged_in(&s->adapt, at(s->now), at(v->started), s->n);
}

static void end(struct sim *s, struct visit *v)
{
    struct adapt_visit told = {at(v->started), v->verdict, s->now - v->started};
    if (s->begun < s->m->devices)
        adapt_ended(&s->adapt, at(s->now), &told, s->n);
    s->alive -= v->verdict == ADAPT_GOOD;
    s->ended++;
    *v = s->visits[--s->n];
}

static struct visit *next_visit(const struct sim *s)
{
    struct visit *first = &s->visits[0];
    for (unsigned i = 1; i < s->n; i++)
        if (s->visits[i].due < first->due)
            first = &s->visits[i];
    return first;
}

struct sim_outcome sim_run(const struct sim_model *m)
{
    struct sim s = {.m = m, .chance = 1};
    s.visits = calloc(m->ceiling + m->fixed + 1, sizeof *s.visits);
    if (!s.visits)
        return s.out;
    adapt_init(&s.adapt, ADAPT_START, m->ceiling, at(0));
    while (s.ended < m->devices) {
        while (s.begun < m->devices && s.n < window(&s))
            begin(&s);
        struct visit *v = next_visit(&s);
        note_window(&s, v->due);
        s.now = v->due;
        if (v->logged_in || v->verdict != ADAPT_GOOD)
            end(&s, v);
        else
            log_in(&s, v);
    }
    s.out.elapsed_ms = s.now;
    s.out.window = window(&s);
    s.out.mean = s.window_since > 0 ? s.window_ms / s.window_since : 0;
    s.out.grew = s.adapt.grew;
    s.out.backed_off = s.adapt.backed_off;
    free(s.visits);
    return s.out;
}
