#include "cli/handout.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define NS_PER_S  1000000000
#define LONG_PAST ((struct mono){1})

struct handout {
    const struct world *world;
    struct retry_policy retry;

    pthread_mutex_t lock;      /* guards what follows */
    unsigned char *open;       /* by index: the attempt that has no result yet; 0: none */
    size_t next_first;         /* the device whose first attempt comes next */
    size_t under_way;          /* handed out, and no result yet */
    struct retry_queue queue;  /* devices whose turn comes again */
    bool full;                 /* no room for results */
    unsigned blocked;          /* callers that wait */
    bool has_leader;           /* one of them waits for descriptors, the others for it */
    pthread_cond_t leaderless; /* for one of the others */
    struct mono room_at;       /* what room_fd is set to */

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

/* From when on try_next() says something else than ENGINE_WAIT, as things are. */
static struct mono room_at(const struct handout *h)
{
    if (h->full)
        return MONO_NEVER;
    if (has_first(h))
        return LONG_PAST;
    if (retry_count(&h->queue) > 0)
        return retry_due(&h->queue);
    return h->retry.max > 0 && h->under_way > 0 ? MONO_NEVER : LONG_PAST;
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

static struct job take_job(struct handout *h, bool again)
{
    struct job job;
    if (again) {
        struct retry_waiting *w = retry_pop(&h->queue);
        job = plan_job(h->world->plan, w->index);
        job.attempt = w->attempt + 1;
        free(w);
    } else {
        job = plan_job(h->world->plan, h->next_first++);
        pass_over_done(h);
    }
    h->open[job.index] = (unsigned char)job.attempt;
    h->under_way++;
    update_room(h);
    return job;
}

/* Under the lock. Whose turn comes again goes before those that had none. */
static enum engine_next try_next(struct handout *h, struct job *job)
{
    bool waiting = retry_count(&h->queue) > 0;
    bool due = waiting && mono_reached(mono_now(), retry_due(&h->queue));
    if (cancel_raised(h->world->cancel))
        return ENGINE_NONE;
    if (due || has_first(h)) {
        if (h->full)
            return ENGINE_WAIT;
        *job = take_job(h, due);
        return ENGINE_JOB;
    }
    return waiting || (h->retry.max > 0 && h->under_way > 0) ? ENGINE_WAIT : ENGINE_NONE;
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
    return !h->full && !has_first(h) && h->blocked >= retry_count(&h->queue);
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

bool handout_answer(struct handout *h, const struct result *result)
{
    pthread_mutex_lock(&h->lock);
    h->under_way--;
    h->open[result->index] = 0;
    bool again = retry_wanted(&h->retry, result) && !cancel_raised(h->world->cancel) &&
                 retry_push(&h->queue, &h->retry, result, mono_now()) == 0;
    update_room(h);
    pthread_mutex_unlock(&h->lock);
    return again;
}

void handout_lose(struct handout *h)
{
    pthread_mutex_lock(&h->lock);
    h->under_way--;
    update_room(h);
    pthread_mutex_unlock(&h->lock);
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
    job->attempt = h->open[i];
    *begun = i < h->next_first;
    h->open[i] = 0;
    return true;
}

struct retry_waiting *handout_drop(struct handout *h)
{
    return retry_pop(&h->queue);
}

struct handout *handout_new(const struct world *w, const struct retry_policy *retry, struct err *e)
{
    struct handout *h = calloc(1, sizeof *h);
    size_t n = plan_count(w->plan);
    if (h)
        h->open = malloc(n + 1);
    if (!h || !h->open) {
        free(h);
        err_set(e, FAIL_INTERNAL, "out of memory");
        return NULL;
    }
    h->world = w;
    h->retry = *retry;
    for (size_t i = 0; i < n; i++)
        h->open[i] = !(w->done && w->done[i]);
    pthread_mutex_init(&h->lock, NULL);
    pthread_cond_init(&h->leaderless, NULL);
    h->room_at = MONO_NEVER;
    h->room_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (h->room_fd < 0) {
        err_set(e, FAIL_INTERNAL, "the hand-out has no timer: %s", strerror(errno));
        handout_free(h);
        return NULL;
    }
    pass_over_done(h);
    update_room(h);
    return h;
}

void handout_free(struct handout *h)
{
    if (!h)
        return;
    retry_free(&h->queue);
    pthread_cond_destroy(&h->leaderless);
    pthread_mutex_destroy(&h->lock);
    if (h->room_fd >= 0)
        close(h->room_fd);
    free(h->open);
    free(h);
}
