#include "cli/runner.h"

#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

/* More would not be of use without being asked for: threads and processes cost memory, a loop the
 * time of one core. */
static const unsigned auto_most[ENGINE_MODES] = {[ENGINE_SEQUENTIAL] = 1,
                                                 [ENGINE_THREADS] = 300,
                                                 [ENGINE_PROCESSES] = 64,
                                                 [ENGINE_HYBRID] = 300,
                                                 [ENGINE_EVENTS] = 5000};

static bool is_auto(const struct run_request *r)
{
    return r->workers == 0 && r->mode != ENGINE_SEQUENTIAL;
}

static unsigned workers_of(const struct run_request *r)
{
    if (r->mode == ENGINE_SEQUENTIAL || r->workers == 0)
        return auto_most[r->mode];
    return r->workers;
}

struct engine_options runner_engine_options(const struct world *w, const struct run_request *r)
{
    return (struct engine_options){
        .mode = r->mode,
        .workers = workers_of(r),
        .processes = r->processes,
        .shards = r->shards,
        .plan = w->plan,
        .env = &w->env,
        .run_start = mono_now(),
        .cancel = w->cancel,
    };
}

static int begin_sinks(const struct run_request *r, struct err *e)
{
    for (size_t i = 0; i < r->n_sinks; i++)
        if (r->sinks[i]->ops->begin && r->sinks[i]->ops->begin(r->sinks[i], e) != 0)
            return -1;
    return 0;
}

static int end_sinks(const struct run_request *r, const struct run_summary *run, struct err *e)
{
    int rc = 0;
    for (size_t i = 0; i < r->n_sinks; i++)
        if (r->sinks[i]->ops->end && r->sinks[i]->ops->end(r->sinks[i], run, e) != 0)
            rc = -1;
    return rc;
}

static void fill_summary(const struct run_request *r, const struct engine_options *engine,
                         const struct usage *before, struct collector *c, struct run_summary *run)
{
    *run = (struct run_summary){.mode = engine_mode_name(r->mode),
                                .workers = engine->workers,
                                .elapsed_ms = mono_ms_between(engine->run_start, mono_now()),
                                .version = POLLER_VERSION};
    memcpy(run->run_id, r->run_id, sizeof run->run_id);
    stats_summary(collector_stats(c), before, run);
    collector_summary(c, run);
}

int runner_run(struct world *w, const struct run_request *request, struct run_summary *run,
               int *exit_code, struct err *e)
{
    struct usage before = usage_now();
    struct engine_options engine = runner_engine_options(w, request);
    if (world_check_descriptors(&engine, is_auto(request), e) != 0 || begin_sinks(request, e) != 0)
        return -1;
    struct collector_options options = {.world = w,
                                        .sinks = request->sinks,
                                        .n_sinks = request->n_sinks,
                                        .progress = request->progress,
                                        .threaded = !engine_forks(&engine),
                                        .max_bytes = COLLECTOR_QUEUE_BYTES,
                                        .handout = {.retry = request->retry,
                                                    .pace = request->pace,
                                                    .workers = engine.workers,
                                                    .adapts = is_auto(request)}};
    struct collector *collector = collector_new(&options, e);
    if (!collector)
        return -1;
    struct engine_client client = collector_client(collector);
    int rc = engine_run(&engine, &client, e);
    if (collector_finish(collector, e) != 0)
        rc = -1;
    fill_summary(request, &engine, &before, collector, run);
    *exit_code = fail_exit_merge(*exit_code, collector_stats(collector)->exit_code);
    if (end_sinks(request, run, e) != 0)
        rc = -1;
    collector_free(collector);
    return rc;
}

static int read_all(int fd, void *to, size_t n)
{
    for (size_t got = 0; got < n;) {
        ssize_t piece = read(fd, (char *)to + got, n - got);
        if (piece < 0 && errno == EINTR)
            continue;
        if (piece <= 0)
            return -1;
        got += (size_t)piece;
    }
    return 0;
}

/* Small enough for a pipe to take it in one write. */
static void run_in_child(struct world *w, const struct run_request *request, int fd)
{
    struct run_measured m = {.exit_code = 0};
    if (runner_run(w, request, &m.run, &m.exit_code, &m.err) != 0)
        m.exit_code = fail_exit_merge(m.exit_code, 1);
    m.run.slowest = NULL;
    m.run.windows = (struct windows_summary){0};
    ssize_t ignored = write(fd, &m, sizeof m); /* a parent that is gone reads nothing */
    (void)ignored;
    _Exit(0);
}

int runner_measure(struct world *w, const struct run_request *request, struct run_measured *out,
                   struct err *e)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return err_set(e, FAIL_INTERNAL, "no pipe for a measurement: %s", strerror(errno));
    pid_t child = child_fork();
    if (child == 0) {
        close(ends[0]);
        run_in_child(w, request, ends[1]);
    }
    close(ends[1]);
    int rc = child < 0 ? -1 : read_all(ends[0], out, sizeof *out);
    close(ends[0]);
    if (child > 0)
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
            ;
    if (rc != 0)
        return err_set(e, FAIL_INTERNAL, "the measurement of mode %s was lost: %s",
                       engine_mode_name(request->mode),
                       child < 0 ? "no process could be made" : "its process died");
    /* Pointers of the child mean nothing here, equal as they are for static texts. */
    out->run.mode = engine_mode_name(request->mode);
    out->run.version = POLLER_VERSION;
    return 0;
}

/* Crockford's base 32, as the ULID specification has it: 48 bits of time, 80 of chance. */
void runner_make_id(char out[27])
{
    static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    unsigned char chance[16];
    uint64_t ms = (uint64_t)wall_ms();
    if (getrandom(chance, sizeof chance, 0) != (ssize_t)sizeof chance)
        memset(chance, 0, sizeof chance);
    for (int i = 9; i >= 0; i--, ms >>= 5)
        out[i] = digits[ms & 31];
    for (int i = 0; i < 16; i++)
        out[10 + i] = digits[chance[i] & 31];
    out[26] = '\0';
}
