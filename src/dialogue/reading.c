/* What is done with what stands in the stream while an output is read. */
#include "dialogue/reading.h"

#include "dialogue/advance.h"
#include "dialogue/hindsight.h"
#include "dialogue/log_line.h"
#include "dialogue/place.h"

#include <string.h>

#define TELLING_MIN 3

/* --- pagers --- */

bool reading_pager(struct dialogue *d)
{
    int which = pager_look(&d->stream, d->config.rules, &d->matcher);
    struct pager *p = &d->pager;
    if (which < 0 || d->stream.line_start < d->out_start)
        return false;
    bool same = p->line == d->stream.line_start && p->which == (size_t)which;
    size_t len = clean_length(d->stream.tail, d->stream.tail_len); /* one more may be our key's */
    if (!same)
        advance_take_back_key(d);
    if (!same || len > p->len) {
        p->end = pager_end(&d->stream);
        p->len = len;
    }
    if (same)
        return true;
    p->line = d->stream.line_start;
    p->which = (size_t)which;
    const char *key = pager_key(d->config.rules, p->which);
    if (p->stray < STRAY_MAX)
        p->stray += (unsigned)strlen(key);
    turn_say(d, key, false, false);
    return true;
}

/* --- the prompt behind an output --- */

/* Where a known prompt begins on the tail's line, behind other text: the last line of an output
 * that has no line end ("the ender1#"); NOWHERE. It may be long. */
static size_t glued_at(const struct dialogue *d)
{
    const struct stream *s = &d->stream;
    const struct prompt_text *t = &d->prompts.proved;
    size_t rest = 0, at = 0;
    bool may = d->cur.kind == INPUT_COMMAND || d->cur.kind == INPUT_MARK;
    if (!may || t->n == 0 || s->line_start < d->out_start)
        return NOWHERE;
    if (!s->tail_short)
        return prompt_at_end(&d->prompts, s, s->line_start, stream_end(s), NULL, NULL);
    if (prompt_count(&d->prompts, s->tail, s->tail_len, &rest, &at, 1) == 0)
        at = prompt_variant_at_end(&d->prompts, s->tail, s->tail_len);
    if (at == 0 || at == NOWHERE || (t->text[t->n - 1] == ' ' && s->tail[s->tail_len - 1] != ' '))
        return NOWHERE;
    return stream_find_last(s, s->line_start, stream_end(s), s->tail + at, s->tail_len - at);
}

/* Either the output lacks its last line end, or this is a new prompt that ends as the old one did.
 * An empty line tells: then the prompt stands alone. */
static bool ask_glued(struct dialogue *d)
{
    size_t at = glued_at(d), rest = 0;
    if (at == NOWHERE || d->cur.glued)
        return false;
    if (d->stream.tail_short &&
        prompt_count(&d->prompts, d->stream.tail, d->stream.tail_len, &rest, NULL, 0) > 1 &&
        rest == 0)
        hindsight_prompts_on_one_line(d);
    d->cur.glued = true;
    advance_accept(d, at, PROOF_PROMPT, 0);
    return true;
}

/* A known prompt that no text ends in by accident: quiet need not say so first. */
static bool is_telling(const struct dialogue *d)
{
    const struct prompt_text *t = &d->prompts.proved;
    return clean_length(t->text, t->n) >= TELLING_MIN;
}

/* In the middle of an input's output: is it over? */
static bool prompt_seen(struct dialogue *d)
{
    const struct stream *s = &d->stream;
    if (!s->tail_short && glued_at(d) != NOWHERE && !d->cur.glued)
        turn_wait(d, HOLD_GLUED);
    if (!s->tail_short || s->tail_len == 0 || s->line_start < d->out_start)
        return false;
    if (s->tail_open) {
        turn_wait(d, HOLD_PROMPT);
        return false;
    }
    size_t stray = pager_echo(&d->pager, d->config.rules, s);
    enum prompt_judgement j = prompt_judge(&d->prompts, s->tail, s->tail_len - stray);
    if (stray > 0 && j != PROMPT_EXACT) {
        stray = 0;
        j = prompt_judge(&d->prompts, s->tail, s->tail_len);
    }
    if (j == PROMPT_PATTERN && ask_glued(d))
        return true;
    if (j == PROMPT_HOLD)
        turn_wait(d, HOLD_PROMPT);
    if (j != PROMPT_EXACT && is_telling(d) && glued_at(d) != NOWHERE && !d->cur.glued)
        turn_wait(d, HOLD_GLUED);
    if (j < PROMPT_PATTERN)
        return false;
    if (d->echo == ECHO_NO && d->cur.kind != INPUT_NONE &&
        (j == PROMPT_EXACT || d->cur.kind != INPUT_COMMAND))
        turn_prove(d, s->tail, s->tail_len); /* it came again */
    if (d->finished)
        return false;
    bool nudged = d->owed.n_empties > 0;
    unsigned proof = j == PROMPT_EXACT ? PROOF_PROMPT : PROOF_PATTERN;
    advance_accept(d, s->line_start, proof | (nudged ? PROOF_NUDGE : 0), stray);
    return true;
}

/* The secret that a set-up input brings the question for. */
static void give_secret(struct dialogue *d)
{
    if (d->cur.kind == INPUT_PROMPTED)
        advance_respond(d);
    else
        turn_fail(d, FAIL_ENABLE, "'%s' was refused: the device asks for the secret again",
                  d->cur.ins->input);
}

/* Lines stand between the input and what reads as its question. */
static bool follows_lines(const struct dialogue *d)
{
    const struct stream *s = &d->stream;
    size_t lf = NOWHERE;
    for (size_t from = d->out_start; from < s->line_start; from = lf + 1) {
        lf = stream_line_end(s, from);
        if (!stream_is_blank(s, from, lf))
            return true;
    }
    return false;
}

bool reading_setup(struct dialogue *d)
{
    const struct stream *s = &d->stream;
    bool may_ask = d->cur.kind == INPUT_PROMPTED || d->cur.kind == INPUT_RESPONSE;
    const struct match *question = may_ask ? rules_question_of(d->config.rules, d->cur.ins) : NULL;
    if (question && s->tail_short && s->tail_len > 0 && s->line_start >= d->out_start &&
        match_text(question, &d->matcher, s->tail, s->tail_len, NULL)) {
        if (follows_lines(d))
            turn_wait(d, HOLD_SECRET);
        else
            give_secret(d);
        return false;
    }
    return prompt_seen(d);
}

static bool is_secret(const struct dialogue *d, size_t which)
{
    return strcmp(d->questions.command->answers[which].response, "__lookup::enable") == 0;
}

static void give_answer(struct dialogue *d, size_t which)
{
    const char *response = d->questions.command->answers[which].response;
    bool secret = is_secret(d, which);
    questions_answered(&d->questions, &d->stream, which);
    d->owed.spare++;
    turn_say(d,
             secret && d->config.enable ? d->config.enable
             : secret                   ? ""
                                        : response,
             true, secret);
}

bool reading_output(struct dialogue *d)
{
    size_t which = 0;
    if (d->stream.line_start >= d->out_start) {
        switch (question_look(&d->questions, &d->stream, d->config.rules, &d->matcher, &which)) {
        case QUESTION_ANSWER:
            if (is_secret(d, which) && follows_lines(d))
                turn_wait(d, HOLD_ANSWER);
            else
                give_answer(d, which);
            return false;
        case QUESTION_STANDS:
            return false;
        case QUESTION_OPEN:
            turn_wait(d, HOLD_QUESTION);
            break;
        case QUESTION_NONE:
            break;
        }
    }
    return prompt_seen(d);
}

/* While the last command is held, its own prompt may be part of its output. */
static bool may_be_output(const struct dialogue *d)
{
    return d->held.active && d->held.again &&
           prompt_judge(&d->prompts, d->stream.tail, d->stream.tail_len) == PROMPT_EXACT;
}

/* Logged out of one level only: once more. */
bool reading_logout(struct dialogue *d)
{
    const struct stream *s = &d->stream;
    if (hindsight_at_logout(d))
        return false;
    if (d->cur.kind != INPUT_LOGOUT || !s->tail_short || s->line_start <= d->logout_line ||
        s->line_start < d->out_start || d->logouts >= LOGOUTS_MAX ||
        !prompt_is_like(&d->prompts, s->tail, s->tail_len) || may_be_output(d))
        return false;
    d->logouts++;
    d->logout_line = s->line_start;
    d->logout_at = mono_add_ms(d->now, LOGOUT_MS);
    turn_say(d, d->cur.text, true, false);
    return false;
}

/* --- quiet --- */

static void nobody_answers(struct dialogue *d)
{
    char words[WORDS_SIZE];
    words_tail(&d->config, &d->stream, words);
    if (d->cur.kind == INPUT_COMMAND)
        turn_fail(d, FAIL_PROMPT,
                  "'%.160s' asks a question that nobody answers: %s (give the command an answer)",
                  d->cur.text, words);
    else
        turn_fail(d, FAIL_PROMPT,
                  "the device asks a question before its first prompt, and nobody answers: %s "
                  "(answer it by hand once)",
                  words);
}

bool reading_quiet(struct dialogue *d, enum hold hold)
{
    size_t which = 0;
    switch (hold) {
    case HOLD_PROMPT:
        if (!ask_glued(d) &&
            prompt_judge(&d->prompts, d->stream.tail, d->stream.tail_len) != PROMPT_NOT)
            advance_accept(d, d->stream.line_start, PROOF_PATTERN, 0);
        break;
    case HOLD_GLUED:
        ask_glued(d);
        break;
    case HOLD_QUESTION:
        nobody_answers(d);
        break;
    case HOLD_SECRET:
        give_secret(d);
        break;
    case HOLD_ANSWER:
        if (question_look(&d->questions, &d->stream, d->config.rules, &d->matcher, &which) ==
            QUESTION_ANSWER)
            give_answer(d, which);
        break;
    default:
        return false;
    }
    return true;
}

/* How many of text's first bytes are none of `stop`. */
static size_t strcspn_of(const char *text, size_t n, const char *stop)
{
    size_t i = 0;
    while (i < n && !strchr(stop, text[i]))
        i++;
    return i;
}

/* A whole line is one that a prompt may have stood on. Before the first one was seen any will do;
 * in the set-up an input may bring a new mode, so a new prompt. */
static bool was_prompt(const struct dialogue *d, const char *text, size_t n)
{
    const struct prompts *p = &d->prompts;
    if (d->stage <= STAGE_FIRST && prompt_is_log_line(text, n)) {
        size_t len = strcspn_of(text, n, "#>$%");
        return len < n && prompt_is_like(p, text, len + 1) &&
               prompt_is_log_line(text + len + 1, n - len - 1);
    }
    if (d->stage <= STAGE_FIRST)
        return prompt_is_like(p, text, n) &&
               (!d->platform->learn_prompt || prompt_ends_as_one(text, n));
    if (d->stage == STAGE_SETUP && prompt_judge(p, text, n) >= PROMPT_PATTERN)
        return true;
    return prompt_is_known(p, text, n);
}

/* A known prompt behind an output without line end, and what follows it is a log's. */
static bool ends_with_prompt(const struct dialogue *d, const char *text, size_t n, size_t next)
{
    const struct stream *s = &d->stream;
    char line[TAIL_MAX];
    size_t rest = 0;
    if (d->stage <= STAGE_FIRST || prompt_count(&d->prompts, text, n, &rest, NULL, 0) == 0)
        return false;
    size_t lf = next < stream_end(s) ? stream_line_end(s, next) : NOWHERE;
    size_t len = lf != NOWHERE ? stream_line(s, next, lf, line) : NOWHERE;
    return len != NOWHERE && prompt_is_log_line(line, len);
}

/* A prompt, and only whole lines behind it, near the end? */
static bool stands_under_lines(const struct dialogue *d)
{
    const struct stream *s = &d->stream;
    size_t end = stream_end(s);
    if (s->line_start != end)
        return false;
    size_t from = end - s->base > RECENT_MAX ? end - RECENT_MAX : s->base;
    from = from < d->out_start ? d->out_start : from;
    for (size_t lf; from < end && (lf = stream_line_end(s, from)) != NOWHERE; from = lf + 1) {
        char text[TAIL_MAX];
        size_t n = stream_line(s, from, lf, text);
        if (n != NOWHERE && n > 0 &&
            (was_prompt(d, text, n) ||
             (d->stage > STAGE_FIRST && prompt_has_log_behind(&d->prompts, text, n)) ||
             ends_with_prompt(d, text, n, lf + 1)))
            return true;
    }
    return false;
}

void reading_nudge(struct dialogue *d)
{
    bool may = d->stage <= STAGE_FIRST || d->cur.kind == INPUT_COMMAND ||
               d->cur.kind == INPUT_SETUP || d->cur.kind == INPUT_RESPONSE ||
               d->cur.kind == INPUT_MARK;
    if (may && d->owed.n_empties == 0 && stands_under_lines(d)) {
        turn_nudge(d);
        place_note_lines(d);
    } else {
        ask_glued(d);
    }
}
