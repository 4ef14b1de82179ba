#include "engine/pool_processes.h"

#include "base/log.h"
#include "engine/worker_process.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_MAX 65536
/* After a cancel the parent waits this long for what its workers have, then leaves. */
#define CANCEL_WAIT_MS 2000
/* Workers that die without having had a job to die of: something is wrong with all of them. */
#define IDLE_DEATHS_MAX 3

struct pool {
    const struct share *all;
    runner_fn *runner;
    struct worker_process *workers;
    unsigned n;
    struct pollfd *fds; /* of the workers, the client's room, cancel */
    unsigned idle_deaths;
    bool ended; /* nothing more is handed out */
    bool waits_for_room;
    struct mono give_up; /* set by a cancel */
    char *bytes;         /* READ_MAX of them */
};

static void give_lost(const struct pool *pool, const struct worker_process *w,
                      const struct flight *flight, const char *why)
{
    bool cancelled = mono_is_set(pool->give_up) && !mono_is_never(pool->give_up);
    const char *name = flight->job.device->name;
    struct mono now = mono_now();
    struct result *r = flight->part ? flight->part : result_new(&flight->job);
    if (r) {
        r->class = cancelled ? FAIL_CANCELLED : FAIL_WORKER_LOST;
        err_set(&r->err, r->class,
                cancelled ? "%s: the run was interrupted, and its worker process %s"
                          : "%s: the worker process that visited it %s; only commands that were "
                            "through are kept: visit it again",
                name, why);
        r->started_at_ms = wall_ms() - (int64_t)mono_ms_between(flight->handed_out, now);
        r->phase_ms[PHASE_QUEUED] = share_queued_ms(pool->all, flight->handed_out);
        r->total_ms = mono_ms_between(flight->handed_out, now);
    }
    share_give(&w->share, &flight->job, w->share.first_worker, r);
}

/* Its end of the socket is closed, or it sent what is no frame of ours. */
static void bury(struct pool *pool, struct worker_process *w, bool kill_it, struct err *e)
{
    char why[96];
    worker_process_reap(w, kill_it, why, sizeof why);
    if (w->n_flights == 0 && !pool->ended)
        pool->idle_deaths++;
    for (size_t i = 0; i < w->n_flights; i++)
        give_lost(pool, w, &w->flights[i], why);
    w->n_flights = 0;
    if (pool->ended)
        return;
    struct err failed = {0};
    if (pool->idle_deaths <= IDLE_DEATHS_MAX &&
        worker_process_start(w, pool->workers, pool->n, pool->runner, &failed) == 0)
        return;
    if (pool->idle_deaths > IDLE_DEATHS_MAX) {
        err_set(e, FAIL_INTERNAL,
                "worker processes die before they have a device to visit: the "
                "last one %s",
                why);
        pool->ended = true;
    } else {
        log_warn("a worker process %s and could not be replaced: %s", why, failed.text);
    }
}

static int take_log_in(const struct pool *pool, struct worker_process *w,
                       const struct codec_job *told)
{
    const struct engine_client *client = pool->all->client;
    const struct job *job = worker_process_log_in(w, told);
    if (job && client->logged_in)
        client->logged_in(client->ctx, job);
    return job ? 0 : -1;
}

static int take_message(struct pool *pool, struct worker_process *w, struct codec_message *m)
{
    if (m->kind == CODEC_LOGGED_IN)
        return take_log_in(pool, w, &m->job);
    if (m->kind == CODEC_PLACE) {
        w->asked++;
        return w->asked > 2 * w->share.places ? -1 : 0;
    }
    if (m->kind == CODEC_PART)
        return worker_process_keep(w, m->result) ? 0 : -1;
    if (m->kind != CODEC_RESULT)
        return -1;
    if (!worker_process_land(w, m->result)) {
        result_free(m->result);
        return -1;
    }
    pool->all->client->result(pool->all->client->ctx, m->result);
    return 0;
}

static void receive(struct pool *pool, struct worker_process *w, struct err *e)
{
    struct codec_message m;
    struct err bad = {0};
    int rc = 0;
    ssize_t n = recv(w->fd, pool->bytes, READ_MAX, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n > 0 && codec_reader_feed(w->reader, pool->bytes, (size_t)n, &bad) == 0)
        while ((rc = codec_reader_next(w->reader, &m, &bad)) > 0)
            if (take_message(pool, w, &m) != 0) {
                rc = -1;
                break;
            }
    if (rc < 0 || err_is_set(&bad))
        log_warn("a worker process sent what is no message: it is replaced");
    if (n <= 0 || rc < 0 || err_is_set(&bad))
        bury(pool, w, n > 0, e);
}

static void send_some(struct worker_process *w)
{
    if (w->out.len == 0)
        return;
    ssize_t n = send(w->fd, buf_bytes(&w->out), w->out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0)
        buf_drop_front(&w->out, (size_t)n); /* a broken one shows when it is read */
}

static void end_all(struct pool *pool)
{
    pool->ended = true;
    for (unsigned i = 0; i < pool->n; i++)
        worker_process_end(&pool->workers[i]);
}

/* Of those that ask the one with the fewest devices, so that no core does all where there are fewer
 * devices at once than places; or NULL. */
static struct worker_process *find_asker(const struct pool *pool)
{
    struct worker_process *best = NULL;
    for (unsigned i = 0; i < pool->n; i++) {
        struct worker_process *w = &pool->workers[i];
        if (w->fd >= 0 && w->asked > 0 && (!best || w->n_flights < best->n_flights))
            best = w;
    }
    return best;
}

/* One job to each worker that asks, until there are none. */
static void hand_out(struct pool *pool)
{
    const struct engine_client *client = pool->all->client;
    struct worker_process *w;
    pool->waits_for_room = false;
    while (!pool->ended && !pool->waits_for_room && (w = find_asker(pool))) {
        struct job job;
        enum engine_next next = client->next(client->ctx, false, &job);
        pool->waits_for_room = next == ENGINE_WAIT;
        pool->ended = next == ENGINE_NONE;
        if (next == ENGINE_JOB && worker_process_hand(w, &job, mono_now()) != 0)
            share_give(&w->share, &job, w->share.first_worker, NULL);
    }
    for (unsigned i = 0; i < pool->n; i++)
        if (pool->workers[i].fd >= 0)
            send_some(&pool->workers[i]);
}

static bool any_alive(const struct pool *pool)
{
    for (unsigned i = 0; i < pool->n; i++)
        if (pool->workers[i].fd >= 0)
            return true;
    return false;
}

/* A worker without a device, when there are no more, leaves. */
static void end_idle(struct pool *pool)
{
    for (unsigned i = 0; i < pool->n; i++)
        if (pool->workers[i].n_flights == 0)
            worker_process_end(&pool->workers[i]);
}

static void wait_workers(struct pool *pool, struct err *e)
{
    unsigned n = pool->n;
    bool cancelled = !mono_is_never(pool->give_up);
    for (unsigned i = 0; i < n; i++) {
        const struct worker_process *w = &pool->workers[i];
        pool->fds[i] = (struct pollfd){.fd = w->fd,
                                       .events = (short)(POLLIN | (w->out.len > 0 ? POLLOUT : 0))};
    }
    pool->fds[n] = (struct pollfd){.fd = pool->waits_for_room ? pool->all->client->room_fd : -1,
                                   .events = POLLIN};
    pool->fds[n + 1] = (struct pollfd){.fd = cancelled ? -1 : cancel_fd(pool->all->options->cancel),
                                       .events = POLLIN};
    if (poll(pool->fds, n + 2, mono_poll_timeout(mono_now(), pool->give_up)) <= 0)
        return;
    if (pool->fds[n + 1].revents) {
        pool->give_up = mono_add_ms(mono_now(), CANCEL_WAIT_MS);
        end_all(pool);
    }
    for (unsigned i = 0; i < n; i++)
        if (pool->fds[i].revents && pool->workers[i].fd == pool->fds[i].fd) {
            send_some(&pool->workers[i]);
            receive(pool, &pool->workers[i], e);
        }
}

static int run_pool(struct pool *pool, struct err *e)
{
    struct err failed = {0};
    for (unsigned i = 0; i < pool->n; i++)
        if (worker_process_start(&pool->workers[i], pool->workers, pool->n, pool->runner,
                                 &failed) != 0)
            break;
    if (!any_alive(pool))
        return err_set(e, failed.class, "%s", failed.text);
    if (err_is_set(&failed))
        log_warn("%s: the run goes on with fewer", failed.text);
    while (any_alive(pool) && !mono_reached(mono_now(), pool->give_up)) {
        hand_out(pool);
        if (pool->ended)
            end_idle(pool);
        wait_workers(pool, e);
    }
    for (unsigned i = 0; i < pool->n; i++)
        if (pool->workers[i].fd >= 0)
            bury(pool, &pool->workers[i], true, e);
    if (!pool->ended)
        err_set(e, FAIL_INTERNAL, "no worker process is left: the rest was not visited");
    return err_is_set(e) ? -1 : 0;
}

/* Worker k gets its share of the places; the first ones take what does not divide. */
static void deal(struct pool *pool)
{
    unsigned first = pool->all->first_worker, each = pool->all->places / pool->n,
             rest = pool->all->places % pool->n;
    for (unsigned k = 0; k < pool->n; k++) {
        struct worker_process *w = &pool->workers[k];
        w->fd = -1;
        w->share = *pool->all;
        w->share.process = k + 1;
        w->share.first_worker = first;
        w->share.places = each + (k < rest ? 1 : 0);
        first += w->share.places;
    }
}

int run_processes(const struct share *all, unsigned n, runner_fn *runner, struct err *e)
{
    struct pool pool = {.all = all, .runner = runner, .n = n, .give_up = MONO_NEVER};
    int rc = -1;
    pool.workers = calloc(n, sizeof *pool.workers);
    pool.fds = calloc((size_t)n + 2, sizeof *pool.fds);
    pool.bytes = malloc(READ_MAX);
    if (pool.workers && pool.fds && pool.bytes) {
        deal(&pool);
        rc = run_pool(&pool, e);
        for (unsigned i = 0; i < n; i++)
            worker_process_free(&pool.workers[i]);
    } else {
        err_set(e, FAIL_INTERNAL, "out of memory for %u worker processes", n);
    }
    free(pool.workers);
    free(pool.fds);
    free(pool.bytes);
    return rc;
}
