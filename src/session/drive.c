#include "session/drive.h"

#include <poll.h>

static void call(void (*hook)(void *), void *ctx)
{
    if (hook)
        hook(ctx);
}

/* Waits for the session or the cancel descriptor, or, with at_once, only looks. True: cancelled. */
static bool wait_for(const struct session *s, bool at_once, int cancel_fd, struct mono now)
{
    struct pollfd fds[SESSION_WANT_MAX + 1];
    size_t n;
    session_want(s, fds, &n);
    fds[n] = (struct pollfd){.fd = cancel_fd, .events = POLLIN};
    /* An error such as EINTR needs no look: the session is stepped again, which it tolerates. */
    int ready = poll(fds, n + 1, at_once ? 0 : mono_poll_timeout(now, session_deadline(s)));
    return ready > 0 && fds[n].revents != 0;
}

static enum session_state step(struct session *s, const struct drive_watch *watch)
{
    enum session_state state = session_step(s, mono_now());
    if (watch)
        watch->stepped(watch->ctx, s);
    return state;
}

struct result *drive_job(const struct job *job, const struct session_env *env, double queued_ms,
                         int cancel_fd, const struct drive_hooks *hooks,
                         const struct drive_watch *watch)
{
    static const struct drive_hooks none;
    if (!hooks)
        hooks = &none;
    struct session *s = session_new(job, env, queued_ms, mono_now());
    if (!s)
        return NULL;
    enum session_state state;
    while ((state = step(s, watch)) != SESSION_DONE) {
        if (state == SESSION_SETTLED)
            continue;
        bool at_once = state == SESSION_AGAIN_NOW;
        if (!at_once)
            call(hooks->before_wait, hooks->ctx);
        bool cancelled = wait_for(s, at_once, cancel_fd, mono_now());
        if (!at_once)
            call(hooks->after_wait, hooks->ctx);
        if (cancelled) {
            session_cancel(s, mono_now());
            cancel_fd = -1; /* once is enough; poll(2) passes over negative ones */
        }
    }
    struct result *r = session_finish(s);
    if (r && hooks->after_result)
        hooks->after_result(hooks->ctx, r);
    return r;
}
