#include "engine/port.h"

#include "model/codec.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_MAX 4096
#define SEND_MAX 65536
/* More results waiting than this, and no further job is asked for. */
#define WAITING_RESULTS_MAX (8u << 20)
#define JOBS_MAX            65536

struct port {
    int fd;
    const struct engine_options *options;
    unsigned places;             /* of the runner */
    bool tells_log_ins;          /* the parent's client wants to know */
    bool is_loop;                /* of the runner: it reads the socket, and says when to send */
    struct codec_reader *reader; /* of whoever reads the socket */
    pthread_t thread;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    struct buf out;         /* frames to send */
    struct codec_job *jobs; /* handed to us, not yet taken: n_jobs of them from first_job on */
    size_t first_job, n_jobs, room_jobs;
    unsigned under_way; /* taken, and no result yet */
    unsigned asked;     /* places told to the parent and not yet answered by a job */
    unsigned waiting;   /* callers blocked in next() */
    bool loop_waits;    /* a loop was told ENGINE_WAIT */
    bool room_told;     /* room_fd is readable */
    bool ended, finishing, lost;

    int wake_fd; /* to the thread: look again */
    int room_fd; /* readable: next() would not say ENGINE_WAIT; a loop has the socket for that */
};

static void wake(const struct port *p)
{
    eventfd_write(p->wake_fd, 1);
}

/* Under the lock, after anything that could end a wait. */
static void tell_callers(struct port *p)
{
    if (p->is_loop || (!p->ended && p->n_jobs == 0))
        return;
    if ((p->loop_waits || p->ended) && !p->room_told) {
        p->room_told = true;
        eventfd_write(p->room_fd, 1);
    }
    if (p->waiting > 0)
        pthread_cond_broadcast(&p->changed);
}

/* A loop that waits has a free place, and perhaps many: then it is not asked for each by itself. */
static unsigned loop_wants(const struct port *p)
{
    unsigned free_places = p->places > p->under_way ? p->places - p->under_way : 0;
    return !p->loop_waits ? 0 : free_places > 1 ? free_places : 1;
}

/* Callers wait for more jobs than are here or asked for. */
static bool too_few(const struct port *p)
{
    return p->asked + p->n_jobs < p->waiting + loop_wants(p);
}

/* Under the lock: asks for as many jobs as callers wait for, where results do not pile up. */
static void ask(struct port *p)
{
    while (!p->ended && too_few(p) && p->out.len < WAITING_RESULTS_MAX &&
           codec_put_place(&p->out) == 0)
        p->asked++;
}

static void send_some(struct port *p)
{
    size_t n = p->out.len < SEND_MAX ? p->out.len : SEND_MAX;
    ssize_t sent = send(p->fd, buf_bytes(&p->out), n, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0)
        buf_drop_front(&p->out, (size_t)sent);
    else if (errno != EAGAIN && errno != EINTR)
        p->lost = p->ended = true;
}

/* Under the lock, by a caller: what goes at once needs no other thread. */
static void send_now(struct port *p)
{
    ask(p);
    if (p->out.len > 0 && !p->lost)
        send_some(p);
    if (p->lost)
        tell_callers(p);
    if (p->out.len > 0 || p->lost)
        wake(p);
}

/* A loop has more to tell, of other visits, before it waits. */
static void push(struct port *p)
{
    if (!p->is_loop)
        send_now(p);
}

static void port_flush(void *ctx)
{
    struct port *p = ctx;
    pthread_mutex_lock(&p->lock);
    send_now(p);
    pthread_mutex_unlock(&p->lock);
}

/* Makes room for one more. */
static int make_room(struct port *p)
{
    if (p->first_job + p->n_jobs < p->room_jobs)
        return 0;
    if (p->first_job > p->room_jobs / 2) {
        memmove(p->jobs, p->jobs + p->first_job, p->n_jobs * sizeof *p->jobs);
        p->first_job = 0;
        return 0;
    }
    size_t room = p->room_jobs ? 2 * p->room_jobs : 16;
    struct codec_job *more = realloc(p->jobs, room * sizeof *more);
    if (!more)
        return -1;
    p->jobs = more;
    p->room_jobs = room;
    return 0;
}

static int add_job(struct port *p, const struct codec_job *job)
{
    if (job->index >= plan_count(p->options->plan) || p->n_jobs >= JOBS_MAX || make_room(p) != 0)
        return -1;
    p->jobs[p->first_job + p->n_jobs++] = *job;
    if (p->asked > 0)
        p->asked--;
    return 0;
}

static void take_messages(struct port *p)
{
    struct codec_message m;
    struct err e = {0};
    int rc;
    while ((rc = codec_reader_next(p->reader, &m, &e)) > 0)
        if (m.kind != CODEC_JOB || add_job(p, &m.job) != 0)
            _Exit(EXIT_FAILURE);
    if (rc < 0)
        _Exit(EXIT_FAILURE);
}

static void receive(struct port *p)
{
    char bytes[READ_MAX];
    struct err e = {0};
    ssize_t n = recv(p->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0 || codec_reader_feed(p->reader, bytes, (size_t)n, &e) != 0)
        p->ended = true;
    else
        take_messages(p);
}

static struct job take_job(struct port *p)
{
    eventfd_t ignored;
    struct codec_job taken = p->jobs[p->first_job++];
    p->under_way++;
    if (--p->n_jobs == 0)
        p->first_job = 0;
    if (p->n_jobs == 0 && p->room_told) {
        p->room_told = false;
        eventfd_read(p->room_fd, &ignored);
    }
    struct job job = plan_job(p->options->plan, taken.index);
    job.attempt = taken.attempt;
    return job;
}

static enum engine_next port_next(void *ctx, bool may_block, struct job *job)
{
    struct port *p = ctx;
    enum engine_next answer = ENGINE_NONE;
    pthread_mutex_lock(&p->lock);
    if (p->is_loop && !p->ended && p->n_jobs == 0)
        receive(p);
    if (may_block && !p->ended && p->n_jobs == 0) {
        p->waiting++;
        push(p);
        while (!p->ended && p->n_jobs == 0)
            pthread_cond_wait(&p->changed, &p->lock);
        p->waiting--;
    }
    if (!p->ended && p->n_jobs > 0) {
        *job = take_job(p);
        p->loop_waits = false;
        if (too_few(p)) /* it was another caller's, who had not woken yet */
            push(p);
        answer = ENGINE_JOB;
    } else if (!p->ended) {
        p->loop_waits = true;
        push(p);
        answer = ENGINE_WAIT;
    }
    pthread_mutex_unlock(&p->lock);
    return answer;
}

/* In place of a result that is too large to be sent. */
static int put_small(struct port *p, const struct result *r)
{
    struct job job = plan_job(p->options->plan, r->index);
    struct result *small = result_new(&job);
    if (!small)
        return -1;
    small->attempt = r->attempt;
    small->process = r->process;
    small->worker = r->worker;
    small->class = FAIL_INTERNAL;
    err_set(&small->err, FAIL_INTERNAL,
            "%s: no memory was left to hand its outputs over: visit fewer devices at once",
            job.device->name);
    int rc = codec_put_result(&p->out, small);
    result_free(small);
    return rc;
}

static void port_result(void *ctx, struct result *result)
{
    struct port *p = ctx;
    pthread_mutex_lock(&p->lock);
    if (codec_put_result(&p->out, result) != 0 && put_small(p, result) != 0)
        _Exit(EXIT_FAILURE); /* the parent tells of a lost worker: nothing passes in silence */
    p->under_way--;
    push(p);
    pthread_mutex_unlock(&p->lock);
    result_free(result);
}

/* The parent tells of its job as that of a lost worker. */
static void port_lost(void *ctx, const struct job *job)
{
    (void)ctx, (void)job;
    _Exit(EXIT_FAILURE);
}

/* The parent keeps it, should this process die before the result is through. Only memory that is
 * free goes to it. */
static void port_command(void *ctx, const struct job *job, size_t index,
                         const struct command_result *command)
{
    struct port *p = ctx;
    struct result *part = result_new(job);
    if (!part)
        return;
    part->commands[index] = *command; /* lent */
    pthread_mutex_lock(&p->lock);
    if (p->out.len < WAITING_RESULTS_MAX && codec_put_part(&p->out, part) == 0)
        push(p);
    pthread_mutex_unlock(&p->lock);
    part->commands[index] = (struct command_result){.exit_status = -1};
    result_free(part);
}

static void port_logged_in(void *ctx, const struct job *job)
{
    struct port *p = ctx;
    pthread_mutex_lock(&p->lock);
    if (codec_put_logged_in(&p->out, &(struct codec_job){job->index, job->attempt}) == 0)
        push(p);
    pthread_mutex_unlock(&p->lock);
}

/* One wait; false when all is sent and the worker is finishing, or the parent is gone. */
static bool turn(struct port *p)
{
    eventfd_t ignored;
    pthread_mutex_lock(&p->lock);
    ask(p);
    bool over = p->lost || (p->finishing && p->out.len == 0);
    bool reads = !p->ended && !p->is_loop;
    struct pollfd fds[] = {
        {.fd = p->fd, .events = (short)((reads ? POLLIN : 0) | (p->out.len > 0 ? POLLOUT : 0))},
        {.fd = p->wake_fd, .events = POLLIN},
        {.fd = p->ended ? -1 : cancel_fd(p->options->cancel), .events = POLLIN},
    };
    if (fds[0].events == 0)
        fds[0].fd = -1; /* a hang-up that nobody waits for would spin */
    pthread_mutex_unlock(&p->lock);
    if (over)
        return false;
    if (poll(fds, 3, -1) <= 0)
        return true;
    pthread_mutex_lock(&p->lock);
    if (fds[1].revents)
        eventfd_read(p->wake_fd, &ignored);
    if (fds[2].revents)
        p->ended = true;
    if (fds[0].revents & (POLLIN | POLLHUP | POLLERR) && reads)
        receive(p);
    if (fds[0].revents & (POLLOUT | POLLERR) && p->out.len > 0)
        send_some(p);
    tell_callers(p);
    pthread_mutex_unlock(&p->lock);
    return true;
}

static void *run_port(void *ctx)
{
    while (turn(ctx))
        ;
    return NULL;
}

static void port_free(struct port *p)
{
    codec_reader_free(p->reader);
    buf_free(&p->out);
    free(p->jobs);
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->changed);
    if (p->wake_fd >= 0)
        close(p->wake_fd);
    if (p->room_fd >= 0)
        close(p->room_fd);
    close(p->fd);
    free(p);
}

struct port *port_new(int fd, const struct share *share, size_t max_message, struct err *e)
{
    struct port *p = calloc(1, sizeof *p);
    if (!p) {
        close(fd);
        err_set(e, FAIL_INTERNAL, "out of memory");
        return NULL;
    }
    p->fd = fd;
    p->options = share->options;
    p->places = share->places;
    p->tells_log_ins = share->client->logged_in != NULL;
    p->is_loop = share->options->mode == ENGINE_EVENTS;
    buf_init(&p->out, WAITING_RESULTS_MAX + (share->places + (size_t)1) * max_message);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->changed, NULL);
    p->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    p->room_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    p->reader = codec_reader_new(CODEC_FRAME_MAX);
    int rc = p->wake_fd < 0 || p->room_fd < 0 || !p->reader
                 ? ENOMEM
                 : pthread_create(&p->thread, NULL, run_port, p);
    if (rc == 0)
        return p;
    err_set(e, FAIL_INTERNAL, "a worker process has no port: %s", strerror(rc));
    port_free(p);
    return NULL;
}

struct engine_client port_client(struct port *p)
{
    return (struct engine_client){.ctx = p,
                                  .next = port_next,
                                  .result = port_result,
                                  .lost = port_lost,
                                  .command = port_command,
                                  .logged_in = p->tells_log_ins ? port_logged_in : NULL,
                                  .flush = p->is_loop ? port_flush : NULL,
                                  .room_fd = p->is_loop ? p->fd : p->room_fd};
}

int port_finish(struct port *p)
{
    pthread_mutex_lock(&p->lock);
    p->finishing = p->ended = true;
    wake(p);
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->thread, NULL);
    int rc = p->lost ? -1 : 0;
    port_free(p);
    return rc;
}
