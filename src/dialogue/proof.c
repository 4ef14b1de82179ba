/* Knowing that an output is whole.
 *
 * The next input goes out the moment a prompt is seen, which costs no round trip. Its echo right
 * behind that prompt proves it. If something else comes first, the prompt was false: what came
 * belongs to the output, and the echo is looked for behind a later prompt; nothing is sent again,
 * because what was typed ahead is still waiting at the device.
 *
 * An echo may be wrapped (its parts are whole lines, one after another) or interrupted (a log line
 * in the middle; then the rest of it, or prompt and all of it, stands on a line of its own). */
#include "dialogue/internal.h"

#include <string.h>

static bool owes_echo(const struct dialogue *d, const struct input *in)
{
    switch (in->kind) {
    case INPUT_NONE:
    case INPUT_RESPONSE:
        return false;
    case INPUT_EMPTY:
    case INPUT_SECOND:
        return true; /* the prompt again, that is */
    default:
        return d->echo != ECHO_NO && *in->text;
    }
}

void proof_send(struct dialogue *d, const struct input *input)
{
    d->next = *input;
    d->next.sent_at = d->now;
    bool response = input->kind == INPUT_RESPONSE;
    dialogue_out(d, input->text, true, response);
    d->nudged_at = NOWHERE;
    d->nudges = 0;
    if (response)
        proof_promote(d, stream_end(d), stream_end(d), 0);
    else if (!owes_echo(d, input))
        proof_promote(d, d->cand.out_end, d->cand.sent, 0);
}

void proof_promote(struct dialogue *d, size_t out_end, size_t out_start, unsigned proofs)
{
    if (d->cur.kind == INPUT_COMMAND && held_wanted(d)) {
        held_begin(d, out_end, out_start);
    } else if (d->cur.kind == INPUT_COMMAND) {
        struct held done = {.command = d->cur.command,
                            .start = d->out_start,
                            .end = out_end,
                            .proofs = d->cur.proofs,
                            .ms = mono_ms_between(d->cur.sent_at, d->cur.done_at)};
        command_settle(d, &done);
    }
    d->cur = d->next;
    d->cur.proofs = proofs;
    d->next.kind = INPUT_NONE;
    d->out_start = out_start;
    d->nudged_at = NOWHERE;
    size_t keep = out_start < d->line_start ? out_start : d->line_start;
    stream_drop_to(d, d->held.active && d->held.start < keep ? d->held.start : keep);
    if (d->cur.kind == INPUT_COMMAND)
        command_started(d);
    else if (d->cur.kind == INPUT_LOGOUT)
        ending_begun(d);
}

void proof_nudge(struct dialogue *d)
{
    if (d->nudges >= NUDGES_MAX)
        return;
    d->nudges++;
    d->spare++;
    d->nudged_at = stream_end(d);
    d->cand.nudge_line = d->line_start;
    dialogue_out(d, "", true, false);
}

bool proof_stands(const struct dialogue *d)
{
    return !d->cand.broken && !d->cand.other;
}

/* Where on the raw line the learned prompt ends, nothing visible being before it; NOWHERE. */
static size_t behind_prompt(const struct dialogue *d, size_t from, size_t to)
{
    size_t n = d->prompt_len;
    while (n > 0 && d->prompt[n - 1] == ' ')
        n--;
    const char *raw = stream_at(d, from);
    const char *hit = n > 0 ? memmem(raw, to - from, d->prompt, n) : NULL;
    char before[8];
    if (!hit || (size_t)(hit - raw) > TAIL_RAW ||
        clean_tail(before, sizeof before, raw, (size_t)(hit - raw)) > 0)
        return NOWHERE;
    return from + (size_t)(hit - raw) + n;
}

static bool ends_in(const char *text, size_t n, const char *input, size_t len)
{
    return len > 0 && n > len && memcmp(text + n - len, input, len) == 0;
}

enum echo_result proof_line(const struct dialogue *d, size_t from, size_t to, const char *input,
                            size_t *matched)
{
    *matched = 0;
    size_t len = strlen(input);
    if (to - from > TAIL_RAW)
        return ECHO_NOT;
    size_t behind = behind_prompt(d, from, to);
    if (behind != NOWHERE) {
        enum echo_result r = echo_match(stream_at(d, behind), to - behind, input, len, matched);
        if (r == ECHO_ALL || (r == ECHO_PART && *matched > 0))
            return r;
    }
    /* A prompt with another text: a clock. */
    char text[TAIL_MAX];
    size_t n = stream_line(d, from, to, text);
    while (len > 0 && input[len - 1] == ' ')
        len--;
    while (n != NOWHERE && n > 0 && text[n - 1] == ' ')
        n--;
    if (n == NOWHERE || !ends_in(text, n, input, len) || !prompt_is_like(d, text, n - len))
        return ECHO_NOT;
    *matched = len;
    return ECHO_ALL;
}

void proof_confirm(struct dialogue *d)
{
    d->confirmed = true;
    memcpy(d->proved, d->prompt, d->prompt_len);
    d->proved_len = d->prompt_len;
}

/* What the prompt really was is known once the echo stands behind it: a blank may have come late,
 * or an earlier one was false. */
static void learn_again(struct dialogue *d, size_t from, size_t to)
{
    char text[TAIL_MAX];
    size_t n = stream_line(d, from, to, text), len = strlen(d->next.text);
    while (len > 0 && d->next.text[len - 1] == ' ')
        len--;
    while (n != NOWHERE && n > 0 && text[n - 1] == ' ')
        n--;
    if (n == NOWHERE || !ends_in(text, n, d->next.text, len) || !prompt_is_like(d, text, n - len))
        return;
    n -= len;
    if (prompt_is_doubled(d, text, n))
        n /= 2;
    bool same = n == d->proved_len && memcmp(text, d->proved, n) == 0;
    d->cur.proofs &= ~(unsigned)(PROOF_PROMPT | PROOF_PATTERN);
    d->cur.proofs |= same ? PROOF_PROMPT : PROOF_PATTERN;
    prompt_learn(d, text, n);
}

/* The echo that was owed: it began on the line at `line` and ended at lf. */
static bool found(struct dialogue *d, size_t line, size_t lf)
{
    struct candidate *c = &d->cand;
    /* Prompts in between are those that our spare line ends brought. */
    bool same = line == c->at || (!c->broken && !c->other && d->spare > 0);
    size_t out_end = same ? c->out_end : line;
    learn_again(d, line, lf);
    if (!same)
        d->cur.done_at = d->now;
    d->echo = ECHO_YES;
    proof_confirm(d);
    d->spare = 0;
    d->cur.proofs |= PROOF_NEXT_ECHO;
    proof_promote(d, out_end, lf + 1, PROOF_ECHO);
    return true;
}

static bool is_prompt_or_decoration(const struct dialogue *d, size_t from, size_t to)
{
    return prompt_is_bare(d, from, to) || prompt_is_decoration(d, from, to);
}

/* The line on which the prompt stands has ended at lf. */
static bool look_behind_prompt(struct dialogue *d, size_t lf)
{
    struct candidate *c = &d->cand;
    size_t matched = 0, from = c->sent < lf ? c->sent : lf;
    const char *input = d->next.text;
    enum echo_result r = echo_match(stream_at(d, from), lf - from, input, strlen(input), &matched);
    if (r == ECHO_NOT) /* perhaps drawn anew */
        r = proof_line(d, c->at, lf, input, &matched);
    if (r == ECHO_ALL)
        return found(d, c->at, lf);
    c->broken = r == ECHO_NOT;
    c->echoed = r == ECHO_PART ? matched : 0;
    return false;
}

/* A later line [from, lf). */
static bool look_at_line(struct dialogue *d, size_t from, size_t lf)
{
    struct candidate *c = &d->cand;
    size_t matched = 0;
    const char *rest = d->next.text + c->echoed;
    if (!c->broken || c->echoed > 0) {
        enum echo_result r =
            echo_match(stream_at(d, from), lf - from, rest, strlen(rest), &matched);
        if (r == ECHO_ALL && c->echoed == 0) {
            /* An output may hold such a line, too: " exit" in a configuration. */
            c->weak = from;
            c->weak_end = lf + 1;
            return false;
        }
        if (r == ECHO_ALL)
            return found(d, c->echoed > 0 ? c->anchor : from, lf);
        if (r == ECHO_PART && matched > 0 && c->echoed > 0) {
            c->echoed += matched;
            return false;
        }
    }
    enum echo_result r = proof_line(d, from, lf, d->next.text, &matched);
    if (r == ECHO_ALL) /* after an interruption the whole line is drawn again */
        return found(d, c->echoed > 0 && c->anchor == c->at ? c->at : from, lf);
    if (r == ECHO_PART) {
        c->anchor = from;
        c->echoed = matched;
        return false;
    }
    c->other = c->other || !is_prompt_or_decoration(d, from, lf);
    return false;
}

/* Where this device's echoes are known, and none was recognised: was there one at all? Else the
 * prompt was false, and the input typed ahead was thrown away. */
static bool like_an_echo(const struct dialogue *d)
{
    const struct candidate *c = &d->cand;
    if (d->echo != ECHO_YES || d->cur.kind != INPUT_COMMAND || c->weak != NOWHERE)
        return true;
    size_t lf = stream_line_end(d, c->sent);
    size_t to = lf == NOWHERE ? stream_end(d) : lf;
    return echo_resembles(stream_at(d, c->sent), to - c->sent, d->next.text, strlen(d->next.text));
}

/* After an empty line sent to see where we are: the prompt again, and nothing between. So the
 * device has read the input before it, too, and its echo was not to be recognised. */
static bool unrecognised(struct dialogue *d)
{
    size_t at = d->cand.nudge_line;
    if (at == NOWHERE || d->line_start <= at || !d->tail_short ||
        prompt_judge(d, d->tail, d->tail_len) < PROMPT_PATTERN)
        return false;
    for (size_t from = at, lf; from < d->line_start; from = lf + 1) {
        lf = stream_line_end(d, from);
        if (!is_prompt_or_decoration(d, from, lf))
            return false;
    }
    if (d->echo == ECHO_UNKNOWN)
        d->echo = ECHO_NO;
    if (!like_an_echo(d)) {
        ending_fail(d, FAIL_TRUNCATED,
                    "what followed the prompt is not the echo of '%.160s', which never came: the "
                    "output of '%.160s' may lack its end",
                    d->next.text, d->cur.text);
        return true;
    }
    proof_confirm(d);
    if (d->cand.weak != NOWHERE) {
        d->cur.proofs |= PROOF_NEXT_ECHO;
        proof_promote(d, d->cand.weak, d->cand.weak_end, PROOF_ECHO);
    } else {
        proof_promote(d, d->cand.out_end, d->cand.sent, 0);
    }
    if (!d->finished && d->cur.kind != INPUT_LOGOUT)
        prompt_accept(d, at, PROOF_PROMPT | PROOF_NUDGE);
    return true;
}

static bool echo_look(struct dialogue *d)
{
    struct candidate *c = &d->cand;
    while (c->scan < d->line_start) {
        size_t from = c->scan, lf = stream_line_end(d, from);
        if (c->lines == 0 && !c->moved ? look_behind_prompt(d, lf) : look_at_line(d, from, lf))
            return true;
        c->scan = lf + 1;
        c->lines++;
    }
    return unrecognised(d);
}

/* The blank behind a prompt may come later than the rest of it; where nothing is known of prompts,
 * any part of it may. */
static void learn_late_part(struct dialogue *d)
{
    size_t n = d->prompt_len;
    if (d->platform->learn_prompt && !d->confirmed) {
        prompt_learn(d, d->tail, d->tail_len);
        d->cand.sent = stream_end(d);
        return;
    }
    while (n < d->tail_len && d->tail[n] == ' ')
        n++;
    if (n > d->prompt_len && n == d->tail_len && memcmp(d->tail, d->prompt, d->prompt_len) == 0) {
        prompt_learn(d, d->tail, d->tail_len);
        d->cand.sent = stream_end(d);
    }
}

/* The rest of the prompt's own line, which has ended. */
static bool is_blank(const struct dialogue *d, size_t from, size_t to)
{
    char text[TAIL_MAX];
    size_t n = stream_line(d, from, to, text);
    while (n != NOWHERE && n > 0 && text[n - 1] == ' ')
        n--;
    return n == 0;
}

static void scan_line(struct dialogue *d, size_t from, size_t lf)
{
    struct candidate *c = &d->cand;
    if (c->lines == 0) {
        c->broken = c->sent < lf && !is_blank(d, c->sent, lf);
        return;
    }
    if (prompt_is_bare(d, from, lf)) {
        c->again = c->again == NOWHERE ? from : c->again;
    } else if ((c->again != NOWHERE || !c->other) && !prompt_is_decoration(d, from, lf)) {
        c->again = NOWHERE;
        c->other = true;
    }
}

static void scan_lines(struct dialogue *d)
{
    struct candidate *c = &d->cand;
    for (size_t lf; c->scan < d->line_start; c->scan = lf + 1, c->lines++) {
        lf = stream_line_end(d, c->scan);
        scan_line(d, c->scan, lf);
    }
}

/* A new prompt to see twice. */
static void begin_again(struct dialogue *d)
{
    d->cand = (struct candidate){.at = d->line_start,
                                 .out_end = d->line_start,
                                 .sent = stream_end(d),
                                 .scan = d->line_start,
                                 .anchor = d->line_start,
                                 .again = NOWHERE,
                                 .nudge_line = NOWHERE,
                                 .weak = NOWHERE,
                                 .moved = true};
    prompt_learn(d, d->tail, d->tail_len);
}

static void prove_twice(struct dialogue *d, size_t out_end, bool doubled)
{
    d->cur.proved_twice = true;
    d->next.kind = INPUT_NONE;
    if (doubled)
        prompt_go_on(d, out_end, PROOF_SECOND);
    else
        prompt_accept(d, out_end, PROOF_SECOND);
}

static bool second_came(struct dialogue *d, bool doubled)
{
    struct candidate *c = &d->cand;
    if (!c->broken && !c->other) {
        prove_twice(d, c->out_end, doubled);
        return true;
    }
    /* The prompt was false, and what lies between belongs to the output; but the line end was the
     * terminal's echo of ours. */
    size_t lf = stream_line_end(d, c->at);
    if (d->platform->echo == PLATFORM_ECHO_TTY && lf != NOWHERE && !c->broken && !c->moved)
        stream_omit(d, (struct omission){c->sent, lf + 1, false});
    d->cur.done_at = d->now;
    if (doubled || c->again != NOWHERE) {
        prove_twice(d, doubled ? d->line_start : c->again, doubled);
        return true;
    }
    begin_again(d);
    return false;
}

/* An empty line was sent: the same prompt again. */
static bool again_look(struct dialogue *d)
{
    scan_lines(d);
    if (!d->tail_short || d->tail_len == 0)
        return false;
    bool doubled = prompt_is_doubled(d, d->tail, d->tail_len);
    if (d->line_start == d->cand.at && !doubled) {
        learn_late_part(d);
        return false;
    }
    if (d->tail_len < d->prompt_len && memcmp(d->tail, d->prompt, d->tail_len) == 0)
        return false; /* the rest is on its way */
    enum prompt_judgement j = doubled ? PROMPT_EXACT : prompt_judge(d, d->tail, d->tail_len);
    if (d->next.kind == INPUT_SECOND && d->cur.glued && j == PROMPT_PATTERN) {
        d->cand.out_end = d->cand.at; /* a new prompt, then, and all of it */
        d->cur.proofs = (d->cur.proofs & ~(unsigned)PROOF_PROMPT) | PROOF_PATTERN;
    }
    if (d->next.kind == INPUT_SECOND)
        return j >= PROMPT_PATTERN && second_came(d, doubled);
    if (j == PROMPT_NOT && !d->platform->learn_prompt)
        return false;
    if (j == PROMPT_EXACT || (j == PROMPT_PATTERN && !d->platform->learn_prompt)) {
        proof_confirm(d);
        d->cur = d->next;
        d->next.kind = INPUT_NONE;
        d->out_start = d->line_start;
        if (doubled)
            prompt_go_on(d, d->line_start, 0);
        else
            prompt_accept(d, d->line_start, 0);
        return true;
    }
    begin_again(d);
    return false;
}

bool proof_look(struct dialogue *d)
{
    bool again = d->next.kind == INPUT_EMPTY || d->next.kind == INPUT_SECOND;
    return again ? again_look(d) : echo_look(d);
}

void proof_quiet(struct dialogue *d)
{
    bool prompt = d->tail_short && prompt_judge(d, d->tail, d->tail_len) != PROMPT_NOT;
    bool moved = d->line_start > d->cand.at;
    switch (d->next.kind) {
    case INPUT_EMPTY:
        if (prompt)
            proof_nudge(d);
        break;
    case INPUT_SECOND:
        if (prompt && d->cand.moved)
            proof_nudge(d);
        break;
    default:
        if (prompt && moved)
            proof_nudge(d);
        break;
    }
}
