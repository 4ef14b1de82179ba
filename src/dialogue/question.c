#include "dialogue/question.h"

#include <stdlib.h>
#include <string.h>

#define ANSWERS_MAX 64 /* answers given to one command */
#define LOOKED_AT   200

void questions_free(struct questions *q)
{
    for (size_t i = 0; i < q->n; i++)
        match_free(&q->answers[i]);
    free(q->answers);
    *q = (struct questions){.line = NOWHERE, .last = NOWHERE};
}

void questions_begin(struct questions *q, const struct command *command)
{
    questions_free(q);
    q->command = command;
    if (command->n_answers == 0)
        return;
    q->answers = calloc(command->n_answers, sizeof *q->answers);
    for (size_t i = 0; q->answers && i < command->n_answers; i++, q->n++) {
        struct platform_pattern from = {.text = command->answers[i].prompt, .file = command->file};
        if (match_compile(&q->answers[i], &from, MATCH_SEARCH, NULL) != 0)
            break; /* checked before the run: dialogue_check_command */
    }
}

static bool asks_password(const struct stream *s)
{
    char tail[LOOKED_AT + 1];
    size_t n = s->tail_len < LOOKED_AT ? s->tail_len : LOOKED_AT;
    memcpy(tail, s->tail + s->tail_len - n, n);
    tail[n] = '\0';
    return strcasestr(tail, "password") || strcasestr(tail, "passphrase");
}

/* A password is given once: asked for again it was refused, and more tries lock accounts. */
enum question_kind question_look(const struct questions *q, const struct stream *s,
                                 const struct dialogue_rules *r, const struct matcher *m,
                                 size_t *which)
{
    if (!s->tail_short || s->tail_len == 0)
        return QUESTION_NONE;
    for (size_t i = 0; i < q->n; i++) {
        if (!match_text(&q->answers[i], m, s->tail, s->tail_len, NULL))
            continue;
        if (q->line == s->line_start || q->given >= ANSWERS_MAX)
            return QUESTION_STANDS;
        if (q->last == i && asks_password(s))
            break;
        *which = i;
        return QUESTION_ANSWER;
    }
    return match_text(&r->question, m, s->tail, s->tail_len, NULL) ? QUESTION_OPEN : QUESTION_NONE;
}

void questions_answered(struct questions *q, const struct stream *s, size_t which)
{
    q->last = which;
    q->line = s->line_start;
    q->given++;
}
