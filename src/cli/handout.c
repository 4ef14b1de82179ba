#include "cli/handout.h"

#include "pace/windows.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define NS_PER_S  1000000000
#define LONG_PAST ((struct mono){1})
/* In a device's byte, beside the number of its attempt. */
#define BEGUN 0x80
_Static_assert(RETRY_MAX + 1 < BEGUN, "an attempt's number stands below the flag");

struct handout {
    const struct world *world;
    struct retry_policy retry;

    pthread_mutex_t lock;       /* guards what follows */
    struct budget *budget;      /* who may go, and who was passed over */
    struct windows *windows;    /* what -n auto tells it; or NULL */
    unsigned char *open;        /* by index: the attempt that has no result yet; 0: none */
    size_t next_first;          /* the device whose first attempt comes next */
    size_t under_way;           /* handed out, and no result yet */
    struct retry_queue queue;   /* devices whose turn comes again */
    struct retry_waiting **due; /* by index: whose turn it is, but for the budget; NULL: no retry */
    bool full;                  /* no room for results */
    unsigned blocked;           /* callers that wait */
    bool has_leader;            /* one of them waits for descriptors, the others for it */
    pthread_cond_t leaderless;  /* for one of the others */
    struct mono room_at;        /* what room_fd is set to */
    size_t dropped;             /* of due, after the run */
    enum pace_hold held_by;     /* what the last caller was told to wait for */
    struct mono held_since;
    double held_ms[HOLD_COUNT];

    int room_fd; /* a timer: readable from room_at on */
};

static bool has_first(const struct handout *h)
{
    return h->next_first < plan_count(h->world->plan);
}

static void pass_over_done(struct handout *h)
{
    while (h->world->done && has_first(h) && h->world->done[h->next_first])
        h->next_first++;
}

/* Devices that have no turn yet, or none again. */
static size_t count_left(const struct handout *h)
{
    return plan_count(h->world->plan) - h->next_first + budget_waiting(h->budget) +
           retry_count(&h->queue);
}

/* Some device may come again that nobody knows of yet. */
static bool may_come_again(const struct handout *h)
{
    return h->retry.max > 0 && h->under_way > 0;
}

/* From when on try_next() says something else than ENGINE_WAIT, as things are. */
static struct mono room_at(const struct handout *h)
{
    if (budget_is_stopped(h->budget) || (count_left(h) == 0 && !may_come_again(h)))
        return LONG_PAST;
    if (h->full)
        return MONO_NEVER;
    struct mono open = budget_open_at(h->budget), someone = LONG_PAST;
    if (!has_first(h))
        someone = mono_min(budget_waiting_at(h->budget), retry_due(&h->queue));
    if (someone.ns < open.ns)
        someone = open;
    return someone.ns > LONG_PAST.ns ? someone : LONG_PAST;
}

/* After every change, under the lock. */
static void update_room(struct handout *h)
{
    struct mono at = room_at(h);
    struct itimerspec timer = {0}; /* never */
    if (at.ns == h->room_at.ns)
        return;
    h->room_at = at;
    if (!mono_is_never(at))
        timer.it_value = (struct timespec){.tv_sec = at.ns / NS_PER_S, .tv_nsec = at.ns % NS_PER_S};
    timerfd_settime(h->room_fd, TFD_TIMER_ABSTIME, &timer, NULL);
}

/* It has its permits. */
static struct job take_job(struct handout *h, uint32_t index, struct mono now)
{
    struct job job = plan_job(h->world->plan, index);
    struct retry_waiting *again = h->due ? h->due[index] : NULL;
    if (again) {
        job.attempt = again->attempt + 1;
        h->due[index] = NULL;
        free(again);
    }
    h->open[index] = (unsigned char)(job.attempt | BEGUN);
    h->under_way++;
    if (h->windows)
        windows_handed_out(h->windows, index, job.attempt == 1, now);
    return job;
}

/* Whose turn comes again. */
static bool offer_again(struct handout *h, struct mono now, uint32_t *index)
{
    while (mono_reached(now, retry_due(&h->queue))) {
        struct retry_waiting *w = retry_pop(&h->queue);
        *index = w->index;
        h->due[w->index] = w;
        if (budget_offer(h->budget, *index, now))
            return true;
    }
    return false;
}

static bool offer_first(struct handout *h, struct mono now, uint32_t *index)
{
    while (has_first(h)) {
        *index = (uint32_t)h->next_first++;
        pass_over_done(h);
        if (budget_offer(h->budget, *index, now))
            return true;
    }
    return false;
}

/* Those that were passed over go first, then whose turn comes again, then those that had none. */
static bool find_device(struct handout *h, struct mono now, uint32_t *index)
{
    return budget_is_open(h->budget, now) &&
           (budget_take(h->budget, now, index) || offer_again(h, now, index) ||
            offer_first(h, now, index));
}

/* Why the caller has to wait, as far as it is this run's pace. */
static enum pace_hold held_by(const struct handout *h, struct mono now)
{
    if (h->full || count_left(h) == 0)
        return HOLD_NOTHING;
    enum pace_hold hold = budget_held_by(h->budget, now);
    bool all_wait_again =
        !has_first(h) && budget_waiting(h->budget) == 0 && !mono_reached(now, retry_due(&h->queue));
    return hold == HOLD_NOTHING && all_wait_again ? HOLD_RETRY_DELAY : hold;
}

/* Whoever asks next ends the time that the last one to be refused has waited: with many callers
 * the time in which at least one of them waits. */
static void note_held(struct handout *h, enum pace_hold hold, struct mono now)
{
    if (h->held_by != HOLD_NOTHING)
        h->held_ms[h->held_by] += mono_ms_between(h->held_since, now);
    h->held_by = hold;
    h->held_since = now;
}

/* Under the lock. */
static enum engine_next try_next(struct handout *h, struct job *job)
{
    uint32_t index;
    struct mono now = mono_now();
    if (cancel_raised(h->world->cancel) || budget_is_stopped(h->budget)) {
        note_held(h, HOLD_NOTHING, now);
        return ENGINE_NONE;
    }
    bool found = !h->full && find_device(h, now, &index);
    if (found)
        *job = take_job(h, index, now);
    update_room(h);
    note_held(h, found ? HOLD_NOTHING : held_by(h, now), now);
    if (found)
        return ENGINE_JOB;
    return count_left(h) > 0 || may_come_again(h) ? ENGINE_WAIT : ENGINE_NONE;
}

/* A caller that must wait also has to hear of a cancel, so it waits for descriptors: one of all of
 * them, or each turn that comes would wake everyone. Under the lock. */
static void wait_turn(struct handout *h)
{
    struct pollfd fds[] = {{.fd = h->room_fd, .events = POLLIN},
                           {.fd = cancel_fd(h->world->cancel), .events = POLLIN}};
    h->blocked++;
    if (h->has_leader) {
        pthread_cond_wait(&h->leaderless, &h->lock);
    } else {
        h->has_leader = true;
        pthread_mutex_unlock(&h->lock);
        poll(fds, 2, -1);
        pthread_mutex_lock(&h->lock);
        h->has_leader = false;
    }
    h->blocked--;
}

/* Every device that waits has a caller that waits for it. */
static bool is_superfluous(const struct handout *h)
{
    return h->blocked >= count_left(h);
}

enum engine_next handout_next(struct handout *h, bool may_block, struct job *job)
{
    pthread_mutex_lock(&h->lock);
    enum engine_next answer = try_next(h, job);
    while (answer == ENGINE_WAIT && may_block) {
        if (is_superfluous(h)) {
            answer = ENGINE_NONE;
            break;
        }
        wait_turn(h);
        answer = try_next(h, job);
    }
    if (!h->has_leader && h->blocked > 0)
        pthread_cond_signal(&h->leaderless);
    pthread_mutex_unlock(&h->lock);
    return answer;
}

int handout_room_fd(const struct handout *h)
{
    return h->room_fd;
}

void handout_set_full(struct handout *h, bool full)
{
    pthread_mutex_lock(&h->lock);
    h->full = full;
    update_room(h);
    pthread_mutex_unlock(&h->lock);
}

void handout_logged_in(struct handout *h, const struct job *job)
{
    pthread_mutex_lock(&h->lock);
    budget_logged_in(h->budget, job->index);
    if (h->windows)
        windows_logged_in(h->windows, job->index, mono_now());
    update_room(h);
    pthread_mutex_unlock(&h->lock);
}

bool handout_answer(struct handout *h, const struct result *result)
{
    pthread_mutex_lock(&h->lock);
    h->under_way--;
    h->open[result->index] = 0;
    if (h->windows)
        windows_answer(h->windows, result, mono_now());
    budget_answer(h->budget, result);
    bool again = retry_wanted(&h->retry, result) && !cancel_raised(h->world->cancel) &&
                 !budget_is_stopped(h->budget) &&
                 retry_push(&h->queue, &h->retry, result, mono_now()) == 0;
    update_room(h);
    pthread_mutex_unlock(&h->lock);
    return again;
}

void handout_lose(struct handout *h, uint32_t index)
{
    pthread_mutex_lock(&h->lock);
    h->under_way--;
    budget_lose(h->budget, index);
    update_room(h);
    pthread_mutex_unlock(&h->lock);
}

void handout_summary(const struct handout *h, struct run_summary *run)
{
    memcpy(run->held_ms, h->held_ms, sizeof run->held_ms);
    if (h->windows)
        windows_summary(h->windows, run);
}

bool handout_is_stopped(struct handout *h)
{
    pthread_mutex_lock(&h->lock);
    bool stopped = budget_is_stopped(h->budget) && !cancel_raised(h->world->cancel);
    pthread_mutex_unlock(&h->lock);
    return stopped;
}

bool handout_unanswered(struct handout *h, size_t *at, struct job *job, bool *begun)
{
    size_t n = plan_count(h->world->plan), i = *at;
    while (i < n && h->open[i] == 0)
        i++;
    *at = i + 1;
    if (i >= n)
        return false;
    *job = plan_job(h->world->plan, i);
    job->attempt = h->open[i] & ~(unsigned)BEGUN;
    *begun = (h->open[i] & BEGUN) != 0;
    h->open[i] = 0;
    return true;
}

struct retry_waiting *handout_drop(struct handout *h)
{
    struct retry_waiting *w = retry_pop(&h->queue);
    for (; !w && h->due && h->dropped < plan_count(h->world->plan); h->dropped++) {
        w = h->due[h->dropped];
        h->due[h->dropped] = NULL;
    }
    return w;
}

static int make_parts(struct handout *h, const struct handout_options *options, struct err *e)
{
    const struct world *w = h->world;
    size_t n = plan_count(w->plan), left = 0;
    h->open = malloc(n + 1);
    h->due = h->retry.max > 0 ? calloc(n + 1, sizeof(struct retry_waiting *)) : NULL;
    if (!h->open || (h->retry.max > 0 && !h->due))
        return err_set(e, FAIL_INTERNAL, "out of memory");
    for (size_t i = 0; i < n; i++)
        left += h->open[i] = !(w->done && w->done[i]);
    unsigned places = left < options->workers ? (unsigned)left : options->workers;
    struct mono now = mono_now();
    struct budget_pace pace = options->pace;
    pace.windows = options->adapts;
    h->budget = budget_new(w->inventory, &pace, places, now, e);
    if (!h->budget)
        return -1;
    if (options->adapts &&
        !(h->windows = windows_new(h->budget, w->inventory, w->done, places ? places : 1, now, e)))
        return -1;
    h->room_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (h->room_fd < 0)
        return err_set(e, FAIL_INTERNAL, "the hand-out has no timer: %s", strerror(errno));
    return 0;
}

struct handout *handout_new(const struct world *w, const struct handout_options *options,
                            struct err *e)
{
    struct handout *h = calloc(1, sizeof *h);
    if (!h) {
        err_set(e, FAIL_INTERNAL, "out of memory");
        return NULL;
    }
    h->world = w;
    h->retry = options->retry;
    h->room_at = MONO_NEVER;
    h->held_by = HOLD_NOTHING;
    h->room_fd = -1;
    pthread_mutex_init(&h->lock, NULL);
    pthread_cond_init(&h->leaderless, NULL);
    if (make_parts(h, options, e) != 0) {
        handout_free(h);
        return NULL;
    }
    pass_over_done(h);
    update_room(h);
    return h;
}

void handout_free(struct handout *h)
{
    struct retry_waiting *w;
    if (!h)
        return;
    while ((w = handout_drop(h)))
        free(w);
    retry_free(&h->queue);
    windows_free(h->windows);
    budget_free(h->budget);
    pthread_cond_destroy(&h->leaderless);
    pthread_mutex_destroy(&h->lock);
    if (h->room_fd >= 0)
        close(h->room_fd);
    free(h->due);
    free(h->open);
    free(h);
}
