/* What comes next is sent, and where a prompt was believed, that is decided. */
#include "dialogue/advance.h"

#include "dialogue/closing.h"
#include "dialogue/script.h"
#include "dialogue/settling.h"

#include <string.h>

/* --- sending --- */

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
        return d->echo != ECHO_NO && (*in->text || *in->nonce);
    }
}

/* At another prompt another program may read, which does not wipe digits out. */
static bool is_home(const struct dialogue *d)
{
    const struct prompt_text *t = &d->prompts.believed;
    size_t n = clean_length(t->text, t->n), home = clean_length(d->home.text, d->home.n);
    if (d->stage == STAGE_SETUP || (n == home && memcmp(t->text, d->home.text, n) == 0))
        return true;
    return d->home_varies && prompt_same_shape(d->home.text, home, t->text, n);
}

static bool takes_nonce(const struct dialogue *d, const struct input *in)
{
    bool fits = in->text && strlen(in->text) <= NONCE_LINE;
    if (!fits || d->echo == ECHO_NO || in->kind == INPUT_RESPONSE || in->kind == INPUT_SECOND)
        return false;
    if (d->nonce == NONCE_UNTRIED)
        return (in->kind == INPUT_SETUP || in->kind == INPUT_EMPTY) &&
               !(d->config.no_erase && atomic_load(d->config.no_erase));
    return d->nonce == NONCE_WORKS && in->kind != INPUT_EMPTY && is_home(d);
}

static const char key_echoed[] =
    "what read as a pager's mark was text, and a blank behind it may be ours";

bool advance_take_back_key(struct dialogue *d)
{
    size_t from = pager_came_back(&d->pager, d->config.rules, &d->stream);
    if (from == NOWHERE)
        return false;
    if (d->terminal)
        stream_omit(&d->stream, from, from + strlen(pager_key(d->config.rules, d->pager.which)));
    else
        turn_doubt(d, key_echoed);
    return true;
}

/* A blank before an input does no harm; a key that wipes out may, where it does not do that. */
static unsigned stray_keys(struct dialogue *d, const struct input *in)
{
    unsigned stray = d->pager.stray;
    bool blank = d->pager.line != NOWHERE && *pager_key(d->config.rules, d->pager.which) == ' ';
    if (in->kind == INPUT_RESPONSE)
        return 0;
    bool back = advance_take_back_key(d);
    if (stray > 0 && (!back || d->cur.glued) && turn_is_unix_like(d) &&
        d->echo != ECHO_NO) /* the kernel echoed it somewhere */
        turn_doubt(d, key_echoed);
    d->pager.stray = 0;
    d->pager.line = NOWHERE;
    return stray > 0 && blank && d->nonce == NONCE_OFF && d->config.nonce ? 0 : stray;
}

void advance_promote(struct dialogue *d, size_t out_start, unsigned proofs)
{
    settling_promote(d, out_start, proofs);
    if (d->cur.kind == INPUT_LOGOUT)
        closing_logout_begun(d);
}

void advance_send(struct dialogue *d, const struct input *input)
{
    turn_put_next(d, input);
    if (input->comment)
        input_draw_comment(d->comment, d->platform, &d->sequence);
    if (takes_nonce(d, &d->next))
        input_draw_nonce(&d->next, &d->sequence);
    else
        *d->next.nonce = '\0';
    bool response = input->kind == INPUT_RESPONSE;
    bool empty = input_is_empty(input);
    d->next.keys = d->pager.stray > 0 && !response;
    unsigned stray = stray_keys(d, &d->next);
    if (input_type(&d->next, d->platform, stray, &d->out) != 0)
        turn_fail(d, FAIL_INTERNAL, "memory is out, or an input is over %u bytes", OUT_MAX);
    turn_say(d, "", true, response);
    if (d->finished)
        return;
    d->alone = false;
    d->line_end_at = MONO_UNSET;
    d->second_at = input->kind == INPUT_SECOND ? stream_end(&d->stream) : d->second_at;
    if (empty)
        owed_sent_empty(&d->owed, &d->stream);
    if (response)
        d->out_end = stream_end(&d->stream);
    if (!owes_echo(d, &d->next))
        advance_promote(d, response ? stream_end(&d->stream) : d->owed.sent, 0);
}

void advance_respond(struct dialogue *d)
{
    const char *response = setup_response(&d->setup, d->cur.ins);
    if (!response) {
        turn_fail(d, FAIL_ENABLE, "'%s' asks for an enable secret, and none is set", d->cur.text);
        return;
    }
    struct input in = {.kind = INPUT_RESPONSE, .text = response, .ins = d->cur.ins};
    advance_send(d, &in);
}

/* --- prompts --- */

static bool needs_second(const struct dialogue *d)
{
    if (d->cur.kind != INPUT_COMMAND || d->cur.proved_twice)
        return false;
    return d->platform->learn_prompt || d->echo == ECHO_NO || d->cur.glued ||
           !(d->cur.proofs & PROOF_ECHO) ||
           (turn_is_unix_like(d) && !(d->nonce == NONCE_WORKS && d->edited && *d->cur.nonce)) ||
           (*d->cur.nonce && !d->edited && d->cur.proofs & PROOF_PATTERN) ||
           (d->wants_nonce && !(d->nonce == NONCE_WORKS && is_home(d)));
}

/* The second choice, where no key wipes digits out: they are a line of their own, which the device
 * ignores. A kernel would echo it ahead as it stands, so not where one may. */
static bool takes_comment(const struct dialogue *d)
{
    bool echoes = d->echo == ECHO_YES && d->cur.proofs & PROOF_ECHO && !turn_is_unix_like(d);
    return d->config.nonce && d->platform->comment && d->nonce == NONCE_OFF && echoes &&
           d->cur.kind == INPUT_COMMAND && !d->cur.proved_twice && !d->cur.glued && is_home(d);
}

/* A known prompt with blanks behind it is the known one: they are typed ahead, or nobody's. */
static int believe(struct dialogue *d, size_t prompt, size_t stray)
{
    struct prompts *p = &d->prompts;
    const struct stream *s = &d->stream;
    size_t n = s->tail_len - stray, rest = 0, at = NOWHERE;
    d->coloured |= memchr(stream_at(s, prompt), '\x1b', stream_end(s) - prompt) != NULL;
    if (prompt > s->line_start) { /* a known one, or what differs from it in digits alone */
        if (s->tail_short && prompt_count(p, s->tail, n, &rest, NULL, 0) == 0)
            at = prompt_variant_at_end(p, s->tail, n);
        return at == NOWHERE ? prompt_believe(p, p->proved.text, p->proved.n)
                             : prompt_believe(p, s->tail + at, n - at);
    }
    if (p->proved.n > 0 && n >= p->proved.n && memcmp(s->tail, p->proved.text, p->proved.n) == 0 &&
        prompt_judge(p, s->tail, n) == PROMPT_EXACT && prompt_is_known(p, s->tail, n)) {
        size_t len = p->proved.n;
        while (len < n && s->tail[len] == ' ')
            len++;
        if (len == n)
            n = p->proved.n;
    }
    return prompt_believe(p, s->tail, n);
}

/* A prompt that stands above the one at `prompt`, whose upper lines are between. */
static size_t above_of(const struct dialogue *d, size_t prompt, bool glued)
{
    return prompt_above_block(&d->prompts, &d->stream, prompt, d->out_start, glued);
}

/* Lines of a log stand between a prompt and the one that an empty line of ours brought at end: the
 * line end that was made of it is ours, too. */
static void omit_line_end_behind_log(struct dialogue *d, size_t end)
{
    size_t blank = prompt_line_end_behind_log(&d->prompts, &d->stream, end, d->out_start);
    if (blank != NOWHERE)
        stream_omit(&d->stream, blank, end);
}

/* Where cur's output ends, if the prompt is a true one. Prompts that line ends of ours brought may
 * stand above it, all in one chunk. */
static void set_end(struct dialogue *d, size_t prompt)
{
    struct owed *o = &d->owed;
    bool silent = d->cur.proofs & PROOF_NUDGE;
    bool owed = o->n_empties + o->spare > 0;
    size_t above = above_of(d, prompt, o->double_enter || owed);
    /* without its echo the prompt came again for an empty line that was sent to see it */
    bool of_setup =
        d->cur.kind == INPUT_SETUP || (d->cur.kind == INPUT_EMPTY && d->cur.proofs & PROOF_ECHO);
    if (above != NOWHERE && of_setup && o->n_empties == 0 && !silent)
        o->double_enter = true;
    if (above != NOWHERE && o->double_enter)
        prompt = o->stack = above;
    while (above != NOWHERE && o->n_empties + o->spare > 0 && !o->double_enter) {
        prompt = above;
        above = above_of(d, prompt, false);
        if (o->spare > 0) {
            o->spare--;
        } else {
            o->n_empties--;
            o->answered++;
        }
    }
    d->out_end = d->out_next = prompt_block(&d->prompts, &d->stream, prompt, d->out_start);
    if (owed || o->double_enter)
        omit_line_end_behind_log(d, d->out_end);
}

void advance_accept(struct dialogue *d, size_t prompt, unsigned proofs, size_t stray)
{
    struct input in = {.kind = INPUT_NONE};
    if (believe(d, prompt, stray) != 0) {
        turn_fail(d, FAIL_INTERNAL, "memory is out");
        return;
    }
    bool late = d->cur.kind != INPUT_EMPTY && d->prompts.compared && d->prompts.above.n == 0;
    if (prompt == d->stream.line_start)
        prompt_see_above(&d->prompts, &d->stream, prompt, d->out_start,
                         d->cur.kind == INPUT_COMMAND || late);
    owed_begin(&d->owed, &d->stream, &d->prompts, prompt);
    if (!d->cur.proved_twice)
        set_end(d, prompt);
    d->hold = HOLD_NONE;
    turn_add_proofs(d, proofs);
    d->cur.done_at = d->now;
    if (d->stage == STAGE_LOGIN)
        d->update->reached_auth = true;
    if (d->stage == STAGE_LOGIN || d->stage == STAGE_FIRST)
        turn_to(d, STAGE_SETUP);
    if (takes_comment(d))
        in = (struct input){.kind = INPUT_MARK, .text = d->comment, .comment = true};
    else if (needs_second(d))
        in = (struct input){.kind = INPUT_SECOND, .text = ""};
    else
        script_next(d, &in);
    if (in.kind != INPUT_NONE && !d->finished) {
        d->tries = 1;
        advance_send(d, &in);
    }
}

/* A round begins where the last one ended: at a prompt, whose bytes are gone. Empty lines of the
 * rounds before were answered. */
void advance_resume(struct dialogue *d)
{
    struct input in;
    size_t end = stream_end(&d->stream);
    d->silence_at = mono_add_ms(d->now, d->config.silence_ms);
    if (stream_read_tail(&d->stream) != 0) {
        turn_fail(d, FAIL_INTERNAL, "memory is out");
        return;
    }
    d->owed.n_empties = d->owed.n_before = 0;
    owed_begin(&d->owed, &d->stream, &d->prompts, end);
    d->out_start = d->out_end = d->out_next = end;
    script_next(d, &in);
    if (in.kind == INPUT_NONE)
        return;
    d->tries = 1;
    advance_send(d, &in);
}
