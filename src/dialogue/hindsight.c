/* Evidence that comes later.
 *
 * Prompt and echo drawn again say one of two things. Right behind the echo, or behind a log line:
 * the device draws its line anew, and the output begins behind it. Behind an output: the first echo
 * was a kernel's (or text that read as one), so the prompt before it was false, and what lies
 * between belongs to the command before. The latter is believed only where that prompt was not
 * proved otherwise. */
#include "dialogue/turn.h"

#include <string.h>

static const char two_echoes[] =
    "prompt and next input stood there twice: one of them was text, or the terminal echoed ahead";
static const char surplus[] =
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

/* The output of the command before goes on to `end`; the echo that seemed to end it was none. */
static void extend(struct dialogue *d, size_t end, size_t behind)
{
    struct held *h = &d->held;
    stream_omit(&d->stream, h->echo_from, h->echo_to);
    h->what.end = prompt_block(&d->prompts, &d->stream, end, h->what.start);
    h->what.doubt = two_echoes;
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
    owed_begin(o, &d->stream, &d->prompts, from, from);
    o->at = o->scan = o->anchor = o->sent = from;
    o->broken = o->moved = true;
}

/* Prompt and cur's text stand on the line [from, lf). */
static void drawn_again(struct dialogue *d, size_t from, size_t lf)
{
    bool certain = d->terminal || !d->log_only;
    if (d->log_only && (!d->first_line || !d->terminal)) {
        d->out_start = d->held.echo_to = lf + 1;
        if (d->next.kind != INPUT_NONE)
            look_further(d, lf + 1);
    } else if (d->held.active && d->held.again) {
        extend(d, from, lf + 1);
        look_further(d, lf + 1);
    } else if (certain && !d->edited && *d->cur.nonce && d->cur.kind == INPUT_COMMAND) {
        d->cur.doubt = two_echoes;
        if (d->cur.command > 0)
            outcome_doubt(&d->outcome, d->cur.command - 1, two_echoes);
    }
}

static void look_at(struct dialogue *d, size_t from, size_t lf)
{
    char text[TAIL_MAX];
    size_t n = stream_line(&d->stream, from, lf, text);
    bool same = n != NOWHERE && is_text(text, n, d->cur.text);
    if (same && d->first_line && (d->echoes_twice || d->cur.kind == INPUT_SETUP)) {
        d->echoes_twice = true;
        d->out_start = lf + 1;
        return;
    }
    if (owed_line_is(&d->stream, &d->prompts, from, lf, d->cur.text))
        drawn_again(d, from, lf);
    else if (n == NOWHERE || !prompt_is_log_line(text, n))
        d->log_only = d->log_only && stream_is_blank(&d->stream, from, lf) && !d->first_line;
    d->first_line = false;
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
    extend(d, s->line_start, s->line_start);
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
        if (!d->first_line && !d->log_only &&
            !memmem(stream_at(s, from), s->line_start - from, d->cur.text, len)) {
            d->held.scan = s->line_start;
            break;
        }
        size_t lf = stream_line_end(s, from);
        d->held.scan = lf + 1;
        look_at(d, from, lf);
    }
    look_at_tail(d);
}

void hindsight_surplus(struct dialogue *d)
{
    struct stream *s = &d->stream;
    if (d->cur.kind != INPUT_COMMAND || d->echo != ECHO_NO || d->owed.double_enter)
        return;
    size_t lf = d->out_start < d->out_end ? stream_line_end(s, d->out_start) : NOWHERE;
    char text[TAIL_MAX];
    if (lf == NOWHERE || lf >= d->out_end)
        return;
    size_t from = d->out_start, n = stream_line(s, from, lf, text), rest = 0;
    if (n == 0 && (lf = stream_line_end(s, from = lf + 1)) != NOWHERE && lf < d->out_end)
        n = stream_line(s, from, lf, text); /* the line end that was made of ours */
    if (lf == NOWHERE || lf >= d->out_end || n == NOWHERE || n == 0 ||
        prompt_count(&d->prompts, text, n, &rest, NULL, 0) == 0 || rest > 0)
        return;
    d->out_start = lf + 1;
    d->cur.doubt = surplus;
    if (!d->held.active)
        return;
    d->held.what.end = d->held.next_end;
    d->held.what.doubt = surplus;
}
