#include "dialogue/sighting.h"

#include "dialogue/run.h"

#include <string.h>

/* How far the run's last prompt is from the one that ended the output. What was sent behind next
 * brings its prompts behind next's. */
static size_t extra_of(const struct owed *o)
{
    size_t inputs = 1 + o->n_before;
    return o->n_before + o->spare + (o->double_enter ? inputs : 0);
}

/* The echo stands behind the last prompt of the run: which of them ended the output? */
static void settle_place(const struct owed *o, struct sight *sight)
{
    size_t extra = extra_of(o), last = o->n_run - 1;
    size_t which = last > extra ? last - extra : 0;
    sight->prompts = last > extra ? last - extra : 0;
    sight->one_line = last > 0 && o->run[last - 1] >= o->scan;
    sight->log = o->text_lines > 0;
    sight->other = o->any_other;
    sight->place = o->run[which];
    sight->place_before = o->run[which > 0 ? which - 1 : 0];
    sight->place_next = which < last ? o->run[which + 1] : sight->place;
}

void sight_set_prompt(struct sight *sight, const char *text, size_t n)
{
    memcpy(sight->prompt, text, n);
    sight->prompt_len = n;
}

/* left[0..n) stands before the echo on the line [from, echo). True: it is, or ends in, a prompt. */
bool sight_take_prompts(struct owed *o, const struct stream *s, const struct prompts *p,
                        size_t from, size_t echo, const char *left, size_t n, struct sight *sight)
{
    size_t at[RUN_MAX], rest = 0;
    size_t count = prompt_count(p, left, n, &rest, at, RUN_MAX);
    bool own = from == o->at;
    if (count == 0 && !prompt_is_like(p, left, n))
        return false;
    if (count == 0) { /* a new one: all of the line */
        run_push(o, own ? o->prompt : from);
        sight_set_prompt(sight, left, n);
        return true;
    }
    if (own && count >= o->here && (o->prompt > o->at || rest == 0)) { /* as it was believed */
        run_begin(o);
        count -= o->here;
    } else if (rest > 0) { /* glued, and found out now */
        o->n_run = 0;
        sight->glued = true;
    }
    run_push_all(o, s, p, from, echo, left, n, at, count);
    sight_set_prompt(sight, left + at[0], n - at[0]);
    return true;
}

/* A line that was drawn again behind a log line begins the echo where it began at first. */
void sight_found(const struct owed *o, size_t lf, struct sight *sight)
{
    sight->kind = SIGHT_ECHO;
    sight->out_start = lf + 1;
    if (o->n_run > 0) {
        settle_place(o, sight);
        return;
    }
    /* No prompt right before it: it went on behind a log line. */
    sight->place = sight->place_next = sight->place_before = o->last_prompt;
    sight->log = true;
}
