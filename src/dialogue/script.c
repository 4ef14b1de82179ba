/* Which input comes next: the set-up, the commands, the log-out. */
#include "dialogue/script.h"

#include "dialogue/closing.h"

#include <stdio.h>
#include <string.h>

/* The line with which the device refused the input that ended; "" when it did not. */
static void refusal(const struct dialogue *d, char *to, size_t size)
{
    struct buf text;
    size_t len = 0;
    const char *line = NULL;
    const struct stream *s = &d->stream;
    char words[WORDS_SIZE];
    buf_init(&text, RECENT_MAX * 2);
    size_t end = s->line_start, from = d->out_start < end ? d->out_start : end;
    if (end - from > RECENT_MAX)
        from = end - RECENT_MAX;
    if (clean_text(&text, stream_at(s, from), end - from, NULL, 0) == 0)
        line = outcome_refusal(d->platform, buf_bytes(&text), text.len, &len);
    snprintf(to, size, "%s", line ? words_of(&d->config, line, len, words) : "");
    buf_wipe(&text);
}

/* FNV-1a (Fowler, Noll, Vo) of a sentence: is it the same again? */
static uint32_t hash_of(const char *text)
{
    uint32_t h = 2166136261u;
    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * 16777619u;
    return h;
}

static void set_no_erase(struct dialogue *d)
{
    d->nonce = NONCE_OFF;
    if (d->config.no_erase)
        atomic_store(d->config.no_erase, true);
}

/* A set-up input that went with digits was refused, or they stand there still: once more without
 * them. True: in is it. Where that is refused in the same words it was not for the digits. */
static bool again_without_nonce(struct dialogue *d, const char *line, struct input *in)
{
    bool setup = d->cur.kind == INPUT_SETUP;
    switch (d->nonce) {
    case NONCE_REFUSED:
        if (setup && d->wiped && *line && hash_of(line) == d->refused_with)
            d->nonce = NONCE_WORKS;
        else
            set_no_erase(d);
        return false;
    case NONCE_TRIED:
        d->nonce = *line ? NONCE_REFUSED : NONCE_WORKS;
        d->refused_with = hash_of(line);
        break;
    case NONCE_FAILED:
        set_no_erase(d);
        break;
    default:
        return false;
    }
    if (d->nonce == NONCE_WORKS)
        return false;
    if (!setup)
        set_no_erase(d);
    if (!setup && (d->cur.kind != INPUT_EMPTY || d->echo != ECHO_NO))
        return false;
    *in = d->cur;
    in->proofs = 0;
    return true;
}

/* The set-up's next input; INPUT_NONE when it is done, or was given up. */
static void next_of_setup(struct dialogue *d, struct input *in)
{
    char line[200];
    refusal(d, line, sizeof line);
    if (again_without_nonce(d, line, in))
        return;
    while (d->stage == STAGE_SETUP && !d->finished) {
        struct setup_step step = {.kind = SETUP_DONE};
        setup_next(&d->setup, d->prompts.mode, &d->cur, line, &step);
        d->prompts.target = setup_target(&d->setup);
        switch (step.kind) {
        case SETUP_SEND:
            *in = step.input;
            return;
        case SETUP_WRITE:
            turn_say(d, step.input.text, true, false);
            d->owed.spare++;
            break;
        case SETUP_NOTE:
            outcome_note(&d->outcome, "%s", step.why);
            break;
        case SETUP_FAILED:
            closing_refuse(d, FAIL_ENABLE, "%s", step.why);
            return;
        case SETUP_DONE:
            return;
        }
    }
}

void script_command(const struct dialogue *d, size_t index, struct input *in)
{
    *in = (struct input){
        .kind = INPUT_COMMAND, .text = d->job->commands.items[index].text, .command = index};
}

/* What the log-out's echo would prove, an empty line does: by its digits where they work, else by
 * the prompt that it brings. */
static void end_round(struct dialogue *d, struct input *in)
{
    bool proved = d->cur.kind != INPUT_COMMAND || d->cur.proved_twice;
    enum input_kind kind = d->nonce == NONCE_WORKS ? INPUT_MARK : INPUT_SECOND;
    if (proved)
        closing_round(d);
    else
        *in = (struct input){.kind = kind, .text = ""};
}

void script_next(struct dialogue *d, struct input *in)
{
    *in = (struct input){.kind = INPUT_NONE};
    if (d->stage == STAGE_SETUP)
        next_of_setup(d, in);
    if (in->kind != INPUT_NONE || d->finished)
        return;
    if (d->stage == STAGE_SETUP && !d->prompts.confirmed) {
        *in = (struct input){.kind = INPUT_EMPTY, .text = ""};
        return;
    }
    if (d->stage == STAGE_SETUP) {
        if (d->nonce != NONCE_WORKS)
            d->nonce = NONCE_OFF;
        const struct prompt_text *t = &d->prompts.believed;
        bool digits = d->nonce == NONCE_WORKS || d->platform->comment;
        if (digits && prompt_keep(&d->home, t->text, t->n) != 0)
            d->nonce = NONCE_OFF;
        d->home_varies = d->prompts.varies;
        turn_to(d, STAGE_COMMANDS);
        d->ready = d->update->reached_ready = true;
    }
    if (d->stage == STAGE_COMMANDS && d->next_command < d->outcome.n)
        script_command(d, d->next_command++, in);
    else if (d->stage == STAGE_COMMANDS && d->config.rounds)
        end_round(d, in);
    else
        closing_logout(d, in);
}
