/* Is the unterminated last line a prompt? */
#include "dialogue/internal.h"

#include <string.h>

/* Raw bytes, beside the prompt's own, among which a glued prompt is looked for: its escapes. */
#define GLUED_MAX 256

static size_t without_blanks(const char *text, size_t n)
{
    while (n > 0 && text[n - 1] == ' ')
        n--;
    return n;
}

bool prompt_is_exact(const struct dialogue *d, const char *text, size_t n)
{
    return d->prompt_len > 0 && n == d->prompt_len && memcmp(text, d->prompt, n) == 0;
}

bool prompt_is_bare(const struct dialogue *d, size_t from, size_t to)
{
    char text[TAIL_MAX];
    size_t n = stream_line(d, from, to, text), len = without_blanks(d->prompt, d->prompt_len);
    n = n != NOWHERE ? without_blanks(text, n) : 0;
    return len > 0 && n == len && memcmp(text, d->prompt, n) == 0;
}

bool prompt_is_decoration(const struct dialogue *d, size_t from, size_t to)
{
    char text[TAIL_MAX];
    size_t n = stream_line(d, from, to, text);
    return n != NOWHERE && match_text(&d->rules->decoration, &d->matcher, text, n, NULL);
}

bool prompt_is_doubled(const struct dialogue *d, const char *text, size_t n)
{
    size_t half = d->prompt_len;
    return half > 0 && n == 2 * half && memcmp(text, d->prompt, half) == 0 &&
           memcmp(text + half, d->prompt, half) == 0;
}

bool prompt_is_like(const struct dialogue *d, const char *text, size_t n)
{
    bool known = false;
    if (n == 0 || (rules_mode(d->rules, &d->matcher, text, n, &known) < 0 && !known))
        return false;
    if (!d->platform->learn_prompt || d->prompt_len == 0)
        return true;
    /* A pattern that takes every line says nothing: only what ends as the learned one did, or as
     * prompts do. */
    char last = text[without_blanks(text, n) - 1];
    size_t learned = without_blanks(d->prompt, d->prompt_len);
    return learned > 0 && (last == d->prompt[learned - 1] || strchr(">#$%]", last) != NULL);
}

/* Does it differ from the learned prompt in a part only, as a clock or a mode does? */
static bool is_similar(const struct dialogue *d, const char *text, size_t n)
{
    size_t shorter = n < d->prompt_len ? n : d->prompt_len, front = 0, back = 0;
    while (front < shorter && text[front] == d->prompt[front])
        front++;
    while (back < shorter - front && text[n - 1 - back] == d->prompt[d->prompt_len - 1 - back])
        back++;
    return (front + back) * 2 >= d->prompt_len;
}

static bool is_target(const struct dialogue *d, const char *text, size_t n)
{
    bool known = false;
    int mode = rules_mode(d->rules, &d->matcher, text, n, &known);
    return d->stage == STAGE_SETUP && d->setup.edge && mode == (int)d->setup.edge->target;
}

enum prompt_judgement prompt_judge(const struct dialogue *d, const char *text, size_t n)
{
    if (prompt_is_exact(d, text, n))
        return PROMPT_EXACT;
    if (!prompt_is_like(d, text, n))
        return PROMPT_NOT;
    /* The blank behind the prompt may be in the next chunk. */
    bool blank = d->prompt_len > 0 && d->prompt[d->prompt_len - 1] == ' ';
    if (blank && text[n - 1] != ' ')
        return PROMPT_HOLD;
    return is_target(d, text, n) || is_similar(d, text, n) ? PROMPT_PATTERN : PROMPT_HOLD;
}

void prompt_learn(struct dialogue *d, const char *text, size_t n)
{
    bool known = false;
    if (!stream_line_room(d, n)) {
        ending_fail(d, FAIL_INTERNAL, "memory is out");
        return;
    }
    memmove(d->prompt, text, n); /* the text may be the tail */
    d->prompt_len = n;
    d->mode = rules_mode(d->rules, &d->matcher, text, n, &known);
}

static void next_input(struct dialogue *d, struct input *in)
{
    *in = (struct input){.kind = INPUT_NONE};
    if (d->stage == STAGE_SETUP)
        setup_next(d, in);
    if (in->kind != INPUT_NONE || d->finished)
        return;
    if (d->stage == STAGE_SETUP && !d->confirmed) {
        *in = (struct input){.kind = INPUT_EMPTY, .text = ""};
        return;
    }
    if (d->stage == STAGE_SETUP) {
        d->stage = STAGE_COMMANDS;
        d->ready = d->update->reached_ready = true;
    }
    if (d->stage == STAGE_COMMANDS && d->next_command < d->n_results)
        command_begin(d, d->next_command++, in);
    else
        ending_input(d, in);
}

void prompt_go_on(struct dialogue *d, size_t out_end, unsigned proofs)
{
    struct input in;
    d->cand = (struct candidate){.at = d->line_start,
                                 .out_end = out_end,
                                 .sent = stream_end(d),
                                 .scan = d->line_start,
                                 .anchor = d->line_start,
                                 .again = NOWHERE,
                                 .nudge_line = NOWHERE,
                                 .weak = NOWHERE};
    d->hold_prompt = d->hold_question = false;
    d->cur.proofs |= proofs;
    d->cur.done_at = d->now;
    if (d->stage == STAGE_LOGIN)
        d->update->reached_auth = true;
    if (d->stage == STAGE_LOGIN || d->stage == STAGE_FIRST)
        d->stage = STAGE_SETUP;
    bool twice = d->platform->second_proof || d->cur.glued;
    if (twice && d->cur.kind == INPUT_COMMAND && !d->cur.proved_twice)
        in = (struct input){.kind = INPUT_SECOND, .text = ""};
    else
        next_input(d, &in);
    if (in.kind != INPUT_NONE)
        proof_send(d, &in);
}

void prompt_accept(struct dialogue *d, size_t out_end, unsigned proofs)
{
    prompt_learn(d, d->tail, d->tail_len);
    prompt_go_on(d, out_end, proofs);
}

/* The line end that the device made of our empty line. */
static void omit_nudge(struct dialogue *d)
{
    size_t from = d->nudged_at, to = from;
    while (to < d->line_start && (*stream_at(d, to) == '\r' || *stream_at(d, to) == '\0'))
        to++;
    if (to < d->line_start && *stream_at(d, to) == '\n')
        stream_omit(d, (struct omission){from, to + 1, false});
}

/* Where the learned prompt begins on the tail's line, behind other text: the last line of an output
 * that has no line end ("the ender1#"); NOWHERE. The prompt may hold escapes, so its place in the
 * raw bytes is where the rest reads as it does. */
static size_t glued_at(const struct dialogue *d)
{
    size_t n = d->prompt_len, end = stream_end(d), most = n + GLUED_MAX;
    if (d->cur.kind != INPUT_COMMAND || n == 0 || !d->tail_short || d->tail_len <= n ||
        d->line_start < d->out_start || memcmp(d->tail + d->tail_len - n, d->prompt, n) != 0)
        return NOWHERE;
    for (size_t at = end - d->line_start > most ? end - most : d->line_start; at < end; at++) {
        char text[TAIL_MAX];
        size_t len = clean_tail(text, sizeof text, stream_at(d, at), end - at);
        if (len == n && memcmp(text, d->prompt, n) == 0)
            return at;
    }
    return NOWHERE;
}

/* Either the output lacks its last line end, or this is a new prompt that ends as the old one did.
 * An empty line tells: then the prompt stands alone. */
static bool ask_glued(struct dialogue *d)
{
    size_t at = glued_at(d);
    if (at == NOWHERE || d->cur.glued)
        return false;
    d->cur.glued = true;
    prompt_go_on(d, at, PROOF_PROMPT);
    return true;
}

/* In the middle of an input's output: is it over? */
bool prompt_look(struct dialogue *d)
{
    if (!d->tail_short || d->tail_len == 0 || d->line_start < d->out_start)
        return false;
    enum prompt_judgement judgement = prompt_judge(d, d->tail, d->tail_len);
    d->hold_prompt = judgement == PROMPT_HOLD;
    if (judgement < PROMPT_PATTERN)
        return false;
    if (judgement == PROMPT_PATTERN && ask_glued(d))
        return true;
    bool nudged = d->nudged_at != NOWHERE && d->nudged_at >= d->out_start;
    if (nudged)
        omit_nudge(d);
    if (d->echo == ECHO_NO && d->cur.kind != INPUT_NONE)
        proof_confirm(d); /* it came again */
    unsigned proof = judgement == PROMPT_EXACT ? PROOF_PROMPT : PROOF_PATTERN;
    prompt_accept(d, d->line_start, proof | (nudged ? PROOF_NUDGE : 0));
    return true;
}

/* A whole line is one that a prompt may have stood on. Before the first one was seen any will do;
 * in the set-up an input may bring a new mode, so a new prompt. */
static bool was_prompt(const struct dialogue *d, const char *text, size_t n)
{
    size_t len = without_blanks(d->prompt, d->prompt_len);
    if (d->stage <= STAGE_FIRST)
        return !d->platform->learn_prompt && prompt_is_like(d, text, n);
    if (d->stage == STAGE_SETUP && prompt_judge(d, text, n) >= PROMPT_PATTERN)
        return true;
    return len > 0 && without_blanks(text, n) == len && memcmp(text, d->prompt, len) == 0;
}

/* A prompt, and only whole lines behind it, near the end? */
static bool stands_under_lines(const struct dialogue *d)
{
    if (d->line_start != stream_end(d))
        return false;
    size_t end = stream_end(d);
    size_t from = end - d->base > RECENT_MAX ? end - RECENT_MAX : d->base;
    from = from < d->out_start ? d->out_start : from;
    for (size_t lf; from < end && (lf = stream_line_end(d, from)) != NOWHERE; from = lf + 1) {
        char text[TAIL_MAX];
        size_t n = stream_line(d, from, lf, text);
        if (n != NOWHERE && was_prompt(d, text, n))
            return true;
    }
    return false;
}

void prompt_quiet(struct dialogue *d)
{
    if (d->hold_prompt)
        prompt_accept(d, d->line_start, PROOF_PATTERN);
}

void prompt_nudge(struct dialogue *d)
{
    bool may = d->stage <= STAGE_FIRST || d->cur.kind == INPUT_COMMAND ||
               d->cur.kind == INPUT_SETUP || d->cur.kind == INPUT_RESPONSE;
    if (may && d->nudged_at == NOWHERE && stands_under_lines(d))
        proof_nudge(d);
    else
        ask_glued(d);
}
