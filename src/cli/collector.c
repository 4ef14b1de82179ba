#include "cli/collector.h"

#include "base/log.h"
#include "transport/hostkeys.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STOP_TEXT_MAX 128

struct queued {
    struct queued *next;
    struct result *result;
    size_t size;
    bool again; /* another attempt follows */
};

struct collector {
    struct collector_options options;
    struct handout *handout;
    struct stats stats; /* the writer's */
    struct err err;     /* the writer's first failure */

    pthread_mutex_t lock;   /* guards what follows; taken before the hand-out's */
    pthread_cond_t changed; /* something to write, or ending: for the writer */
    struct queued *head, **tail;
    size_t bytes;
    bool full, ending;

    pthread_t writer;
    bool has_writer;
};

/* Under the lock. */
static void update_room(struct collector *c)
{
    bool full = c->bytes >= c->options.max_bytes;
    if (full == c->full)
        return;
    c->full = full;
    handout_set_full(c->handout, full);
}

static enum engine_next next_job(void *ctx, bool may_block, struct job *job)
{
    const struct collector *c = ctx;
    return handout_next(c->handout, may_block, job);
}

static void note_log_in(void *ctx, const struct job *job)
{
    const struct collector *c = ctx;
    handout_logged_in(c->handout, job);
}

static void note_lost(void *ctx, const struct job *job)
{
    const struct collector *c = ctx;
    handout_lose(c->handout, job->index);
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

/* A device counts by its last attempt. */
static void count_result(struct collector *c, const struct device *device,
                         const struct result *result)
{
    if (stats_add(&c->stats, device, result) != 0)
        err_set(&c->err, FAIL_INTERNAL, "out of memory: a result was not counted");
}

static void write_result(struct collector *c, struct result *result, bool again)
{
    const struct world *w = c->options.world;
    struct job job = plan_job(w->plan, result->index);
    job.attempt = result->attempt;
    if (!again)
        count_result(c, job.device, result);
    store_host_key(c, job.device, result);
    if (c->options.progress)
        progress_clear(c->options.progress);
    for (size_t i = 0; i < c->options.n_sinks; i++) {
        struct sink *sink = c->options.sinks[i];
        if (sink->ops->result && sink->ops->result(sink, job.device, &job, result, &c->err) == 0)
            sink->written++;
    }
    if (c->options.progress && !again)
        progress_result(c->options.progress, result);
    note_failure(c);
    result_free(result);
}

/* Queued before the next attempt can begin, so that a device's records are in their order. */
static void queue_result(struct collector *c, struct queued *q)
{
    pthread_mutex_lock(&c->lock);
    q->again = handout_answer(c->handout, q->result);
    *c->tail = q;
    c->tail = &q->next;
    c->bytes += q->size;
    update_room(c);
    pthread_cond_signal(&c->changed);
    pthread_mutex_unlock(&c->lock);
}

static void take_result(void *ctx, struct result *result)
{
    struct collector *c = ctx;
    if (!c->has_writer) {
        bool again = handout_answer(c->handout, result);
        write_result(c, result, again);
        return;
    }
    struct queued *q = malloc(sizeof *q);
    if (!q) { /* no memory for the queue's own link: the result stays unanswered and is told so */
        handout_lose(c->handout, result->index);
        result_free(result);
        return;
    }
    *q = (struct queued){.result = result, .size = result_size(result)};
    queue_result(c, q);
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
        write_result(c, q->result, q->again);
        give_room(c, q->size);
        free(q);
    }
    return NULL;
}

struct collector *collector_new(const struct collector_options *options, struct err *e)
{
    struct collector *c = calloc(1, sizeof *c);
    if (!c) {
        err_set(e, FAIL_INTERNAL, "out of memory");
        return NULL;
    }
    c->options = *options;
    c->tail = &c->head;
    stats_init(&c->stats);
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->changed, NULL);
    c->handout = handout_new(options->world, &options->handout, e);
    int error =
        c->handout && options->threaded ? pthread_create(&c->writer, NULL, write_queue, c) : 0;
    c->has_writer = c->handout && options->threaded && error == 0;
    if (c->handout && error == 0)
        return c;
    err_set(e, FAIL_INTERNAL, "the writer could not be started: %s", strerror(error));
    collector_free(c);
    return NULL;
}

struct engine_client collector_client(struct collector *c)
{
    return (struct engine_client){.ctx = c,
                                  .next = next_job,
                                  .result = take_result,
                                  .lost = note_lost,
                                  .logged_in = note_log_in,
                                  .room_fd = handout_room_fd(c->handout)};
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

/* "3 refused log-ins in a row (--stop-after auth:3)" */
static const char *stop_text(const struct collector *c, char *out, size_t size)
{
    const struct stop_rule *rule = &c->options.handout.pace.stop;
    const char *name = fail_name(rule->class);
    if (rule->class == FAIL_AUTH)
        snprintf(out, size, "%u refused log-in%s in a row (--stop-after auth:%u)", rule->after,
                 rule->after == 1 ? "" : "s", rule->after);
    else
        snprintf(out, size, "%u failure%s of class %s in a row (--stop-after %s:%u)", rule->after,
                 rule->after == 1 ? "" : "s", name, name, rule->after);
    return out;
}

/* Why there is no result of this job. */
static void set_unanswered(const struct collector *c, struct result *result, const char *device,
                           bool begun, bool stopped)
{
    char why[STOP_TEXT_MAX];
    bool account = c->options.handout.pace.stop.class == FAIL_AUTH;
    bool cancelled = cancel_raised(c->options.world->cancel);
    result->class = begun && !cancelled ? FAIL_INTERNAL : FAIL_CANCELLED;
    if (begun && !cancelled)
        err_set(&result->err, FAIL_INTERNAL,
                "%s: what the visit brought was lost, as no memory was left: use fewer workers "
                "(-n)",
                device);
    else if (stopped && !begun)
        err_set(&result->err, FAIL_CANCELLED, "%s: not visited: the run was stopped after %s%s",
                device, stop_text(c, why, sizeof why),
                account ? ", before the account is locked" : "");
    else if (cancelled)
        err_set(&result->err, FAIL_CANCELLED, "%s: the run was interrupted before the visit %s",
                device, begun ? "ended" : "began");
    else
        err_set(&result->err, FAIL_CANCELLED,
                "%s: not visited: the run ended early, for the reason given at its end", device);
}

/* What a stop leaves is no failure of its own: the exit code is that of the failures before it. */
static void write_unanswered(struct collector *c, struct result *result, bool stopped)
{
    int exit_code = c->stats.exit_code;
    write_result(c, result, false);
    if (stopped)
        c->stats.exit_code = exit_code;
}

static void say_stopped(const struct collector *c, size_t n)
{
    char why[STOP_TEXT_MAX];
    log_warn("the run was stopped after %s: %zu device%s not visited; --resume visits %s later",
             stop_text(c, why, sizeof why), n, n == 1 ? " was" : "s were", n == 1 ? "it" : "them");
}

/* Every job has a record: those that nobody visited are told as cancelled. */
static void report_unanswered(struct collector *c)
{
    struct job job;
    bool begun, stopped = handout_is_stopped(c->handout);
    size_t at = 0, n = 0;
    while (handout_unanswered(c->handout, &at, &job, &begun)) {
        struct result *result = result_new(&job);
        if (!result) {
            err_set(&c->err, FAIL_INTERNAL, "out of memory: %s has no record", job.device->name);
            return;
        }
        set_unanswered(c, result, job.device->name, begun, stopped);
        write_unanswered(c, result, stopped && !begun);
        n++;
    }
    if (stopped && n > 0)
        say_stopped(c, n);
}

/* Whose turn would have come again has its record: its last failure stands. */
static void count_dropped(struct collector *c)
{
    struct retry_waiting *w;
    bool stopped = handout_is_stopped(c->handout);
    while ((w = handout_drop(c->handout))) {
        struct result last = {.index = w->index,
                              .attempt = w->attempt,
                              .class = w->class,
                              .was_ready = w->was_ready,
                              .total_ms = w->device_ms};
        count_result(c, plan_job(c->options.world->plan, w->index).device, &last);
        c->stats.doubts += w->doubts;
        if (!stopped)
            c->stats.exit_code =
                fail_exit_merge(c->stats.exit_code, fail_exit_code(FAIL_CANCELLED, false));
        free(w);
    }
}

int collector_finish(struct collector *c, struct err *e)
{
    end_writer(c);
    report_unanswered(c);
    count_dropped(c);
    if (err_is_set(&c->err))
        return err_set(e, c->err.class, "%s", c->err.text);
    return 0;
}

void collector_summary(const struct collector *c, struct run_summary *run)
{
    handout_summary(c->handout, run);
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
    handout_free(c->handout);
    free(c);
}
