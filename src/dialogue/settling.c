/* A command's output is whole: settled at once, or held while what comes may still correct it. */
#include "dialogue/settling.h"

#include "dialogue/echo.h"
#include "dialogue/hindsight.h"
#include "dialogue/log_line.h"

#include <string.h>

/* Its own digits stand in cur's output, and no echo of it came: the device read them. */
static bool holds_its_digits(const struct dialogue *d)
{
    return *d->cur.nonce && !(d->cur.proofs & PROOF_ECHO) && d->out_start < d->out_end &&
           memmem(stream_at(&d->stream, d->out_start), d->out_end - d->out_start, d->cur.nonce,
                  NONCE_LEN);
}

/* Behind the line end that the device made of ours, where a log's line ended that of the echo. */
static size_t start_of(const struct dialogue *d)
{
    size_t lf = d->cur.line_end_owed ? stream_line_end(&d->stream, d->out_start) : NOWHERE;
    bool ours = lf != NOWHERE && lf < d->out_end && stream_is_blank(&d->stream, d->out_start, lf);
    return ours ? lf + 1 : d->out_start;
}

struct span settling_span(const struct dialogue *d)
{
    return (struct span){.command = d->cur.command,
                         .start = start_of(d),
                         .end = d->out_end,
                         .proofs = d->cur.proofs,
                         .ms = mono_ms_between(d->cur.sent_at, d->cur.done_at),
                         .doubt = d->cur.doubt,
                         .spoiled = d->cur.spoiled || holds_its_digits(d)};
}

/* Without echo what stands on the prompt's own line is only the line end that the device made of
 * ours, or an echo that nobody expected. */
static bool behind_silent_echo(const struct dialogue *d, struct span *what)
{
    const struct stream *s = &d->stream;
    if (what->proofs & (PROOF_ECHO | PROOF_EXIT_STATUS) || what->start >= what->end)
        return false;
    size_t lf = stream_line_end(s, what->start), matched = 0;
    const char *input = d->job->commands.items[what->command].text;
    if (lf == NOWHERE || lf >= what->end)
        return false;
    enum echo_result r =
        echo_match(stream_at(s, what->start), lf - what->start, input, strlen(input), &matched);
    if (r == ECHO_ALL)
        what->proofs |= PROOF_ECHO;
    if (r == ECHO_ALL || (r == ECHO_PART && matched == 0 && !d->no_line_ends))
        what->start = lf + 1;
    return r == ECHO_ALL;
}

/* What a line is at the beginning of an output that nothing was echoed before. */
enum beginning { BEGIN_BLANK, BEGIN_LOG, BEGIN_PROMPT, BEGIN_TEXT };

static enum beginning beginning_of(const struct dialogue *d, size_t from, size_t lf, bool *head)
{
    const struct prompt_text *t = &d->prompts.proved;
    char text[TAIL_MAX];
    size_t n = stream_line(&d->stream, from, lf, text), len = clean_length(t->text, t->n);
    bool announced = *head;
    *head = n != NOWHERE && prompt_is_log_head(text, n);
    if (n == NOWHERE)
        return BEGIN_TEXT;
    if (clean_length(text, n) == 0)
        return BEGIN_BLANK;
    if (announced || prompt_is_log_line(text, n))
        return BEGIN_LOG;
    return len > 0 && n >= len && memcmp(text, t->text, len) == 0 ? BEGIN_PROMPT : BEGIN_TEXT;
}

/* A line of a log behind a prompt stands, without echo, where an output begins; what the device
 * makes of our line end comes behind it then. */
static void doubt_log(const struct dialogue *d, struct span *what)
{
    static const char doubt[] =
        "it begins with what reads as a line of a log, and nothing was echoed before it";
    const struct stream *s = &d->stream;
    bool log = false, head = false, notice = false; /* notice: no output begins with one */
    for (size_t from = what->start, lf; from < what->end; from = lf + 1) {
        lf = stream_line_end(s, from);
        if (lf == NOWHERE || lf >= what->end)
            break;
        enum beginning b = beginning_of(d, from, lf, &head);
        notice |= head;
        bool telling = notice || (log && d->no_line_ends); /* nothing else could stand there */
        if ((b == BEGIN_TEXT && !telling) || (b == BEGIN_PROMPT && !log))
            return;
        if (log && b != BEGIN_LOG)
            break;
        log |= b == BEGIN_LOG;
    }
    if (log && !what->doubt)
        what->doubt = doubt;
}

static void settle(struct dialogue *d, struct span *what)
{
    static const char no_echo[] =
        "its own echo never came, and the next input's did: another line may have been read";
    const unsigned own = PROOF_ECHO | PROOF_SECOND | PROOF_EXIT_STATUS;
    bool echoed = behind_silent_echo(d, what);
    if (!(what->proofs & PROOF_ECHO))
        doubt_log(d, what);
    if (!(what->proofs & own) && what->proofs & PROOF_NEXT_ECHO && !what->doubt)
        what->doubt = no_echo;
    hindsight_of_prompts(d, what);
    if (echoed && d->echo == ECHO_NO && !d->platform->learn_prompt)
        d->echo = ECHO_YES;
    if (d->miscounted && !what->doubt && !(what->proofs & PROOF_EXIT_STATUS))
        what->doubt = hindsight_surplus_doubt;
    outcome_settle(&d->outcome, &d->stream, what);
}

void settling_release(struct dialogue *d, unsigned proofs)
{
    if (!d->held.active)
        return;
    d->held.active = false;
    d->held.what.proofs |= proofs;
    settle(d, &d->held.what);
}

/* Later evidence may correct what echoes alone, or a prompt without echo, ended. */
static bool may_be_false(const struct dialogue *d)
{
    if (d->cur.proved_twice)
        return (d->echo == ECHO_NO || turn_kernel_reads(d)) && d->out_next > d->out_end;
    return !(d->cur.proofs & PROOF_NONCE) && d->echo != ECHO_NO;
}

/* It is settled; or held, where what comes may correct it: an output that was held is settled then.
 */
static void hold(struct dialogue *d, size_t out_start)
{
    struct span what = settling_span(d);
    settling_release(d, 0);
    if (!may_be_false(d)) {
        settle(d, &what);
        return;
    }
    d->held = (struct held){.active = true,
                            .what = what,
                            .next_end = d->out_next,
                            .echo_from = d->owed.sent,
                            .echo_to = out_start,
                            .again = !d->cur.proved_twice};
}

void settling_promote(struct dialogue *d, size_t out_start, unsigned proofs)
{
    if (d->cur.kind == INPUT_COMMAND)
        hold(d, out_start);
    else
        settling_release(d, 0);
    turn_take_next(d);
    turn_add_proofs(d, proofs);
    d->out_start = out_start;
    d->held.scan = out_start;
    d->log_only = true;
    d->first_line = true;
    if ((d->no_line_ends || d->echo == ECHO_NO) &&
        out_start == stream_end(&d->stream)) /* nothing ends the prompt's line */
        d->stream.line_start = out_start;
    size_t sent = d->owed.n_empties + d->owed.answered;
    d->owed.spare += sent > d->owed.n_before ? (unsigned)(sent - d->owed.n_before) : 0u;
    d->owed.n_empties = d->owed.n_before = 0;
    size_t keep = out_start < d->stream.line_start ? out_start : d->stream.line_start;
    stream_drop_to(&d->stream,
                   d->held.active && d->held.what.start < keep ? d->held.what.start : keep);
    if (d->cur.kind == INPUT_COMMAND)
        questions_begin(&d->questions, &d->job->commands.items[d->cur.command]);
}
