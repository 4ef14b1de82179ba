/* links: pace/budget pace/budget_limiter pace/budget_lines pace/budget_start
 *        pace/budget_stop base/arena base/strmap base/timers base/clock base/seed base/err
 *        model/result tests/lib/fake_inventory */

/* Random fleets, limits and visits in virtual time: no limit is ever passed, nobody is forgotten,
 * and nobody waits while all its limits have room. */
#include "pace/budget.h"
#include "tests/lib/fake_inventory.h"

#include "base/seed.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MS         ((int64_t)1000000)
#define SECOND     (1000 * MS)
#define GROUPS_MAX 8
#define HOSTS      40
#define RUNS       1500

/* A device that is visited. */
struct visit {
    uint32_t index;
    struct mono logs_in, ends;
    bool logged_in;
};

/* A limiter as it is told from outside. */
struct seen {
    unsigned limit, used;
    double rate;
    int64_t *times; /* of all that went */
    size_t n;
};

struct play {
    uint64_t chance;
    struct device *devices;
    struct device_group groups[GROUPS_MAX];
    uint32_t *limits; /* of the devices, one after the other */
    struct inventory inventory;
    struct budget_pace pace;
    struct budget *budget;

    struct seen run, group[GROUPS_MAX], host[HOSTS];
    uint32_t *host_of;
    struct visit *visits;
    unsigned n_visits, places, shaking;
    unsigned char *went;
    uint32_t next; /* of the plan */
    struct mono now;
};

static char hosts[HOSTS][16];

static uint64_t chance(struct play *p, uint64_t below)
{
    return seed_next(&p->chance) % below;
}

static void open_seen(struct seen *s, unsigned limit, double rate, size_t room)
{
    *s = (struct seen){.limit = limit, .rate = rate, .times = malloc((room + 1) * sizeof(int64_t))};
    assert_non_null(s->times);
}

static void make_groups(struct play *p, size_t n)
{
    static const double rates[] = {0, 0, 5, 20, 77.7, 300};
    p->inventory.n_groups = chance(p, GROUPS_MAX + 1);
    p->inventory.groups = p->groups;
    for (size_t g = 0; g < p->inventory.n_groups; g++) {
        struct device_group *group = &p->groups[g];
        group->limit = (unsigned)chance(p, 6);
        group->login_rate = rates[chance(p, 6)];
        open_seen(&p->group[g], group->limit, group->login_rate, n);
    }
}

static void make_devices(struct play *p, size_t n)
{
    p->devices = calloc(n, sizeof *p->devices);
    p->limits = calloc(n * GROUPS_MAX, sizeof *p->limits);
    p->host_of = calloc(n, sizeof *p->host_of);
    p->went = calloc(n, 1);
    assert_true(p->devices && p->limits && p->host_of && p->went);
    for (size_t i = 0; i < n; i++) {
        struct device *d = &p->devices[i];
        uint32_t *limits = &p->limits[i * GROUPS_MAX];
        p->host_of[i] = (uint32_t)chance(p, HOSTS);
        d->host = hosts[p->host_of[i]];
        d->limits = limits;
        for (uint32_t g = 0; g < p->inventory.n_groups; g++)
            if (chance(p, 3) == 0)
                limits[d->n_limits++] = g;
    }
    p->inventory.devices = p->devices;
    p->inventory.n = n;
}

static void open_play(struct play *p, uint64_t seed)
{
    static const double rates[] = {0, 0, 50, 400};
    struct err e = {0};
    *p = (struct play){.chance = seed, .now = {9 * SECOND}};
    size_t n = 1 + chance(p, 400);
    make_groups(p, n);
    make_devices(p, n);
    p->places = 1 + (unsigned)chance(p, 60);
    p->pace = (struct budget_pace){.login_rate = rates[chance(p, 4)],
                                   .handshakes = (unsigned)chance(p, 20),
                                   .per_host = (unsigned)chance(p, 4),
                                   .jitter_ms = (int64_t)chance(p, 2) * 300,
                                   .seed = seed};
    open_seen(&p->run, 0, p->pace.login_rate, n);
    for (size_t h = 0; h < HOSTS; h++)
        open_seen(&p->host[h], p->pace.per_host, 0, n);
    p->visits = calloc(p->places, sizeof *p->visits);
    p->budget = budget_new(&p->inventory, &p->pace, p->places, p->now, &e);
    assert_true(p->visits && p->budget);
}

static void close_play(struct play *p)
{
    budget_free(p->budget);
    free(p->run.times);
    for (size_t g = 0; g < p->inventory.n_groups; g++)
        free(p->group[g].times);
    for (size_t h = 0; h < HOSTS; h++)
        free(p->host[h].times);
    free(p->devices);
    free(p->limits);
    free(p->host_of);
    free(p->went);
    free(p->visits);
}

/* In no second more than the rate allows, no more at once than the limit. */
static void note_start(struct seen *s, struct mono now)
{
    double most = fmax(floor(1.1 * s->rate), ceil(s->rate));
    s->times[s->n++] = now.ns;
    s->used++;
    assert_true(s->limit == 0 || s->used <= s->limit);
    if (s->rate > 0 && s->n > (size_t)most)
        assert_true(s->times[s->n - 1] - s->times[s->n - 1 - (size_t)most] >= SECOND);
}

static void each_seen(struct play *p, uint32_t index, void (*each)(struct seen *, struct mono))
{
    const struct device *d = &p->devices[index];
    each(&p->run, p->now);
    each(&p->host[p->host_of[index]], p->now);
    for (size_t i = 0; i < d->n_limits; i++)
        each(&p->group[d->limits[i]], p->now);
}

static void note_end(struct seen *s, struct mono now)
{
    (void)now;
    s->used--;
}

static void start_visit(struct play *p, uint32_t index)
{
    int64_t login_ms = 1 + (int64_t)chance(p, 40), rest_ms = (int64_t)chance(p, 200);
    assert_int_equal(p->went[index]++, 0);
    each_seen(p, index, note_start);
    p->shaking++;
    assert_true(p->pace.handshakes == 0 || p->shaking <= p->pace.handshakes);
    struct mono logs_in = mono_add_ms(p->now, login_ms);
    p->visits[p->n_visits++] =
        (struct visit){.index = index, .logs_in = logs_in, .ends = mono_add_ms(logs_in, rest_ms)};
}

/* Nobody waits with room under all of its limits, as far as limits without a rate tell. */
static void check_waiting(const struct play *p)
{
    size_t waiting = 0;
    for (uint32_t i = 0; i < p->next; i++) {
        const struct device *d = &p->devices[i];
        const struct seen *host = &p->host[p->host_of[i]];
        bool held = host->limit > 0 && host->used >= host->limit;
        if (p->went[i])
            continue;
        waiting++;
        for (size_t k = 0; k < d->n_limits; k++) {
            const struct seen *s = &p->group[d->limits[k]];
            held |= s->rate > 0 || (s->limit > 0 && s->used >= s->limit);
        }
        assert_true(held);
    }
    assert_int_equal(waiting, budget_waiting(p->budget));
}

/* Hands out as long as somebody is free and somebody may go. Until when it then waits. */
static struct mono hand_out(struct play *p)
{
    while (p->n_visits < p->places) {
        uint32_t index;
        bool found = false;
        if (!budget_is_open(p->budget, p->now)) {
            struct mono at = budget_open_at(p->budget);
            assert_true(at.ns > p->now.ns);
            return at;
        }
        found = budget_take(p->budget, p->now, &index);
        while (!found && p->next < p->inventory.n) {
            index = p->next++;
            found = budget_offer(p->budget, index, p->now);
        }
        if (!found) {
            struct mono at = budget_waiting_at(p->budget);
            check_waiting(p);
            assert_true(at.ns > p->now.ns);
            return at;
        }
        start_visit(p, index);
    }
    return MONO_NEVER;
}

static void end_visit(struct play *p, struct visit *v)
{
    struct result r = {.index = v->index, .class = chance(p, 10) ? FAIL_NONE : FAIL_REFUSED};
    if (!v->logged_in)
        p->shaking--;
    each_seen(p, v->index, note_end);
    if (chance(p, 20))
        budget_answer(p->budget, &r);
    else
        budget_lose(p->budget, v->index);
    *v = p->visits[--p->n_visits];
}

static void run_visits(struct play *p)
{
    for (unsigned i = 0; i < p->n_visits;) {
        struct visit *v = &p->visits[i];
        bool told = v->index % 5 != 0; /* some never log in */
        if (mono_reached(p->now, v->ends)) {
            end_visit(p, v);
            continue;
        }
        if (told && !v->logged_in && mono_reached(p->now, v->logs_in)) {
            v->logged_in = true;
            p->shaking--;
            budget_logged_in(p->budget, v->index);
        }
        i++;
    }
}

/* What comes next, and a little later: clocks are not met to the point. */
static void pass_time(struct play *p, struct mono until)
{
    for (unsigned i = 0; i < p->n_visits; i++) {
        const struct visit *v = &p->visits[i];
        until = mono_min(until, v->ends);
        if (v->logs_in.ns > p->now.ns)
            until = mono_min(until, v->logs_in);
    }
    assert_false(mono_is_never(until)); /* somebody would wait for ever */
    p->now.ns = until.ns + (int64_t)chance(p, 2) * (int64_t)chance(p, (uint64_t)(15 * MS));
}

static bool is_over(const struct play *p)
{
    return p->next == p->inventory.n && budget_waiting(p->budget) == 0 && p->n_visits == 0;
}

static void run_play(struct play *p)
{
    while (!is_over(p)) {
        struct mono until = hand_out(p);
        if (is_over(p))
            break;
        pass_time(p, until);
        run_visits(p);
    }
    for (size_t i = 0; i < p->inventory.n; i++)
        assert_int_equal(p->went[i], 1);
}

static void no_limit_is_passed_and_nobody_forgotten(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < RUNS; seed++) {
        struct play p;
        open_play(&p, seed);
        run_play(&p);
        close_play(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_limit_is_passed_and_nobody_forgotten),
    };
    for (int h = 0; h < HOSTS; h++)
        snprintf(hosts[h], sizeof hosts[h], "h%d", h);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
