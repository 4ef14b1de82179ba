/* A command that is settled for now. On a Unix terminal the kernel echoes what is typed ahead at
 * once, whether it is read or not; so an echo behind a false prompt looks as it does behind a true
 * one. But when the input is read at last, readline shows prompt and input again: then the first
 * echo was the terminal's own, and what lies between belongs to the command before. After the
 * log-out the prompt alone tells the same. */
#include "dialogue/internal.h"

#include <string.h>

bool held_wanted(const struct dialogue *d)
{
    return d->platform->echo == PLATFORM_ECHO_TTY ||
           (d->next.kind == INPUT_LOGOUT && d->echo == ECHO_NO);
}

void held_begin(struct dialogue *d, size_t out_end, size_t out_start)
{
    held_finish(d, PROOF_NEXT_ECHO);
    bool tty = d->platform->echo == PLATFORM_ECHO_TTY && d->echo != ECHO_NO;
    d->held = (struct held){.active = true,
                            .command = d->cur.command,
                            .start = d->out_start,
                            .end = out_end,
                            .proofs = d->cur.proofs & ~(unsigned)PROOF_NEXT_ECHO,
                            .scan = out_start,
                            .echo_from = tty ? d->cand.sent : out_start,
                            .echo_to = out_start,
                            .ms = mono_ms_between(d->cur.sent_at, d->cur.done_at)};
}

void held_finish(struct dialogue *d, unsigned proofs)
{
    if (!d->held.active)
        return;
    d->held.active = false;
    d->held.proofs |= proofs;
    command_settle(d, &d->held);
}

/* The output goes on to `end`; the echo that seemed to end it was the terminal's. */
static void extend(struct dialogue *d, size_t end, size_t scan)
{
    struct held *h = &d->held;
    stream_omit(d, (struct omission){h->echo_from, h->echo_to, false});
    h->end = end;
    h->echo_from = h->echo_to = scan;
    h->scan = scan;
    h->ms = mono_ms_between(d->cur.sent_at, d->now) + h->ms;
}

/* Whatever was sent since is still waiting at the device. */
static void look_further(struct dialogue *d, size_t from)
{
    if (d->next.kind == INPUT_NONE)
        return;
    d->cand = (struct candidate){.at = from,
                                 .out_end = from,
                                 .sent = from,
                                 .scan = from,
                                 .anchor = from,
                                 .again = NOWHERE,
                                 .nudge_line = NOWHERE,
                                 .weak = NOWHERE,
                                 .broken = true,
                                 .moved = true};
}

static bool is_prompt_alone(const struct dialogue *d)
{
    return d->cur.kind == INPUT_LOGOUT && d->line_start > d->cand.at &&
           d->line_start >= d->held.scan && d->tail_short &&
           prompt_is_exact(d, d->tail, d->tail_len) && !(d->held.proofs & PROOF_SECOND);
}

bool held_look(struct dialogue *d)
{
    struct held *h = &d->held;
    /* A log-out sent again has an echo of its own. */
    if (!h->active || !d->cur.text || !*d->cur.text || d->logouts > 1)
        return false;
    while (h->scan < d->line_start) {
        size_t from = h->scan, lf = stream_line_end(d, from), matched = 0;
        h->scan = lf + 1;
        if (proof_line(d, from, lf, d->cur.text, &matched) != ECHO_ALL)
            continue;
        extend(d, from, lf + 1);
        d->out_start = lf + 1;
        look_further(d, lf + 1);
    }
    if (is_prompt_alone(d))
        extend(d, d->line_start, d->line_start);
    return false;
}
