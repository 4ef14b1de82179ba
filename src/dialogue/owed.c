#include "dialogue/owed.h"

#include "dialogue/digits.h"
#include "dialogue/echo_line.h"
#include "dialogue/run.h"
#include "dialogue/sighting.h"

#include <string.h>

void owed_begin(struct owed *o, const struct stream *s, const struct prompts *p, size_t prompt)
{
    size_t rest = 0;
    struct owed before = *o;
    *o = (struct owed){.at = s->line_start,
                       .prompt = prompt,
                       .sent = stream_end(s),
                       .scan = s->line_start,
                       .anchor = s->line_start,
                       .last_prompt = prompt,
                       .stack = NOWHERE,
                       .weak = NOWHERE,
                       .glued = NOWHERE,
                       .spare = before.spare,
                       .n_empties = before.n_empties,
                       .n_before = before.n_empties,
                       .gap = before.gap,
                       .no_line_ends = before.no_line_ends,
                       .double_enter = before.double_enter};
    memcpy(o->empties, before.empties, sizeof o->empties);
    size_t here = s->tail_short ? prompt_count(p, s->tail, s->tail_len, &rest, NULL, 0) : 1;
    o->here = here > 0 ? here : 1;
}

void owed_sent_empty(struct owed *o, const struct stream *s)
{
    if (o->n_empties < EMPTIES_MAX)
        o->empties[o->n_empties++] = stream_end(s);
}

bool owed_stands(const struct owed *o)
{
    return !o->broken && o->text_lines == 0;
}

/* The line on which the prompt stands has ended. */
static bool look_behind_prompt(struct owed *o, const struct stream *s, const struct prompts *p,
                               size_t lf, const char *input, struct sight *sight)
{
    size_t matched = 0, from = o->sent < lf ? o->sent : lf;
    enum echo_result r = echo_match(stream_at(s, from), lf - from, input, strlen(input), &matched);
    if (r == ECHO_ALL) {
        run_begin(o);
        sight_set_prompt(sight, p->believed.text, p->believed.n);
        echo_line_late_blanks(o, s, p, lf, input, sight);
    } else if (r == ECHO_NOT) { /* perhaps drawn anew */
        r = echo_line_look(o, s, p, o->at, lf, input, &matched, sight);
    }
    if (r == ECHO_NOT && echo_line_cut_by_log(s, from, lf, input, &matched)) {
        sight->log_on_line = !input[matched];
        r = input[matched] ? ECHO_PART : ECHO_ALL;
        if (r == ECHO_ALL) {
            run_begin(o);
            sight_set_prompt(sight, p->believed.text, p->believed.n);
        }
    }
    if (r == ECHO_ALL) {
        sight_found(o, lf, sight);
        return true;
    }
    o->echoed = r == ECHO_PART ? matched : 0;
    if (o->echoed == 0)
        run_take_line(o, s, p, o->at, lf);
    else
        run_begin(o);
    return false;
}

/* A later line [from, lf). */
static bool look_at_line(struct owed *o, const struct stream *s, const struct prompts *p,
                         size_t from, size_t lf, const char *input, struct sight *sight)
{
    size_t matched = 0;
    if (!o->broken || o->echoed > 0 || o->other_lines == 0) {
        enum echo_result r = echo_line_rest(o, s, from, lf, input);
        if (r == ECHO_ALL && o->echoed == 0) {
            /* An output may hold such a line, too: " exit" in a configuration. */
            o->weak = from;
            o->weak_end = lf + 1;
            o->text_lines++;
            return false;
        }
        if (r == ECHO_ALL) {
            run_back_to_anchor(o);
            sight_found(o, lf, sight);
            return true;
        }
        if (r == ECHO_PART)
            return false;
    }
    size_t began = o->echoed;
    enum echo_result r = echo_line_look(o, s, p, from, lf, input, &matched, sight);
    if (r == ECHO_ALL) {
        if (began > 0) /* after an interruption the whole line is drawn again */
            run_back_to_anchor(o);
        sight_found(o, lf, sight);
        return true;
    }
    if (r == ECHO_PART) {
        run_push(o, from);
        o->anchor = from;
        o->echoed = matched;
        return false;
    }
    run_take_line(o, s, p, from, lf);
    return false;
}

static bool look_once(struct owed *o, const struct stream *s, const struct prompts *p, size_t from,
                      size_t lf, const struct input *next, bool edited, struct sight *sight)
{
    if (o->hit)
        return digits_look_for_rest(o, s, p, from, lf, next, sight);
    if (*next->nonce && !o->ahead)
        return digits_look(o, s, p, from, lf, next, edited, sight);
    if (o->lines == 0 && !o->moved)
        return look_behind_prompt(o, s, p, lf, next->text, sight);
    return look_at_line(o, s, p, from, lf, next->text, sight);
}

/* A prompt stands under an echo whose text went missing: the digits are enough. */
static void tail_under_digits(struct owed *o, const struct stream *s, const struct prompts *p,
                              struct sight *sight)
{
    if (!o->hit || o->log_behind || !s->tail_short || s->line_start < o->hit_end ||
        prompt_judge(p, s->tail, s->tail_len) != PROMPT_EXACT)
        return;
    o->n_run = 0;
    run_push(o, o->anchor);
    sight_found(o, o->hit_end - 1, sight);
}

void owed_look_for_echo(struct owed *o, const struct stream *s, const struct prompts *p,
                        const struct input *next, bool edited, struct sight *sight)
{
    *sight = (struct sight){.kind = SIGHT_NOTHING};
    while (o->scan < s->line_start) {
        size_t from = o->scan, lf = stream_line_end(s, from);
        bool seen = look_once(o, s, p, from, lf, next, edited, sight);
        o->scan = lf + 1;
        o->lines++;
        if (seen)
            return;
    }
    tail_under_digits(o, s, p, sight);
    size_t rest = 0;
    if (sight->kind == SIGHT_NOTHING && s->tail_short && s->tail_len > 0 &&
        prompt_count(p, s->tail, s->tail_len, &rest, NULL, 0) > 0 && rest > 0)
        o->glued = s->line_start;
}

void owed_look_at_end(struct owed *o, const struct stream *s, const struct prompts *p,
                      const struct input *next, bool edited, struct sight *sight)
{
    size_t end = stream_end(s);
    *sight = (struct sight){.kind = SIGHT_NOTHING};
    if (o->hit && o->scan >= end) { /* no more of it will come */
        o->n_run = 0;
        run_push(o, o->anchor);
        sight_found(o, o->hit_end - 1, sight);
    }
    if (o->scan >= end || end - o->scan > LINE_RAW ||
        !look_once(o, s, p, o->scan, end, next, edited, sight))
        return;
    if (sight->out_start > end)
        sight->out_start = end;
}
