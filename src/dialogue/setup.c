/* Between the first prompt and the first command: the platform's instructions, and the walk through
 * its modes to the one to poll in. */
#include "dialogue/internal.h"

#include <stdio.h>
#include <string.h>

#define HOPS_MAX  32
#define MODES_MAX 64
#define LOOKUP    "__lookup::"

/* The response's text; NULL: a secret that is not set. */
static const char *response_of(const struct dialogue *d, const char *response)
{
    if (strncmp(response, LOOKUP, strlen(LOOKUP)) != 0)
        return response;
    bool enable = strcmp(response + strlen(LOOKUP), "enable") == 0;
    return enable && *d->config.enable ? d->config.enable : NULL;
}

static bool lacks_secret(const struct dialogue *d, const struct accessible_mode *edge)
{
    for (size_t i = 0; i < edge->instructions.n; i++) {
        const struct instruction *ins = &edge->instructions.items[i];
        if (ins->kind == INSTRUCTION_SEND_PROMPTED_INPUT && !response_of(d, ins->response))
            return true;
    }
    return false;
}

/* The first edge of a shortest way from the mode we are in to target; NULL: there is none. */
static const struct accessible_mode *first_edge(const struct dialogue *d, size_t target)
{
    const struct platform *p = d->platform;
    const struct accessible_mode *via[MODES_MAX] = {0};
    size_t queue[MODES_MAX], head = 0, tail = 0;
    if (d->mode < 0 || p->n_modes > MODES_MAX)
        return NULL;
    queue[tail++] = (size_t)d->mode;
    while (head < tail) {
        size_t at = queue[head++];
        for (size_t i = 0; i < p->modes[at].n_accessible; i++) {
            const struct accessible_mode *edge = &p->modes[at].accessible[i];
            if (edge->target == (size_t)d->mode || via[edge->target])
                continue;
            via[edge->target] = at == (size_t)d->mode ? edge : via[at];
            if (edge->target == target)
                return via[target];
            queue[tail++] = edge->target;
        }
    }
    return NULL;
}

/* The line with which the device refused the last input; "" when it did not. */
static void refusal(const struct dialogue *d, char *to, size_t size)
{
    struct buf text;
    size_t len = 0;
    const char *line = NULL;
    buf_init(&text, RECENT_MAX * 2);
    size_t end = d->line_start, from = d->out_start < end ? d->out_start : end;
    if (end - from > RECENT_MAX)
        from = end - RECENT_MAX;
    if (clean_text(&text, stream_at(d, from), end - from, NULL, 0) == 0)
        line = command_refusal(d->platform, buf_bytes(&text), text.len, &len);
    if (line && len >= size)
        len = size - 1;
    if (line)
        memcpy(to, line, len);
    to[line ? len : 0] = '\0';
    buf_wipe(&text);
}

static void notice_refusal(struct dialogue *d)
{
    struct setup *s = &d->setup;
    char line[160];
    if (d->cur.kind != INPUT_SETUP || s->edge)
        return;
    refusal(d, line, sizeof line);
    if (!*line)
        return;
    size_t max = sizeof s->refused / sizeof *s->refused;
    if (!s->again && s->n_refused < max)
        s->refused[s->n_refused++] = s->open_at - 1;
    ending_note(d, "'%s' was refused: %s", d->cur.text, line);
}

static void begin_walk(struct dialogue *d, int target, bool must)
{
    d->setup.target = target;
    d->setup.must = must;
}

static const char *mode_name(const struct dialogue *d, int mode)
{
    return mode < 0 ? "a mode the platform does not know" : d->platform->modes[mode].name;
}

static void walk_failed(struct dialogue *d, const char *why)
{
    struct setup *s = &d->setup;
    int target = s->target;
    bool used_secret = d->cur.kind == INPUT_RESPONSE;
    s->edge = NULL;
    s->target = -1;
    if (s->must || used_secret)
        ending_refuse(d, FAIL_ENABLE, "mode '%s' was not reached, it is still in '%s': %s",
                      mode_name(d, target), mode_name(d, d->mode), why);
    else
        ending_note(d, "stayed in '%s', mode '%s' was not reached: %s", mode_name(d, d->mode),
                    mode_name(d, target), why);
}

/* An edge's instructions are done: are we there? */
static void edge_walked(struct dialogue *d)
{
    struct setup *s = &d->setup;
    const struct accessible_mode *edge = s->edge;
    s->edge = NULL;
    if (d->mode == (int)edge->target)
        return;
    char why[200];
    refusal(d, why, sizeof why);
    if (!*why)
        snprintf(why, sizeof why, "the device %s",
                 d->cur.kind == INPUT_RESPONSE ? "did not take the enable secret"
                                               : "shows another prompt");
    walk_failed(d, why);
}

static void walk_on(struct dialogue *d)
{
    struct setup *s = &d->setup;
    if (d->mode == s->target) {
        s->target = -1;
        return;
    }
    const struct accessible_mode *edge = first_edge(d, (size_t)s->target);
    if (!edge || s->hops++ >= HOPS_MAX) {
        walk_failed(d, edge ? "too many steps" : "no way leads there from here");
        return;
    }
    if (!s->must && lacks_secret(d, edge)) {
        walk_failed(d, "that needs an enable secret, and none is set");
        return;
    }
    s->edge = edge;
    s->edge_at = 0;
}

/* True: in is to be sent. */
static bool instruct(struct dialogue *d, const struct instruction *ins, struct input *in)
{
    switch (ins->kind) {
    case INSTRUCTION_ENTER_MODE:
        begin_walk(d, platform_mode_index(d->platform, ins->requested_mode), false);
        return false;
    case INSTRUCTION_WRITE:
        dialogue_out(d, ins->input, true, false);
        d->spare++;
        return false;
    case INSTRUCTION_SEND_INPUT:
    case INSTRUCTION_SEND_PROMPTED_INPUT:
        break;
    }
    bool plain = ins->kind == INSTRUCTION_SEND_INPUT;
    *in = (struct input){
        .kind = plain ? INPUT_SETUP : INPUT_PROMPTED, .text = ins->input, .ins = ins};
    return true;
}

static void choose_mode(struct dialogue *d)
{
    const char *privilege = d->job->privilege;
    d->setup.default_in = true;
    if (d->platform->n_modes == 0)
        return;
    begin_walk(
        d, privilege ? platform_mode_index(d->platform, privilege) : (int)d->platform->default_mode,
        privilege != NULL);
    /* Inputs that were refused may be known in the new mode. */
    if (d->setup.target == d->mode)
        d->setup.n_refused = 0;
}

void setup_next(struct dialogue *d, struct input *in)
{
    struct setup *s = &d->setup;
    const struct instruction_list *open = &d->platform->on_open;
    s->asked = false;
    notice_refusal(d);
    while (d->stage == STAGE_SETUP && !d->finished) {
        if (s->edge && s->edge_at < s->edge->instructions.n) {
            if (instruct(d, &s->edge->instructions.items[s->edge_at++], in))
                return;
        } else if (s->edge) {
            edge_walked(d);
        } else if (s->target >= 0) {
            walk_on(d);
        } else if (s->open_at < open->n) {
            if (instruct(d, &open->items[s->open_at++], in))
                return;
        } else if (!s->default_in) {
            choose_mode(d);
        } else if (s->n_refused > 0) {
            s->again = true;
            if (instruct(d, &open->items[s->refused[--s->n_refused]], in))
                return;
        } else {
            return;
        }
    }
}

static void respond(struct dialogue *d)
{
    const char *response = response_of(d, d->cur.ins->response);
    if (!response) {
        ending_fail(d, FAIL_ENABLE, "'%s' asks for an enable secret, and none is set", d->cur.text);
        return;
    }
    struct input in = {.kind = INPUT_RESPONSE, .text = response, .ins = d->cur.ins};
    proof_send(d, &in);
}

bool setup_look(struct dialogue *d)
{
    bool may_ask = d->cur.kind == INPUT_PROMPTED || d->cur.kind == INPUT_RESPONSE;
    const struct match *question = may_ask ? rules_question_of(d->rules, d->cur.ins) : NULL;
    if (question && d->tail_short && d->tail_len > 0 && d->line_start >= d->out_start &&
        match_text(question, &d->matcher, d->tail, d->tail_len, NULL)) {
        if (d->cur.kind == INPUT_PROMPTED)
            respond(d);
        else
            ending_fail(d, FAIL_ENABLE, "'%s' was refused: the device asks for the secret again",
                        d->cur.ins->input);
        return false;
    }
    return prompt_look(d);
}
