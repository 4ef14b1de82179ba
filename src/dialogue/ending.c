/* The end of the stream, in order or not. */
#include "dialogue/ending.h"

#include "dialogue/closing.h"
#include "dialogue/echo.h"
#include "dialogue/entering.h"
#include "dialogue/hindsight.h"
#include "dialogue/settling.h"
#include "dialogue/waiting.h"

#include <string.h>

static const char closed_early[] =
    "the device closed right behind the prompt, before it echoed the log-out";
static const char closed_unasked[] =
    "the device closed right behind the prompt, before it answered what asks for it again";

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

/* What was sent behind the last command's prompt is owed, and no other command's echo: the
 * log-out's, or where digits are wanted and not wiped out the prompt again, or a comment's. */
static bool owes_last(const struct dialogue *d)
{
    bool last = d->next_command == d->outcome.n && !d->config.rounds;
    bool second = d->next.kind == INPUT_SECOND && d->wants_nonce && d->echo == ECHO_YES &&
                  d->cur.proofs & PROOF_ECHO && !d->cur.glued && !turn_is_unix_like(d);
    return d->next.kind == INPUT_LOGOUT || (last && (second || d->next.comment));
}

/* The stream ended in order while that is owed: is cur whole, if in doubt? */
static bool whole_in_doubt(struct dialogue *d)
{
    const struct stream *s = &d->stream;
    if (d->cur.kind != INPUT_COMMAND || !owes_last(d))
        return false;
    if (d->cur.proved_twice) {
        turn_doubt(d, d->next.kind == INPUT_LOGOUT ? closed_early : closed_unasked);
        return true;
    }
    if (ends_behind_weak_echo(d))
        d->out_end = d->owed.weak;
    else if (!stands(d) && s->tail_short && s->line_start > d->owed.at &&
             prompt_judge(&d->prompts, s->tail, s->tail_len) == PROMPT_EXACT)
        d->out_end = prompt_block(&d->prompts, s, s->line_start, d->out_start);
    else if (!stands(d))
        return false;
    turn_doubt(d, d->next.kind == INPUT_LOGOUT ? closed_early : closed_unasked);
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
        closing_settle_current(d, 0);
    hindsight_at_end(d);
    closing_doubt_what_follows(d, d->lost ? 0 : GOOD_BYE_LONG);
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
    bool last = owes_last(d);
    bool all = d->next_command == d->outcome.n;
    bool proved = d->cur.kind == INPUT_LOGOUT || (d->cur.kind == INPUT_MARK && all);
    bool begun = (last || d->next.kind == INPUT_MARK) && closing_echo_began(d);
    if (proved || begun || (last && orderly && whole_in_doubt(d)))
        finish_well(d);
    else if (last && orderly)
        turn_fail(d, FAIL_TRUNCATED,
                  "the stream ended behind %s, but other bytes had followed the prompt: the output "
                  "of '%.160s' may lack its end",
                  d->next.kind == INPUT_LOGOUT ? "the log-out" : "the last prompt", d->cur.text);
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
bool ending_refused(struct dialogue *d)
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
        if (!ending_refused(d))
            closed(d, why, len);
        break;
    default:
        closed(d, why, len);
        break;
    }
}

void ending_in_order(struct dialogue *d)
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
