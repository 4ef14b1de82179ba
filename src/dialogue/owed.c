#include "dialogue/owed.h"

#include "dialogue/echo.h"

#include <string.h>

#define REST_MIN 4 /* bytes of an input that are enough to recognise it */

void owed_begin(struct owed *o, const struct stream *s, const struct prompts *p, size_t prompt,
                size_t floor)
{
    size_t rest = 0;
    struct owed before = *o;
    *o = (struct owed){.at = s->line_start,
                       .prompt = prompt,
                       .floor = floor,
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

static size_t without_blanks(const char *text, size_t n)
{
    while (n > 0 && text[n - 1] == ' ')
        n--;
    return n;
}

/* --- lines --- */

static void push(struct owed *o, size_t at)
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
static void not_a_prompt(struct owed *o, const char *text, size_t n)
{
    bool behind_prompt = o->n_run > 0 || o->text_lines == 0;
    if (behind_prompt)
        o->other_lines = 0;
    o->in_log = text && (prompt_is_log_line(text, n) || (o->in_log && n > 0 && text[0] == ' '));
    o->other_lines += !o->in_log;
    o->any_other = o->any_other || !o->in_log;
    o->n_run = 0;
    o->text_lines++;
}

/* More blank lines than an empty line brings, or a prompt of another text: the one before was text.
 */
static void begin_anew(struct owed *o, const struct prompts *p, const char *text, size_t n)
{
    bool other = p->proved.n > 0 && !prompt_is_text(&p->proved, p->believed.text, p->believed.n) &&
                 !prompt_is_variant(p, text, n) && !prompt_is_text(&p->believed, text, n);
    other = other && o->n_run > 0 && o->run[o->n_run - 1] == o->prompt;
    if (o->n_run == 0 || (o->blanks <= o->gap && !other))
        return;
    not_a_prompt(o, NULL, 0);
}

/* The prompts in which text, all that stands in [from, to), ends, onto the run. */
static void push_all(struct owed *o, const struct stream *s, const struct prompts *p, size_t from,
                     size_t to, const char *text, size_t n, const size_t *at, size_t count)
{
    if (count > 0)
        begin_anew(o, p, text + at[count - 1], (count > 1 ? at[count - 2] : n) - at[count - 1]);
    for (size_t i = count; i-- > 0;) {
        size_t raw = from;
        if (at[i] > 0)
            raw = stream_find_last(s, from, to, text + at[i], n - at[i]);
        push(o, raw != NOWHERE ? raw : from);
    }
}

/* The prompt's own line as it stood when it was believed: the text before it, if any, is output. */
static void begin_run(struct owed *o)
{
    o->n_run = 0;
    if (o->stack != NOWHERE)
        push(o, o->stack);
    push(o, o->prompt);
}

/* What an ended line is that is no echo. */
static void classify(struct owed *o, const struct stream *s, const struct prompts *p, size_t from,
                     size_t lf)
{
    char text[TAIL_MAX];
    size_t at[RUN_MAX], rest = 0;
    bool own = o->lines == 0;
    size_t n = stream_line(s, from, lf, text);
    if (own && stream_is_blank(s, o->sent < lf ? o->sent : lf, lf)) {
        if (o->no_line_ends)
            not_a_prompt(o, NULL, 0);
        else
            begin_run(o);
        return;
    }
    if (n != NOWHERE && without_blanks(text, n) == 0) {
        o->blanks++;
        return;
    }
    size_t count = n != NOWHERE ? prompt_count(p, text, n, &rest, at, RUN_MAX) : 0;
    size_t end = n == NOWHERE ? prompt_at_end(p, s, from, lf, NULL, NULL) : NOWHERE;
    if (end != NOWHERE) {
        not_a_prompt(o, NULL, 0);
        push(o, end);
        return;
    }
    if (own && count > o->here && (o->prompt > o->at || rest == 0)) {
        begin_run(o);
        push_all(o, s, p, from, lf, text, n, at, count - o->here);
    } else if (count > 0 && rest == 0) {
        push_all(o, s, p, from, lf, text, n, at, count);
    } else if (count > 0 &&
               (o->glued == from || o->second)) { /* the output lacks its last line end */
        not_a_prompt(o, NULL, 0);
        push_all(o, s, p, from, lf, text, n, at, count);
    } else if (n == NOWHERE || !prompt_is_decoration(p, s, from, lf, o->first)) {
        o->broken = o->broken || own;
        if (own && o->sent > from && o->sent < lf) /* what stands behind the prompt */
            n = stream_line(s, o->sent, lf, text);
        not_a_prompt(o, n != NOWHERE ? text : NULL, n);
    }
}

/* --- the echo --- */

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

static void set_prompt(struct sight *sight, const char *text, size_t n)
{
    memcpy(sight->prompt, text, n);
    sight->prompt_len = n;
}

/* left[0..n) stands before the echo on the line [from, echo). True: it is, or ends in, a prompt. */
static bool take_prompts(struct owed *o, const struct stream *s, const struct prompts *p,
                         size_t from, size_t echo, const char *left, size_t n, struct sight *sight)
{
    size_t at[RUN_MAX], rest = 0;
    size_t count = prompt_count(p, left, n, &rest, at, RUN_MAX);
    bool own = from == o->at;
    if (count == 0 && !prompt_is_like(p, left, n))
        return false;
    if (count == 0) { /* a new one: all of the line */
        push(o, own ? o->prompt : from);
        set_prompt(sight, left, n);
        return true;
    }
    if (own && count >= o->here && (o->prompt > o->at || rest == 0)) { /* as it was believed */
        begin_run(o);
        count -= o->here;
    } else if (rest > 0) { /* glued, and found out now */
        o->n_run = 0;
        sight->glued = true;
    }
    push_all(o, s, p, from, echo, left, n, at, count);
    set_prompt(sight, left + at[0], n - at[0]);
    return true;
}

/* A line that was drawn again behind a log line begins the echo where it began at first. */
static void found(const struct owed *o, size_t lf, struct sight *sight)
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

/* text, a line, ends in input: what stands before it; NOWHERE. */
static size_t before_input(const char *text, size_t n, const char *input)
{
    size_t len = without_blanks(input, strlen(input));
    n = without_blanks(text, n);
    if (len == 0 || n <= len || memcmp(text + n - len, input, len) != 0)
        return NOWHERE;
    return n - len;
}

/* Where on the raw line a known prompt ends, nothing visible being before it; NOWHERE. */
static size_t behind_prompt(const struct stream *s, const struct prompt_text *t, size_t from,
                            size_t to)
{
    size_t n = without_blanks(t->text, t->n), look = to - from < TAIL_RAW ? to - from : TAIL_RAW;
    const char *raw = stream_at(s, from);
    const char *hit = n > 0 ? memmem(raw, look, t->text, n) : NULL;
    if (!hit || !stream_is_blank(s, from, from + (size_t)(hit - raw)))
        return NOWHERE;
    return from + (size_t)(hit - raw) + n;
}

/* Is what follows the prompt on the line [from, lf) the input, or the beginning of it? *left gets
 * the length of the prompt in text, where that can be told. */
static enum echo_result behind_known(const struct stream *s, const struct prompts *p, size_t from,
                                     size_t lf, const char *input, size_t *matched)
{
    const struct prompt_text *const known[] = {&p->proved, &p->believed};
    enum echo_result best = ECHO_NOT;
    *matched = 0;
    for (size_t i = 0; i < 2 && best != ECHO_ALL; i++) {
        size_t m = 0, behind = behind_prompt(s, known[i], from, lf);
        if (behind == NOWHERE)
            continue;
        enum echo_result r =
            echo_match(stream_at(s, behind), lf - behind, input, strlen(input), &m);
        if (r == ECHO_ALL || (r == ECHO_PART && m > 0)) {
            best = r;
            *matched = m;
        }
    }
    return best;
}

/* The line as prompt and input: ALL with the run and sight->prompt set, PART with *matched. */
static enum echo_result prompt_and_input(struct owed *o, const struct stream *s,
                                         const struct prompts *p, size_t from, size_t lf,
                                         const char *input, size_t *matched, struct sight *sight)
{
    char text[TAIL_MAX];
    size_t n = stream_line(s, from, lf, text), rest = 0;
    *matched = 0;
    size_t left = n != NOWHERE ? before_input(text, n, input) : NOWHERE;
    if (left != NOWHERE) {
        size_t count = prompt_count(p, text, left, &rest, NULL, 0);
        bool bare = count > 0 ? rest == 0 : prompt_is_like(p, text, left);
        bool glued = count > 0 && (o->glued == from || (from == o->at && o->prompt > o->at));
        size_t echo = stream_find_last(s, from, lf, text + left, n - left);
        if ((bare || glued) &&
            take_prompts(o, s, p, from, echo != NOWHERE ? echo : lf, text, left, sight)) {
            *matched = strlen(input);
            return ECHO_ALL;
        }
    }
    if (n == NOWHERE && p->proved.n + strlen(input) < TAIL_MAX) {
        memcpy(text, p->proved.text, p->proved.n);
        memcpy(text + p->proved.n, input, strlen(input));
        size_t at = stream_find_last(s, from, lf, text, p->proved.n + strlen(input));
        if (at != NOWHERE) {
            not_a_prompt(o, NULL, 0);
            push(o, at);
            set_prompt(sight, p->proved.text, p->proved.n);
            sight->glued = true;
            return ECHO_ALL;
        }
    }
    enum echo_result r = behind_known(s, p, from, lf, input, matched);
    if (r == ECHO_ALL) {
        const struct prompt_text *t = p->proved.n > 0 ? &p->proved : &p->believed;
        push(o, from == o->at ? o->prompt : from);
        set_prompt(sight, t->text, t->n);
    }
    return r;
}

/* The blank behind a prompt may have come later than the rest of it. */
static void late_blanks(const struct owed *o, const struct stream *s, const struct prompts *p,
                        size_t lf, const char *input, struct sight *sight)
{
    char text[TAIL_MAX];
    size_t n = o->prompt == o->at ? stream_line(s, o->at, lf, text) : NOWHERE;
    size_t left = n != NOWHERE ? before_input(text, n, input) : NOWHERE;
    if (left != NOWHERE && left > p->believed.n && prompt_is_known(p, text, left))
        set_prompt(sight, text, left);
}

/* The line on which the prompt stands has ended. */
static bool look_behind_prompt(struct owed *o, const struct stream *s, const struct prompts *p,
                               size_t lf, const char *input, struct sight *sight)
{
    size_t matched = 0, from = o->sent < lf ? o->sent : lf;
    enum echo_result r = echo_match(stream_at(s, from), lf - from, input, strlen(input), &matched);
    if (r == ECHO_ALL) {
        begin_run(o);
        set_prompt(sight, p->believed.text, p->believed.n);
        late_blanks(o, s, p, lf, input, sight);
    } else if (r == ECHO_NOT) { /* perhaps drawn anew */
        r = prompt_and_input(o, s, p, o->at, lf, input, &matched, sight);
    }
    if (r == ECHO_ALL) {
        found(o, lf, sight);
        return true;
    }
    o->echoed = r == ECHO_PART ? matched : 0;
    if (o->echoed == 0)
        classify(o, s, p, o->at, lf);
    else
        begin_run(o);
    return false;
}

/* The rest of an echo that was interrupted or wrapped. */
static enum echo_result rest_of_echo(struct owed *o, const struct stream *s, size_t from, size_t lf,
                                     const char *input)
{
    size_t matched = 0;
    const char *rest = input + o->echoed;
    enum echo_result r = echo_match(stream_at(s, from), lf - from, rest, strlen(rest), &matched);
    if (r == ECHO_PART && matched > 0 && o->echoed > 0)
        o->echoed += matched;
    else if (r == ECHO_PART)
        r = ECHO_NOT;
    return r;
}

/* The run as it stood where the echo began. */
static void back_to_anchor(struct owed *o)
{
    if (o->n_run > 0 && o->run[o->n_run - 1] == o->anchor)
        return;
    o->n_run = 0;
    push(o, o->anchor == o->at ? o->prompt : o->anchor);
}

/* A later line [from, lf). */
static bool look_at_line(struct owed *o, const struct stream *s, const struct prompts *p,
                         size_t from, size_t lf, const char *input, struct sight *sight)
{
    size_t matched = 0;
    if (!o->broken || o->echoed > 0 || o->other_lines == 0) {
        enum echo_result r = rest_of_echo(o, s, from, lf, input);
        if (r == ECHO_ALL && o->echoed == 0) {
            /* An output may hold such a line, too: " exit" in a configuration. */
            o->weak = from;
            o->weak_end = lf + 1;
            o->text_lines++;
            return false;
        }
        if (r == ECHO_ALL) {
            back_to_anchor(o);
            found(o, lf, sight);
            return true;
        }
        if (r == ECHO_PART)
            return false;
    }
    size_t began = o->echoed;
    enum echo_result r = prompt_and_input(o, s, p, from, lf, input, &matched, sight);
    if (r == ECHO_ALL) {
        if (began > 0) /* after an interruption the whole line is drawn again */
            back_to_anchor(o);
        found(o, lf, sight);
        return true;
    }
    if (r == ECHO_PART) {
        push(o, from);
        o->anchor = from;
        o->echoed = matched;
        return false;
    }
    classify(o, s, p, from, lf);
    return false;
}

/* --- the echo of digits --- */

/* What stands behind the digits once they are wiped out: the text, or a beginning of it. */
static enum echo_result text_behind(const struct stream *s, size_t from, size_t hit, size_t lf,
                                    size_t left, const struct input *next, size_t *matched)
{
    char line[TAIL_MAX];
    size_t len = strlen(next->text);
    enum echo_result r = echo_match(stream_at(s, hit), lf - hit, next->text, len, matched);
    if (r == ECHO_ALL || (r == ECHO_PART && *matched > 0) || len == 0)
        return r;
    size_t n = stream_line(s, from, lf, line); /* drawn again at each key */
    if (n == NOWHERE || n < left)
        return r;
    enum echo_result whole = echo_match(line + left, n - left, next->text, len, matched);
    return whole == ECHO_NOT ? r : whole;
}

static bool still_there(const struct stream *s, size_t from, size_t lf, const char *digits)
{
    char line[TAIL_MAX];
    size_t n = stream_line(s, from, lf, line);
    return n != NOWHERE && memmem(line, n, digits, strlen(digits)) != NULL;
}

/* What stands before the echo is too long to be read: the last line of an output, without its end.
 */
static void long_line(struct owed *o, const struct stream *s, const struct prompts *p, size_t from,
                      size_t echo, struct sight *sight)
{
    char text[TAIL_MAX];
    size_t n = 0, at = prompt_at_end(p, s, from, echo, text, &n);
    not_a_prompt(o, NULL, 0);
    push(o, at != NOWHERE ? at : from);
    set_prompt(sight, text, n);
    sight->glued = true;
}

/* The digits stand on the line [from, lf). */
static bool digits_seen(struct owed *o, const struct stream *s, const struct prompts *p,
                        size_t from, size_t lf, const struct input *next,
                        const struct nonce_sight *nonce, struct sight *sight)
{
    char left[TAIL_MAX];
    size_t hit = from + nonce->from, matched = 0;
    size_t n = stream_left(s, from, hit, left);
    if (n == NOWHERE)
        long_line(o, s, p, from, hit, sight);
    n = n == NOWHERE ? 0 : n;
    bool behind = n > 0 && take_prompts(o, s, p, from, hit, left, n, sight);
    if (!behind && o->digits > 0)
        back_to_anchor(o);
    else if (!behind && n > 0) { /* a prompt that nobody knows: the digits prove it all the same */
        push(o, from == o->at ? o->prompt : from);
        set_prompt(sight, left, n);
    }
    sight->missing = nonce->missing;
    sight->form = nonce->form;
    sight->not_erased = still_there(s, from, lf, next->nonce + nonce->missing);
    enum echo_result r = text_behind(s, from, from + nonce->to, lf, n, next, &matched);
    if (r == ECHO_PART && matched < strlen(next->text) && !sight->not_erased) {
        o->hit = true; /* the rest is to come */
        o->hit_end = lf + 1;
        o->anchor = o->n_run > 0 ? o->run[o->n_run - 1] : from;
        o->echoed = matched;
        return false;
    }
    found(o, lf, sight);
    return true;
}

/* The line ends after some of the digits, behind a prompt. */
static bool digits_begin(struct owed *o, const struct stream *s, const struct prompts *p,
                         size_t from, const struct nonce_sight *nonce, struct sight *sight)
{
    char left[TAIL_MAX];
    size_t n = stream_left(s, from, from + nonce->from, left);
    if (n == NOWHERE || n == 0 || nonce->part == 0 ||
        !take_prompts(o, s, p, from, from + nonce->from, left, n, sight))
        return false;
    o->anchor = o->run[o->n_run - 1];
    o->digits = nonce->part;
    return true;
}

/* A kernel shows a key that does not wipe out there as "^H". */
static bool is_ahead(const struct owed *o, bool edited, const struct nonce_sight *nonce)
{
    return edited && nonce->form != ERASE_EDITED && nonce->form != ERASE_NONE && !o->ahead &&
           nonce->missing == 0;
}

static void see_ahead(struct owed *o, size_t hit, size_t lf, struct sight *sight)
{
    bool own = o->lines == 0;
    o->ahead = true;
    o->broken = true;
    not_a_prompt(o, NULL, 0);
    *sight = (struct sight){
        .kind = SIGHT_AHEAD, .place = own && hit >= o->sent ? o->sent : hit, .out_start = lf + 1};
}

/* A line [from, lf) of an input with digits. */
static bool look_for_digits(struct owed *o, const struct stream *s, const struct prompts *p,
                            size_t from, size_t lf, const struct input *next, bool edited,
                            struct sight *sight)
{
    struct nonce_sight nonce;
    size_t look = lf - from < LINE_RAW ? lf - from : LINE_RAW;
    const char *want = next->nonce + o->digits;
    bool there = input_find(stream_at(s, from), look, want, &nonce) && nonce.part == 0;
    if (there && (o->digits == 0 || stream_is_blank(s, from, from + nonce.from))) {
        if (is_ahead(o, edited, &nonce)) {
            size_t matched = 0;
            size_t to = from + nonce.to;
            see_ahead(o, from + nonce.from, lf, sight);
            sight->weak = nonce.form == ERASE_PLAIN &&
                          text_behind(s, from, to, lf, 0, next, &matched) != ECHO_ALL;
            return true;
        }
        return digits_seen(o, s, p, from, lf, next, &nonce, sight);
    }
    if (o->digits > 0 && input_find(stream_at(s, from), look, next->nonce, &nonce) &&
        nonce.part == 0 && nonce.missing == 0) { /* drawn again, whole */
        bool seen = digits_seen(o, s, p, from, lf, next, &nonce, sight);
        if (seen) {
            back_to_anchor(o);
            found(o, lf, sight);
        }
        return seen;
    }
    if (nonce.part > 0 && o->digits == 0 && digits_begin(o, s, p, from, &nonce, sight))
        return false;
    classify(o, s, p, from, lf);
    return false;
}

/* The digits came, and the text behind them was interrupted. */
static bool look_for_rest(struct owed *o, const struct stream *s, const struct prompts *p,
                          size_t from, size_t lf, const struct input *next, struct sight *sight)
{
    size_t matched = 0;
    size_t anchor = o->anchor;
    enum echo_result r = rest_of_echo(o, s, from, lf, next->text);
    if (r == ECHO_PART && o->echoed > 0)
        return false;
    if (r != ECHO_ALL)
        r = prompt_and_input(o, s, p, from, lf, next->text, &matched, sight);
    if (r != ECHO_ALL)
        return false;
    o->anchor = anchor;
    o->n_run = 0;
    push(o, anchor);
    found(o, lf, sight);
    return true;
}

/* --- all of it --- */

static bool look_once(struct owed *o, const struct stream *s, const struct prompts *p, size_t from,
                      size_t lf, const struct input *next, bool edited, struct sight *sight)
{
    if (o->hit)
        return look_for_rest(o, s, p, from, lf, next, sight);
    if (*next->nonce && !o->ahead)
        return look_for_digits(o, s, p, from, lf, next, edited, sight);
    if (o->lines == 0 && !o->moved)
        return look_behind_prompt(o, s, p, lf, next->text, sight);
    return look_at_line(o, s, p, from, lf, next->text, sight);
}

/* A prompt stands under an echo whose text went missing: the digits are enough. */
static void tail_under_digits(struct owed *o, const struct stream *s, const struct prompts *p,
                              struct sight *sight)
{
    if (!o->hit || !s->tail_short || s->line_start < o->hit_end ||
        prompt_judge(p, s->tail, s->tail_len) != PROMPT_EXACT)
        return;
    o->n_run = 0;
    push(o, o->anchor);
    found(o, o->hit_end - 1, sight);
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
    if (o->scan >= end || end - o->scan > LINE_RAW ||
        !look_once(o, s, p, o->scan, end, next, edited, sight))
        return;
    if (sight->out_start > end)
        sight->out_start = end;
}

bool owed_line_is_rest(const struct stream *s, const struct prompts *p, size_t from, size_t to,
                       const char *input)
{
    char text[TAIL_MAX];
    const struct prompt_text *t = &p->proved;
    size_t n = stream_line(s, from, to, text), len = strlen(input);
    if (n == NOWHERE || t->n == 0 || n <= t->n + REST_MIN || memcmp(text, t->text, t->n) != 0)
        return false;
    size_t rest = without_blanks(text, n) - t->n;
    return rest < len && memcmp(text + t->n, input + len - rest, rest) == 0;
}

bool owed_line_is(const struct stream *s, const struct prompts *p, size_t from, size_t to,
                  const char *input)
{
    char text[TAIL_MAX];
    size_t n = stream_line(s, from, to, text), rest = 0;
    size_t left = n != NOWHERE ? before_input(text, n, input) : NOWHERE;
    if (left != NOWHERE && prompt_count(p, text, left, &rest, NULL, 0) > 0 && rest == 0)
        return true;
    return behind_known(s, p, from, to, input, &n) == ECHO_ALL;
}

/* --- the prompt again --- */

static void again_at(const struct owed *o, const struct stream *s, size_t need, size_t last,
                     struct sight *sight)
{
    size_t which = o->n_run > need ? o->n_run - need : 0;
    sight->kind = SIGHT_AGAIN;
    sight->run = o->n_run;
    sight->other = o->any_other;
    sight->one_line = o->n_run > 1 && o->run[o->n_run - 2] >= s->line_start;
    sight->place = o->run[which];
    sight->place_next = which + 1 < o->n_run ? o->run[which + 1] : sight->place;
    sight->out_start = o->run[o->n_run - 1];
    sight->log = o->text_lines > 0;
    sight->prompts = o->n_run > need ? o->n_run - need : 0;
    sight->owed = o->n_run < need ? (unsigned)(need - o->n_run) : 0;
    set_prompt(sight, s->tail + last, s->tail_len - last);
}

/* The tail as prompts behind the run. False: it is none, or not all there. */
static bool count_tail(struct owed *o, const struct stream *s, const struct prompts *p, bool first,
                       size_t *last)
{
    size_t at[RUN_MAX], rest = 0;
    const char *text = s->tail;
    size_t n = s->tail_len;
    bool own = s->line_start == o->at;
    enum prompt_judgement j = prompt_judge(p, text, n);
    size_t count = prompt_count(p, text, n, &rest, at, RUN_MAX);
    if (s->tail_open || (own && p->believed.n < 2))
        return false;
    if (count == 0 && (j == PROMPT_PATTERN || first) && !own && prompt_is_variant(p, text, n) &&
        !prompt_begins(p, text, n)) {
        begin_anew(o, p, text, n);
        push(o, s->line_start);
        return true;
    }
    if (count == 0 || prompt_judge(p, text + at[0], n - at[0]) == PROMPT_HOLD)
        return false; /* its blank is on the way */
    *last = at[0];
    if (own) {
        if (count <= o->here && o->stack == NOWHERE)
            return false;
        begin_run(o);
        push_all(o, s, p, s->line_start, stream_end(s), text, n, at, count - o->here);
        return true;
    }
    if (rest > 0 && (o->glued != s->line_start || count == 1))
        return false;
    if (rest > 0)
        not_a_prompt(o, NULL, 0);
    push_all(o, s, p, s->line_start, stream_end(s), text, n, at, count);
    return true;
}

/* The whole line of a glued prompt again, alone: then all of it is the prompt, a new one. */
static bool is_new_prompt(const struct owed *o, const struct stream *s)
{
    char text[TAIL_MAX];
    if (o->prompt == o->at || s->line_start == o->at || o->text_lines > 0 || o->n_run != 1)
        return false;
    size_t n = stream_line(s, o->at, stream_line_end(s, o->at), text);
    return n != NOWHERE && without_blanks(text, n) == without_blanks(s->tail, s->tail_len) &&
           memcmp(text, s->tail, without_blanks(text, n)) == 0;
}

/* The line above the tail reads as it does. */
static bool is_twice(const struct stream *s)
{
    char text[TAIL_MAX];
    size_t n = without_blanks(s->tail, s->tail_len);
    if (s->line_start <= s->base + 1 || n == 0)
        return false;
    const char *lf = memrchr(stream_at(s, s->base), '\n', s->line_start - 1 - s->base);
    size_t from = lf ? s->base + (size_t)(lf - stream_at(s, s->base)) + 1 : s->base;
    size_t len = stream_line(s, from, s->line_start - 1, text);
    return len != NOWHERE && len <= s->tail_len && without_blanks(text, len) == n &&
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
    set_prompt(sight, text + at[0], n - at[0]);
    if (sight->out_start == NOWHERE)
        sight->kind = SIGHT_NOTHING;
}

void owed_look_for_prompt(struct owed *o, const struct stream *s, const struct prompts *p,
                          bool first, bool patient, struct sight *sight)
{
    *sight = (struct sight){.kind = SIGHT_NOTHING};
    o->first = first;
    o->second = !first;
    if (first) /* nothing is known yet */
        o->gap = RUN_MAX;
    for (; o->scan < s->line_start; o->lines++) {
        size_t lf = stream_line_end(s, o->scan);
        classify(o, s, p, o->scan, lf);
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
        push(&with_tail, o->at);
        push(&with_tail, s->line_start);
        again_at(&with_tail, s, need, last, sight);
    } else if (count_tail(&with_tail, s, p, first, &last)) {
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
