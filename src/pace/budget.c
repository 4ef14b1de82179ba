#include "pace/budget.h"

#include "pace/budget_limiter.h"
#include "pace/budget_lines.h"
#include "pace/budget_start.h"

#include <stdlib.h>

#define THE_RUN 0 /* the number of its limiter */
#define PAST    ((struct mono){0})

/* What a device holds. */
enum held { HELD_NOTHING, HELD_PERMITS = 1, HELD_HANDSHAKE = 2 };

struct budget {
    struct limiter *limiters;
    struct lines lines;
    struct start start;
    struct stop stop;
    unsigned char *held; /* enum held, by device */
    unsigned handshakes, shaking;
    size_t waiting;

    /* A line with devices stands with one limiter that let none of them go. It is looked at when
     * that one's time has come, or when a permit came back to it. */
    uint32_t *next_line;
    struct timers timers;
    struct chain ready; /* limiters to be looked at */
    uint32_t *next_limiter;
};

static void make_ready(struct budget *b, struct limiter *l)
{
    if (l->is_ready || chain_is_empty(&l->lines))
        return;
    l->is_ready = true;
    timers_set(&b->timers, &l->timer, MONO_NEVER);
    chain_push(&b->ready, b->next_limiter, (uint32_t)(l - b->limiters));
}

/* Lines wait for it, and it lets none go for now. */
static void wait_for(struct budget *b, struct limiter *l)
{
    if (!l->is_ready)
        timers_set(&b->timers, &l->timer,
                   chain_is_empty(&l->lines) ? MONO_NEVER : limiter_open_at(l));
}

/* The first of a line's limiters that lets nobody go, or NULL. */
static struct limiter *find_closed(const struct budget *b, const struct line *line, struct mono now)
{
    for (uint32_t i = 0; i < line->n_limiters; i++) {
        struct limiter *l = &b->limiters[line->limiters[i]];
        if (!limiter_is_open(l, now))
            return l;
    }
    return NULL;
}

static void stand_with(struct budget *b, struct line *line, struct limiter *l)
{
    chain_push(&l->lines, b->next_line, (uint32_t)(line - b->lines.lines));
    wait_for(b, l);
}

static void hand_permits(struct budget *b, const struct line *line, uint32_t index, struct mono now)
{
    limiter_take(&b->limiters[THE_RUN], now);
    for (uint32_t i = 0; i < line->n_limiters; i++)
        limiter_take(&b->limiters[line->limiters[i]], now);
    b->held[index] = HELD_PERMITS | HELD_HANDSHAKE;
    b->shaking++;
    stop_handed_out(&b->stop, index);
}

bool budget_is_open(struct budget *b, struct mono now)
{
    start_advance(&b->start, now);
    return mono_reached(now, budget_open_at(b));
}

struct mono budget_open_at(const struct budget *b)
{
    const struct limiter *run = &b->limiters[THE_RUN];
    if ((b->handshakes > 0 && b->shaking >= b->handshakes) ||
        b->shaking >= stop_handshakes(&b->stop))
        return MONO_NEVER;
    struct mono start = start_open_at(&b->start, run->used), at = limiter_open_at(run);
    return start.ns > at.ns ? start : at;
}

enum pace_hold budget_held_by(const struct budget *b, struct mono now)
{
    const struct limiter *run = &b->limiters[THE_RUN];
    if (b->handshakes > 0 && b->shaking >= b->handshakes)
        return HOLD_HANDSHAKES;
    if (b->shaking >= stop_handshakes(&b->stop))
        return HOLD_STOP_AFTER;
    if (!mono_reached(now, start_open_at(&b->start, run->used)))
        return start_is_over(&b->start) ? HOLD_NOTHING : HOLD_JITTER_START;
    if (!limiter_is_open(run, now))
        return mono_is_never(limiter_open_at(run)) ? HOLD_NOTHING : HOLD_LOGIN_RATE;
    return b->waiting > 0 && b->lines.n_windows == 0 ? HOLD_LIMITS : HOLD_NOTHING;
}

bool budget_offer(struct budget *b, uint32_t index, struct mono now)
{
    struct line *line = lines_of(&b->lines, index);
    bool others_wait = !chain_is_empty(&line->devices);
    struct limiter *closed = others_wait ? NULL : find_closed(b, line, now);
    if (!others_wait && !closed) {
        hand_permits(b, line, index, now);
        return true;
    }
    chain_push(&line->devices, b->lines.next_device, index);
    b->waiting++;
    if (closed)
        stand_with(b, line, closed);
    return false;
}

/* Of the line that waited longest for this limiter the first device; CHAIN_NONE: another of its
 * limiters lets none go, so the line stands with that one now. */
static uint32_t take_from(struct budget *b, struct limiter *l, struct mono now)
{
    struct line *line = &b->lines.lines[chain_pop(&l->lines, b->next_line)];
    struct limiter *closed = find_closed(b, line, now);
    if (closed) {
        stand_with(b, line, closed);
        return CHAIN_NONE;
    }
    uint32_t index = chain_pop(&line->devices, b->lines.next_device);
    b->waiting--;
    hand_permits(b, line, index, now);
    if (!chain_is_empty(&line->devices)) {
        closed = find_closed(b, line, now);
        stand_with(b, line, closed ? closed : l);
    }
    return index;
}

/* Timers whose time has come: their limiters are to be looked at. */
static void run_timers(struct budget *b, struct mono now)
{
    struct timer *first;
    while ((first = timers_first(&b->timers)) && mono_reached(now, first->due))
        make_ready(b, (struct limiter *)first);
}

bool budget_take(struct budget *b, struct mono now, uint32_t *index)
{
    uint32_t id;
    run_timers(b, now);
    while ((id = chain_pop(&b->ready, b->next_limiter)) != CHAIN_NONE) {
        struct limiter *l = &b->limiters[id];
        uint32_t found = CHAIN_NONE;
        while (found == CHAIN_NONE && !chain_is_empty(&l->lines) && limiter_is_open(l, now))
            found = take_from(b, l, now);
        l->is_ready = false;
        if (found == CHAIN_NONE) {
            wait_for(b, l);
            continue;
        }
        make_ready(b, l); /* after the others */
        *index = found;
        return true;
    }
    return false;
}

struct mono budget_waiting_at(const struct budget *b)
{
    const struct timer *first = timers_first(&b->timers);
    if (!chain_is_empty(&b->ready))
        return PAST;
    return first ? first->due : MONO_NEVER;
}

size_t budget_waiting(const struct budget *b)
{
    return b->waiting;
}

static void end_handshake(struct budget *b, uint32_t index)
{
    if (b->held[index] & HELD_HANDSHAKE)
        b->shaking--;
    b->held[index] &= (unsigned char)~HELD_HANDSHAKE;
}

void budget_logged_in(struct budget *b, uint32_t index)
{
    if (!(b->held[index] & HELD_HANDSHAKE))
        return;
    end_handshake(b, index);
    stop_logged_in(&b->stop, index);
}

static void give_back(struct budget *b, struct limiter *l)
{
    limiter_give(l);
    make_ready(b, l);
}

void budget_lose(struct budget *b, uint32_t index)
{
    const struct line *line = lines_of(&b->lines, index);
    if (!(b->held[index] & HELD_PERMITS))
        return;
    end_handshake(b, index);
    b->held[index] = HELD_NOTHING;
    give_back(b, &b->limiters[THE_RUN]);
    for (uint32_t i = 0; i < line->n_limiters; i++)
        give_back(b, &b->limiters[line->limiters[i]]);
}

void budget_answer(struct budget *b, const struct result *result)
{
    if (!(b->held[result->index] & HELD_PERMITS))
        return;
    budget_lose(b, result->index);
    stop_answer(&b->stop, result);
}

bool budget_is_stopped(const struct budget *b)
{
    return b->stop.reached;
}

uint32_t budget_windows(const struct budget *b)
{
    return 1 + b->lines.n_windows;
}

const char *budget_window_name(const struct budget *b, uint32_t window)
{
    return window ? b->lines.windows[window - 1] : NULL;
}

uint32_t budget_window_of(const struct budget *b, uint32_t index)
{
    const struct line *line = lines_of(&b->lines, index);
    uint32_t first = lines_first_window(&b->lines);
    if (line->n_limiters == 0 || line->limiters[0] < first ||
        line->limiters[0] >= lines_first_host(&b->lines))
        return 0;
    return line->limiters[0] - first + 1;
}

static struct limiter *window_limiter(const struct budget *b, uint32_t window)
{
    return &b->limiters[window ? lines_first_window(&b->lines) + window - 1 : THE_RUN];
}

unsigned budget_window_used(const struct budget *b, uint32_t window)
{
    return window_limiter(b, window)->used;
}

void budget_set_window(struct budget *b, uint32_t window, unsigned limit)
{
    struct limiter *l = window_limiter(b, window);
    l->limit = limit;
    make_ready(b, l);
}

static void init_limiters(struct budget *b, const struct inventory *inventory,
                          const struct budget_pace *pace)
{
    const struct lines *l = &b->lines;
    limiter_init(&b->limiters[THE_RUN], 0, pace->login_rate);
    for (uint32_t i = 1; i < lines_limiters(l); i++)
        limiter_init(&b->limiters[i], i >= lines_first_host(l) ? pace->per_host : 0, 0);
    for (uint32_t i = 0; i < l->n_groups; i++) {
        const struct device_group *group = inventory_group_at(inventory, i);
        limiter_init(&b->limiters[1 + i], group->limit, group->login_rate);
    }
}

static int init_parts(struct budget *b, const struct inventory *inventory,
                      const struct budget_pace *pace)
{
    size_t n = inventory_count(inventory);
    b->held = calloc(n + 1, 1);
    if (stop_init(&b->stop, &pace->stop, n) != 0 || !b->held ||
        lines_init(&b->lines, inventory, pace->per_host, pace->windows) != 0)
        return -1;
    uint32_t n_limiters = lines_limiters(&b->lines);
    b->limiters = calloc(n_limiters, sizeof *b->limiters);
    b->next_limiter = calloc(n_limiters, sizeof *b->next_limiter);
    b->next_line = calloc(b->lines.n_lines, sizeof *b->next_line);
    if (!b->limiters || !b->next_limiter || !b->next_line ||
        timers_init(&b->timers, n_limiters) != 0)
        return -1;
    init_limiters(b, inventory, pace);
    return 0;
}

struct budget *budget_new(const struct inventory *inventory, const struct budget_pace *pace,
                          unsigned places, struct mono now, struct err *e)
{
    struct budget *b = calloc(1, sizeof *b);
    if (!b || init_parts(b, inventory, pace) != 0) {
        budget_free(b);
        err_set(e, FAIL_INTERNAL, "out of memory");
        return NULL;
    }
    b->ready = CHAIN_EMPTY;
    b->handshakes = pace->handshakes;
    start_init(&b->start, places, pace->jitter_ms, pace->seed, now);
    return b;
}

void budget_free(struct budget *b)
{
    if (!b)
        return;
    lines_free(&b->lines);
    stop_free(&b->stop);
    timers_free(&b->timers);
    free(b->limiters);
    free(b->next_limiter);
    free(b->next_line);
    free(b->held);
    free(b);
}
