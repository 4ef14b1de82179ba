/* Many sessions on one epoll set: at most `places` unsettled ones, and as many that log out. */
#include "engine/loop.h"

#include "session/drive.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#define EVENTS_MAX 256
/* Descriptors that are not a visit's, with those that race while connecting. */
#define SPARE_DESCRIPTORS 48

struct loop {
    const struct share *share;
    int epoll_fd;
    struct timers timers;
    struct visit *visits; /* all that are alive */
    struct visit *spare;  /* those that ended, by `next`, to be used again; freed with the loop */
    struct visit *run_head, **run_tail;
    unsigned *free_workers; /* a stack of slot numbers */
    unsigned n_free;
    size_t alive, alive_max;
    bool ended, cancelled, waits_for_room;
};

/* What epoll hands back for the two descriptors that are no visit's. */
static char room_tag, cancel_tag;

static void queue_run(struct loop *l, struct visit *v)
{
    if (v->queued)
        return;
    v->queued = true;
    v->next_run = NULL;
    *l->run_tail = v;
    l->run_tail = &v->next_run;
}

static struct visit *take_run(struct loop *l)
{
    struct visit *v = l->run_head;
    l->run_head = v->next_run;
    if (!l->run_head)
        l->run_tail = &l->run_head;
    v->queued = false;
    return v;
}

/* A visit's memory outlives it. Closing a descriptor ends its registration only when no other
 * process holds it, and a child that was just forked for another `local` device holds all of them
 * until it executes its program. So an event may come for a visit that has ended. On memory that is
 * in use again it is a spurious step, which a session tolerates. */
static struct visit *take_spare(struct loop *l)
{
    struct visit *v = l->spare;
    if (!v)
        return calloc(1, sizeof *v);
    l->spare = v->next;
    return v;
}

static void keep_spare(struct loop *l, struct visit *v)
{
    if (!v)
        return;
    *v = (struct visit){.timer = {.at = TIMER_IDLE}, .next = l->spare};
    l->spare = v;
}

static void begin_visit(struct loop *l, const struct job *job)
{
    struct mono now = mono_now();
    unsigned worker = l->free_workers[--l->n_free];
    struct visit *v = take_spare(l);
    struct session *s =
        v ? session_new(job, l->share->options->env, share_queued_ms(l->share, now), now) : NULL;
    if (!s) {
        keep_spare(l, v);
        l->free_workers[l->n_free++] = worker;
        share_give(l->share, job, worker, NULL);
        return;
    }
    *v = (struct visit){.timer = {.at = TIMER_IDLE}, .session = s, .job = *job, .worker = worker};
    v->next = l->visits;
    if (v->next)
        v->next->prev = v;
    l->visits = v;
    l->alive++;
    queue_run(l, v);
}

static void give_place(struct loop *l, struct visit *v)
{
    if (v->settled)
        return;
    v->settled = true;
    l->free_workers[l->n_free++] = v->worker;
}

static void end_visit(struct loop *l, struct visit *v)
{
    const struct drive_hooks *hooks = l->share->options->hooks;
    give_place(l, v);
    timers_set(&l->timers, &v->timer, MONO_NEVER);
    if (v->next)
        v->next->prev = v->prev;
    if (v->prev)
        v->prev->next = v->next;
    else
        l->visits = v->next;
    l->alive--;
    struct result *r = session_finish(v->session);
    if (r && hooks && hooks->after_result)
        hooks->after_result(hooks->ctx, r);
    share_give(l->share, &v->job, v->worker, r);
    keep_spare(l, v);
}

static void step_visit(struct loop *l, struct visit *v)
{
    enum session_state state = session_step(v->session, mono_now());
    if (watch_sync(l->epoll_fd, v) != 0 && state != SESSION_DONE) {
        char why[128];
        snprintf(why, sizeof why, "the kernel cannot wait for its connection: %s", strerror(errno));
        session_lost(v->session, why, mono_now());
        queue_run(l, v);
    }
    share_tell(l->share, &v->job, v->session, &v->told);
    if (state == SESSION_DONE) {
        end_visit(l, v);
        return;
    }
    if (state == SESSION_SETTLED)
        give_place(l, v);
    if (state != SESSION_WANT)
        queue_run(l, v);
    timers_set(&l->timers, &v->timer, session_deadline(v->session));
}

/* Each queued visit once; what queues itself again comes after the next look at the others. */
static void run_queue(struct loop *l)
{
    size_t n = 0;
    for (const struct visit *v = l->run_head; v; v = v->next_run)
        n++;
    while (n-- > 0)
        step_visit(l, take_run(l));
}

static void run_timers(struct loop *l, struct mono now)
{
    struct timer *first;
    while ((first = timers_first(&l->timers)) && mono_reached(now, first->due)) {
        timers_set(&l->timers, first, MONO_NEVER);
        queue_run(l, (struct visit *)first);
    }
}

static int watch_tag(struct loop *l, int fd, void *tag)
{
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = tag}};
    return epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static void hand_out(struct loop *l)
{
    const struct engine_client *client = l->share->client;
    while (!l->ended && !l->waits_for_room && l->n_free > 0 && l->alive < l->alive_max) {
        struct job job;
        enum engine_next next = client->next(client->ctx, false, &job);
        if (next == ENGINE_JOB)
            begin_visit(l, &job);
        else if (next == ENGINE_NONE)
            l->ended = true;
        else
            l->waits_for_room = watch_tag(l, client->room_fd, &room_tag) == 0;
    }
}

static void cancel_all(struct loop *l)
{
    l->cancelled = l->ended = true;
    epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, cancel_fd(l->share->options->cancel), NULL);
    for (struct visit *v = l->visits; v; v = v->next) {
        session_cancel(v->session, mono_now());
        queue_run(l, v);
    }
}

static void take_event(struct loop *l, void *tag)
{
    if (tag == &room_tag) {
        epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, l->share->client->room_fd, NULL);
        l->waits_for_room = false;
    } else if (tag == &cancel_tag) {
        cancel_all(l);
    } else if (((struct visit *)tag)->session) {
        queue_run(l, tag);
    }
}

static int wait_events(struct loop *l, struct err *e)
{
    const struct drive_hooks *hooks = l->share->options->hooks;
    const struct engine_client *client = l->share->client;
    const struct timer *first = timers_first(&l->timers);
    struct epoll_event events[EVENTS_MAX];
    int timeout = l->run_head ? 0 : mono_poll_timeout(mono_now(), first ? first->due : MONO_NEVER);
    if (client->flush)
        client->flush(client->ctx);
    if (timeout != 0 && hooks && hooks->before_wait)
        hooks->before_wait(hooks->ctx);
    int n = epoll_wait(l->epoll_fd, events, EVENTS_MAX, timeout);
    int error = errno;
    if (timeout != 0 && hooks && hooks->after_wait)
        hooks->after_wait(hooks->ctx);
    if (n < 0 && error != EINTR)
        return err_set(e, FAIL_INTERNAL, "waiting for devices failed: %s", strerror(error));
    for (int i = 0; i < n; i++) /* queued only: one visit may stand in two events */
        take_event(l, events[i].data.ptr);
    return 0;
}

static size_t descriptors_left(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return SIZE_MAX;
    return limit.rlim_cur > SPARE_DESCRIPTORS ? limit.rlim_cur - SPARE_DESCRIPTORS : 1;
}

static int open_loop(struct loop *l, const struct share *share, struct err *e)
{
    size_t room = descriptors_left(), both = 2 * (size_t)share->places;
    *l = (struct loop){.share = share, .alive_max = both < room ? both : room};
    l->run_tail = &l->run_head;
    l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    l->free_workers = calloc(share->places, sizeof *l->free_workers);
    if (timers_init(&l->timers, l->alive_max) != 0 || !l->free_workers || l->epoll_fd < 0 ||
        watch_tag(l, cancel_fd(share->options->cancel), &cancel_tag) != 0)
        return err_set(e, FAIL_INTERNAL, "the event loop could not be made: %s", strerror(errno));
    while (l->n_free < share->places) { /* the lowest numbers on top */
        l->free_workers[l->n_free] = share->first_worker + share->places - 1 - l->n_free;
        l->n_free++;
    }
    return 0;
}

static void close_loop(struct loop *l)
{
    while (l->visits) {
        session_cancel(l->visits->session, mono_now());
        end_visit(l, l->visits);
    }
    while (l->spare)
        free(take_spare(l));
    timers_free(&l->timers);
    free(l->free_workers);
    if (l->epoll_fd >= 0)
        close(l->epoll_fd);
}

int run_loop(const struct share *share, struct err *e)
{
    struct loop l;
    int rc = open_loop(&l, share, e);
    while (rc == 0) {
        hand_out(&l);
        if (l.ended && l.alive == 0)
            break;
        run_timers(&l, mono_now());
        run_queue(&l);
        if (l.ended && l.alive == 0)
            break;
        rc = wait_events(&l, e);
    }
    close_loop(&l);
    return rc;
}
