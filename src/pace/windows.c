#include "pace/windows.h"

#include "pace/adapt.h"

#include <stdlib.h>

#define THE_RUN 0

struct window {
    struct adapt adapt;
    unsigned limit; /* what the budget has been told */
    unsigned left;  /* devices that have had no turn yet */
    unsigned most;  /* at once */
};

struct windows {
    struct budget *budget;
    struct window *all;
    uint32_t n;
    struct mono begun;
    uint32_t *started_ms; /* by device, from begun on */
};

static unsigned lesser(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* What the device's first group says itself: no window beyond it would be used. */
static unsigned own_limit(const struct inventory *inventory, const struct device *d)
{
    for (size_t i = 0; i < d->n_limits; i++) {
        const struct device_group *g = inventory_group_at(inventory, d->limits[i]);
        if (g->name == d->groups[0] && g->limit > 0)
            return g->limit;
    }
    return UINT32_MAX;
}

/* Counts the devices of each window; most[i] becomes the least of the limits that it is under. */
static void count_devices(struct windows *w, const struct inventory *inventory, const bool *done,
                          unsigned *most)
{
    for (uint32_t i = 0; i < inventory_count(inventory); i++) {
        uint32_t own = budget_window_of(w->budget, i);
        if (done && done[i])
            continue;
        w->all[THE_RUN].left++;
        if (own != THE_RUN) {
            w->all[own].left++;
            most[own] = lesser(most[own], own_limit(inventory, inventory_at(inventory, i)));
        }
    }
}

static void tell_budget(struct windows *w, uint32_t i)
{
    unsigned limit = adapt_window(&w->all[i].adapt);
    if (limit != w->all[i].limit)
        budget_set_window(w->budget, i, limit);
    w->all[i].limit = limit;
}

static int begin(struct windows *w, const struct inventory *inventory, const bool *done,
                 unsigned most_of_run, struct mono now)
{
    unsigned *most = malloc(w->n * sizeof *most);
    if (!most)
        return -1;
    for (uint32_t i = 0; i < w->n; i++)
        most[i] = most_of_run;
    count_devices(w, inventory, done, most);
    for (uint32_t i = 0; i < w->n; i++) {
        unsigned ceiling = lesser(most[i], w->all[i].left);
        adapt_init(&w->all[i].adapt, ADAPT_START, ceiling ? ceiling : 1, now);
        tell_budget(w, i);
    }
    free(most);
    return 0;
}

struct windows *windows_new(struct budget *b, const struct inventory *inventory, const bool *done,
                            unsigned most, struct mono now, struct err *e)
{
    struct windows *w = calloc(1, sizeof *w);
    if (w) {
        *w = (struct windows){.budget = b, .n = budget_windows(b), .begun = now};
        w->all = calloc(w->n, sizeof *w->all);
        w->started_ms = calloc(inventory_count(inventory) + 1, sizeof *w->started_ms);
    }
    if (w && w->all && w->started_ms && begin(w, inventory, done, most, now) == 0)
        return w;
    windows_free(w);
    err_set(e, FAIL_INTERNAL, "out of memory");
    return NULL;
}

void windows_free(struct windows *w)
{
    if (!w)
        return;
    free(w->all);
    free(w->started_ms);
    free(w);
}

static void count_one(struct windows *w, uint32_t i, bool first_attempt)
{
    struct window *window = &w->all[i];
    unsigned used = budget_window_used(w->budget, i);
    window->left -= first_attempt && window->left > 0;
    window->most = used > window->most ? used : window->most;
}

void windows_handed_out(struct windows *w, uint32_t index, bool first_attempt, struct mono now)
{
    uint32_t own = budget_window_of(w->budget, index);
    double ms = mono_ms_between(w->begun, now);
    w->started_ms[index] = ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
    count_one(w, THE_RUN, first_attempt);
    if (own != THE_RUN)
        count_one(w, own, first_attempt);
}

static void note_log_in(struct windows *w, uint32_t i, struct mono now, struct mono started)
{
    adapt_logged_in(&w->all[i].adapt, now, started, budget_window_used(w->budget, i));
    tell_budget(w, i);
}

void windows_logged_in(struct windows *w, uint32_t index, struct mono now)
{
    struct mono started = mono_add_ms(w->begun, w->started_ms[index]);
    uint32_t own = budget_window_of(w->budget, index);
    note_log_in(w, THE_RUN, now, started);
    if (own != THE_RUN)
        note_log_in(w, own, now, started);
}

/* Where nobody is left, a window has nothing to learn for. */
static void note_end(struct windows *w, uint32_t i, struct mono now, const struct adapt_visit *v)
{
    unsigned used = budget_window_used(w->budget, i);
    if (w->all[i].left == 0 || used == 0)
        return;
    adapt_ended(&w->all[i].adapt, now, v, used);
    tell_budget(w, i);
}

void windows_answer(struct windows *w, const struct result *r, struct mono now)
{
    const struct adapt_visit v = {.started = mono_add_ms(w->begun, w->started_ms[r->index]),
                                  .verdict = adapt_verdict_of(r->class, r->was_ready),
                                  .ms = result_device_ms(r)};
    uint32_t own = budget_window_of(w->budget, r->index);
    note_end(w, THE_RUN, now, &v);
    if (own != THE_RUN)
        note_end(w, own, now, &v);
}

static struct window_summary summary_of(const struct windows *w, uint32_t i)
{
    const struct window *window = &w->all[i];
    return (struct window_summary){.group = budget_window_name(w->budget, i),
                                   .start = window->adapt.first,
                                   .most = window->most,
                                   .final = lesser(window->limit, window->most),
                                   .grew = window->adapt.grew,
                                   .backed_off = window->adapt.backed_off};
}

/* Those that backed off first: of many, they are what one wants to know. */
static void add_groups(const struct windows *w, struct windows_summary *to, bool backed_off)
{
    for (uint32_t i = 1; i < w->n && to->n_groups < SUMMARY_GROUPS_MAX; i++)
        if ((w->all[i].adapt.backed_off > 0) == backed_off)
            to->groups[to->n_groups++] = summary_of(w, i);
}

void windows_summary(const struct windows *w, struct run_summary *run)
{
    struct windows_summary *to = &run->windows;
    *to = (struct windows_summary){.is_auto = true, .run = summary_of(w, THE_RUN)};
    run->workers = to->run.most ? to->run.most : 1;
    if (w->n <= 2) /* one group says nothing that the run does not */
        return;
    add_groups(w, to, true);
    add_groups(w, to, false);
    to->left_out = w->n - 1 - (uint32_t)to->n_groups;
}
