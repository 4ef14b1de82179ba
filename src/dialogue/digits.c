#include "dialogue/digits.h"

#include "dialogue/echo_line.h"
#include "dialogue/log_line.h"
#include "dialogue/run.h"
#include "dialogue/sighting.h"

#include <string.h>

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
    if (n != NOWHERE && n >= len && memcmp(line + n - len, next->text, len) == 0)
        return ECHO_ALL;
    if (n == NOWHERE || n < left)
        return r;
    const char *rest = line + left;
    size_t len_rest = n - left, wiped = 0;
    *matched = 0;
    while (*matched < len && *matched < len_rest && rest[*matched] == next->text[*matched])
        ++*matched;
    if (*matched > 0 && prompt_is_log_line(rest + *matched, len_rest - *matched))
        return ECHO_PART; /* a log line, on the same line */
    *matched = 0;
    while (wiped < NONCE_LEN && wiped < len_rest && rest[wiped] == next->nonce[wiped])
        wiped++; /* or not yet: something came between the keys that wipe out */
    if (len_rest > 0 && (wiped == len_rest || prompt_is_log_line(rest + wiped, len_rest - wiped)))
        return ECHO_PART;
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
    run_break(o, NULL, 0);
    run_push(o, at != NOWHERE ? at : from);
    sight_set_prompt(sight, text, n);
    sight->glued = true;
}

/* The digits begin at hit, and end at `to`. Some of them stand behind the believed prompt besides,
 * which was none, and no log line behind those: the terminal echoed each as it came, into an output
 * that went on. Or all of them stand on the line once more, which was not drawn anew. */
static bool is_torn(const struct owed *o, const struct stream *s, size_t hit, size_t to, size_t lf,
                    const struct input *next)
{
    bool log = o->text_lines > 0 && !o->any_other;
    bool anew = hit > o->sent && memchr(stream_at(s, o->sent), '\r', hit - o->sent);
    bool before = (o->lines > 0 && !log) || (o->lines == 0 && hit > o->sent && !anew);
    const char *more = memmem(stream_at(s, to), lf - to, next->nonce, NONCE_LEN);
    return (before && *stream_at(s, o->sent) == *next->nonce) ||
           (more && !memchr(stream_at(s, to), '\r', (size_t)(more - stream_at(s, to))));
}

/* The believed prompt comes once more on its line, which is then drawn anew: one of the two was an
 * output's without line end, and wiped out. */
static bool twice_before(const struct owed *o, const struct stream *s, const struct prompts *p,
                         size_t hit)
{
    const struct prompt_text *t = &p->believed;
    size_t n = hit - o->sent;
    return t->n > 0 && n >= t->n && memcmp(stream_at(s, o->sent), t->text, t->n) == 0 &&
           memchr(stream_at(s, o->sent), '\r', n) != NULL;
}

/* The digits stand on the line [from, lf); rest: what the line before had not. */
static bool digits_seen(struct owed *o, const struct stream *s, const struct prompts *p,
                        size_t from, size_t lf, const struct input *next,
                        const struct nonce_sight *nonce, bool rest, struct sight *sight)
{
    char left[TAIL_MAX];
    size_t hit = from + nonce->from, matched = 0;
    size_t n = stream_left(s, from, hit, left);
    if (n == NOWHERE)
        long_line(o, s, p, from, hit, sight);
    n = n == NOWHERE ? 0 : n;
    bool behind = n > 0 && sight_take_prompts(o, s, p, from, hit, left, n, sight);
    if (!behind && o->digits > 0)
        run_back_to_anchor(o);
    sight->not_erased = still_there(s, from, lf, next->nonce + nonce->missing);
    sight->quoted = sight->not_erased && !behind && o->digits == 0 && n > 0;
    if (!behind && o->digits == 0 && n > 0) {
        run_push(o, from == o->at ? o->prompt : from);
        if (!sight->quoted) /* a prompt that nobody knows: the digits prove it all the same */
            sight_set_prompt(sight, left, n);
    }
    sight->missing = nonce->missing;
    sight->form = nonce->form;
    size_t to = from + nonce->to;
    sight->redrawn = from == o->at && o->sent < hit && twice_before(o, s, p, hit);
    sight->torn = !rest && is_torn(o, s, hit, to, lf, next);
    enum echo_result r = text_behind(s, from, from + nonce->to, lf, n, next, &matched);
    if (r == ECHO_PART && matched < strlen(next->text) && !sight->not_erased) {
        o->hit = true; /* the rest is to come */
        o->hit_end = lf + 1;
        o->anchor = o->n_run > 0 ? o->run[o->n_run - 1] : from;
        o->echoed = matched;
        return false;
    }
    sight->log_on_line = r == ECHO_PART && matched > 0 && matched == strlen(next->text);
    sight_found(o, lf, sight);
    return true;
}

/* The line ends after some of the digits, behind a prompt. */
static bool digits_begin(struct owed *o, const struct stream *s, const struct prompts *p,
                         size_t from, const struct nonce_sight *nonce, struct sight *sight)
{
    char left[TAIL_MAX];
    size_t n = stream_left(s, from, from + nonce->from, left);
    if (n == NOWHERE || n == 0 || nonce->part == 0 ||
        !sight_take_prompts(o, s, p, from, from + nonce->from, left, n, sight))
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
    run_break(o, NULL, 0);
    *sight = (struct sight){
        .kind = SIGHT_AHEAD, .place = own && hit >= o->sent ? o->sent : hit, .out_start = lf + 1};
}

/* A line [from, lf) of an input with digits. */
bool digits_look(struct owed *o, const struct stream *s, const struct prompts *p, size_t from,
                 size_t lf, const struct input *next, bool edited, struct sight *sight)
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
            sight->weak = nonce.form == ERASE_PLAIN
                              ? text_behind(s, from, to, lf, 0, next, &matched) != ECHO_ALL
                              : !memmem(stream_at(s, to), lf - to, next->text, strlen(next->text));
            return true;
        }
        return digits_seen(o, s, p, from, lf, next, &nonce, o->digits > 0, sight);
    }
    if (o->digits > 0 && input_find(stream_at(s, from), look, next->nonce, &nonce) &&
        nonce.part == 0 && nonce.missing == 0) { /* drawn again, whole */
        bool seen = digits_seen(o, s, p, from, lf, next, &nonce, false, sight);
        if (seen) {
            run_back_to_anchor(o);
            sight_found(o, lf, sight);
        }
        return seen;
    }
    if (nonce.part > 0 && o->digits == 0 && digits_begin(o, s, p, from, &nonce, sight))
        return false;
    run_take_line(o, s, p, from, lf);
    return false;
}

/* The digits came, and the text behind them was interrupted. */
bool digits_look_for_rest(struct owed *o, const struct stream *s, const struct prompts *p,
                          size_t from, size_t lf, const struct input *next, struct sight *sight)
{
    size_t matched = 0;
    size_t anchor = o->anchor;
    char text[TAIL_MAX];
    size_t n = stream_line(s, from, lf, text);
    o->log_behind = o->log_behind || (n != NOWHERE && prompt_is_log_line(text, n));
    enum echo_result r = echo_line_rest(o, s, from, lf, next->text);
    if (r == ECHO_PART && o->echoed > 0)
        return false;
    if (r != ECHO_ALL)
        r = echo_line_look(o, s, p, from, lf, next->text, &matched, sight);
    if (r != ECHO_ALL)
        return false;
    o->anchor = anchor;
    o->n_run = 0;
    run_push(o, anchor);
    sight_found(o, lf, sight);
    return true;
}
