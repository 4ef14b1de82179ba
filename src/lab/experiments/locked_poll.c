#include "lab/experiments/locked_poll.h"

#include "lab/experiments/work.h"

/* Of one run; each is in a process of its own. */
struct front {
    struct interpreter_lock lock;
    double compute_ms;
    bool is_locked;
};

/* Whether this thread has the lock: a visit begins without it, since no hook tells of that. */
static _Thread_local bool has_lock;

static void before_wait(void *ctx)
{
    struct front *front = ctx;
    if (has_lock)
        interpreter_lock_drop(&front->lock);
    has_lock = false;
}

static void after_wait(void *ctx)
{
    struct front *front = ctx;
    interpreter_lock_take(&front->lock);
    has_lock = true;
}

/* The computation; afterwards the lock is given up, for this may have been the thread's last. */
static void after_result(void *ctx, const struct result *result)
{
    struct front *front = ctx;
    (void)result;
    if (front->is_locked && !has_lock)
        after_wait(ctx);
    work_for(front->compute_ms, front->is_locked ? &front->lock : NULL);
    if (front->is_locked)
        before_wait(ctx);
}

int locked_poll_start(struct locked_poll *p, const struct experiment_env *env,
                      const char *const *options, struct err *e)
{
    *p = (struct locked_poll){0};
    work_calibrate();
    if (target_start(&p->target, env, options, e) != 0)
        return -1;
    p->world = poll_new(p->target.inventory, e);
    if (!p->world)
        locked_poll_stop(p);
    return p->world ? 0 : -1;
}

void locked_poll_stop(struct locked_poll *p)
{
    poll_free(p->world);
    p->world = NULL;
    target_stop(&p->target);
}

int locked_poll_measure(struct locked_poll *p, enum engine_mode mode, unsigned workers,
                        bool is_locked, struct samples *ms, struct err *e)
{
    struct front front = {.compute_ms = p->compute_ms, .is_locked = is_locked};
    const struct drive_hooks hooks = {is_locked ? before_wait : NULL, is_locked ? after_wait : NULL,
                                      after_result, &front};
    struct poll_outcome out;
    interpreter_lock_init(&front.lock, INTERPRETER_INTERVAL_US);
    const struct poll_request request = {.mode = mode, .workers = workers, .hooks = &hooks};
    int rc = poll_run(p->world, &request, &out, e);
    interpreter_lock_destroy(&front.lock);
    if (rc == 0 && out.failed > 0)
        rc = err_set(e, FAIL_INTERNAL, "%zu devices of the simulator failed", out.failed);
    if (rc == 0)
        samples_add(ms, out.elapsed_ms);
    return rc;
}
