/* Evidence that comes later.
 *
 * Prompt and echo drawn again say one of two things. Right behind the echo, or behind a log line:
 * the device draws its line anew, and the output begins behind it. Behind an output: the first echo
 * was a kernel's (or text that read as one), so the prompt before it was false, and what lies
 * between belongs to the command before. The latter is believed only where that prompt was not
 * proved otherwise. */
#include "dialogue/hindsight.h"

#include "dialogue/log_line.h"

#include <string.h>

#define REFUSAL_LINES 3
#define SHIFTED_MAX   2 /* commands before one whose output shows that they may have shifted */
#define TWICE_MIN     2 /* bytes of a prompt that nobody writes twice in a row by accident */

static const char two_echoes[] =
    "prompt and next input stood there twice: one of them was text, or the terminal echoed ahead";
static const char second_line[] =
    "its first line was the command: the device's echo once more, or the output's own";
const char hindsight_surplus_doubt[] =
    "more prompts came than inputs were sent: one that ended it may have been text";

static bool is_text(const char *line, size_t n, const char *text)
{
    size_t len = strlen(text);
    while (n > 0 && line[n - 1] == ' ')
        n--;
    while (len > 0 && text[len - 1] == ' ')
        len--;
    return n == len && memcmp(line, text, n) == 0;
}

/* As turn_doubt, of what is held. */
static void doubt_held(struct dialogue *d, const char *why)
{
    if (d->held.active && !d->held.what.doubt)
        d->held.what.doubt = why;
}

/* The output of the command before goes on to `end`; the echo that seemed to end it was none. */
static void extend(struct dialogue *d, size_t end, size_t behind)
{
    struct held *h = &d->held;
    stream_omit(&d->stream, h->echo_from, h->echo_to);
    h->what.end = prompt_block(&d->prompts, &d->stream, end, h->what.start);
    doubt_held(d, two_echoes);
    turn_doubt(d, two_echoes);
    h->echo_from = h->echo_to = behind;
    h->what.ms += mono_ms_between(d->cur.sent_at, d->now);
    d->out_start = behind;
}

/* Whatever was sent since is still waiting at the device. */
static void look_further(struct dialogue *d, size_t from)
{
    struct owed *o = &d->owed;
    if (d->next.kind == INPUT_NONE)
        return;
    owed_begin(o, &d->stream, &d->prompts, from);
    o->at = o->scan = o->anchor = o->sent = from;
    o->broken = o->moved = true;
}

static void begin_behind(struct dialogue *d, size_t lf)
{
    d->out_start = d->held.echo_to = lf + 1;
    if (d->next.kind != INPUT_NONE)
        look_further(d, lf + 1);
}

/* Right behind the echo: a device that draws its line anew, or an output that begins so. */
static void drawn_at_once(struct dialogue *d, size_t lf)
{
    d->redraws |= d->cur.kind == INPUT_SETUP;
    if (!d->redraws) {
        turn_doubt(d, two_echoes);
        doubt_held(d, two_echoes);
        if (!d->held.active && d->cur.kind == INPUT_COMMAND && d->cur.command > 0)
            outcome_doubt(&d->outcome, d->cur.command - 1, two_echoes);
    }
    if (d->redraws || !*d->cur.nonce || !d->edited)
        begin_behind(d, lf);
}

/* Prompt and cur's text stand on the line [from, lf). */
static void drawn_again(struct dialogue *d, size_t from, size_t lf)
{
    if (d->log_only && !d->first_line) {
        if (d->held.active && d->held.again) {
            turn_doubt(d, two_echoes);
            doubt_held(d, two_echoes);
        }
        begin_behind(d, lf);
    } else if (d->log_only && !d->terminal) {
        drawn_at_once(d, lf);
    } else if (d->held.active && d->held.again) {
        extend(d, from, lf + 1);
        look_further(d, lf + 1);
    } else if (!d->edited && *d->cur.nonce && d->cur.kind == INPUT_COMMAND) {
        turn_doubt(d, two_echoes);
        if (d->cur.command > 0)
            outcome_doubt(&d->outcome, d->cur.command - 1, two_echoes);
    }
}

static void look_at(struct dialogue *d, size_t from, size_t lf)
{
    char text[TAIL_MAX];
    size_t n = stream_line(&d->stream, from, lf, text);
    bool same = n != NOWHERE && is_text(text, n, d->cur.text);
    bool untold = d->platform->on_open.n == 0 && !d->terminal && d->cur.kind == INPUT_COMMAND;
    if (same && d->first_line && (d->echoes_twice || d->cur.kind == INPUT_SETUP || untold)) {
        if (untold && !d->echoes_twice)
            turn_doubt(d, second_line);
        d->echoes_twice |= d->cur.kind == INPUT_SETUP;
        d->out_start = lf + 1;
        return;
    }
    if (owed_line_is(&d->stream, &d->prompts, from, lf, d->cur.text))
        drawn_again(d, from, lf);
    else if (d->held.active && d->held.again && !*d->cur.nonce &&
             owed_line_is_rest(&d->stream, &d->prompts, from, lf, d->cur.text))
        extend(d, from, lf + 1);
    else if (n == NOWHERE || !prompt_is_log_line(text, n))
        d->log_only = d->log_only && stream_is_blank(&d->stream, from, lf) && !d->first_line;
    d->first_line = false;
}

/* The device refused the log-out, in a few lines. */
static bool logout_refused(const struct dialogue *d)
{
    const struct stream *s = &d->stream;
    size_t lines = 0, len = 0;
    bool refused = false;
    size_t from = d->out_start > s->base ? d->out_start : s->base;
    if (s->line_start - from > RECENT_MAX)
        return false;
    for (size_t lf; from < s->line_start && lines <= REFUSAL_LINES; from = lf + 1) {
        char text[TAIL_MAX];
        lf = stream_line_end(s, from);
        size_t n = stream_line(s, from, lf, text);
        lines += !stream_is_blank(s, from, lf);
        refused = refused || (n != NOWHERE && n > 0 && outcome_refusal(d->platform, text, n, &len));
    }
    return refused && lines <= REFUSAL_LINES;
}

/* The log-out was sent where the last command's prompt may have been part of its output: a prompt
 * that stands alone shows that it was. */
static void look_at_tail(struct dialogue *d)
{
    const struct stream *s = &d->stream;
    if (!d->held.active || !d->held.again || d->cur.kind != INPUT_LOGOUT || d->logouts > 1 ||
        !s->tail_short || s->line_start <= d->owed.at || s->line_start < d->held.scan ||
        prompt_judge(&d->prompts, s->tail, s->tail_len) != PROMPT_EXACT)
        return;
    if (!logout_refused(d))
        extend(d, s->line_start, s->line_start);
}

/* Where the first line of [from, end) that holds these bytes begins; NOWHERE. */
static size_t line_with(const struct stream *s, size_t from, size_t end, const char *text, size_t n)
{
    const char *raw = stream_at(s, from), *hit = memmem(raw, end - from, text, n);
    const char *lf = hit ? memrchr(raw, '\n', (size_t)(hit - raw)) : NULL;
    if (!hit)
        return NOWHERE;
    return lf ? from + (size_t)(lf - raw) + 1 : from;
}

void hindsight_look(struct dialogue *d)
{
    const struct stream *s = &d->stream;
    bool of_interest = d->cur.kind == INPUT_COMMAND || d->cur.kind == INPUT_SETUP ||
                       (d->cur.kind == INPUT_LOGOUT && d->logouts == 1);
    if (!of_interest || !*d->cur.text || !(d->cur.proofs & PROOF_ECHO) || d->settled)
        return;
    /* The same command twice: what comes is the second's. */
    if (d->next.kind == INPUT_COMMAND && strcmp(d->next.text, d->cur.text) == 0)
        return;
    size_t len = strlen(d->cur.text);
    while (d->held.scan < s->line_start) {
        size_t from = d->held.scan;
        /* Lines without the text are passed over at once: outputs may be large. */
        if (!d->first_line && !d->log_only)
            from = line_with(s, from, s->line_start, d->cur.text + (len > 8 ? len - 8 : 0),
                             len > 8 ? 8 : len);
        d->held.scan = from != NOWHERE ? from : s->line_start;
        if (from == NOWHERE)
            break;
        size_t lf = stream_line_end(s, from);
        d->held.scan = lf + 1;
        look_at(d, from, lf);
    }
    look_at_tail(d);
}

/* A prompt stands at the beginning of cur's output. Without echo it is all of a line; a terminal
 * without line editing puts the output right behind it. */
static bool begins_with_prompt(const struct dialogue *d)
{
    const struct stream *s = &d->stream;
    const struct prompt_text *t = &d->prompts.proved;
    char text[TAIL_MAX];
    size_t from = d->out_start, lf = from < d->out_end ? stream_line_end(s, from) : NOWHERE;
    if (d->echo == ECHO_NO && lf != NOWHERE && stream_is_blank(s, from, lf)) {
        from = lf + 1; /* the line end that was made of ours */
        lf = from < d->out_end ? stream_line_end(s, from) : NOWHERE;
    }
    size_t rest = 0, n = lf != NOWHERE ? stream_line(s, from, lf, text) : NOWHERE;
    if (n == NOWHERE || lf >= d->out_end)
        return false;
    if (d->echo == ECHO_NO)
        return prompt_count(&d->prompts, text, n, &rest, NULL, 0) > 0 && rest == 0;
    if (d->bracketed) /* what the shell runs begins behind the mark that ends its editing */
        return t->n > 0 && lf - from > t->n && memcmp(stream_at(s, from), t->text, t->n) == 0;
    return t->n > 0 && n >= t->n && memcmp(text, t->text, t->n) == 0;
}

/* The first line of [from, end) that holds text, its beginning; NOWHERE. Where bytes that colour it
 * may stand between those of a prompt, lines are read one by one besides. */
static size_t line_that_holds(const struct dialogue *d, size_t from, size_t end, const char *text,
                              size_t n)
{
    const struct stream *s = &d->stream;
    if (n == 0 || from >= end)
        return NOWHERE;
    size_t line = line_with(s, from, end, text, n);
    for (size_t lf; line == NOWHERE && d->coloured && from < end; from = lf + 1) {
        char shown[TAIL_MAX];
        lf = stream_line_end(s, from);
        size_t to = lf == NOWHERE || lf > end ? end : lf, len = stream_line(s, from, to, shown);
        if (len != NOWHERE && memmem(shown, len, text, n))
            line = from;
        if (lf == NOWHERE)
            break;
    }
    return line;
}

/* The prompt stands twice on a line of cur's output, as no log has it: the shell has read an empty
 * line of ours only then. */
static bool has_prompt_twice(const struct dialogue *d)
{
    const struct prompt_text *t = &d->prompts.proved;
    char twice[2 * TAIL_MAX];
    if (t->n < TWICE_MIN || t->n > TAIL_MAX)
        return false;
    memcpy(twice, t->text, t->n);
    memcpy(twice + t->n, t->text, t->n);
    return line_that_holds(d, d->out_start, d->out_end, twice, 2 * t->n) != NOWHERE;
}

/* It may be the one that the command before left over, or this output's own: a log of a session. */
void hindsight_surplus(struct dialogue *d)
{
    bool kernel = turn_kernel_reads(d);
    if (d->cur.kind != INPUT_COMMAND || !(d->echo == ECHO_NO || kernel) || d->owed.double_enter ||
        (!d->held.active && d->cur.command == 0 && kernel) ||
        (!begins_with_prompt(d) && !has_prompt_twice(d)))
        return;
    turn_doubt(d, hindsight_surplus_doubt);
    d->miscounted = d->echo == ECHO_NO;
    if (d->held.active && !d->held.again)
        doubt_held(d, hindsight_surplus_doubt);
}

/* Commands that nothing but an echo proved, of a kind that a kernel makes. */
static void doubt_echoes(struct dialogue *d)
{
    const struct outcome *o = &d->outcome;
    if (d->held.active && d->held.again)
        doubt_held(d, hindsight_surplus_doubt);
    for (size_t i = 0; i < o->n; i++) {
        unsigned proofs = o->results[i].proofs;
        bool strong =
            proofs & (PROOF_SECOND | PROOF_EXIT_STATUS) || (proofs & PROOF_NONCE && d->edited);
        if (o->results[i].status == COMMAND_OK && !strong)
            outcome_doubt(&d->outcome, i, hindsight_surplus_doubt);
    }
}

/* The prompt at a line's beginning, not where only a line of a log came behind it: such a one is
 * drawn again. */
static bool stands_in(const struct dialogue *d, size_t from, size_t end)
{
    const struct stream *s = &d->stream;
    const struct prompt_text *t = &d->prompts.proved;
    size_t n = clean_length(t->text, t->n);
    while (n > 1 && from < end) {
        char text[TAIL_MAX];
        from = line_that_holds(d, from, end, t->text, n);
        if (from == NOWHERE)
            return false;
        size_t lf = stream_line_end(s, from), next = lf == NOWHERE ? end : lf + 1;
        size_t len = stream_line(s, from, lf == NOWHERE || lf > end ? end : lf, text);
        bool begins = len != NOWHERE && len >= n && memcmp(text, t->text, n) == 0;
        size_t next_end = next < end ? stream_line_end(s, next) : NOWHERE;
        len = begins && next_end != NOWHERE ? stream_line(s, next, next_end, text) : NOWHERE;
        if (begins && (len == NOWHERE || !prompt_is_log_line(text, len)))
            return true;
        from = next;
    }
    return false;
}

void hindsight_of_prompts(struct dialogue *d, struct span *what)
{
    if (!turn_digits_as_kernel(d) || what->command == 0 || !stands_in(d, what->start, what->end))
        return;
    if (!what->doubt)
        what->doubt = hindsight_surplus_doubt;
    for (size_t back = 1; back <= SHIFTED_MAX && back <= what->command; back++)
        outcome_doubt(&d->outcome, what->command - back, hindsight_surplus_doubt);
}

void hindsight_prompts_on_one_line(struct dialogue *d)
{
    turn_doubt(d, hindsight_surplus_doubt);
    doubt_echoes(d);
}

/* A line that the platform prints above its prompts stands above the one at `at`: a log-out from a
 * mode within a mode, "[edit interfaces]", leads to the same prompt under another such line. */
static bool stands_under_decoration(const struct dialogue *d, size_t at)
{
    const struct stream *s = &d->stream;
    size_t floor = d->out_start > s->base ? d->out_start : s->base;
    if (at <= floor + 1)
        return false;
    const char *raw = stream_at(s, floor);
    const char *lf = memrchr(raw, '\n', at - 1 - floor);
    size_t up = lf ? floor + (size_t)(lf - raw) + 1 : floor;
    return !stream_is_blank(s, up, at - 1) &&
           prompt_is_decoration(&d->prompts, s, up, at - 1, false);
}

/* The session goes on at the prompt at which we logged out, and said something before. */
static bool goes_on(const struct dialogue *d)
{
    const struct stream *s = &d->stream;
    bool known = false;
    if (stands_under_decoration(d, s->line_start))
        return false;
    if (prompt_judge(&d->prompts, s->tail, s->tail_len) == PROMPT_EXACT)
        return true;
    int mode = rules_mode(d->config.rules, &d->matcher, s->tail, s->tail_len, &known);
    return mode >= 0 && mode == d->prompts.mode && d->out_start < s->line_start &&
           !stream_is_blank(s, d->out_start, s->line_start - 1);
}

/* A prompt behind text on the stream's last line [from, end), which has no end of its own. */
static bool ends_with_prompt(const struct dialogue *d, size_t from, size_t end)
{
    const struct stream *s = &d->stream;
    char text[TAIL_MAX];
    size_t rest = 0, n = stream_line(s, from, end, text);
    return n == NOWHERE ? prompt_at_end(&d->prompts, s, from, end, NULL, NULL) != NOWHERE
                        : prompt_count(&d->prompts, text, n, &rest, NULL, 0) > 0;
}

/* The line [from, end) is a known prompt; or begins with one, behind which a terminal without line
 * editing puts what comes next; or ends in one, and so does the stream. */
static bool shows_prompt(const struct dialogue *d, size_t from, size_t lf, size_t end)
{
    const struct prompt_text *t = &d->prompts.proved;
    char text[TAIL_MAX];
    size_t rest = 0, n = stream_line(&d->stream, from, lf, text);
    if (n != NOWHERE && prompt_count(&d->prompts, text, n, &rest, NULL, 0) > 0 && rest == 0)
        return !stands_under_decoration(d, from);
    if (lf == end && ends_with_prompt(d, from, end))
        return true;
    return turn_is_unix_like(d) && !d->edited && n != NOWHERE && t->n > 1 && n > t->n &&
           memcmp(text, t->text, t->n) == 0;
}

void hindsight_at_end(struct dialogue *d)
{
    const struct stream *s = &d->stream;
    size_t end = stream_end(s), from = d->out_start > s->base ? d->out_start : s->base;
    bool surplus = false;
    if (d->cur.kind != INPUT_LOGOUT || end - from > RECENT_MAX)
        return;
    for (size_t lf; from < end; from = lf + 1) {
        lf = stream_line_end(s, from);
        lf = lf == NOWHERE ? end : lf;
        surplus = surplus || shows_prompt(d, from, lf, end);
    }
    if (surplus && d->held.active && !d->held.again) {
        d->held.what.end = d->held.next_end;
        doubt_held(d, hindsight_surplus_doubt);
    }
    if (surplus)
        doubt_echoes(d);
}

bool hindsight_at_logout(struct dialogue *d)
{
    const struct stream *s = &d->stream;
    if (d->cur.kind != INPUT_LOGOUT || !s->tail_short || s->tail_len == 0 ||
        s->line_start <= d->logout_line || logout_refused(d))
        return false;
    if (goes_on(d))
        doubt_echoes(d);
    if (prompt_judge(&d->prompts, s->tail, s->tail_len) != PROMPT_EXACT || !d->held.active ||
        d->held.again || d->held.what.end == d->held.next_end)
        return false;
    d->held.what.end = d->held.next_end;
    doubt_held(d, hindsight_surplus_doubt);
    d->logout_line = s->line_start;
    return true;
}
