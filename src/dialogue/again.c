/* The prompt again, after an empty line. */
#include "dialogue/owed.h"
#include "dialogue/run.h"
#include "dialogue/sighting.h"

#include <string.h>

static void again_at(const struct owed *o, const struct stream *s, size_t need, size_t last,
                     struct sight *sight)
{
    size_t more = o->n_run > need ? o->n_run - need : 0;
    size_t which = more > o->spare ? more - o->spare : 0;
    sight->kind = SIGHT_AGAIN;
    sight->run = o->n_run;
    sight->other = o->any_other;
    sight->one_line = o->n_run > 1 && o->run[o->n_run - 2] >= s->line_start;
    sight->place = o->run[which];
    sight->place_next = which + 1 < o->n_run ? o->run[which + 1] : sight->place;
    sight->out_start = o->run[o->n_run - 1];
    sight->log = o->text_lines > 0;
    sight->prompts = which;
    sight->spared = more > 0 && o->spare > 0;
    sight->owed = o->n_run < need ? (unsigned)(need - o->n_run) : 0;
    sight_set_prompt(sight, s->tail + last, s->tail_len - last);
}

/* The tail as prompts behind the run. False: it is none, or not all there. patient: what differs
 * from the proved prompt in digits alone is one, a clock say, though another text was believed
 * since. */
static bool count_tail(struct owed *o, const struct stream *s, const struct prompts *p, bool first,
                       bool patient, size_t *last)
{
    size_t at[RUN_MAX], rest = 0;
    const char *text = s->tail;
    size_t n = s->tail_len;
    bool own = s->line_start == o->at;
    enum prompt_judgement j = prompt_judge(p, text, n);
    size_t count = prompt_count(p, text, n, &rest, at, RUN_MAX);
    if (s->tail_open || (own && p->believed.n < 2))
        return false;
    bool clock = patient && prompt_same_shape(text, n, p->proved.text, p->proved.n);
    if (count == 0 && clock && !own) {
        run_push(o, s->line_start);
        return true;
    }
    if (count == 0 && (j == PROMPT_PATTERN || first) && !own && prompt_is_variant(p, text, n) &&
        !prompt_begins(p, text, n)) {
        run_begin_anew(o, p, text, n);
        run_push(o, s->line_start);
        return true;
    }
    if (count == 0 || prompt_judge(p, text + at[0], n - at[0]) == PROMPT_HOLD)
        return false; /* its blank is on the way */
    *last = at[0];
    if (own) {
        if (count <= o->here && o->stack == NOWHERE)
            return false;
        run_begin(o);
        run_push_all(o, s, p, s->line_start, stream_end(s), text, n, at,
                     count > o->here ? count - o->here : 0);
        return true;
    }
    if (rest > 0 && (o->glued != s->line_start || count == 1))
        return false;
    if (rest > 0)
        run_break(o, NULL, 0);
    run_push_all(o, s, p, s->line_start, stream_end(s), text, n, at, count);
    return true;
}

/* The whole line of a glued prompt again, alone: then all of it is the prompt, a new one. */
static bool is_new_prompt(const struct owed *o, const struct stream *s)
{
    char text[TAIL_MAX];
    if (o->prompt == o->at || s->line_start == o->at || o->text_lines > 0 || o->n_run != 1)
        return false;
    size_t n = stream_line(s, o->at, stream_line_end(s, o->at), text);
    return n != NOWHERE && clean_length(text, n) == clean_length(s->tail, s->tail_len) &&
           memcmp(text, s->tail, clean_length(text, n)) == 0;
}

/* The line above the tail reads as it does. */
static bool is_twice(const struct stream *s)
{
    char text[TAIL_MAX];
    size_t n = clean_length(s->tail, s->tail_len);
    if (s->line_start <= s->base + 1 || n == 0)
        return false;
    const char *lf = memrchr(stream_at(s, s->base), '\n', s->line_start - 1 - s->base);
    size_t from = lf ? s->base + (size_t)(lf - stream_at(s, s->base)) + 1 : s->base;
    size_t len = stream_line(s, from, s->line_start - 1, text);
    return len != NOWHERE && len <= s->tail_len && clean_length(text, len) == n &&
           memcmp(text, s->tail, n) == 0;
}

/* On a long last line of an output, which has no line end, the prompt comes again. */
static void look_at_long_tail(const struct owed *o, const struct stream *s, const struct prompts *p,
                              struct sight *sight)
{
    char text[TAIL_MAX];
    size_t rest = 0, at[2], n = stream_line_tail(s, s->line_start, stream_end(s), text);
    if (s->line_start != o->at || prompt_count(p, text, n, &rest, at, 2) < 2)
        return;
    sight->kind = SIGHT_AGAIN;
    sight->run = 2;
    sight->one_line = true;
    sight->place = sight->place_next = o->prompt;
    sight->out_start = stream_find_last(s, o->prompt, stream_end(s), text + at[0], n - at[0]);
    sight_set_prompt(sight, text + at[0], n - at[0]);
    if (sight->out_start == NOWHERE)
        sight->kind = SIGHT_NOTHING;
}

void owed_look_for_prompt(struct owed *o, const struct stream *s, const struct prompts *p,
                          bool first, bool patient, struct sight *sight)
{
    *sight = (struct sight){.kind = SIGHT_NOTHING};
    o->first = first;
    if (first) /* nothing is known yet */
        o->gap = RUN_MAX;
    for (; o->scan < s->line_start; o->lines++) {
        size_t lf = stream_line_end(s, o->scan);
        run_take_line(o, s, p, o->scan, lf);
        o->scan = lf + 1;
    }
    if (!s->tail_short)
        look_at_long_tail(o, s, p, sight);
    if (!s->tail_short || s->tail_len == 0)
        return;
    struct owed with_tail = *o;
    size_t last = 0, blanks = o->blanks;
    size_t need = (1 + o->n_empties) * (o->double_enter ? 2 : 1);
    if (is_new_prompt(o, s)) {
        with_tail.n_run = 0;
        run_push(&with_tail, o->at);
        run_push(&with_tail, s->line_start);
        again_at(&with_tail, s, need, last, sight);
    } else if (count_tail(&with_tail, s, p, first, patient, &last)) {
        bool lacking = o->text_lines > 0 && o->other_lines == 0 && o->n_empties > 0 &&
                       with_tail.n_run == need - (o->double_enter ? 2 : 1);
        if (with_tail.n_run >= need || (first && with_tail.n_run > 1) ||
            (patient && (with_tail.n_run > 1 || lacking)))
            again_at(&with_tail, s, need, last, sight);
        sight->lacking = lacking;
        sight->blanks = blanks;
    } else if (first && s->line_start != o->at && !prompt_is_known(p, s->tail, s->tail_len) &&
               (is_twice(s) || !prompt_begins(p, s->tail, s->tail_len)) &&
               (p->rules->platform->learn_prompt ||
                prompt_judge(p, s->tail, s->tail_len) != PROMPT_NOT)) {
        sight->kind = SIGHT_OTHER;
    }
}
