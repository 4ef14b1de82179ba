/* The primitives: what changes the state. */
#include "dialogue/turn.h"

#include <stdarg.h>
#include <string.h>

const char *dialogue_doing(const struct dialogue *d)
{
    static const char *const names[STAGES] = {
        [STAGE_NEW] = "opening the stream",
        [STAGE_LOGIN] = "logging in",
        [STAGE_FIRST] = "waiting for the first prompt",
        [STAGE_SETUP] = "getting the session ready",
        [STAGE_COMMANDS] = "reading a command's output",
        [STAGE_IDLE] = "waiting for more commands",
        [STAGE_LOGOUT] = "logging out",
        [STAGE_EXEC] = "running a command",
        [STAGE_DONE] = "done",
    };
    return names[d->stage];
}

void turn_to(struct dialogue *d, enum stage stage)
{
    if (d->stage == stage)
        return;
    d->stage = stage;
    if (d->update->n_stages < DIALOGUE_STAGES_MAX)
        d->update->stages[d->update->n_stages++] = dialogue_doing(d);
}

bool turn_is_unix_like(const struct dialogue *d)
{
    return d->terminal || d->platform->learn_prompt || d->platform->second_proof;
}

bool turn_kernel_reads(const struct dialogue *d)
{
    return d->terminal && !d->edited;
}

bool turn_digits_as_kernel(const struct dialogue *d)
{
    return d->nonce == NONCE_WORKS && !d->edited;
}

void turn_fail(struct dialogue *d, enum fail_class class, const char *format, ...)
{
    va_list ap;
    if (d->cur.kind == INPUT_LOGOUT) { /* its echo came: all that was asked has been answered */
        d->cut = !d->settled;
    } else if (!d->settled && !d->finished) {
        va_start(ap, format);
        outcome_fail(&d->outcome, class, format, ap);
        va_end(ap);
        d->failed = true;
    }
    d->finished = true;
}

/* Each command may raise its own limit. */
int64_t turn_silence_ms(const struct dialogue *d)
{
    int64_t ms = d->config.silence_ms;
    const struct input *const inputs[] = {&d->cur, &d->next};
    for (size_t i = 0; i < 2; i++) {
        if (inputs[i]->kind != INPUT_COMMAND)
            continue;
        int64_t own = d->job->commands.items[inputs[i]->command].timeout_ms;
        ms = own > ms ? own : ms;
    }
    return ms;
}

void turn_say(struct dialogue *d, const char *text, bool line_end, bool secret)
{
    d->out_secret |= secret;
    if (buf_add_str(&d->out, text) != 0 ||
        (line_end && buf_add_str(&d->out, d->config.line_end) != 0))
        turn_fail(d, FAIL_INTERNAL, "memory is out, or an input is over %u bytes", OUT_MAX);
    d->silence_at = mono_add_ms(d->now, turn_silence_ms(d));
}

void turn_nudge(struct dialogue *d)
{
    if (d->owed.n_empties >= NUDGES_MAX)
        return;
    owed_sent_empty(&d->owed, &d->stream);
    turn_say(d, "", true, false);
}

void turn_wait(struct dialogue *d, enum hold hold)
{
    d->hold = hold;
}

void turn_prove(struct dialogue *d, const char *text, size_t n)
{
    if (n > 0 && prompt_prove(&d->prompts, text, n) != 0)
        turn_fail(d, FAIL_INTERNAL, "memory is out");
}

void turn_drop_next(struct dialogue *d)
{
    d->next = (struct input){.kind = INPUT_NONE};
}

void turn_drop_cur(struct dialogue *d)
{
    d->cur = (struct input){.kind = INPUT_NONE};
}

void turn_take_next(struct dialogue *d)
{
    d->cur = d->next;
    turn_drop_next(d);
}

void turn_run(struct dialogue *d, const struct input *in)
{
    d->cur = *in;
    d->cur.sent_at = d->now;
}

void turn_put_next(struct dialogue *d, const struct input *in)
{
    d->next = *in;
    d->next.sent_at = d->now;
}

void turn_add_proofs(struct dialogue *d, unsigned proofs)
{
    d->cur.proofs |= proofs;
}

void turn_drop_proofs(struct dialogue *d, unsigned proofs)
{
    d->cur.proofs &= ~proofs;
}

void turn_doubt(struct dialogue *d, const char *why)
{
    if (!d->cur.doubt) /* the first one weighs most: what follows is of it */
        d->cur.doubt = why;
}

void turn_doubt_next(struct dialogue *d, const char *why)
{
    if (!d->next.doubt)
        d->next.doubt = why;
}
