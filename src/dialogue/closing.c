/* What runs is given up; the log-out; the end of a round. */
#include "dialogue/closing.h"

#include "dialogue/echo.h"
#include "dialogue/hindsight.h"
#include "dialogue/settling.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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
void closing_settle_current(struct dialogue *d, unsigned proofs)
{
    turn_add_proofs(d, proofs);
    turn_drop_next(d);
    settling_promote(d, stream_end(&d->stream), 0);
    settling_release(d, 0);
}

/* Did what is owed begin to come? Then cur's prompt was a true one. */
bool closing_echo_began(const struct dialogue *d)
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
        (d->cur.proved_twice || closing_echo_began(d))) {
        if (!closing_echo_began(d) && !d->edited)
            turn_doubt(d, ended_early);
        closing_settle_current(d, closing_echo_began(d) ? PROOF_NEXT_ECHO : 0);
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

/* What came behind the log-out tells whether a kernel wiped the digits out. */
static bool may_be_kernel(const struct dialogue *d)
{
    return turn_digits_as_kernel(d) && d->outcome.n > 0;
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
void closing_doubt_what_follows(struct dialogue *d, size_t lines_most)
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
    closing_doubt_what_follows(d, GOOD_BYE_SHORT);
    settling_release(d, 0);
    closing_settle(d);
    d->finished = true;
}

void closing_round(struct dialogue *d)
{
    if (d->cur.kind == INPUT_COMMAND)
        closing_settle_current(d, 0);
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
