#include "dialogue/learn.h"

#include <string.h>

/* What an empty line brings besides a prompt. */
void learn_gap(struct dialogue *d, const struct sight *sight)
{
    if (sight->one_line && !sight->log && d->echo == ECHO_UNKNOWN)
        d->echo = ECHO_NO; /* not even a line end came back */
    d->no_line_ends = d->owed.no_line_ends = sight->one_line && d->echo == ECHO_NO;
    d->owed.gap = sight->blanks;
}

/* What the digits of the first set-up input tell about this device. */
void learn_nonce(struct dialogue *d, const struct sight *sight)
{
    if (d->nonce == NONCE_PAUSED)
        d->nonce = NONCE_WORKS; /* it echoes: what lacked them had been thrown away */
    if (!*d->next.nonce)
        return;
    if (d->nonce == NONCE_UNTRIED) {
        d->edited = sight->form == ERASE_EDITED;
        bool failed = sight->not_erased || sight->missing > 0 || sight->form == ERASE_SHOWN;
        d->nonce = failed ? NONCE_FAILED : NONCE_TRIED;
        d->wiped = sight->form == ERASE_PLAIN || d->edited;
        if (turn_is_unix_like(d) && !d->edited && !sight->not_erased)
            d->nonce = NONCE_OFF; /* the kernel's: it proves nothing */
        if (d->nonce == NONCE_TRIED && d->next.kind == INPUT_EMPTY)
            d->nonce = NONCE_WORKS;
    } else if (sight->not_erased || sight->form == ERASE_SHOWN) {
        d->nonce = NONCE_OFF;
    }
}

void learn_prompt_of(struct dialogue *d, const struct sight *sight)
{
    const struct prompt_text *t = &d->prompts.proved;
    bool same = sight->prompt_len == 0 || prompt_is_text(t, sight->prompt, sight->prompt_len);
    if (!d->cur.proved_twice) {
        turn_drop_proofs(d, PROOF_PROMPT | PROOF_PATTERN);
        turn_add_proofs(d, same ? PROOF_PROMPT : PROOF_PATTERN);
    }
    if (!same || (sight->prompt_len > t->n && d->stage == STAGE_SETUP)) /* a blank may come late */
        turn_prove(d, sight->prompt, sight->prompt_len);
    d->prompts.confirmed |= d->prompts.proved.n > 0;
}

/* The blank behind a prompt may come later than the rest of it; where nothing is known of prompts,
 * any part of it may. */
void learn_late_part(struct dialogue *d)
{
    const struct stream *s = &d->stream;
    struct prompts *p = &d->prompts;
    if (s->line_start != d->owed.at || s->tail_len <= p->believed.n ||
        d->owed.prompt > d->owed.at || memcmp(s->tail, p->believed.text, p->believed.n) != 0)
        return;
    size_t n = p->believed.n;
    while (n < s->tail_len && s->tail[n] == ' ')
        n++;
    bool empty = d->next.kind == INPUT_EMPTY || d->next.kind == INPUT_SECOND;
    if (!empty && (n != p->believed.n + 1 || n < 2 || p->believed.text[n - 2] == ' '))
        return; /* more of them begin an output */
    if (n < s->tail_len && !(empty && p->rules->platform->learn_prompt && !p->confirmed))
        return;
    size_t rest = 0;
    if (p->believed.n > 1 && prompt_count(p, s->tail, s->tail_len, &rest, NULL, 0) > 1)
        return;
    (void)prompt_believe(p, s->tail, s->tail_len);
    d->owed.sent = stream_end(s);
}
