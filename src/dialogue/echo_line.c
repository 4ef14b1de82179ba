#include "dialogue/echo_line.h"

#include "dialogue/log_line.h"
#include "dialogue/run.h"
#include "dialogue/sighting.h"

#include <stdio.h>
#include <string.h>

#define REST_MIN 4 /* bytes of an input that are enough to recognise it */

/* text, a line, ends in input: what stands before it; NOWHERE. */
static size_t before_input(const char *text, size_t n, const char *input)
{
    size_t len = clean_length(input, strlen(input));
    n = clean_length(text, n);
    if (len == 0 || n <= len || memcmp(text + n - len, input, len) != 0)
        return NOWHERE;
    return n - len;
}

/* Where on the raw line a known prompt ends, nothing visible being before it; NOWHERE. */
static size_t behind_prompt(const struct stream *s, const struct prompt_text *t, size_t from,
                            size_t to)
{
    size_t n = clean_length(t->text, t->n), look = to - from < TAIL_RAW ? to - from : TAIL_RAW;
    const char *raw = stream_at(s, from);
    const char *hit = n > 0 ? memmem(raw, look, t->text, n) : NULL;
    if (!hit || !stream_is_blank(s, from, from + (size_t)(hit - raw)))
        return NOWHERE;
    return from + (size_t)(hit - raw) + n;
}

bool echo_line_cut_by_log(const struct stream *s, size_t from, size_t lf, const char *input,
                          size_t *matched)
{
    char text[TAIL_MAX];
    size_t n = stream_line(s, from, lf, text), k = 0;
    while (n != NOWHERE && k < n && input[k] && text[k] == input[k])
        k++;
    *matched = k;
    return k > 0 && prompt_is_log_line(text + k, n - k);
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

/* The last line of an output that lacks its end: prompt and input stand at the end of it. */
static bool at_long_end(struct owed *o, const struct stream *s, const struct prompts *p,
                        size_t from, size_t lf, const char *input, struct sight *sight)
{
    char text[TAIL_MAX];
    const struct prompt_text *t = &p->proved;
    if (t->n == 0 || t->n + strlen(input) >= sizeof text)
        return false;
    size_t n = (size_t)snprintf(text, sizeof text, "%.*s%s", (int)t->n, t->text, input);
    size_t at = stream_find_last(s, from, lf, text, n);
    if (at == NOWHERE)
        return false;
    run_break(o, NULL, 0);
    run_push(o, at);
    sight_set_prompt(sight, t->text, t->n);
    sight->glued = true;
    return true;
}

/* The line as prompt and input: ALL with the run and sight->prompt set, PART with *matched. */
enum echo_result echo_line_look(struct owed *o, const struct stream *s, const struct prompts *p,
                                size_t from, size_t lf, const char *input, size_t *matched,
                                struct sight *sight)
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
            sight_take_prompts(o, s, p, from, echo != NOWHERE ? echo : lf, text, left, sight)) {
            *matched = strlen(input);
            return ECHO_ALL;
        }
    }
    if (n == NOWHERE && at_long_end(o, s, p, from, lf, input, sight))
        return ECHO_ALL;
    enum echo_result r = behind_known(s, p, from, lf, input, matched);
    if (r == ECHO_ALL) {
        const struct prompt_text *t = p->proved.n > 0 ? &p->proved : &p->believed;
        run_push(o, from == o->at ? o->prompt : from);
        sight_set_prompt(sight, t->text, t->n);
    }
    return r;
}

/* The blank behind a prompt may have come later than the rest of it. */
void echo_line_late_blanks(const struct owed *o, const struct stream *s, const struct prompts *p,
                           size_t lf, const char *input, struct sight *sight)
{
    char text[TAIL_MAX];
    size_t n = o->prompt == o->at ? stream_line(s, o->at, lf, text) : NOWHERE;
    size_t left = n != NOWHERE ? before_input(text, n, input) : NOWHERE;
    if (left != NOWHERE && left > p->believed.n && prompt_is_known(p, text, left))
        sight_set_prompt(sight, text, left);
}

/* The rest of an echo that was interrupted or wrapped. */
enum echo_result echo_line_rest(struct owed *o, const struct stream *s, size_t from, size_t lf,
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

bool owed_line_is_rest(const struct stream *s, const struct prompts *p, size_t from, size_t to,
                       const char *input)
{
    char text[TAIL_MAX];
    const struct prompt_text *t = &p->proved;
    size_t n = stream_line(s, from, to, text), len = strlen(input);
    if (n == NOWHERE || t->n == 0 || n <= t->n + REST_MIN || memcmp(text, t->text, t->n) != 0)
        return false;
    size_t rest = clean_length(text, n) - t->n;
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
    if (behind_known(s, p, from, to, input, &n) == ECHO_ALL)
        return true;
    /* Where the prompt that is known by now was text. */
    size_t matched = 0, behind = behind_prompt(s, &p->earlier, from, to);
    return behind != NOWHERE && echo_match(stream_at(s, behind), to - behind, input, strlen(input),
                                           &matched) == ECHO_ALL;
}
