/* What is done with what stands in the stream while an echo, or the prompt again, is owed. */
#include "dialogue/waiting.h"

#include "dialogue/advance.h"
#include "dialogue/echo.h"
#include "dialogue/hindsight.h"
#include "dialogue/learn.h"
#include "dialogue/place.h"
#include "dialogue/reading.h"
#include "dialogue/settling.h"

#include <stdio.h>
#include <string.h>

static const char eaten[] =
    "a pager or a question took keys that were typed ahead: the output may lack its end";
static const char echoed_ahead[] =
    "the terminal echoed an input before it was read, and where it was read is not to be seen";
static const char keys_refused[] =
    "what read as a pager's mark was text, and the device may have refused the key that it got";
static const char no_digits[] =
    "the next input's digits never came back: its echo is off, or it was not read there";
static const char thrown_away[] =
    "an input behind its prompt was thrown away: that prompt may have been text";
static const char not_echoed[] =
    "no echo came of the input behind its prompt: that prompt may have been text";

/* An empty line that was typed ahead brought a prompt, too. Is it plain which one that is? */
static void doubt_mark(struct dialogue *d, const struct sight *sight)
{
    const struct owed *o = &d->owed;
    size_t answered = o->n_run > 0 ? o->n_run - 1 : 0;
    bool plain = !sight->log && !sight->other && !sight->glued && !d->cur.glued &&
                 d->prompts.above.n == 0 && o->n_empties <= answered;
    if (d->next.kind == INPUT_MARK && d->cur.marked && !plain)
        turn_doubt(d, echoed_ahead);
}

/* The same command once more, where it is not plain that the device has read the first: is that the
 * first's echo? */
static void doubt_same_again(struct dialogue *d)
{
    bool both = d->cur.kind == INPUT_COMMAND && d->next.kind == INPUT_COMMAND;
    if (both && d->cur.unread && strcmp(d->cur.text, d->next.text) == 0)
        turn_doubt_next(d, d->cur.doubt);
}

bool waiting_echo(struct dialogue *d, const struct sight *sight)
{
    bool nonce = (*d->next.nonce || d->next.comment) && !d->owed.ahead;
    doubt_same_again(d);
    learn_nonce(d, sight);
    if (sight->missing > 0)
        turn_doubt(d, eaten);
    if (sight->torn || (sight->not_erased && d->edited))
        turn_doubt(d, echoed_ahead);
    if (sight->redrawn && d->next.keys)
        turn_doubt(d, keys_refused);
    doubt_mark(d, sight);
    place_note_log(d, sight);
    place_of_echo(d, sight);
    learn_prompt_of(d, sight);
    if (d->finished)
        return false;
    d->echo = sight->quoted ? ECHO_NO : ECHO_YES;
    turn_add_proofs(d, PROOF_NEXT_ECHO | (nonce && d->nonce != NONCE_FAILED ? PROOF_NONCE : 0u));
    d->owed.spare = 0; /* they came */
    advance_promote(d, sight->out_start, PROOF_ECHO);
    d->cur.line_end_owed = sight->log_on_line;
    d->cur.spoiled = nonce && sight->not_erased && d->stage == STAGE_COMMANDS;
    return true;
}

static bool proved_second(struct dialogue *d, const struct sight *sight)
{
    struct owed *o = &d->owed;
    prompt_see_above(&d->prompts, &d->stream, sight->out_start, o->sent, false);
    place_of_second(d, sight);
    if (d->next.keys && (sight->other || d->cur.glued))
        turn_doubt(d, keys_refused);
    if (sight->spared && d->cur.kind == INPUT_COMMAND)
        turn_doubt(d, hindsight_surplus_doubt);
    d->cur.proved_twice = true;
    if (d->cur.glued && sight->place == o->at && o->prompt > o->at) {
        turn_drop_proofs(d, PROOF_PROMPT);
        turn_add_proofs(d, PROOF_PATTERN);
    }
    turn_drop_next(d);
    o->n_empties = o->n_before = 0;
    hindsight_surplus(d);
    advance_accept(d, sight->out_start, PROOF_SECOND, 0);
    return true;
}

static bool on_again(struct dialogue *d, const struct sight *sight)
{
    if (d->stage == STAGE_SETUP || d->owed.gap == RUN_MAX)
        learn_gap(d, sight);
    turn_prove(d, sight->prompt, sight->prompt_len);
    if (d->finished)
        return false;
    if (d->next.kind == INPUT_SECOND)
        return proved_second(d, sight);
    if (d->owed.gap == RUN_MAX)
        d->owed.gap = 0;
    if (sight->prompts > 0 && !sight->log)
        d->owed.double_enter = true;
    d->owed.spare += sight->owed;
    if (*d->next.nonce) /* without its digits */
        d->echo = ECHO_NO;
    d->out_start = d->owed.sent;
    d->owed.n_empties = d->owed.n_before = 0;
    turn_take_next(d);
    advance_accept(d, sight->out_start, 0, 0);
    return true;
}

/* Another line stands where the first prompt did: that one is to be seen twice. The empty line may
 * still bring a prompt of its own. */
static bool on_other(struct dialogue *d)
{
    bool own = d->owed.lines == 0;
    if (own || prompt_believe(&d->prompts, d->stream.tail, d->stream.tail_len) != 0)
        return false;
    size_t above = prompt_above(&d->prompts, &d->stream, d->stream.line_start, d->out_start, false);
    prompt_see_above(&d->prompts, &d->stream, d->stream.line_start, d->stream.base, false);
    owed_begin(&d->owed, &d->stream, &d->prompts, d->stream.line_start);
    d->owed.moved = true;
    d->owed.stack = above;
    return above != NOWHERE;
}

/* Is there anything behind the prompt that reads as an echo, mangled? */
static bool like_an_echo(const struct dialogue *d)
{
    const struct owed *o = &d->owed;
    const struct stream *s = &d->stream;
    if (d->echo != ECHO_YES || d->cur.kind != INPUT_COMMAND || o->weak != NOWHERE)
        return true;
    size_t lf = stream_line_end(s, o->sent), to = lf == NOWHERE ? stream_end(s) : lf;
    return echo_resembles(stream_at(s, o->sent), to - o->sent, d->next.text, strlen(d->next.text));
}

/* next, an input of the set-up, was thrown away: once more. A command of the user's never goes
 * twice: it may have been read all the same. */
static bool again(struct dialogue *d, const struct sight *sight)
{
    struct input in = d->next;
    if (d->tries >= SETUP_TRIES)
        return false;
    place_set(d, sight);
    place_omit_empties(d, d->owed.n_empties, d->owed.n_empties, sight);
    turn_add_proofs(d, PROOF_SECOND | PROOF_PROMPT);
    turn_doubt(d, thrown_away);
    d->cur.proved_twice = d->cur.kind == INPUT_COMMAND;
    turn_drop_next(d);
    unsigned tries = d->tries + 1;
    d->owed.n_empties = d->owed.n_before = 0;
    owed_begin(&d->owed, &d->stream, &d->prompts, d->stream.line_start);
    advance_send(d, &in);
    d->tries = tries;
    return true;
}

/* The device has read next without echo, or its echo was not to be recognised: cur ended where it
 * was believed to, and next where its prompt stands, which has come again already. */
static bool read_silently(struct dialogue *d, const struct sight *sight)
{
    struct owed before = d->owed;
    bool weak = before.weak != NOWHERE;
    if (before.ahead) {
        turn_doubt(d, echoed_ahead);
        turn_doubt_next(d, echoed_ahead);
    }
    if (d->echo == ECHO_UNKNOWN) {
        d->echo = ECHO_NO;
        learn_gap(d, sight);
    }
    d->prompts.confirmed |= d->prompts.proved.n > 0;
    if (d->prompts.proved.n == 0)
        turn_prove(d, d->prompts.believed.text, d->prompts.believed.n);
    if (weak) {
        turn_add_proofs(d, PROOF_NEXT_ECHO);
        if (!d->cur.proved_twice)
            d->out_end = before.weak;
    }
    bool proved = d->cur.proved_twice || d->cur.proofs & PROOF_NEXT_ECHO;
    if (!proved) /* the device left off echoing */
        turn_doubt(d, not_echoed);
    d->owed.n_empties = d->owed.n_before - d->owed.answered; /* the others were answered */
    advance_promote(d, weak ? before.weak_end : before.sent, weak ? PROOF_ECHO : 0);
    if (d->finished || d->cur.kind == INPUT_LOGOUT)
        return true;
    d->owed.n_empties = before.n_empties;
    place_of_second(d, sight);
    d->owed.n_empties = 0;
    d->cur.proved_twice = d->cur.kind == INPUT_COMMAND;
    turn_add_proofs(d, PROOF_NUDGE);
    advance_accept(d, sight->out_start, PROOF_PROMPT, 0);
    return true;
}

/* An empty line was sent to see where we are, and the prompt came: has next been read? */
static bool answered(struct dialogue *d, bool patient)
{
    struct sight sight;
    struct owed *o = &d->owed;
    owed_look_for_prompt(o, &d->stream, &d->prompts, false, true, &sight);
    if (o->n_empties == 0 || sight.kind != SIGHT_AGAIN ||
        sight.out_start < o->empties[o->n_empties - 1])
        return false;
    size_t brought =
        sight.run > 0 ? sight.run - 1 : 0; /* besides the one that ended cur, or next */
    bool mark = d->next.kind == INPUT_MARK;
    bool setup = d->next.kind != INPUT_COMMAND && d->next.kind != INPUT_LOGOUT && !mark;
    if (mark && o->n_empties == o->n_before) /* that was the mark before, typed ahead */
        return false;
    if (owed_stands(o) && brought <= o->n_empties) /* one is lacking */
        return (setup || (mark && patient)) && again(d, &sight);
    if (*d->next.nonce && d->nonce == NONCE_WORKS && !o->ahead) { /* they would stand there */
        if (setup || mark || !patient)
            return patient && again(d, &sight);
        turn_doubt(d, no_digits);
        turn_doubt_next(d, no_digits);
        d->next.unread = true;
        d->nonce = NONCE_PAUSED; /* what they are worth was learned under another echo */
        return read_silently(d, &sight);
    }
    if (owed_stands(o) && d->echo == ECHO_YES && d->cur.kind == INPUT_COMMAND) {
        turn_doubt(d, thrown_away);
        turn_doubt_next(d, thrown_away);
        d->next.unread = true;
    }
    if (owed_stands(o))
        return read_silently(d, &sight);
    if (like_an_echo(d)) {
        if (d->echo == ECHO_YES && d->cur.kind == INPUT_COMMAND)
            turn_add_proofs(d, PROOF_NEXT_ECHO); /* mangled */
        return read_silently(d, &sight);
    }
    if (*d->next.nonce && setup)
        return patient && again(d, &sight);
    turn_fail(d, FAIL_TRUNCATED,
              "what followed the prompt is not the echo of '%.160s', which never came: the "
              "output of '%.160s' may lack its end",
              d->next.text, d->cur.text);
    return true;
}

/* Nothing is known of echoes yet, and a prompt stands under what may be an output without one. */
static void look_for_silence(struct dialogue *d)
{
    const struct stream *s = &d->stream;
    size_t rest = 0;
    if (d->echo != ECHO_UNKNOWN || d->owed.hit || d->owed.echoed > 0 || d->owed.n_empties > 0)
        return;
    size_t count =
        s->tail_short ? prompt_count(&d->prompts, s->tail, s->tail_len, &rest, NULL, 0) : 0;
    if (count > (s->line_start == d->owed.at ? d->owed.here : 0))
        turn_nudge(d);
}

/* The device took only a part of next, which is too long for its line: the part proves cur. */
static bool cut_short(struct dialogue *d)
{
    const struct stream *s = &d->stream;
    const struct owed *o = &d->owed;
    char sentence[320];
    if (d->next.kind != INPUT_COMMAND || o->hit || o->echoed < ECHO_BEGUN || !s->tail_short ||
        s->line_start <= o->anchor ||
        prompt_judge(&d->prompts, s->tail, s->tail_len) != PROMPT_EXACT)
        return false;
    size_t lf = stream_line_end(s, o->anchor), took = o->echoed;
    turn_add_proofs(d, PROOF_NEXT_ECHO);
    advance_promote(d, lf + 1, PROOF_ECHO);
    d->out_end = s->line_start;
    snprintf(sentence, sizeof sentence,
             "the device took only %zu of the %zu bytes of '%.160s': its line is not longer", took,
             strlen(d->cur.text), d->cur.text);
    struct span what = settling_span(d);
    what.ms = mono_ms_between(d->cur.sent_at, d->now);
    outcome_give_up(&d->outcome, &d->stream, &what, FAIL_COMMAND_ERROR, sentence);
    turn_drop_cur(d);
    advance_accept(d, s->line_start, 0, 0);
    return true;
}

/* The kernel echoed next while a program ran. Without its digits a mark is but an empty line, which
 * the shell will answer: another one goes at the prompt that comes now. */
static void on_ahead(struct dialogue *d, const struct sight *sight)
{
    stream_omit(&d->stream, sight->place, sight->out_start);
    bool mark = d->next.kind == INPUT_MARK;
    if (sight->weak || (mark && d->owed.n_empties >= NUDGES_MAX)) /* or came between the keys */
        turn_doubt(d, echoed_ahead);
    if (!mark || d->owed.n_empties >= NUDGES_MAX)
        return;
    owed_sent_empty(&d->owed, &d->stream);
    d->owed.empties[d->owed.n_empties - 1] = sight->place; /* its line end is left out already */
    d->cur.marked = true;
    turn_drop_next(d);
}

bool waiting_look(struct dialogue *d)
{
    struct sight sight;
    bool empty = input_is_empty(&d->next);
    sight.kind = SIGHT_NOTHING;
    if (!empty && d->stage == STAGE_SETUP)
        learn_late_part(d);
    if (!empty || *d->next.nonce)
        owed_look_for_echo(&d->owed, &d->stream, &d->prompts, &d->next, d->edited, &sight);
    if (d->next.kind == INPUT_EMPTY && reading_pager(d))
        return false;
    if (empty && (!*d->next.nonce || sight.kind == SIGHT_NOTHING)) {
        learn_late_part(d);
        owed_look_for_prompt(&d->owed, &d->stream, &d->prompts, d->next.kind == INPUT_EMPTY, false,
                             &sight);
    }
    switch (sight.kind) {
    case SIGHT_ECHO:
        return waiting_echo(d, &sight);
    case SIGHT_AHEAD:
        on_ahead(d, &sight);
        return true;
    case SIGHT_AGAIN:
        return on_again(d, &sight);
    case SIGHT_OTHER:
        return on_other(d);
    case SIGHT_NOTHING:
        break;
    }
    if (empty)
        return false;
    if (cut_short(d))
        return true;
    look_for_silence(d);
    return answered(d, false);
}

static bool pager_stands(struct dialogue *d)
{
    if (d->stage > STAGE_LOGOUT || !reading_pager(d))
        return false;
    turn_doubt(d, eaten);
    return true;
}

/* Where the device stands at a prompt behind which nothing came, next was thrown away, or is on its
 * way still: of a command only its digits would tell. Once for each time that it is quiet. */
static bool may_nudge(const struct dialogue *d, bool prompt)
{
    const struct owed *o = &d->owed;
    bool own = d->stream.line_start == o->at;
    bool empty = input_is_empty(&d->next);
    if (!prompt || (o->n_empties > empty && o->empties[o->n_empties - 1] >= d->stream.line_start))
        return false;
    if (d->next.kind == INPUT_SECOND)
        return !own;
    return !own || d->stage == STAGE_SETUP || *d->next.nonce;
}

bool waiting_long_quiet(struct dialogue *d)
{
    const struct stream *s = &d->stream;
    struct sight sight;
    bool prompt = s->tail_short && s->tail_len > 0 &&
                  prompt_judge(&d->prompts, s->tail, s->tail_len) != PROMPT_NOT;
    bool empty = input_is_empty(&d->next);
    bool log = d->owed.log_behind;
    if (pager_stands(d))
        return false;
    d->owed.log_behind = false;
    if (empty) {
        owed_look_for_prompt(&d->owed, s, &d->prompts, d->next.kind == INPUT_EMPTY, true, &sight);
        if (sight.kind == SIGHT_AGAIN) {
            on_again(d, &sight);
            return false;
        }
    } else if (log && waiting_look(d)) {
        return true; /* the prompt that was too early to believe */
    } else if (answered(d, true)) {
        return false;
    }
    if (d->next.kind != INPUT_NONE && !d->finished && may_nudge(d, prompt))
        turn_nudge(d);
    return false;
}
