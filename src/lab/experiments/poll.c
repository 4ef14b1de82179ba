#include "lab/experiments/poll.h"

#include "base/shared.h"
#include "transport/keyring.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

struct poll_world {
    struct platform_set *platforms;
    struct inventory *inventory;
    struct plan *plan;
    struct keyring *keyring;
    struct dialogue_rules **rules;
    atomic_bool *no_erase; /* by platform->index, shared with worker processes */
    struct session_env env;
};

/* --- the world --- */

static int load(struct poll_world *w, const char *path, struct err *e)
{
    w->platforms = platform_set_load(NULL, 0, e);
    struct inventory_options options = {.platforms = w->platforms};
    w->inventory = w->platforms ? inventory_new(&options) : NULL;
    if (!w->inventory || inventory_add_file(w->inventory, path, e) != 0 ||
        inventory_finish(w->inventory, NULL, 0, NULL, e) != 0)
        return -1;
    w->plan = plan_new(w->inventory, NULL, 0, NULL, e);
    if (!w->plan || secret_resolve_all(inventory_secrets(w->inventory), NULL, NULL, e) != 0)
        return -1;
    w->keyring = keyring_load(w->inventory, e);
    return w->keyring ? 0 : -1;
}

static int compile(struct poll_world *w, struct err *e)
{
    w->rules = calloc(platform_count(w->platforms) + 1, sizeof(struct dialogue_rules *));
    for (size_t i = 0; w->rules && i < plan_count(w->plan); i++) {
        const struct platform *p = plan_job(w->plan, i).device->platform;
        if (p && !w->rules[p->index] && !(w->rules[p->index] = dialogue_rules_new(p, e)))
            return -1;
    }
    return w->rules ? 0 : -1;
}

static size_t no_erase_size(const struct poll_world *w)
{
    return platform_count(w->platforms) * sizeof(atomic_bool);
}

struct poll_world *poll_new(const char *inventory, struct err *e)
{
    struct poll_world *w = calloc(1, sizeof *w);
    if (!w || load(w, inventory, e) != 0 || compile(w, e) != 0) {
        if (!err_is_set(e))
            err_set(e, FAIL_INTERNAL, "out of memory");
        poll_free(w);
        return NULL;
    }
    w->no_erase = shared_new(no_erase_size(w));
    w->env = (struct session_env){
        .transport = {.keyring = w->keyring, .policy = HOSTKEY_OFF},
        .rules = w->rules,
        .connect_timeout_ms = 60000,
        .silence_timeout_ms = 60000,
        .total_timeout_ms = SESSION_TOTAL_TIMEOUT_MS,
        .max_command_bytes = SESSION_MAX_COMMAND_BYTES,
        .max_device_bytes = SESSION_MAX_DEVICE_BYTES,
        .nonce = true,
        .no_erase = w->no_erase,
    };
    return w;
}

void poll_free(struct poll_world *w)
{
    if (!w)
        return;
    shared_free(w->no_erase, w->platforms ? no_erase_size(w) : 0);
    keyring_free(w->keyring);
    for (size_t i = 0; w->rules && i < platform_count(w->platforms); i++)
        dialogue_rules_free(w->rules[i]);
    free(w->rules);
    plan_free(w->plan);
    inventory_free(w->inventory);
    platform_set_free(w->platforms);
    free(w);
}

size_t poll_devices(const struct poll_world *w)
{
    return plan_count(w->plan);
}

struct session *poll_session(const struct poll_world *w, size_t index)
{
    struct job job = plan_job(w->plan, index);
    return session_new(&job, &w->env, 0, mono_now());
}

const struct dialogue_rules *poll_rules(const struct poll_world *w, size_t index)
{
    return w->rules[plan_job(w->plan, index).device->platform->index];
}

/* --- the client --- */

struct counting {
    const struct plan *plan;
    size_t most;
    atomic_size_t next;
    pthread_mutex_t lock;
    double *device_ms;
    struct poll_outcome *out;
};

static enum engine_next next_job(void *ctx, bool may_block, struct job *job)
{
    struct counting *c = ctx;
    size_t at = atomic_fetch_add(&c->next, 1);
    (void)may_block;
    if (at >= c->most)
        return ENGINE_NONE;
    *job = plan_job(c->plan, at);
    return ENGINE_JOB;
}

static void count_result(void *ctx, struct result *r)
{
    struct counting *c = ctx;
    double ms = result_device_ms(r);
    pthread_mutex_lock(&c->lock);
    *(r->class == FAIL_NONE ? &c->out->ok : &c->out->failed) += 1;
    c->out->device_ms_sum += ms;
    if (c->device_ms)
        c->device_ms[r->index] = ms;
    if (ms > c->out->device_ms_most)
        c->out->device_ms_most = ms;
    pthread_mutex_unlock(&c->lock);
    result_free(r);
}

/* --- the process of one run --- */

struct report {
    struct poll_outcome out;
    struct err err;
};

static double cpu_ms(const struct rusage *u)
{
    return (double)(u->ru_utime.tv_sec + u->ru_stime.tv_sec) * 1e3 +
           (double)(u->ru_utime.tv_usec + u->ru_stime.tv_usec) / 1e3;
}

static void account(struct poll_outcome *out, double before_ms)
{
    struct rusage self, children;
    getrusage(RUSAGE_SELF, &self);
    getrusage(RUSAGE_CHILDREN, &children);
    out->cpu_ms = cpu_ms(&self) + cpu_ms(&children) - before_ms;
    out->max_rss_kib = self.ru_maxrss > children.ru_maxrss ? self.ru_maxrss : children.ru_maxrss;
}

/* Where the cancel comes from outside, as a person's would: the engine is told by a signal. */
static struct cancel *cancelled_by_alarm;
static struct mono cancelled_at;

static void on_alarm(int number)
{
    (void)number;
    cancelled_at = mono_now();
    cancel_raise(cancelled_by_alarm);
}

static void set_alarm(struct cancel *cancel, int after_ms)
{
    struct sigaction act = {.sa_handler = on_alarm};
    struct itimerval when = {.it_value = {after_ms / 1000, after_ms % 1000 * 1000}};
    cancelled_by_alarm = cancel;
    cancelled_at = MONO_UNSET;
    sigaction(SIGALRM, &act, NULL);
    setitimer(ITIMER_REAL, &when, NULL);
}

static int run_here(struct poll_world *w, const struct poll_request *r, int cancel_after_ms,
                    struct poll_outcome *out, struct err *e)
{
    struct rusage start;
    size_t all = plan_count(w->plan);
    struct counting counting = {.plan = w->plan,
                                .most = r->most && r->most < all ? r->most : all,
                                .lock = PTHREAD_MUTEX_INITIALIZER,
                                .device_ms = r->device_ms,
                                .out = out};
    struct engine_client client = {
        .ctx = &counting, .next = next_job, .result = count_result, .room_fd = -1};
    struct engine_options options = {
        .mode = r->mode,
        .workers = r->mode == ENGINE_SEQUENTIAL ? 1 : r->workers,
        .processes = r->processes,
        .shards = r->shards,
        .plan = w->plan,
        .env = &w->env,
        .cancel = cancel_new(e),
        .hooks = r->hooks,
    };
    if (!options.cancel)
        return -1;
    getrusage(RUSAGE_SELF, &start);
    if (cancel_after_ms > 0)
        set_alarm(options.cancel, cancel_after_ms);
    options.run_start = mono_now();
    int rc = engine_run(&options, &client, e);
    struct mono end = mono_now();
    out->elapsed_ms = mono_ms_between(options.run_start, end);
    out->cancel_ms =
        cancel_after_ms > 0 && mono_is_set(cancelled_at) ? mono_ms_between(cancelled_at, end) : -1;
    account(out, cpu_ms(&start));
    cancel_free(options.cancel);
    return rc;
}

static void raise_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int read_report(int fd, struct report *out)
{
    size_t got = 0;
    while (got < sizeof *out) {
        ssize_t n = read(fd, (char *)out + got, sizeof *out - got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        got += (size_t)n;
    }
    return 0;
}

static _Noreturn void be_run(struct poll_world *w, const struct poll_request *request,
                             int cancel_after_ms, int fd)
{
    struct report report = {0};
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    raise_descriptors();
    (void)run_here(w, request, cancel_after_ms, &report.out, &report.err);
    _Exit(write(fd, &report, sizeof report) == (ssize_t)sizeof report ? 0 : 1);
}

int poll_start(struct poll_world *w, const struct poll_request *request, int cancel_after_ms,
               struct poll_running *running, struct err *e)
{
    int ends[2];
    *running = (struct poll_running){.fd = -1};
    if (pipe2(ends, O_CLOEXEC) != 0)
        return err_set(e, FAIL_INTERNAL, "no pipe: %s", strerror(errno));
    pid_t pid = fork();
    if (pid == 0)
        be_run(w, request, cancel_after_ms, ends[1]);
    close(ends[1]);
    if (pid > 0) {
        *running = (struct poll_running){pid, ends[0]};
        return 0;
    }
    close(ends[0]);
    return err_set(e, FAIL_INTERNAL, "no process for a run: %s", strerror(errno));
}

int poll_wait(struct poll_running *running, struct poll_outcome *out, struct err *e)
{
    struct report report = {0};
    int rc = read_report(running->fd, &report);
    close(running->fd);
    while (waitpid(running->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    running->pid = 0;
    if (rc != 0)
        return err_set(e, FAIL_INTERNAL, "a run was lost");
    if (err_is_set(&report.err))
        return err_set(e, report.err.class, "%s", report.err.text);
    *out = report.out;
    return 0;
}

void poll_kill(struct poll_running *running)
{
    struct poll_outcome none;
    struct err lost = {0};
    if (running->pid > 0 && kill(running->pid, SIGKILL) == 0)
        (void)poll_wait(running, &none, &lost);
}

int poll_run_cancelled(struct poll_world *w, const struct poll_request *request, int after_ms,
                       struct poll_outcome *out, struct err *e)
{
    struct poll_running running;
    if (poll_start(w, request, after_ms, &running, e) != 0)
        return -1;
    int rc = poll_wait(&running, out, e);
    if (rc != 0)
        err_prefix(e, "in mode %s", engine_mode_name(request->mode));
    return rc;
}

int poll_run(struct poll_world *w, const struct poll_request *request, struct poll_outcome *out,
             struct err *e)
{
    return poll_run_cancelled(w, request, 0, out, e);
}
