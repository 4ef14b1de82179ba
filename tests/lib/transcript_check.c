/* Is the outcome what the transcript expects? */
#include "tests/lib/transcript_player.h"

#include <stdio.h>
#include <string.h>

static const char *status_name(enum command_status status, enum fail_class class)
{
    return status == COMMAND_NOT_RUN ? "not_run" : class == FAIL_NONE ? "ok" : fail_name(class);
}

static const char *proofs_text(unsigned proofs, char to[128])
{
    *to = '\0';
    for (int i = 0; i < PROOF_KINDS; i++)
        if (proofs & 1u << i)
            strcat(strcat(to, *to ? " " : ""), proof_name(i));
    return to;
}

static int check_doubt(struct player *p, size_t i, const struct command_result *c)
{
    const char *wanted = p->t->doubts[i];
    if (!wanted && c->doubt)
        return transcript_complain(p, p->t->expected[i].line, "command %zu is in doubt: %s", i + 1,
                                   c->doubt);
    if (wanted && (!c->doubt || !strstr(c->doubt, wanted)))
        return transcript_complain(p, p->t->expected[i].line,
                                   "\"%s\" is not in the doubt of command %zu: %s", wanted, i + 1,
                                   c->doubt ? c->doubt : "none");
    return 0;
}

static int check_command(struct player *p, size_t i, const struct command_result *c)
{
    const struct expected_command *x = &p->t->expected[i];
    char came[128], wanted[128];
    if (!x->given)
        return 0;
    if (c->status != x->status || c->class != x->class)
        return transcript_complain(p, x->line, "command %zu is %s, not %s: %s", i + 1,
                                   status_name(c->status, c->class),
                                   status_name(x->status, x->class), c->error ? c->error : "");
    if (c->doubt && p->t->or_doubt[i])
        return 0;
    if (x->output && (c->output_len != x->output_n ||
                      (x->output_n > 0 && memcmp(c->output, x->output, x->output_n) != 0)))
        return transcript_complain(p, x->line, "output of command %zu is\n  \"%s\", not\n  \"%s\"",
                                   i + 1,
                                   transcript_shown(c->output ? c->output : "", c->output_len),
                                   transcript_shown(x->output, x->output_n));
    if (x->contains &&
        (!c->output || !memmem(c->output, c->output_len, x->contains, strlen(x->contains))))
        return transcript_complain(p, x->line, "output of command %zu lacks \"%s\": \"%s\"", i + 1,
                                   x->contains,
                                   transcript_shown(c->output ? c->output : "", c->output_len));
    if (x->check_proofs && c->proofs != x->proofs)
        return transcript_complain(p, x->line, "command %zu has the proofs %s, not %s", i + 1,
                                   proofs_text(c->proofs, came), proofs_text(x->proofs, wanted));
    if ((c->proofs & x->at_least) != x->at_least)
        return transcript_complain(p, x->line,
                                   "command %zu has the proofs %s, which lack some of %s", i + 1,
                                   proofs_text(c->proofs, came), proofs_text(x->at_least, wanted));
    if (x->error && (!c->error || !strstr(c->error, x->error)))
        return transcript_complain(p, x->line, "sentence of command %zu: %s", i + 1,
                                   c->error ? c->error : "none");
    if (x->exit_status != -2 && c->exit_status != x->exit_status)
        return transcript_complain(p, x->line, "exit status %d", c->exit_status);
    if (c->raw && c->raw_len == c->output_len && memcmp(c->raw, c->output, c->raw_len) == 0)
        return transcript_complain(p, x->line, "raw is kept although it equals the output");
    return check_doubt(p, i, c);
}

static int check_device(struct player *p, const struct result *r)
{
    const struct transcript *t = p->t;
    if (r->class != t->class)
        return transcript_complain(p, 0, "class %s, not %s: %s",
                                   r->class ? fail_name(r->class) : "ok",
                                   t->class ? fail_name(t->class) : "ok", r->err.text);
    for (size_t i = 0; i < t->n_errors; i++)
        if (!strstr(r->err.text, t->errors[i]))
            return transcript_complain(p, 0, "\"%s\" is not in the sentence: %s", t->errors[i],
                                       r->err.text);
    for (size_t i = 0; i < t->n_notes; i++)
        if (!r->note || !strstr(r->note, t->notes[i]))
            return transcript_complain(p, 0, "\"%s\" is not in the note: %s", t->notes[i],
                                       r->note ? r->note : "none");
    if (t->prompt && (!r->prompt || strcmp(t->prompt, r->prompt) != 0))
        return transcript_complain(p, 0, "prompt \"%s\", not \"%s\"",
                                   r->prompt ? r->prompt : "none", t->prompt);
    if (t->ready >= 0 && r->was_ready != (t->ready > 0))
        return transcript_complain(p, 0, "it was%s ready", r->was_ready ? "" : " not");
    if ((t->password && strlen(t->password) > 3 && strstr(r->err.text, t->password)) ||
        (t->enable && strlen(t->enable) > 3 && strstr(r->err.text, t->enable)))
        return transcript_complain(p, 0, "the sentence shows a secret: %s", r->err.text);
    return 0;
}

static int check_commands(struct player *p, const struct result *r)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < r->n_commands; i++)
        rc = check_command(p, p->checked + i, &r->commands[i]);
    p->checked += r->n_commands;
    return rc;
}

int transcript_check_round(struct player *p, const struct step *s)
{
    enum fail_class class = (enum fail_class)s->number;
    if (p->rounds_over == 0)
        return transcript_complain(p, s->line, "the round is not over (%s)", dialogue_doing(p->d));
    p->rounds_over--;
    if (p->sent.len > 0)
        return transcript_complain(p, s->line, "was sent, but not expected here: \"%s\"",
                                   transcript_shown(buf_bytes(&p->sent), p->sent.len));
    if (p->commands != 1 || p->settled || p->finished || !mono_is_never(p->deadline))
        return transcript_complain(p, s->line, "commands over %u times%s%s%s", p->commands,
                                   p->settled ? ", settled" : "", p->finished ? ", finished" : "",
                                   mono_is_never(p->deadline) ? "" : ", a deadline is left");
    struct result *r = result_new(&p->job);
    dialogue_take(p->d, r);
    int rc = 0;
    if (r->class != class)
        rc = transcript_complain(p, s->line, "the round's class is %s, not %s: %s",
                                 r->class ? fail_name(r->class) : "ok",
                                 class ? fail_name(class) : "ok", r->err.text);
    else if (!r->was_ready)
        rc = transcript_complain(p, s->line, "it was not ready");
    else
        rc = check_commands(p, r);
    result_free(r);
    p->taken = true;
    return rc;
}

static int check_counts(struct player *p)
{
    if (p->sent.len > 0)
        return transcript_complain(p, 0, "was sent at the end, and not expected: \"%s\"",
                                   transcript_shown(buf_bytes(&p->sent), p->sent.len));
    if (p->rounds_over > 0)
        return transcript_complain(p, 0, "a round was over, which nobody expected");
    if (!p->settled)
        return transcript_complain(p, 0, "not settled (%s)", dialogue_doing(p->d));
    if (p->settles != 1 || p->ready > 1 || p->commands > 1)
        return transcript_complain(p, 0, "settled %u times, ready %u, commands over %u", p->settles,
                                   p->ready, p->commands);
    if (p->finished != (p->t->finished > 0))
        return transcript_complain(p, 0, "it is%s finished", p->finished ? "" : " not");
    return 0;
}

int transcript_check_end(struct player *p)
{
    if (check_counts(p) != 0)
        return -1;
    struct result *r = result_new(&p->job);
    dialogue_take(p->d, r);
    int rc = check_device(p, r);
    if (rc == 0 && !p->taken)
        rc = check_commands(p, r);
    result_free(r);
    for (size_t i = p->checked; rc == 0 && i < p->t->n_commands; i++)
        if (p->t->expected[i].given)
            rc = transcript_complain(p, p->t->expected[i].line, "no round ran command %zu", i + 1);
    return rc;
}
