#include "dialogue/setup.h"

#include <stdio.h>
#include <string.h>

#define HOPS_MAX  32
#define MODES_MAX 64
#define LOOKUP    "__lookup::"

const char *setup_response(const struct setup *s, const struct instruction *ins)
{
    if (strncmp(ins->response, LOOKUP, strlen(LOOKUP)) != 0)
        return ins->response;
    bool enable = strcmp(ins->response + strlen(LOOKUP), "enable") == 0;
    return enable && *s->enable ? s->enable : NULL;
}

int setup_target(const struct setup *s)
{
    return s->edge ? (int)s->edge->target : -1;
}

static bool lacks_secret(const struct setup *s, const struct accessible_mode *edge)
{
    for (size_t i = 0; i < edge->instructions.n; i++) {
        const struct instruction *ins = &edge->instructions.items[i];
        if (ins->kind == INSTRUCTION_SEND_PROMPTED_INPUT && !setup_response(s, ins))
            return true;
    }
    return false;
}

/* The first edge of a shortest way from mode to target; NULL: there is none. */
static const struct accessible_mode *first_edge(const struct platform *p, int mode, size_t target)
{
    const struct accessible_mode *via[MODES_MAX] = {0};
    size_t queue[MODES_MAX], head = 0, tail = 0;
    if (mode < 0 || p->n_modes > MODES_MAX)
        return NULL;
    queue[tail++] = (size_t)mode;
    while (head < tail) {
        size_t at = queue[head++];
        for (size_t i = 0; i < p->modes[at].n_accessible; i++) {
            const struct accessible_mode *edge = &p->modes[at].accessible[i];
            if (edge->target == (size_t)mode || via[edge->target])
                continue;
            via[edge->target] = at == (size_t)mode ? edge : via[at];
            if (edge->target == target)
                return via[target];
            queue[tail++] = edge->target;
        }
    }
    return NULL;
}

static void begin_walk(struct setup *s, int target, bool must)
{
    s->target = target;
    s->must = must;
}

static const char *mode_name(const struct setup *s, int mode)
{
    return mode < 0 ? "a mode the platform does not know" : s->platform->modes[mode].name;
}

static void walk_failed(struct setup *s, int mode, const struct input *done, const char *why,
                        struct setup_step *step)
{
    int target = s->target;
    bool used_secret = done->kind == INPUT_RESPONSE;
    s->edge = NULL;
    s->target = -1;
    step->kind = s->must || used_secret ? SETUP_FAILED : SETUP_NOTE;
    if (step->kind == SETUP_FAILED)
        snprintf(step->why, sizeof step->why,
                 "mode '%s' was not reached, it is still in '%s': %.200s", mode_name(s, target),
                 mode_name(s, mode), why);
    else
        snprintf(step->why, sizeof step->why, "stayed in '%s', mode '%s' was not reached: %.200s",
                 mode_name(s, mode), mode_name(s, target), why);
}

/* An edge's instructions are done: are we there? True: step is set. */
static bool edge_walked(struct setup *s, int mode, const struct input *done, const char *refusal,
                        struct setup_step *step)
{
    bool there = mode == (int)s->edge->target;
    s->edge = NULL;
    if (there)
        return false;
    if (!*refusal)
        refusal = done->kind == INPUT_RESPONSE ? "the device did not take the enable secret"
                                               : "the device shows another prompt";
    walk_failed(s, mode, done, refusal, step);
    return true;
}

static bool walk_on(struct setup *s, int mode, const struct input *done, struct setup_step *step)
{
    if (mode == s->target) {
        s->target = -1;
        return false;
    }
    const struct accessible_mode *edge = first_edge(s->platform, mode, (size_t)s->target);
    if (!edge || s->hops++ >= HOPS_MAX) {
        walk_failed(s, mode, done, edge ? "too many steps" : "no way leads there from here", step);
        return true;
    }
    if (!s->must && lacks_secret(s, edge)) {
        walk_failed(s, mode, done, "that needs an enable secret, and none is set", step);
        return true;
    }
    s->edge = edge;
    s->edge_at = 0;
    return false;
}

/* True: step is set. */
static bool instruct(struct setup *s, const struct instruction *ins, struct setup_step *step)
{
    if (ins->kind == INSTRUCTION_ENTER_MODE) {
        begin_walk(s, platform_mode_index(s->platform, ins->requested_mode), false);
        return false;
    }
    bool asks = ins->kind == INSTRUCTION_SEND_PROMPTED_INPUT;
    step->kind = ins->kind == INSTRUCTION_WRITE ? SETUP_WRITE : SETUP_SEND;
    step->input =
        (struct input){.kind = asks ? INPUT_PROMPTED : INPUT_SETUP, .text = ins->input, .ins = ins};
    return true;
}

static void choose_mode(struct setup *s, int mode)
{
    const char *privilege = s->job->privilege;
    s->default_in = true;
    if (s->platform->n_modes == 0)
        return;
    begin_walk(
        s, privilege ? platform_mode_index(s->platform, privilege) : (int)s->platform->default_mode,
        privilege != NULL);
    /* Inputs that were refused may be known in the new mode. */
    if (s->target == mode)
        s->n_refused = 0;
}

/* True: the input that ended was refused, which is worth a note. */
static bool notice_refusal(struct setup *s, const struct input *done, const char *refusal,
                           struct setup_step *step)
{
    if (s->noted || done->kind != INPUT_SETUP || s->edge || !*refusal)
        return false;
    if (!s->again && s->n_refused < SETUP_REFUSED_MAX)
        s->refused[s->n_refused++] = s->open_at - 1;
    step->kind = SETUP_NOTE;
    snprintf(step->why, sizeof step->why, "'%.160s' was refused: %.200s", done->text, refusal);
    return true;
}

/* True: step is set. */
static bool plan(struct setup *s, int mode, const struct input *done, const char *refusal,
                 struct setup_step *step)
{
    const struct instruction_list *open = &s->platform->on_open;
    if (s->edge && s->edge_at < s->edge->instructions.n)
        return instruct(s, &s->edge->instructions.items[s->edge_at++], step);
    if (s->edge)
        return edge_walked(s, mode, done, refusal, step);
    if (s->target >= 0)
        return walk_on(s, mode, done, step);
    if (s->open_at < open->n)
        return instruct(s, &open->items[s->open_at++], step);
    if (!s->default_in) {
        choose_mode(s, mode);
        return false;
    }
    if (s->n_refused > 0) {
        s->again = true;
        return instruct(s, &open->items[s->refused[--s->n_refused]], step);
    }
    step->kind = SETUP_DONE;
    return true;
}

void setup_next(struct setup *s, int mode, const struct input *done, const char *refusal,
                struct setup_step *step)
{
    if (notice_refusal(s, done, refusal, step)) {
        s->noted = true;
        return;
    }
    while (!plan(s, mode, done, refusal, step))
        continue;
    s->noted = step->kind == SETUP_NOTE;
}
