/* The upper lines of a prompt, and what stands right above one. */
#include "dialogue/prompt.h"

#include <stdlib.h>
#include <string.h>

#define GLUED_MIN   3 /* bytes of an upper line that no output ends in by accident */
#define GLUED_SLACK 8 /* digits that it may have more */

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
    if (n == NOWHERE || n == 0)
        return NOWHERE;
    if (prompt_count(p, text, n, &rest, &last, 1) == 0)
        return prompt_is_variant(p, text, n) ? up : NOWHERE;
    if (rest == 0)
        return up;
    return glued ? stream_find_last(s, up, at - 1, text + last, n - last) : NOWHERE;
}

/* Where on the line [from, to), whose text is `text`, its uppermost one begins behind the end of an
 * output that has no line end; NOWHERE. */
static size_t glued_above(const struct stream *s, size_t from, size_t to, const char *text,
                          size_t n, const char *line, size_t len)
{
    size_t most = len + GLUED_SLACK < n ? len + GLUED_SLACK : n;
    if (len < GLUED_MIN)
        return NOWHERE;
    if (n > len && prompt_same_shape(text + n - len, len, line, len))
        return stream_find_last(s, from, to, text + n - len, len);
    for (size_t k = most; k >= GLUED_MIN; k--) /* its digits may be more, or fewer */
        if (prompt_same_shape(text + n - k, k, line, len))
            return stream_find_last(s, from, to, text + n - k, k);
    return NOWHERE;
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
        if (n == NOWHERE)
            return at;
        if (!same_above(p, text, n, line, len)) {
            size_t last = 0;
            size_t glued = prompt_line_of(&p->above, i + 1, &last)
                               ? NOWHERE
                               : glued_above(s, up, start - 1, text, n, line, len);
            return glued != NOWHERE ? glued : at;
        }
        start = up;
    }
    return start;
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
static size_t common_end(const struct prompts *p, const struct prompt_text *now,
                         const struct prompt_text *before, bool of_command)
{
    size_t keeps = 0, len = 0, n = 0, at = 0;
    for (size_t i = 0; i < ABOVE_LINES; i++) {
        const char *a = prompt_line_of(now, i, &n), *b = prompt_line_of(before, i, &len);
        if (!a || !b || !same_above(p, a, n, b, len) ||
            (of_command && !is_decoration_text(p, a, n)))
            break;
        at += n + 1;
        if (clean_length(a, n) > 0)
            keeps = at;
    }
    return keeps;
}

static bool is_refusal(const struct prompts *p, const struct prompt_text *t)
{
    const struct platform *of = p->rules->platform;
    for (size_t i = 0; t->n > 0 && i < of->n_failure_indicators; i++)
        if (memmem(t->text, t->n, of->failure_indicators[i], strlen(of->failure_indicators[i])))
            return true;
    return false;
}

/* The line right above it is one that no prompt has there. */
static bool has_none(const struct prompts *p, const struct prompt_text *now)
{
    size_t len = 0;
    const char *line = prompt_line_of(now, 0, &len);
    return p->above.n == 0 && line && !is_decoration_text(p, line, len);
}

void prompt_see_above(struct prompts *p, const struct stream *s, size_t at, size_t floor,
                      bool of_command)
{
    struct prompt_text now = {.n = 0};
    read_above(s, at, floor, &now);
    bool sure = !of_command && !is_refusal(p, &now); /* two inputs may be refused alike */
    bool may = sure || p->above.n > 0 || !prompt_is_variant(p, p->above_of.text, p->above_of.n);
    if (p->looked && may) {
        size_t n = common_end(p, &now, &p->seen, !sure);
        if (n < p->above.n) /* the last line of an output may have stood before the one above it */
            n = common_end(p, &now, &p->above, !sure);
        if (n > 0 || sure)
            (void)prompt_keep(&p->above, now.n > 0 ? now.text + now.n - n : "", n);
        sure = sure || n > 0;
    }
    if ((p->looked && sure) || has_none(p, &now))
        (void)prompt_keep(&p->above_of, p->believed.text, p->believed.n);
    if (prompt_keep(&p->seen, now.n > 0 ? now.text : "", now.n) == 0)
        p->looked = true;
    prompt_free(&now);
}
