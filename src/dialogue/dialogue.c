/* Events in, wishes out. */
#include "dialogue/internal.h"

#include <stdlib.h>
#include <string.h>

#define OUT_MAX   (1u << 20)
#define IN_SLACK  (1u << 20)
#define NOTE_MAX  1024
#define LOOKS_MAX 64

static int init(struct dialogue *d)
{
    buf_init(&d->in, d->config.max_device_bytes + IN_SLACK);
    buf_init(&d->out, OUT_MAX);
    buf_init(&d->note, NOTE_MAX);
    d->echo = d->platform->echo == PLATFORM_ECHO_NONE ? ECHO_NO : ECHO_UNKNOWN;
    d->mode = d->setup.target = d->exec_status = -1;
    d->pager.line = d->login.question = d->answered_line = d->nudged_at = NOWHERE;
    d->cand.nudge_line = NOWHERE;
    d->silence_at = d->quiet_at = d->nudge_at = d->logout_at = MONO_NEVER;
    d->n_results = d->job->commands.n;
    d->results = calloc(d->n_results ? d->n_results : 1, sizeof *d->results);
    if (!d->results || matcher_init(&d->matcher) != 0 || !stream_line_room(d, 1))
        return -1;
    for (size_t i = 0; i < d->n_results; i++) {
        d->results[i].exit_status = -1;
        d->results[i].ms = -1;
    }
    return 0;
}

struct dialogue *dialogue_new(const struct dialogue_config *config)
{
    struct dialogue *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    d->config = *config;
    d->rules = config->rules;
    d->platform = config->rules->platform;
    d->job = config->job;
    if (init(d) == 0)
        return d;
    dialogue_free(d);
    return NULL;
}

void dialogue_free(struct dialogue *d)
{
    if (!d)
        return;
    for (size_t i = 0; d->results && i < d->n_results; i++) {
        free(d->results[i].output);
        free(d->results[i].raw);
        free(d->results[i].error);
        free(d->results[i].doubt);
    }
    free(d->results);
    for (size_t i = 0; i < d->n_answers; i++)
        match_free(&d->answers[i]);
    free(d->answers);
    free(d->omissions);
    matcher_free(&d->matcher);
    buf_wipe(&d->in);
    buf_wipe(&d->out);
    buf_free(&d->note);
    free(d->error_text);
    stream_free_lines(d);
    explicit_bzero(d, sizeof *d);
    free(d);
}

void dialogue_out(struct dialogue *d, const char *text, bool line_end, bool secret)
{
    d->out_secret |= secret;
    if (buf_add_str(&d->out, text) != 0 ||
        (line_end && buf_add_str(&d->out, d->config.line_end) != 0))
        ending_fail(d, FAIL_INTERNAL, "memory is out, or an input is over %u bytes", OUT_MAX);
    d->silence_at = mono_add_ms(d->now, dialogue_silence_ms(d));
}

/* Each command may raise its own limit. */
int64_t dialogue_silence_ms(const struct dialogue *d)
{
    int64_t ms = d->config.silence_ms;
    const struct input *const inputs[] = {&d->cur, &d->next};
    for (size_t i = 0; i < 2; i++) {
        if (inputs[i]->kind != INPUT_COMMAND)
            continue;
        int64_t own = d->job->commands.items[inputs[i]->command].timeout_ms;
        ms = own > ms ? own : ms;
    }
    return ms;
}

static bool nothing_to_see(struct dialogue *d)
{
    (void)d;
    return false;
}

static bool (*const looks[STAGES])(struct dialogue *) = {
    [STAGE_NEW] = nothing_to_see,  [STAGE_LOGIN] = login_look,      [STAGE_FIRST] = first_look,
    [STAGE_SETUP] = setup_look,    [STAGE_COMMANDS] = command_look, [STAGE_LOGOUT] = ending_look,
    [STAGE_EXEC] = nothing_to_see, [STAGE_DONE] = nothing_to_see,
};

static bool look_once(struct dialogue *d)
{
    if (d->finished)
        return false;
    stream_read_tail(d);
    if (held_look(d))
        return true;
    if (d->stage >= STAGE_FIRST && d->stage <= STAGE_LOGOUT && pager_look(d))
        return false;
    return d->next.kind != INPUT_NONE ? proof_look(d) : looks[d->stage](d);
}

/* Looks at what has come until there is nothing more to be made of it. */
static void look(struct dialogue *d)
{
    for (int i = 0; i < LOOKS_MAX && look_once(d); i++)
        continue;
    bool held = d->hold_prompt || d->hold_question;
    d->quiet_at = held ? mono_add_ms(d->now, HOLD_MS) : MONO_NEVER;
    d->nudge_at = mono_add_ms(d->now, NUDGE_MS);
}

/* What comes before the first prompt is a banner: only its end matters. */
static void forget_banner(struct dialogue *d)
{
    if (d->in.len <= BEFORE_MAX)
        return;
    size_t from = stream_end(d) - BEFORE_MAX / 2;
    stream_drop_to(d, from);
    if (d->line_start < from)
        d->line_start = from;
}

static bool within_caps(struct dialogue *d)
{
    size_t start = d->cur.kind == INPUT_COMMAND ? d->out_start : d->base;
    if (d->total > d->config.max_device_bytes)
        late_too_much(d, d->config.max_device_bytes, "device");
    else if (stream_end(d) - start > d->config.max_command_bytes)
        late_too_much(d, d->config.max_command_bytes, "command");
    return !d->finished;
}

static void on_bytes(struct dialogue *d, const struct dialogue_event *e)
{
    if (e->len == 0)
        return;
    if (stream_add(d, e->data, e->len) != 0) {
        ending_fail(d, FAIL_INTERNAL, "memory is out");
        return;
    }
    d->silence_at = mono_add_ms(d->now, dialogue_silence_ms(d));
    d->hold_prompt = d->hold_question = false;
    if (d->stage == STAGE_LOGIN || d->stage == STAGE_FIRST)
        forget_banner(d);
    if (d->settled || within_caps(d))
        look(d);
    if (d->settled && d->in.len > BEFORE_MAX) { /* nobody reads that any more */
        d->line_start = stream_end(d);
        d->cand.scan = d->held.scan = d->line_start;
        stream_drop_to(d, d->line_start);
    }
}

static void on_opened(struct dialogue *d, const struct dialogue_event *e)
{
    (void)e;
    d->silence_at = mono_add_ms(d->now, d->config.silence_ms);
    if (exec_wanted(d))
        exec_next(d);
    else
        d->update->start = DIALOGUE_START_SHELL;
}

static void on_started(struct dialogue *d, const struct dialogue_event *e)
{
    (void)e;
    d->silence_at = mono_add_ms(d->now, dialogue_silence_ms(d));
    if (d->stage == STAGE_NEW)
        d->stage = d->config.login_in_stream ? STAGE_LOGIN : STAGE_FIRST;
}

static void on_echo(struct dialogue *d, const struct dialogue_event *e)
{
    if (!e->echo_on)
        d->echo = ECHO_NO;
    else if (d->echo == ECHO_NO && d->platform->echo != PLATFORM_ECHO_NONE)
        d->echo = ECHO_UNKNOWN;
}

static void on_exit_status(struct dialogue *d, const struct dialogue_event *e)
{
    d->exec_status = e->exit_status;
}

static void on_end(struct dialogue *d, const struct dialogue_event *e)
{
    (void)e;
    if (d->stage == STAGE_EXEC)
        exec_end(d);
    else
        ending_stream_end(d);
}

static void on_lost(struct dialogue *d, const struct dialogue_event *e)
{
    ending_lost(d, e->data, e->len);
}

static void on_timeout(struct dialogue *d, const struct dialogue_event *e)
{
    late_timeout(d, e->timeout);
}

static void on_cancel(struct dialogue *d, const struct dialogue_event *e)
{
    (void)e;
    ending_fail(d, FAIL_CANCELLED, "the run was interrupted while %s", dialogue_doing(d));
}

/* Quiet: what only looked like something is believed now. */
static void on_quiet(struct dialogue *d)
{
    d->quiet_at = MONO_NEVER;
    if (d->next.kind != INPUT_NONE)
        return;
    if (d->hold_prompt)
        prompt_quiet(d);
    else if (d->hold_question && d->cur.kind == INPUT_COMMAND)
        command_question(d);
    else if (d->hold_question && d->stage <= STAGE_FIRST)
        login_question(d);
}

static void on_long_quiet(struct dialogue *d)
{
    d->nudge_at = MONO_NEVER;
    if (d->next.kind != INPUT_NONE)
        proof_quiet(d);
    else if (d->stage == STAGE_LOGIN || d->stage == STAGE_FIRST)
        login_quiet(d);
    else if (d->stage == STAGE_SETUP || d->stage == STAGE_COMMANDS)
        prompt_nudge(d);
}

static void on_tick(struct dialogue *d, const struct dialogue_event *e)
{
    (void)e;
    if (mono_reached(d->now, d->quiet_at))
        on_quiet(d);
    if (!d->finished && mono_reached(d->now, d->nudge_at))
        on_long_quiet(d);
    if (!d->finished && mono_reached(d->now, d->logout_at))
        ending_late(d);
    if (!d->settled && mono_reached(d->now, d->silence_at))
        late_silence(d);
}

static void (*const handlers[])(struct dialogue *, const struct dialogue_event *) = {
    [DIALOGUE_OPENED] = on_opened, [DIALOGUE_STARTED] = on_started,
    [DIALOGUE_BYTES] = on_bytes,   [DIALOGUE_ERR_BYTES] = on_bytes,
    [DIALOGUE_ECHO] = on_echo,     [DIALOGUE_EXIT_STATUS] = on_exit_status,
    [DIALOGUE_END] = on_end,       [DIALOGUE_LOST] = on_lost,
    [DIALOGUE_TICK] = on_tick,     [DIALOGUE_TIMEOUT] = on_timeout,
    [DIALOGUE_CANCEL] = on_cancel,
};

static struct mono next_deadline(const struct dialogue *d)
{
    if (d->finished)
        return MONO_NEVER;
    if (d->settled)
        return d->logout_at;
    struct mono t = mono_min(d->silence_at, d->quiet_at);
    return mono_min(t, mono_min(d->nudge_at, d->logout_at));
}

void dialogue_step(struct dialogue *d, const struct dialogue_event *event, struct mono now,
                   struct dialogue_update *update)
{
    *update = (struct dialogue_update){.deadline = MONO_NEVER};
    d->update = update;
    d->now = now;
    if (d->out_secret)
        buf_wipe(&d->out);
    else
        buf_truncate(&d->out, 0);
    d->out_secret = false;
    if (!d->finished)
        handlers[event->kind](d, event);
    if (d->out.len == 0) /* nor will it be for long */
        buf_free(&d->out);
    update->send = buf_bytes(&d->out);
    update->send_len = d->out.len;
    update->send_secret = d->out_secret;
    update->finished = d->finished;
    update->deadline = next_deadline(d);
    d->update = NULL;
}

const char *dialogue_doing(const struct dialogue *d)
{
    static const char *const names[STAGES] = {
        [STAGE_NEW] = "opening the stream",
        [STAGE_LOGIN] = "logging in",
        [STAGE_FIRST] = "waiting for the first prompt",
        [STAGE_SETUP] = "getting the session ready",
        [STAGE_COMMANDS] = "reading a command's output",
        [STAGE_LOGOUT] = "logging out",
        [STAGE_EXEC] = "running a command",
        [STAGE_DONE] = "done",
    };
    return names[d->stage];
}

const struct command_result *dialogue_command(const struct dialogue *d, size_t index)
{
    bool there = index < d->n_results && d->results[index].status != COMMAND_NOT_RUN;
    return there ? &d->results[index] : NULL;
}

static void take_error(const struct dialogue *d, struct result *r)
{
    if (d->error != FAIL_NONE)
        err_set(&r->err, d->error, "%s", d->error_text ? d->error_text : "memory is out");
    for (size_t i = 0; i < r->n_commands && !err_is_set(&r->err); i++)
        if (r->commands[i].status == COMMAND_FAILED)
            err_set(&r->err, r->commands[i].class, "%s", r->commands[i].error);
    r->class = r->err.class;
}

void dialogue_take(struct dialogue *d, struct result *r)
{
    struct dialogue_update unused = {0};
    if (d->taken)
        return;
    if (!d->settled) {
        d->update = &unused;
        ending_fail(d, FAIL_CANCELLED, "the run was interrupted while %s", dialogue_doing(d));
        d->update = NULL;
    }
    d->taken = true;
    for (size_t i = 0; i < r->n_commands && i < d->n_results; i++) {
        r->commands[i] = d->results[i];
        d->results[i] = (struct command_result){.exit_status = -1, .ms = -1};
    }
    take_error(d, r);
    r->was_ready = d->ready;
    r->prompt = d->confirmed && d->prompt_len > 0 ? strndup(d->prompt, d->prompt_len) : NULL;
    r->note = d->note.len > 0 ? strdup(buf_bytes(&d->note)) : NULL;
}
