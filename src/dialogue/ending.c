/* Verdicts, the log-out, the end of the stream. */
#include "dialogue/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LAST_LINES 1 /* a device may say good-bye in */

void ending_note(struct dialogue *d, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    if (d->note.len > 0)
        buf_add_str(&d->note, "; ");
    buf_addv(&d->note, format, ap); /* what does not fit is left out */
    va_end(ap);
}

static void commands_over(struct dialogue *d)
{
    if (d->ready && !d->over)
        d->over = d->update->reached_commands = true;
}

void ending_settle(struct dialogue *d)
{
    if (d->settled)
        return;
    d->settled = d->update->settled = true;
    commands_over(d);
    d->logout_at = mono_add_ms(d->now, LOGOUT_MS);
}

/* cur's output was whole up to out_end. */
static void settle_current(struct dialogue *d, size_t out_end, unsigned proofs)
{
    struct held done = {.command = d->cur.command,
                        .start = d->out_start,
                        .end = out_end,
                        .proofs = d->cur.proofs | proofs,
                        .ms = mono_ms_between(d->cur.sent_at, d->cur.done_at)};
    held_finish(d, PROOF_NEXT_ECHO);
    command_settle(d, &done);
    d->cur.kind = INPUT_NONE;
}

/* What runs when it ends before its time. A prompt at which nothing but the next input's echo is
 * missing is good enough where the device does not echo; else the echo is owed. */
static void give_up_commands(struct dialogue *d, enum fail_class class, const char *sentence)
{
    held_finish(d, 0);
    if (d->cur.kind == INPUT_COMMAND && d->next.kind != INPUT_NONE && d->echo != ECHO_YES &&
        proof_stands(d))
        settle_current(d, d->cand.out_end, 0);
    if (d->cur.kind == INPUT_COMMAND)
        command_give_up(d, d->cur.command, d->out_start, class, sentence);
    else if (d->next.kind == INPUT_COMMAND)
        command_give_up(d, d->next.command, d->cand.sent, class, sentence);
    d->cur.kind = d->next.kind = INPUT_NONE;
}

static void close_now(struct dialogue *d)
{
    give_up_commands(d, d->error, d->error_text ? d->error_text : "memory is out");
    ending_settle(d);
    d->stage = STAGE_DONE;
    d->finished = true;
}

static void set_error(struct dialogue *d, enum fail_class class, const char *format, va_list ap)
{
    char text[ERR_TEXT_MAX];
    vsnprintf(text, sizeof text, format, ap);
    if (d->error != FAIL_NONE)
        return;
    d->error = class;
    d->error_text = strdup(text);
}

void ending_fail(struct dialogue *d, enum fail_class class, const char *format, ...)
{
    va_list ap;
    if (d->settled) {
        d->finished = true;
        return;
    }
    va_start(ap, format);
    set_error(d, class, format, ap);
    va_end(ap);
    close_now(d);
}

void ending_refuse(struct dialogue *d, enum fail_class class, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    set_error(d, class, format, ap);
    va_end(ap);
    d->stage = STAGE_LOGOUT;
    ending_settle(d);
}

static const char *logout_text(const struct dialogue *d)
{
    const struct platform *p = d->platform;
    if (p->logout)
        return p->logout;
    for (size_t i = 0; i < p->on_close.n; i++)
        if (p->on_close.items[i].kind == INSTRUCTION_WRITE)
            return p->on_close.items[i].input;
    return "exit";
}

void ending_input(struct dialogue *d, struct input *in)
{
    d->stage = STAGE_LOGOUT;
    commands_over(d);
    d->logouts++;
    d->logout_line = d->line_start;
    *in = (struct input){.kind = INPUT_LOGOUT, .text = logout_text(d)};
}

void ending_begun(struct dialogue *d)
{
    d->logout_at = mono_add_ms(d->now, LOGOUT_MS);
    if (!d->held.active)
        ending_settle(d);
}

/* While the last command is held, its own prompt may be part of its output. */
static bool may_be_output(const struct dialogue *d)
{
    bool known = false;
    int mode = rules_mode(d->rules, &d->matcher, d->tail, d->tail_len, &known);
    return d->held.active && !(d->held.proofs & PROOF_SECOND) && mode == d->mode;
}

/* Logged out of one level only: once more. */
bool ending_look(struct dialogue *d)
{
    if (d->cur.kind != INPUT_LOGOUT || !d->tail_short || d->line_start <= d->logout_line ||
        d->line_start < d->out_start || d->logouts >= LOGOUTS_MAX ||
        !prompt_is_like(d, d->tail, d->tail_len) || may_be_output(d))
        return false;
    d->logouts++;
    d->logout_line = d->line_start;
    d->logout_at = mono_add_ms(d->now, LOGOUT_MS);
    dialogue_out(d, d->cur.text, true, false);
    return false;
}

void ending_late(struct dialogue *d)
{
    d->logout_at = MONO_NEVER;
    if (!d->settled && d->cur.kind != INPUT_LOGOUT)
        return; /* the echo is owed still: silence decides */
    held_finish(d, 0);
    ending_settle(d);
    d->finished = true;
}

/* What came on the prompt's line is nothing, or a beginning of the echo. A line end of its own is
 * what a device may write that closes in order. */
static bool nothing_follows(const struct dialogue *d, bool orderly)
{
    const struct candidate *c = &d->cand;
    size_t matched = 0;
    if (!proof_stands(d))
        return false;
    if (c->lines > 0)
        return (orderly || c->echoed > 0 || d->echo != ECHO_YES) && d->tail_short &&
               (stream_tail_shown(d, 1) == 0 || prompt_is_exact(d, d->tail, d->tail_len));
    size_t n = stream_end(d) - c->sent;
    return echo_match(stream_at(d, c->sent), n, d->next.text, strlen(d->next.text), &matched) !=
           ECHO_NOT;
}

/* The log-out's echo stood behind other lines, and the end comes right behind it. */
static bool ends_behind_weak_echo(const struct dialogue *d)
{
    size_t lines = 0;
    if (d->cand.weak == NOWHERE || d->next.kind != INPUT_LOGOUT)
        return false;
    for (size_t at = d->cand.weak_end, end = stream_end(d); at < end && lines <= LAST_LINES;) {
        size_t lf = stream_line_end(d, at), to = lf == NOWHERE ? end : lf;
        char text[TAIL_MAX];
        lines += stream_line(d, at, to, text) > 0;
        at = to + 1;
    }
    return lines <= LAST_LINES;
}

/* The stream is over and the prompt was seen: does that settle cur? */
static bool settled_by_end(struct dialogue *d, bool orderly)
{
    unsigned proofs = orderly ? PROOF_NEXT_ECHO : 0;
    if (d->cur.kind != INPUT_COMMAND || d->next.kind == INPUT_NONE)
        return false;
    if (nothing_follows(d, orderly)) {
        settle_current(d, d->cand.out_end, proofs);
        return true;
    }
    if (orderly && ends_behind_weak_echo(d)) {
        settle_current(d, d->cand.weak, proofs);
        return true;
    }
    if (!d->tail_short || !prompt_is_exact(d, d->tail, d->tail_len))
        return false;
    settle_current(d, d->line_start, proofs);
    return true;
}

/* why is what happened, and behind a semicolon what to do. */
static void closed(struct dialogue *d, const char *why, int len)
{
    char shown[SHOWN_MAX * 5];
    const char *advice = memchr(why, ';', (size_t)len);
    int all = len;
    len = advice ? (int)(advice - why) : len;
    advice = advice ? advice : "";
    stream_show(d, shown, sizeof shown);
    const struct input *in = d->cur.kind == INPUT_COMMAND    ? &d->cur
                             : d->next.kind == INPUT_COMMAND ? &d->next
                                                             : NULL;
    if (in)
        ending_fail(d, FAIL_PEER_CLOSED, "%.*s in the middle of '%.160s'%.*s; last seen: %s", len,
                    why, in->text, all - len, advice, shown);
    else
        ending_fail(d, FAIL_PEER_CLOSED, "%.*s while %s%.*s; last seen: %s", len, why,
                    dialogue_doing(d), all - len, advice, shown);
}

static void finish_well(struct dialogue *d)
{
    held_finish(d, PROOF_NEXT_ECHO);
    ending_settle(d);
    d->stage = STAGE_DONE;
    d->finished = true;
}

static void end_of_commands(struct dialogue *d, const char *why, int len, bool orderly)
{
    enum input_kind next = d->next.kind;
    bool was_last =
        next == INPUT_LOGOUT || (next == INPUT_SECOND && d->next_command == d->n_results);
    bool well = settled_by_end(d, orderly);
    if ((well && was_last) || d->cur.kind == INPUT_LOGOUT)
        finish_well(d);
    else if (was_last && orderly)
        ending_fail(d, FAIL_TRUNCATED,
                    "the stream ended behind the log-out, but other bytes had followed the prompt: "
                    "the output of '%.160s' may lack its end",
                    d->cur.text);
    else
        closed(d, why, len);
}

static void stream_over(struct dialogue *d, const char *why, int len, bool orderly)
{
    stream_read_tail(d);
    if (d->settled) {
        d->finished = true;
        return;
    }
    switch (d->stage) {
    case STAGE_COMMANDS:
    case STAGE_LOGOUT:
        end_of_commands(d, why, len, orderly);
        break;
    case STAGE_LOGIN:
    case STAGE_FIRST:
        if (!login_refused(d))
            closed(d, why, len);
        break;
    case STAGE_EXEC:
        if (!exec_refused(d))
            closed(d, why, len);
        break;
    default:
        closed(d, why, len);
        break;
    }
}

void ending_stream_end(struct dialogue *d)
{
    static const char why[] = "the device closed the session";
    stream_over(d, why, (int)sizeof why - 1, true);
}

void ending_lost(struct dialogue *d, const char *why, size_t len)
{
    static const char unknown[] = "the connection broke";
    int n = (int)(len < 200 ? len : 200);
    if (n == 0)
        stream_over(d, unknown, (int)sizeof unknown - 1, false);
    else
        stream_over(d, why, n, false);
}
