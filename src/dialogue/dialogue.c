/* Events in, wishes out. */
#include "dialogue/advance.h"
#include "dialogue/closing.h"
#include "dialogue/ending.h"
#include "dialogue/exec.h"
#include "dialogue/late.h"
#include "dialogue/look.h"
#include "dialogue/turn.h"

#include <stdlib.h>
#include <string.h>

#define IN_SLACK   (1u << 20)
#define BEFORE_MAX 65536 /* kept of what comes before the first prompt */

static bool may_use_nonce(const struct dialogue *d)
{
    return d->config.nonce && !d->platform->learn_prompt && *input_erase_key(d->platform) &&
           d->platform->echo != PLATFORM_ECHO_NONE;
}

static int init(struct dialogue *d)
{
    const struct dialogue_config *c = &d->config;
    stream_init(&d->stream, c->max_device_bytes + IN_SLACK);
    buf_init(&d->out, OUT_MAX);
    prompts_init(&d->prompts, c->rules, &d->matcher);
    d->echo = d->platform->echo == PLATFORM_ECHO_NONE ? ECHO_NO : ECHO_UNKNOWN;
    d->terminal = d->platform->echo == PLATFORM_ECHO_TTY;
    d->wants_nonce = may_use_nonce(d);
    d->nonce = d->wants_nonce ? NONCE_UNTRIED : NONCE_OFF;
    d->sequence = c->nonce_seed;
    d->setup = (struct setup){
        .platform = d->platform, .job = d->job, .enable = c->enable ? c->enable : "", .target = -1};
    d->exec_status = -1;
    d->pager.line = d->login.question = d->questions.line = d->questions.last = NOWHERE;
    d->silence_at = d->quiet_at = d->nudge_at = d->logout_at = MONO_NEVER;
    d->line_end_at = MONO_UNSET;
    d->owed.gap = RUN_MAX; /* not known yet */
    bool there = outcome_init(&d->outcome, d->platform, d->job) == 0;
    d->outcome.doubt_fails = c->doubt_fails;
    d->outcome.config = &d->config;
    return there && matcher_init(&d->matcher) == 0 ? 0 : -1;
}

struct dialogue *dialogue_new(const struct dialogue_config *config)
{
    struct dialogue *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    d->config = *config;
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
    outcome_free(&d->outcome);
    questions_free(&d->questions);
    prompts_free(&d->prompts);
    matcher_free(&d->matcher);
    stream_free(&d->stream);
    prompt_free(&d->home);
    buf_wipe(&d->out);
    explicit_bzero(d, sizeof *d);
    free(d);
}

/* --- events --- */

/* What comes before the first prompt is a banner: only its end matters. */
static void forget_banner(struct stream *s)
{
    if (s->in.len <= BEFORE_MAX)
        return;
    size_t from = stream_end(s) - BEFORE_MAX / 2;
    stream_drop_to(s, from);
    if (s->line_start < from)
        s->line_start = from;
}

static bool within_caps(struct dialogue *d)
{
    const struct stream *s = &d->stream;
    size_t start = d->cur.kind == INPUT_COMMAND ? d->out_start : s->base;
    if (s->total > d->config.max_device_bytes)
        late_too_much(d, d->config.max_device_bytes, "device");
    else if (stream_end(s) > start && stream_end(s) - start > d->config.max_command_bytes)
        late_too_much(d, d->config.max_command_bytes, "command");
    return !d->finished;
}

/* Nobody reads what comes now: log lines of an idle session, what a log-out has to say. */
static void drop(struct dialogue *d)
{
    struct stream *s = &d->stream;
    size_t end = s->line_start = stream_end(s);
    owed_begin(&d->owed, s, &d->prompts, end);
    d->held.scan = d->out_start = d->out_end = d->out_next = d->logout_line = end;
    stream_drop_to(s, end);
    if (d->stage == STAGE_IDLE) /* thousands of sessions may be kept so */
        buf_wipe(&s->in);
}

/* Bracketed paste is a shell's: its terminal's kernel echoes what is typed ahead. */
static void notice_terminal(struct dialogue *d)
{
    static const char paste[] = "\x1b[?2004";
    const struct stream *s = &d->stream;
    size_t from = s->chunk > s->base + sizeof paste ? s->chunk - sizeof paste : s->base;
    if (!d->bracketed && d->stage >= STAGE_LOGIN && d->stage <= STAGE_SETUP)
        d->bracketed =
            memmem(stream_at(s, from), stream_end(s) - from, paste, sizeof paste - 1) != NULL;
    d->terminal |= d->bracketed;
}

/* Did a line end and nothing else come right behind our empty line, and more only later? Then it
 * was echoed at once. How the bytes are cut into chunks must not matter, so time tells. */
static void notice_alone(struct dialogue *d)
{
    const struct owed *o = &d->owed;
    const struct stream *s = &d->stream;
    if (d->next.kind != INPUT_SECOND || o->n_empties == 0)
        return;
    size_t sent = d->second_at;
    if (stream_end(s) == sent + 2 && memcmp(stream_at(s, sent), "\r\n", 2) == 0)
        d->line_end_at = d->now;
    else if (mono_is_set(d->line_end_at) && mono_ms_between(d->line_end_at, d->now) >= ALONE_MS)
        d->alone = true;
    if (stream_end(s) > sent + 2)
        d->line_end_at = MONO_UNSET;
}

static void on_bytes(struct dialogue *d, const struct dialogue_event *e)
{
    if (e->len == 0)
        return;
    if (stream_add(&d->stream, e->data, e->len) != 0) {
        turn_fail(d, FAIL_INTERNAL, "memory is out");
        return;
    }
    if (d->stage == STAGE_IDLE)
        return;
    notice_terminal(d);
    notice_alone(d);
    d->silence_at = mono_add_ms(d->now, turn_silence_ms(d));
    if (d->stage == STAGE_LOGIN || d->stage == STAGE_FIRST)
        forget_banner(&d->stream);
    if (d->settled || within_caps(d))
        look_now(d);
    if (d->settled && d->stream.in.len > BEFORE_MAX)
        drop(d);
}

static void on_opened(struct dialogue *d, const struct dialogue_event *e)
{
    (void)e;
    d->silence_at = mono_add_ms(d->now, d->config.silence_ms);
    if (exec_wanted(d, d->job))
        exec_next(d);
    else
        d->update->start = DIALOGUE_START_SHELL;
}

static void on_started(struct dialogue *d, const struct dialogue_event *e)
{
    (void)e;
    d->silence_at = mono_add_ms(d->now, turn_silence_ms(d));
    if (d->stage == STAGE_NEW)
        turn_to(d, d->config.login_in_stream ? STAGE_LOGIN : STAGE_FIRST);
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
        ending_in_order(d);
}

static void on_lost(struct dialogue *d, const struct dialogue_event *e)
{
    ending_lost(d, e->data, e->len);
}

static void on_timeout(struct dialogue *d, const struct dialogue_event *e)
{
    if (d->stage == STAGE_IDLE)
        closing_idle(d);
    else
        late_timeout(d, e->timeout);
}

static void on_cancel(struct dialogue *d, const struct dialogue_event *e)
{
    (void)e;
    if (d->stage == STAGE_IDLE)
        closing_idle(d);
    else
        turn_fail(d, FAIL_CANCELLED, "the run was interrupted while %s", dialogue_doing(d));
}

static void on_tick(struct dialogue *d, const struct dialogue_event *e)
{
    (void)e;
    if (mono_reached(d->now, d->quiet_at)) {
        d->quiet_at = MONO_NEVER;
        look_at_quiet(d);
    }
    if (!d->finished && mono_reached(d->now, d->nudge_at))
        look_at_long_quiet(d);
    if (!d->finished && mono_reached(d->now, d->logout_at))
        closing_logout_late(d);
    if (!d->finished && !d->settled && mono_reached(d->now, d->silence_at))
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

static void begin_step(struct dialogue *d, struct mono now, struct dialogue_update *update)
{
    *update = (struct dialogue_update){.deadline = MONO_NEVER};
    d->update = update;
    d->now = now;
    if (d->out_secret)
        buf_wipe(&d->out);
    else
        buf_truncate(&d->out, 0);
    d->out_secret = false;
}

/* What was said of this step's failure. */
static void carry_out(struct dialogue *d)
{
    if (d->failed)
        closing_give_up(d);
    else if (d->cut)
        closing_logout_late(d);
    d->failed = d->cut = false;
}

static void end_step(struct dialogue *d, struct dialogue_update *update)
{
    carry_out(d);
    if (d->stage == STAGE_IDLE)
        drop(d);
    if (d->out.len == 0) /* nor will it be for long */
        buf_free(&d->out);
    update->send = buf_bytes(&d->out);
    update->send_len = d->out.len;
    update->send_secret = d->out_secret;
    update->finished = d->finished;
    update->deadline = next_deadline(d);
    d->update = NULL;
}

void dialogue_step(struct dialogue *d, const struct dialogue_event *event, struct mono now,
                   struct dialogue_update *update)
{
    begin_step(d, now, update);
    if (!d->finished)
        handlers[event->kind](d, event);
    end_step(d, update);
}

/* The state of a round; what the session has learned stays. */
static int begin_round(struct dialogue *d, const struct job *job)
{
    struct outcome fresh;
    if (outcome_init(&fresh, d->platform, job) != 0)
        return -1;
    fresh.doubt_fails = d->config.doubt_fails;
    fresh.config = &d->config;
    outcome_free(&d->outcome);
    d->outcome = fresh;
    d->job = d->setup.job = job;
    d->next_command = 0;
    d->taken = d->over = d->miscounted = false;
    drop(d);
    d->stream.total = 0;
    return 0;
}

int dialogue_continue(struct dialogue *d, const struct job *job, struct mono now,
                      struct dialogue_update *update)
{
    static const struct job none;
    int rc = -1;
    begin_step(d, now, update);
    if (d->stage == STAGE_IDLE && (!job || !d->by_exec || exec_wanted(d, job)))
        rc = begin_round(d, job ? job : &none);
    if (rc == 0) {
        d->config.rounds = job != NULL;
        d->over = !job;
        turn_to(d, STAGE_COMMANDS);
        if (d->by_exec)
            exec_next(d);
        else
            advance_resume(d);
        if (!job) /* nothing is owed, whatever comes of the log-out */
            closing_settle(d);
    }
    end_step(d, update);
    return rc;
}

const struct command_result *dialogue_command(const struct dialogue *d, size_t index)
{
    const struct outcome *o = &d->outcome;
    bool there = index < o->n && o->results[index].status != COMMAND_NOT_RUN;
    return there ? &o->results[index] : NULL;
}

void dialogue_take(struct dialogue *d, struct result *r)
{
    struct dialogue_update unused = {0};
    if (d->taken)
        return;
    if (!d->settled && d->stage != STAGE_IDLE) {
        d->update = &unused;
        turn_fail(d, FAIL_CANCELLED, "the run was interrupted while %s", dialogue_doing(d));
        carry_out(d);
        d->update = NULL;
    }
    d->taken = true;
    outcome_take(&d->outcome, r);
    const struct prompt_text *t = &d->prompts.proved;
    r->was_ready = d->ready;
    r->prompt = d->prompts.confirmed && t->n > 0 ? strndup(t->text, t->n) : NULL;
}
