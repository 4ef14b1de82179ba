#include "dialogue/run.h"

#include "dialogue/log_line.h"

#include <string.h>

void run_push(struct owed *o, size_t at)
{
    if (o->n_run == RUN_MAX) {
        memmove(o->run, o->run + 1, (RUN_MAX - 1) * sizeof *o->run);
        o->n_run--;
    }
    o->run[o->n_run++] = at;
    o->last_prompt = at;
    o->blanks = 0;
}

/* A line that is text: what stood before it is no run any more. */
void run_break(struct owed *o, const char *text, size_t n)
{
    bool behind_prompt = o->n_run > 0 || o->text_lines == 0;
    if (behind_prompt)
        o->other_lines = 0;
    o->in_log = text && (prompt_is_log_line(text, n) || o->log_head ||
                         (o->in_log && n > 0 && text[0] == ' '));
    o->log_head = text && prompt_is_log_head(text, n);
    o->other_lines += !o->in_log;
    o->any_other = o->any_other || !o->in_log;
    o->n_run = 0;
    o->text_lines++;
}

/* More blank lines than an empty line brings, or a prompt of another text: the one before was text.
 */
void run_begin_anew(struct owed *o, const struct prompts *p, const char *text, size_t n)
{
    bool other = p->proved.n > 0 && !prompt_is_text(&p->proved, p->believed.text, p->believed.n) &&
                 !prompt_is_variant(p, text, n) && !prompt_is_text(&p->believed, text, n);
    other = other && o->n_run > 0 && o->run[o->n_run - 1] == o->prompt;
    if (o->n_run == 0 || (o->blanks <= o->gap && !other))
        return;
    run_break(o, NULL, 0);
}

/* The prompts in which text, all that stands in [from, to), ends, onto the run. */
void run_push_all(struct owed *o, const struct stream *s, const struct prompts *p, size_t from,
                  size_t to, const char *text, size_t n, const size_t *at, size_t count)
{
    count = count < RUN_MAX ? count : RUN_MAX; /* at[] has no more: the last ones */
    if (count > 0)
        run_begin_anew(o, p, text + at[count - 1], (count > 1 ? at[count - 2] : n) - at[count - 1]);
    for (size_t i = count; i-- > 0;) {
        size_t raw = from;
        if (at[i] > 0)
            raw = stream_find_last(s, from, to, text + at[i], n - at[i]);
        run_push(o, raw != NOWHERE ? raw : from);
    }
}

/* The prompt's own line as it stood when it was believed: the text before it, if any, is output. */
void run_begin(struct owed *o)
{
    o->n_run = 0;
    if (o->stack != NOWHERE)
        run_push(o, o->stack);
    run_push(o, o->prompt);
}

/* The run as it stood where the echo began. */
void run_back_to_anchor(struct owed *o)
{
    if (o->n_run > 0 && o->run[o->n_run - 1] == o->anchor)
        return;
    o->n_run = 0;
    run_push(o, o->anchor == o->at ? o->prompt : o->anchor);
}

/* What an ended line is that is no echo. */
void run_take_line(struct owed *o, const struct stream *s, const struct prompts *p, size_t from,
                   size_t lf)
{
    char text[TAIL_MAX];
    size_t at[RUN_MAX], rest = 0;
    bool own = o->lines == 0;
    size_t n = stream_line(s, from, lf, text);
    if (own && stream_is_blank(s, o->sent < lf ? o->sent : lf, lf)) {
        if (o->no_line_ends)
            run_break(o, NULL, 0);
        else
            run_begin(o);
        return;
    }
    if (n != NOWHERE && clean_length(text, n) == 0) {
        o->blanks++;
        return;
    }
    size_t count = n != NOWHERE ? prompt_count(p, text, n, &rest, at, RUN_MAX) : 0;
    size_t end = n == NOWHERE ? prompt_at_end(p, s, from, lf, NULL, NULL) : NOWHERE;
    if (end != NOWHERE) {
        run_break(o, NULL, 0);
        run_push(o, end);
        return;
    }
    bool variant = count == 0 && !o->first && !own && n != NOWHERE && prompt_is_variant(p, text, n);
    if (variant) { /* it counts, which is not known yet */
        run_begin_anew(o, p, text, n);
        run_push(o, from);
    } else if (own && count > o->here && (o->prompt > o->at || rest == 0)) {
        run_begin(o);
        run_push_all(o, s, p, from, lf, text, n, at, count - o->here);
    } else if (count > 0 && rest == 0) {
        run_push_all(o, s, p, from, lf, text, n, at, count);
    } else if (count > 0 &&
               (o->glued == from || !o->first)) { /* the output lacks its last line end */
        run_break(o, NULL, 0);
        run_push_all(o, s, p, from, lf, text, n, at, count);
    } else if (n == NOWHERE || !prompt_is_decoration(p, s, from, lf, o->first)) {
        o->broken = o->broken || own;
        if (own && o->sent > from && o->sent < lf) /* what stands behind the prompt */
            n = stream_line(s, o->sent, lf, text);
        run_break(o, n != NOWHERE ? text : NULL, n);
        if (!own && n != NOWHERE && prompt_has_log_behind(p, text, n))
            o->last_prompt = from;
    }
}
