/* Failures, the log-out, the end of a round and of the stream. */
#include "dialogue/turn.h"

#include "dialogue/echo.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Lines in which a device may say good-bye: where nothing else shows that it is one, and where its
 * log-out was echoed. */
#define GOOD_BYE_SHORT 1
#define GOOD_BYE_LONG  6

static const char closed_early[] =
    "the device closed right behind the prompt, before it echoed the log-out";

static const char ended_early[] =
    "the session ended before what came next could show that its prompt was a true one";

static const char went_on[] =
    "more than a good-bye came behind the log-out: its prompt and the log-out may have been text";

static void commands_over(struct dialogue *d)
{
    if (d->ready && !d->over)
        d->over = d->update->reached_commands = true;
}

void closing_settle(struct dialogue *d)
{
    if (d->settled)
        return;
    d->settled = d->update->settled = true;
    commands_over(d);
    d->logout_at = mono_add_ms(d->now, LOGOUT_MS);
}

/* cur's output was whole. */
static void settle_current(struct dialogue *d, unsigned proofs)
{
    d->cur.proofs |= proofs;
    turn_drop_next(d);
    turn_promote(d, stream_end(&d->stream), 0);
    settling_release(d, 0);
}

/* Did what is owed begin to come? Then cur's prompt was a true one. */
static bool echo_began(const struct dialogue *d)
{
    return d->owed.hit || d->owed.echoed >= ECHO_BEGUN;
}

/* What runs when it ends before its time. The second proof is enough without the next echo. */
static void give_up_commands(struct dialogue *d, enum fail_class class, const char *sentence)
{
    struct input next = d->next;
    size_t sent = d->owed.sent;
    settling_release(d, 0);
    struct span what = settling_span(d);
    what.ms = mono_ms_between(d->cur.sent_at, d->now);
    what.end = stream_end(&d->stream);
    what.proofs &= PROOF_ECHO;
    what.doubt = NULL;
    if (d->cur.kind == INPUT_COMMAND && next.kind != INPUT_NONE &&
        (d->cur.proved_twice || echo_began(d))) {
        if (!echo_began(d) && !d->edited)
            d->cur.doubt = ended_early;
        settle_current(d, echo_began(d) ? PROOF_NEXT_ECHO : 0);
        turn_drop_cur(d);
    }
    if (d->cur.kind != INPUT_COMMAND) {
        what.command = next.command;
        what.start = sent > d->stream.base ? sent : d->stream.base;
        what.proofs = 0;
    }
    if (d->cur.kind == INPUT_COMMAND)
        hindsight_of_prompts(d, &what);
    if (d->cur.kind == INPUT_COMMAND || next.kind == INPUT_COMMAND)
        outcome_give_up(&d->outcome, &d->stream, &what, class, sentence);
    turn_drop_cur(d);
    turn_drop_next(d);
}

void closing_give_up(struct dialogue *d)
{
    const struct outcome *o = &d->outcome;
    d->failed = false;
    give_up_commands(d, o->error, o->error_text ? o->error_text : "memory is out");
    closing_settle(d);
    turn_to(d, STAGE_DONE);
}

void closing_refuse(struct dialogue *d, enum fail_class class, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    outcome_fail(&d->outcome, class, format, ap);
    va_end(ap);
    turn_to(d, STAGE_LOGOUT);
    closing_settle(d);
}

/* --- log-out, rounds --- */

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

void closing_logout(struct dialogue *d, struct input *in)
{
    turn_to(d, STAGE_LOGOUT);
    commands_over(d);
    d->logouts++;
    d->logout_line = d->stream.line_start;
    *in = (struct input){.kind = INPUT_LOGOUT, .text = logout_text(d)};
}

/* A kernel wipes digits out as some devices do: what came behind the log-out tells. */
static bool may_be_kernel(const struct dialogue *d)
{
    return d->nonce == NONCE_WORKS && !d->edited && d->outcome.n > 0;
}

/* Where later evidence may correct a command, the end of the stream is awaited. */
void closing_logout_begun(struct dialogue *d)
{
    d->logout_at = mono_add_ms(d->now, LOGOUT_MS);
    if (!d->held.active && !may_be_kernel(d))
        closing_settle(d);
}

/* A device says good-bye in a line at most; more is an output that went on behind a false prompt.
 */
static void doubt_what_follows(struct dialogue *d, size_t lines_most)
{
    const struct stream *s = &d->stream;
    size_t lines = 0, end = stream_end(s), at = d->out_start > s->base ? d->out_start : s->base;
    bool held = d->held.active && d->held.again && !d->held.what.doubt;
    if ((!held && !may_be_kernel(d)) || d->cur.kind != INPUT_LOGOUT || d->logouts > 1)
        return;
    for (; at < end && lines <= lines_most;) {
        size_t lf = stream_line_end(s, at), to = lf == NOWHERE ? end : lf;
        lines += !stream_is_blank(s, at, to);
        at = to + 1;
    }
    if (lines > lines_most && held)
        d->held.what.doubt = went_on;
    else if (lines > lines_most)
        outcome_doubt(&d->outcome, d->outcome.n - 1, went_on);
}

void closing_logout_late(struct dialogue *d)
{
    d->logout_at = MONO_NEVER;
    if (!d->settled && d->cur.kind != INPUT_LOGOUT)
        return; /* the echo is owed still: silence decides */
    doubt_what_follows(d, GOOD_BYE_SHORT);
    settling_release(d, 0);
    closing_settle(d);
    d->finished = true;
}

void closing_round(struct dialogue *d)
{
    if (d->cur.kind == INPUT_COMMAND)
        settle_current(d, 0);
    settling_release(d, 0);
    questions_free(&d->questions);
    turn_drop_cur(d);
    turn_drop_next(d);
    commands_over(d);
    turn_to(d, STAGE_IDLE);
    d->update->round_over = true;
    d->silence_at = d->quiet_at = d->nudge_at = MONO_NEVER;
}

void closing_idle(struct dialogue *d)
{
    closing_settle(d);
    turn_to(d, STAGE_DONE);
    d->finished = true;
}

/* --- the end of the stream --- */

static bool stands(const struct dialogue *d)
{
    const struct owed *o = &d->owed;
    const struct stream *s = &d->stream;
    size_t matched = 0;
    if (o->echoed > 0 || o->digits > 0)
        return true;
    if (!owed_stands(o) || !s->tail_short)
        return false;
    if (s->line_start != o->at)
        return stream_tail_shown(s, 1) == 0 || prompt_is_known(&d->prompts, s->tail, s->tail_len);
    size_t n = stream_end(s) - o->sent;
    return echo_match(stream_at(s, o->sent), n, d->next.text, strlen(d->next.text), &matched) !=
           ECHO_NOT;
}

/* The log-out's echo stood behind other lines, and the end comes right behind it. */
static bool ends_behind_weak_echo(const struct dialogue *d)
{
    const struct stream *s = &d->stream;
    size_t lines = 0;
    if (d->owed.weak == NOWHERE || d->next.kind != INPUT_LOGOUT)
        return false;
    for (size_t at = d->owed.weak_end, end = stream_end(s); at < end && lines <= GOOD_BYE_SHORT;) {
        size_t lf = stream_line_end(s, at), to = lf == NOWHERE ? end : lf;
        lines += !stream_is_blank(s, at, to);
        at = to + 1;
    }
    return lines <= GOOD_BYE_SHORT;
}

/* The stream ended in order while the log-out's echo is owed: is cur whole, if in doubt? */
static bool whole_in_doubt(struct dialogue *d)
{
    const struct stream *s = &d->stream;
    if (d->cur.kind != INPUT_COMMAND || d->next.kind != INPUT_LOGOUT)
        return false;
    if (d->cur.proved_twice) {
        d->cur.doubt = closed_early;
        return true;
    }
    if (ends_behind_weak_echo(d))
        d->out_end = d->owed.weak;
    else if (!stands(d) && s->tail_short && s->line_start > d->owed.at &&
             prompt_judge(&d->prompts, s->tail, s->tail_len) == PROMPT_EXACT)
        d->out_end = prompt_block(&d->prompts, s, s->line_start, d->out_start);
    else if (!stands(d))
        return false;
    d->cur.doubt = closed_early;
    return true;
}

/* why is what happened, and behind a semicolon what to do. */
static void closed(struct dialogue *d, const char *why, int len)
{
    char shown[WORDS_SIZE];
    const char *advice = memchr(why, ';', (size_t)len);
    int all = len;
    len = advice ? (int)(advice - why) : len;
    advice = advice ? advice : "";
    words_last_seen(&d->config, &d->stream, shown);
    bool proved = d->cur.proved_twice && d->next.kind == INPUT_COMMAND;
    const struct input *in = d->cur.kind == INPUT_COMMAND && !proved ? &d->cur
                             : d->next.kind == INPUT_COMMAND         ? &d->next
                                                                     : NULL;
    if (in)
        turn_fail(d, FAIL_PEER_CLOSED, "%.*s in the middle of '%.160s'%.*s; last seen: %s", len,
                     why, in->text, all - len, advice, shown);
    else
        turn_fail(d, FAIL_PEER_CLOSED, "%.*s while %s%.*s; last seen: %s", len, why,
                     dialogue_doing(d), all - len, advice, shown);
}

static void finish_well(struct dialogue *d)
{
    if (d->cur.kind == INPUT_COMMAND)
        settle_current(d, 0);
    hindsight_at_end(d);
    doubt_what_follows(d, d->lost ? 0 : GOOD_BYE_LONG);
    settling_release(d, 0);
    closing_settle(d);
    turn_to(d, STAGE_DONE);
    d->finished = true;
}

/* What stands on the last line may be the echo that is owed. */
static void look_at_end(struct dialogue *d)
{
    struct sight sight;
    if (d->next.kind != INPUT_LOGOUT && d->next.kind != INPUT_MARK)
        return;
    owed_look_at_end(&d->owed, &d->stream, &d->prompts, &d->next, d->edited, &sight);
    if (sight.kind == SIGHT_ECHO)
        waiting_echo(d, &sight);
}

static void end_of_commands(struct dialogue *d, const char *why, int len, bool orderly)
{
    look_at_end(d);
    if (d->settled || d->finished) {
        d->finished = true;
        return;
    }
    bool last = d->next.kind == INPUT_LOGOUT;
    bool proved = d->cur.kind == INPUT_LOGOUT || d->cur.kind == INPUT_MARK;
    bool begun = (last || d->next.kind == INPUT_MARK) && echo_began(d);
    if (proved || begun || (last && orderly && whole_in_doubt(d)))
        finish_well(d);
    else if (last && orderly)
        turn_fail(d, FAIL_TRUNCATED,
                     "the stream ended behind the log-out, but other bytes had followed the "
                     "prompt: the output of '%.160s' may lack its end",
                     d->cur.text);
    else
        closed(d, why, len);
}

static void why_ended(struct dialogue *d, const char *why, int len)
{
    struct login_sight sight;
    login_why_ended(&d->login, &d->stream, d->config.rules, &d->matcher, &sight);
    if (sight.kind == LOGIN_REFUSED || sight.kind == LOGIN_NO_SESSION)
        entering_refused(d, &sight);
    else
        closed(d, why, len);
}

/* By exec the log-in and the first command are one: a device without a session for us says so in
 * the command's place, and fails it or leaves. */
static bool exec_refused(struct dialogue *d)
{
    struct login_sight sight;
    if (d->cur.kind != INPUT_COMMAND || d->cur.command != 0 || d->exec_status == 0)
        return false;
    login_why_ended(&d->login, &d->stream, d->config.rules, &d->matcher, &sight);
    if (sight.kind != LOGIN_NO_SESSION)
        return false;
    entering_refused(d, &sight);
    return true;
}

static void stream_over(struct dialogue *d, const char *why, int len, bool orderly)
{
    d->lost = !orderly;
    (void)stream_read_tail(&d->stream);
    if (d->settled || d->stage == STAGE_IDLE) {
        closing_idle(d);
        return;
    }
    switch (d->stage) {
    case STAGE_COMMANDS:
    case STAGE_LOGOUT:
        end_of_commands(d, why, len, orderly);
        break;
    case STAGE_LOGIN:
    case STAGE_FIRST:
        why_ended(d, why, len);
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

void closing_stream_end(struct dialogue *d)
{
    static const char why[] = "the device closed the session";
    stream_over(d, why, (int)sizeof why - 1, true);
}

void closing_lost(struct dialogue *d, const char *why, size_t len)
{
    static const char unknown[] = "the connection broke";
    int n = (int)(len < 200 ? len : 200);
    if (n == 0)
        stream_over(d, unknown, (int)sizeof unknown - 1, false);
    else
        stream_over(d, why, n, false);
}

void closing_exec_end(struct dialogue *d)
{
    if (d->cur.kind != INPUT_COMMAND || exec_refused(d))
        return;
    if (d->exec_status < 0) {
        turn_fail(d, FAIL_TRUNCATED,
                     "'%.160s' ended without an exit status: a signal, or a device that is closing",
                     d->cur.text);
        return;
    }
    d->out_end = stream_end(&d->stream);
    d->cur.done_at = d->now;
    d->cur.proofs = PROOF_EXIT_STATUS;
    d->outcome.results[d->cur.command].exit_status = d->exec_status;
    struct span what = settling_span(d);
    outcome_settle(&d->outcome, &d->stream, &what);
    d->stream.line_start = stream_end(&d->stream);
    stream_drop_to(&d->stream, d->stream.line_start);
    script_exec_next(d);
}
