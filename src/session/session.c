#include "session/internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define SEND_MAX    (1u << 20) /* most that waits to be sent in one session */
#define PENDING_MAX (64u << 10)

#define SSH_PTY_COLS 500
#define SSH_PTY_ROWS 5000

static struct transport_config transport_config_of(const struct session *s)
{
    const struct device *d = s->job.device;
    const struct platform *p = d->platform;
    bool ssh = d->transport != TRANSPORT_TELNET;
    return (struct transport_config){
        .env = &s->env->transport,
        .device = d,
        .username = d->username ? d->username : "",
        .password = secret_value(d->password),
        .passphrase = secret_value(d->passphrase),
        .pty_cols = p->pty_cols > 0 ? p->pty_cols
                    : ssh           ? SSH_PTY_COLS
                                    : 0,
        .pty_rows = p->pty_rows > 0 ? p->pty_rows
                    : ssh           ? SSH_PTY_ROWS
                                    : 0,
        .pty_term = p->pty_term ? p->pty_term : "vt100",
        .want_pty = true,
        .max_pending = PENDING_MAX,
    };
}

/* What nobody can foretell, and no device that was visited before. Where the kernel has none yet
 * (it is never waited for), what differs between sessions. */
static uint64_t chance(const struct session *s)
{
    uint64_t value;
    if (getrandom(&value, sizeof value, GRND_NONBLOCK) == (ssize_t)sizeof value)
        return value;
    value = (uint64_t)s->handed_out.ns ^ (uint64_t)(uintptr_t)s;
    return (value ^ (uint64_t)s->started_at_ms << 20 ^ (uint64_t)getpid()) * 0x9e3779b97f4a7c15u;
}

static struct dialogue *new_dialogue(const struct session *s, const struct dialogue_rules *rules)
{
    const struct session_env *env = s->env;
    const struct device *d = s->job.device;
    const struct platform *p = d->platform;
    bool telnet = d->transport == TRANSPORT_TELNET;
    struct dialogue_config config = {
        .rules = rules,
        .job = &s->job,
        .username = d->username ? d->username : "",
        .password = secret_value(d->password),
        .enable = secret_value(d->secret),
        .login_in_stream = !p->bypass_in_session_auth && (telnet || p->force_in_session_auth),
        .may_exec = d->transport == TRANSPORT_SSH,
        .line_end = p->line_end ? p->line_end
                    : telnet    ? "\r\n"
                                : "\n",
        .silence_ms =
            limit_ms(d->silence_timeout_ms, env->silence_timeout_ms, SESSION_SILENCE_TIMEOUT_MS),
        .max_command_bytes =
            env->max_command_bytes ? env->max_command_bytes : SESSION_MAX_COMMAND_BYTES,
        .max_device_bytes =
            env->max_device_bytes ? env->max_device_bytes : SESSION_MAX_DEVICE_BYTES,
        .nonce = env->nonce,
        .nonce_seed = env->nonce ? chance(s) : 0,
        .no_erase = env->no_erase ? &env->no_erase[p->index] : NULL,
        .doubt_fails = env->doubt_fails,
    };
    return dialogue_new(&config);
}

static const struct dialogue_rules *rules_of(const struct session *s, struct err *e)
{
    const struct device *d = s->job.device;
    if (!d->platform) {
        err_set(e, FAIL_INTERNAL,
                "the platform '%s' is not known; name a known one, or give its definition with "
                "--platforms DIR",
                d->platform_name ? d->platform_name : "");
        return NULL;
    }
    const struct dialogue_rules *rules = s->env->rules ? s->env->rules[d->platform->index] : NULL;
    if (!rules)
        err_set(e, FAIL_INTERNAL, "the patterns of platform '%s' were not compiled",
                d->platform->name);
    return rules;
}

/* 0, or -1 when memory is out. What else may be wrong is this device's verdict. */
static int make_parts(struct session *s, struct mono now)
{
    const struct device *d = s->job.device;
    struct err e = {0};
    const struct dialogue_rules *rules = rules_of(s, &e);
    if (!rules) {
        verdict_fail(s, &e, now);
        return 0;
    }
    s->dialogue = new_dialogue(s, rules);
    if (!s->dialogue)
        return -1;
    const struct transport_ops *ops =
        s->env->transport_override ? s->env->transport_override : transport_by_kind(d->transport);
    struct transport_config config = transport_config_of(s);
    s->transport = ops->open(&config, &e);
    if (s->transport) {
        s->echo = ops->echo(s->transport);
        return 0;
    }
    err_set(&e, FAIL_INTERNAL, "the %s transport could not be made", ops->name);
    verdict_fail(s, &e, now);
    return 0;
}

static void set_deadlines(struct session *s, struct mono now)
{
    const struct device *d = s->job.device;
    const struct session_env *env = s->env;
    int64_t connect =
        limit_ms(d->connect_timeout_ms, env->connect_timeout_ms, SESSION_CONNECT_TIMEOUT_MS);
    int64_t total = limit_ms(d->total_timeout_ms, env->total_timeout_ms, SESSION_TOTAL_TIMEOUT_MS);
    s->connect_deadline = mono_add_ms(now, connect);
    s->total_deadline = mono_add_ms(now, total);
    s->dialogue_deadline = s->close_deadline = MONO_NEVER;
    s->transport_deadline = now; /* the first step is due at once */
}

static void free_session(struct session *s)
{
    if (s->transport)
        s->transport->ops->free(s->transport);
    if (s->dialogue)
        dialogue_free(s->dialogue);
    free(s->own_text);
    trace_free(s->trace);
    buf_wipe(&s->out);
    free(s->exec);
    free(s->broken);
    free(s);
}

struct session *session_new(const struct job *job, const struct session_env *env, double queued_ms,
                            struct mono now)
{
    struct session *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->job = *job;
    s->env = env;
    s->handed_out = s->settled_at = s->done_at = s->last = now;
    for (int p = 0; p < PHASE_COUNT; p++)
        s->phase_end[p] = MONO_UNSET;
    set_deadlines(s, now);
    buf_init(&s->out, SEND_MAX);
    s->started_at_ms = wall_ms();
    s->queued_ms = queued_ms;
    s->trace = trace_new(job, env->session_log_dir, env->trace, now);
    if (make_parts(s, now) != 0) {
        free_session(s);
        return NULL;
    }
    return s;
}

/* True: one had come, and something may be done about it at once. */
static bool attend_deadlines(struct session *s, struct mono now)
{
    if (s->stage == STAGE_DONE)
        return false;
    if (s->settled && mono_reached(now, s->close_deadline)) {
        trace_note(s->trace, now, "not closed in time: given up");
        s->stage = STAGE_DONE;
        s->done_at = now;
        return true;
    }
    if (!s->settled && mono_reached(now, s->total_deadline)) {
        pump_timeout(s, FAIL_TOTAL_TIMEOUT, now);
        return true;
    }
    if (!s->settled && !s->ready && mono_reached(now, s->connect_deadline)) {
        pump_timeout(s, FAIL_CONNECT_TIMEOUT, now);
        return true;
    }
    if (s->stage == STAGE_TALKING && mono_reached(now, s->dialogue_deadline)) {
        pump_tick(s, now);
        return true;
    }
    return false;
}

static void note_wants(struct session *s)
{
    s->n_want = 0;
    s->transport_deadline = MONO_NEVER;
    if (s->transport && s->stage != STAGE_DONE)
        s->n_want = s->transport->ops->want(s->transport, s->want, &s->transport_deadline);
}

enum session_state session_step(struct session *s, struct mono now)
{
    static bool (*const steps[])(struct session *, struct mono) = {
        [STAGE_OPENING] = pump_open,
        [STAGE_TALKING] = pump_talk,
        [STAGE_CLOSING] = pump_close,
    };
    s->last = now;
    bool more = false;
    for (enum stage before = STAGE_DONE; s->stage != before && s->stage != STAGE_DONE;) {
        before = s->stage;
        more = steps[before](s, now);
    }
    more |= attend_deadlines(s, now);
    note_wants(s);
    if (s->settled && !s->told) {
        s->told = true;
        return SESSION_SETTLED;
    }
    if (s->stage == STAGE_DONE)
        return SESSION_DONE;
    return more ? SESSION_AGAIN_NOW : SESSION_WANT;
}

void session_want(const struct session *s, struct pollfd want[SESSION_WANT_MAX], size_t *n)
{
    *n = s->n_want;
    memcpy(want, s->want, s->n_want * sizeof *want);
}

struct mono session_deadline(const struct session *s)
{
    struct mono t = s->transport_deadline;
    if (s->stage == STAGE_TALKING)
        t = mono_min(t, s->dialogue_deadline);
    if (s->settled)
        return mono_min(t, s->close_deadline);
    if (!s->ready)
        t = mono_min(t, s->connect_deadline);
    return mono_min(t, s->total_deadline);
}

enum phase session_phase(const struct session *s)
{
    return verdict_phase(s);
}

bool session_logged_in(const struct session *s)
{
    return verdict_logged_in(s);
}

const struct device *session_device(const struct session *s)
{
    return s->job.device;
}

const struct command_result *session_command(const struct session *s, size_t index)
{
    return s->dialogue ? dialogue_command(s->dialogue, index) : NULL;
}

void session_cancel(struct session *s, struct mono now)
{
    if (s->stage == STAGE_DONE)
        return;
    pump_cancel(s, now);
    s->transport_deadline = now;
}

void session_lost(struct session *s, const char *why, struct mono now)
{
    if (s->stage == STAGE_CLOSING) {
        s->stage = STAGE_DONE;
        s->done_at = now;
    }
    if (s->stage == STAGE_DONE)
        return;
    pump_lost(s, why, now);
    s->transport_deadline = now;
}

struct result *session_finish(struct session *s)
{
    if (!s->settled)
        pump_cancel(s, s->last);
    if (s->stage != STAGE_DONE)
        s->done_at = s->last;
    struct result *r = verdict_result(s);
    free_session(s);
    return r;
}
