/* The upper lines of a prompt, and what stands right above one. */
#include "dialogue/log_line.h"
#include "dialogue/prompt.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define LOG_LINES     4 /* that come behind one prompt */
#define COUNTER_GROWS 8 /* digits by which an upper line may be longer than it was */

/* The start of the line above the one that begins at `at`; NOWHERE: it would be before floor. */
static size_t line_above(const struct stream *s, size_t at, size_t floor)
{
    if (at <= floor || at <= s->base)
        return NOWHERE;
    const char *raw = stream_at(s, floor > s->base ? floor : s->base);
    size_t start = floor > s->base ? floor : s->base;
    size_t n = at - 1 - start; /* without its own end */
    const char *lf = n > 0 ? memrchr(raw, '\n', n) : NULL;
    return lf ? start + (size_t)(lf - raw) + 1 : start;
}

static bool is_decoration_text(const struct prompts *p, const char *text, size_t n)
{
    return match_text(&p->rules->decoration, p->matcher, text, n, NULL);
}

/* Roles and places change ("{master}", "{backup}"); so do digits. */
static bool same_above(const struct prompts *p, const char *a, size_t n, const char *b, size_t len)
{
    if (prompt_same_shape(a, n, b, len))
        return true;
    return clean_length(a, n) > 0 && clean_length(b, len) > 0 && a[0] == b[0] &&
           is_decoration_text(p, a, n) && is_decoration_text(p, b, len);
}

bool prompt_is_decoration(const struct prompts *p, const struct stream *s, size_t from, size_t to,
                          bool first)
{
    char text[TAIL_MAX];
    size_t n = stream_line(s, from, to, text), len = 0;
    if (n == NOWHERE)
        return false;
    for (size_t i = 0; i < ABOVE_LINES; i++) {
        const char *line = prompt_line_of(first ? &p->seen : &p->above, i, &len);
        if (line && same_above(p, text, n, line, len))
            return true;
    }
    return is_decoration_text(p, text, n);
}

size_t prompt_above(const struct prompts *p, const struct stream *s, size_t at, size_t floor,
                    bool glued)
{
    size_t up = line_above(s, at, floor), rest = 0;
    char text[TAIL_MAX];
    size_t n = up != NOWHERE ? stream_line(s, up, at - 1, text) : NOWHERE;
    size_t last = 0;
    if (n == NOWHERE && up != NOWHERE && glued)
        return prompt_at_end(p, s, up, at - 1, NULL, NULL);
    if (n == NOWHERE || n == 0)
        return NOWHERE;
    size_t count = prompt_count(p, text, n, &rest, &last, 1);
    if (count == 0)
        return prompt_is_variant(p, text, n) ? up : NOWHERE;
    if (rest == 0 && (count == 1 || !glued))
        return up;
    return glued ? stream_find_last(s, up, at - 1, text + last, n - last) : NOWHERE;
}

size_t prompt_line_end_behind_log(const struct prompts *p, const struct stream *s, size_t at,
                                  size_t floor)
{
    size_t blank = line_above(s, at, floor), up = blank, rest = 0;
    bool log = false;
    if (blank == NOWHERE || !stream_is_blank(s, blank, at - 1))
        return NOWHERE;
    for (unsigned i = 0; i < LOG_LINES; i++) {
        char text[TAIL_MAX];
        size_t below = up;
        up = line_above(s, below, floor);
        size_t n = up != NOWHERE ? stream_line(s, up, below - 1, text) : NOWHERE;
        if (n == NOWHERE)
            return NOWHERE;
        if ((log && prompt_count(p, text, n, &rest, NULL, 0) == 1) ||
            prompt_has_log_behind(p, text, n))
            return blank;
        log |= prompt_is_log_line(text, n);
    }
    return NOWHERE;
}

/* Where in text, the last line of an output that lacks its end, the upper line begins; 0: not. */
static size_t glued_above(const struct prompts *p, const char *text, size_t n, const char *line,
                          size_t len)
{
    size_t longest = len + COUNTER_GROWS;
    for (size_t k = n > longest ? n - longest : 1; clean_length(line, len) > 0 && k < n; k++) {
        bool in_number =
            isdigit((unsigned char)text[k - 1]) != 0 && isdigit((unsigned char)text[k]) != 0;
        if (!in_number && same_above(p, text + k, n - k, line, len))
            return k;
    }
    return 0;
}

size_t prompt_block(const struct prompts *p, const struct stream *s, size_t at, size_t floor)
{
    size_t start = at, len = 0;
    for (size_t i = 0; i < ABOVE_LINES; i++) {
        const char *line = prompt_line_of(&p->above, i, &len);
        size_t up = line ? line_above(s, start, floor) : NOWHERE;
        char text[TAIL_MAX];
        if (!line)
            return start;
        size_t n = up != NOWHERE ? stream_line(s, up, start - 1, text) : NOWHERE;
        bool is_long = n == NOWHERE && up != NOWHERE;
        if (is_long)
            n = stream_line_tail(s, up, start - 1, text);
        if (up == NOWHERE || (is_long && n == 0))
            return at;
        if (is_long || !same_above(p, text, n, line, len)) {
            size_t k = glued_above(p, text, n, line, len);
            size_t from = k > 0 ? stream_find_last(s, up, start - 1, text + k, n - k) : NOWHERE;
            return from != NOWHERE ? from : at;
        }
        start = up;
    }
    return start;
}

size_t prompt_above_block(const struct prompts *p, const struct stream *s, size_t at, size_t floor,
                          bool glued)
{
    size_t block = prompt_block(p, s, at, floor);
    size_t above = prompt_above(p, s, block, floor, glued);
    size_t blank = above == NOWHERE && p->above.n > 0 ? line_above(s, block, floor) : NOWHERE;
    if (blank == NOWHERE || !stream_is_blank(s, blank, block - 1))
        return above;
    return prompt_above(p, s, blank, floor, glued); /* a blank line stands above upper lines */
}

/* The last lines above `at`, from floor on, into t. */
static void read_above(const struct stream *s, size_t at, size_t floor, struct prompt_text *t)
{
    char lines[ABOVE_MAX];
    size_t used = sizeof lines;
    for (size_t i = 0, to = at; i < ABOVE_LINES; i++) {
        size_t from = line_above(s, to, floor);
        char text[TAIL_MAX];
        size_t n = from != NOWHERE ? stream_line(s, from, to - 1, text) : NOWHERE;
        if (n == NOWHERE || n + 1 > used)
            break;
        lines[--used] = '\n';
        used -= n;
        memcpy(lines + used, text, n);
        to = from;
    }
    if (prompt_keep(t, lines + used, sizeof lines - used) != 0)
        t->n = 0;
}

/* The lines that both end in, without blank ones at their beginning. */
static size_t common_end(const struct prompts *p, const struct prompt_text *now, bool of_command)
{
    size_t keeps = 0, len = 0, n = 0, at = 0;
    for (size_t i = 0; i < ABOVE_LINES; i++) {
        const char *a = prompt_line_of(now, i, &n), *b = prompt_line_of(&p->seen, i, &len);
        if (!a || !b || !same_above(p, a, n, b, len) || prompt_is_log_line(a, n) ||
            (of_command && !is_decoration_text(p, a, n)))
            break;
        at += n + 1;
        if (clean_length(a, n) > 0)
            keeps = at;
    }
    return keeps;
}

/* The upper line that is known stands there, whatever stood above the prompt before: that one may
 * have followed an output without its last line end, or have been text. */
static bool still_above(const struct prompts *p, const struct prompt_text *now)
{
    size_t n = 0, len = 0;
    const char *a = prompt_line_of(now, 0, &n), *b = prompt_line_of(&p->above, 0, &len);
    return a && b && clean_length(b, len) > 0 && same_above(p, a, n, b, len);
}

static bool is_refusal(const struct prompts *p, const struct prompt_text *t)
{
    const struct platform *of = p->rules->platform;
    for (size_t i = 0; t->n > 0 && i < of->n_failure_indicators; i++)
        if (memmem(t->text, t->n, of->failure_indicators[i], strlen(of->failure_indicators[i])))
            return true;
    return false;
}

void prompt_see_above(struct prompts *p, const struct stream *s, size_t at, size_t floor,
                      bool of_command)
{
    struct prompt_text now = {.n = 0};
    read_above(s, at, floor, &now);
    of_command = of_command || is_refusal(p, &now); /* two inputs may be refused alike */
    if (p->looked) {
        p->compared = true;
        size_t n = common_end(p, &now, of_command);
        if (n > 0 || (!of_command && !still_above(p, &now)))
            (void)prompt_keep(&p->above, now.n > 0 ? now.text + now.n - n : "", n);
    }
    if (prompt_keep(&p->seen, now.n > 0 ? now.text : "", now.n) == 0)
        p->looked = true;
    prompt_free(&now);
}
