#include "cli/collector.h"

#include "transport/hostkeys.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct queued {
    struct queued *next;
    struct result *result;
    size_t size;
};

struct collector {
    struct collector_options options;
    struct stats stats; /* the writer's */
    struct err err;     /* the writer's first failure */
    bool *answered;     /* by job index */

    pthread_mutex_t lock;   /* guards what follows */
    pthread_cond_t changed; /* something to write, or ending: for the writer */
    struct queued *head, **tail;
    size_t bytes, next_job;
    bool full, ending;

    int room_fd;
    pthread_t writer;
    bool has_writer;
};

static bool is_full(const struct collector *c)
{
    return c->bytes >= c->options.max_bytes;
}

/* room_fd is readable exactly while the queue is not full. Under the lock. */
static void update_room(struct collector *c)
{
    eventfd_t ignored;
    bool full = is_full(c);
    if (full == c->full)
        return;
    c->full = full;
    if (full)
        eventfd_read(c->room_fd, &ignored);
    else
        eventfd_write(c->room_fd, 1);
}

/* A worker that waits for room must also hear of a cancel, so it waits for descriptors. */
static void wait_for_room(struct collector *c)
{
    struct pollfd fds[] = {{.fd = c->room_fd, .events = POLLIN},
                           {.fd = cancel_fd(c->options.world->cancel), .events = POLLIN}};
    poll(fds, 2, -1);
}

static enum engine_next try_next(struct collector *c, struct job *job)
{
    const struct world *w = c->options.world;
    enum engine_next answer = ENGINE_NONE;
    pthread_mutex_lock(&c->lock);
    if (!cancel_raised(w->cancel) && c->next_job < plan_count(w->plan)) {
        answer = is_full(c) ? ENGINE_WAIT : ENGINE_JOB;
        if (answer == ENGINE_JOB)
            *job = plan_job(w->plan, c->next_job++);
    }
    pthread_mutex_unlock(&c->lock);
    return answer;
}

static enum engine_next next_job(void *ctx, bool may_block, struct job *job)
{
    enum engine_next answer = try_next(ctx, job);
    while (answer == ENGINE_WAIT && may_block) {
        wait_for_room(ctx);
        answer = try_next(ctx, job);
    }
    return answer;
}

/* A key seen for the first time goes to the file that its device is checked against. */
static void store_host_key(struct collector *c, const struct device *device,
                           const struct result *result)
{
    if (!result->known_hosts_line)
        return;
    hostkeys_append(world_known_hosts_of(c->options.world, device), result->known_hosts_line,
                    &c->err);
}

/* Once writing failed nothing more is handed out; what is still under way is counted. */
static void note_failure(struct collector *c)
{
    if (err_is_set(&c->err))
        cancel_raise(c->options.world->cancel);
}

static void write_result(struct collector *c, struct result *result)
{
    const struct world *w = c->options.world;
    struct job job = plan_job(w->plan, result->index);
    job.attempt = result->attempt;
    if (stats_add(&c->stats, job.device, result) != 0)
        err_set(&c->err, FAIL_INTERNAL, "out of memory: a result was not counted");
    store_host_key(c, job.device, result);
    if (c->options.progress)
        progress_clear(c->options.progress);
    for (size_t i = 0; i < c->options.n_sinks; i++) {
        struct sink *sink = c->options.sinks[i];
        if (sink->ops->result && sink->ops->result(sink, job.device, &job, result, &c->err) == 0)
            sink->written++;
    }
    if (c->options.progress)
        progress_result(c->options.progress, result);
    note_failure(c);
    c->answered[result->index] = true;
    result_free(result);
}

static void take_result(void *ctx, struct result *result)
{
    struct collector *c = ctx;
    if (!c->has_writer) {
        write_result(c, result);
        return;
    }
    struct queued *q = malloc(sizeof *q);
    pthread_mutex_lock(&c->lock);
    if (!q) { /* no memory for the queue's own link: the result stays unanswered and is told so */
        pthread_mutex_unlock(&c->lock);
        result_free(result);
        return;
    }
    *q = (struct queued){NULL, result, result_size(result)};
    *c->tail = q;
    c->tail = &q->next;
    c->bytes += q->size;
    update_room(c);
    pthread_cond_signal(&c->changed);
    pthread_mutex_unlock(&c->lock);
}

static struct queued *take_queued(struct collector *c)
{
    pthread_mutex_lock(&c->lock);
    while (!c->head && !c->ending)
        pthread_cond_wait(&c->changed, &c->lock);
    struct queued *q = c->head;
    if (q) {
        c->head = q->next;
        if (!c->head)
            c->tail = &c->head;
    }
    pthread_mutex_unlock(&c->lock);
    return q;
}

/* The room comes back only when the result is written, not when it is taken. */
static void give_room(struct collector *c, size_t size)
{
    pthread_mutex_lock(&c->lock);
    c->bytes -= size;
    update_room(c);
    pthread_mutex_unlock(&c->lock);
}

static void *write_queue(void *ctx)
{
    struct collector *c = ctx;
    struct queued *q;
    while ((q = take_queued(c))) {
        write_result(c, q->result);
        give_room(c, q->size);
        free(q);
    }
    return NULL;
}

struct collector *collector_new(const struct collector_options *options, struct err *e)
{
    struct collector *c = calloc(1, sizeof *c);
    if (c)
        c->answered = calloc(plan_count(options->world->plan) + 1, sizeof *c->answered);
    if (!c || !c->answered) {
        free(c);
        err_set(e, FAIL_INTERNAL, "out of memory");
        return NULL;
    }
    c->options = *options;
    c->tail = &c->head;
    stats_init(&c->stats);
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->changed, NULL);
    c->room_fd = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);
    if (c->room_fd >= 0 && options->threaded)
        c->has_writer = pthread_create(&c->writer, NULL, write_queue, c) == 0;
    if (c->room_fd < 0 || (options->threaded && !c->has_writer)) {
        err_set(e, FAIL_INTERNAL, "the writer could not be started: %s", strerror(errno));
        collector_free(c);
        return NULL;
    }
    return c;
}

struct engine_client collector_client(struct collector *c)
{
    return (struct engine_client){
        .ctx = c, .next = next_job, .result = take_result, .room_fd = c->room_fd};
}

static void end_writer(struct collector *c)
{
    if (!c->has_writer)
        return;
    pthread_mutex_lock(&c->lock);
    c->ending = true;
    pthread_cond_signal(&c->changed);
    pthread_mutex_unlock(&c->lock);
    pthread_join(c->writer, NULL);
    c->has_writer = false;
}

/* Every job has a record: those that nobody visited are told as cancelled. */
static void report_unanswered(struct collector *c)
{
    const struct world *w = c->options.world;
    for (size_t i = 0; i < plan_count(w->plan); i++) {
        if (c->answered[i])
            continue;
        struct job job = plan_job(w->plan, i);
        struct result *result = result_new(&job);
        if (!result) {
            err_set(&c->err, FAIL_INTERNAL, "out of memory: %s has no record", job.device->name);
            return;
        }
        result->class = FAIL_CANCELLED;
        err_set(&result->err, FAIL_CANCELLED,
                i < c->next_job ? "%s: the run was interrupted before the visit ended"
                                : "%s: the run was interrupted before the visit began",
                job.device->name);
        write_result(c, result);
    }
}

int collector_finish(struct collector *c, struct err *e)
{
    end_writer(c);
    report_unanswered(c);
    if (err_is_set(&c->err))
        return err_set(e, c->err.class, "%s", c->err.text);
    return 0;
}

struct stats *collector_stats(struct collector *c)
{
    return &c->stats;
}

void collector_free(struct collector *c)
{
    if (!c)
        return;
    end_writer(c);
    stats_free(&c->stats);
    pthread_cond_destroy(&c->changed);
    pthread_mutex_destroy(&c->lock);
    if (c->room_fd >= 0)
        close(c->room_fd);
    free(c->answered);
    free(c);
}
