/* What came and is not settled yet. */
#include "base/escape.h"
#include "base/mask.h"
#include "dialogue/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINES      3  /* tail, prompt, proved */
#define LINE_FIRST 64 /* as long as most prompts at most */

const char *stream_at(const struct dialogue *d, size_t position)
{
    return buf_bytes(&d->in) + (position - d->base);
}

size_t stream_end(const struct dialogue *d)
{
    return d->base + d->in.len;
}

void stream_drop_to(struct dialogue *d, size_t position)
{
    if (position <= d->base)
        return;
    buf_drop_front(&d->in, position - d->base);
    d->base = position;
    size_t gone = 0;
    while (gone < d->n_omissions && d->omissions[gone].to <= position)
        gone++;
    if (gone == 0)
        return;
    d->n_omissions -= gone;
    memmove(d->omissions, d->omissions + gone, d->n_omissions * sizeof *d->omissions);
}

int stream_add(struct dialogue *d, const char *data, size_t len)
{
    if (buf_add(&d->in, data, len) != 0)
        return -1;
    const char *lf = memrchr(data, '\n', len);
    if (lf)
        d->line_start = stream_end(d) - (size_t)(data + len - (lf + 1));
    d->total += len;
    return 0;
}

void stream_free_lines(struct dialogue *d)
{
    if (d->lines)
        explicit_bzero(d->lines, LINES * d->line_max);
    free(d->lines);
    d->lines = NULL;
}

bool stream_line_room(struct dialogue *d, size_t n)
{
    size_t max = d->line_max ? d->line_max : LINE_FIRST;
    while (max < n)
        max *= 2;
    if (max == d->line_max)
        return true;
    char *lines = malloc(LINES * max);
    if (!lines)
        return false;
    for (size_t i = 0; d->lines && i < LINES; i++)
        memcpy(lines + i * max, d->lines + i * d->line_max, d->line_max);
    stream_free_lines(d);
    d->lines = d->tail = lines;
    d->prompt = lines + max;
    d->proved = lines + 2 * max;
    d->line_max = max;
    return true;
}

void stream_read_tail(struct dialogue *d)
{
    size_t n = stream_end(d) - d->line_start;
    char text[TAIL_MAX + 1];
    size_t len = n <= TAIL_RAW ? clean_tail(text, sizeof text, stream_at(d, d->line_start), n) : 0;
    d->tail_short = n <= TAIL_RAW && len <= TAIL_MAX;
    d->tail_len = d->tail_short ? len : 0;
    if (stream_line_room(d, d->tail_len)) {
        memcpy(d->tail, text, d->tail_len);
    } else {
        d->tail_len = 0;
        ending_fail(d, FAIL_INTERNAL, "memory is out");
    }
}

int stream_tail_shown(const struct dialogue *d, int max)
{
    size_t n = d->tail_len;
    while (n > 0 && d->tail[n - 1] == ' ')
        n--;
    return n < (size_t)max ? (int)n : max;
}

size_t stream_line_end(const struct dialogue *d, size_t from)
{
    const char *lf = memchr(stream_at(d, from), '\n', stream_end(d) - from);
    return lf ? from + (size_t)(lf - stream_at(d, from)) : NOWHERE;
}

size_t stream_line(const struct dialogue *d, size_t from, size_t to, char text[TAIL_MAX])
{
    if (to - from > TAIL_RAW)
        return NOWHERE;
    char line[TAIL_MAX + 1];
    size_t len = clean_tail(line, sizeof line, stream_at(d, from), to - from);
    if (len > TAIL_MAX)
        return NOWHERE;
    memcpy(text, line, len);
    return len;
}

void stream_omit(struct dialogue *d, struct omission what)
{
    struct omission *last = d->n_omissions ? &d->omissions[d->n_omissions - 1] : NULL;
    if (what.from >= what.to)
        return;
    if (last && what.from < last->to) { /* the same, longer */
        last->to = what.to > last->to ? what.to : last->to;
        return;
    }
    if (!d->omissions || d->n_omissions == d->cap_omissions) {
        size_t cap = d->cap_omissions ? d->cap_omissions * 2 : 16;
        struct omission *more = realloc(d->omissions, cap * sizeof *more);
        if (!more)
            return; /* it stays in the output: the lesser evil */
        d->omissions = more;
        d->cap_omissions = cap;
    }
    d->omissions[d->n_omissions++] = what;
}

/* What follows a pager's mark when it was one: what erases it, or a line's end. Text that goes on
 * means that the line only began like a mark. */
static bool stays_out(const struct dialogue *d, const struct omission *o, size_t end)
{
    if (!o->mark || o->to >= end)
        return true;
    unsigned char c = (unsigned char)*stream_at(d, o->to);
    return c < 0x20 || c == 0x7f;
}

struct clean_skip *stream_omissions(const struct dialogue *d, size_t from, size_t to, size_t *n)
{
    *n = 0;
    struct clean_skip *list = calloc(d->n_omissions + 1, sizeof *list);
    for (size_t i = 0; list && i < d->n_omissions; i++) {
        const struct omission *o = &d->omissions[i];
        if (o->from >= from && o->to <= to && stays_out(d, o, to))
            list[(*n)++] = (struct clean_skip){o->from - from, o->to - from};
    }
    return list;
}

/* Twice as much is masked as is shown: a secret that begins before the window must not show its
 * end, and not even as the device's echo of it. */
void stream_show(const struct dialogue *d, char *to, size_t size)
{
    size_t n = d->in.len < SHOWN_MAX * 2 ? d->in.len : SHOWN_MAX * 2;
    struct mask secrets;
    struct buf masked;
    mask_init(&secrets);
    mask_add(&secrets, d->config.password);
    mask_add(&secrets, d->config.enable);
    buf_init(&masked, SHOWN_MAX * 2 * sizeof MASK_TEXT);
    if (n == 0) {
        snprintf(to, size, "%s", "nothing");
    } else if (mask_piece(&secrets, buf_bytes(&d->in) + d->in.len - n, n, &masked) != 0) {
        snprintf(to, size, "%s", "something, but memory is out");
    } else {
        size_t from = masked.len > SHOWN_MAX ? masked.len - SHOWN_MAX : 0, len = 1;
        to[0] = '"';
        len += escape_bytes(ESCAPE_SENTENCE, buf_bytes(&masked) + from, masked.len - from, to + 1,
                            size - 2);
        memcpy(to + len, "\"", 2);
    }
    mask_free(&secrets);
    buf_free(&masked);
}

/* A blank or NUL that belongs to a mark came later than the rest of it. */
static void lengthen_mark(struct dialogue *d)
{
    struct omission *last = d->n_omissions ? &d->omissions[d->n_omissions - 1] : NULL;
    while (last && last->to < stream_end(d) &&
           (*stream_at(d, last->to) == ' ' || *stream_at(d, last->to) == '\0'))
        last->to++;
}

/* Where the mark that is the tail ends: before an escape sequence that shows nothing, because it
 * may not be all there yet. */
static size_t mark_end(const struct dialogue *d)
{
    char text[TAIL_MAX + 1];
    const char *raw = stream_at(d, d->line_start);
    size_t n = stream_end(d) - d->line_start;
    for (const char *esc; (esc = memrchr(raw, '\x1b', n)) != NULL; n = (size_t)(esc - raw))
        if (clean_tail(text, sizeof text, raw, (size_t)(esc - raw)) != d->tail_len)
            break;
    return d->line_start + n;
}

bool pager_look(struct dialogue *d)
{
    const struct platform *p = d->platform;
    for (size_t i = 0; d->tail_short && d->tail_len > 0 && i < p->n_pagers; i++) {
        size_t start = 0;
        if (!match_text(&d->rules->pagers[i], &d->matcher, d->tail, d->tail_len, &start))
            continue;
        if (d->pager.line == d->line_start && d->pager.which == i) {
            lengthen_mark(d);
            return true;
        }
        d->pager = (struct pager_state){d->line_start, i};
        if (start == 0)
            stream_omit(d, (struct omission){d->line_start, mark_end(d), true});
        dialogue_out(d, p->pagers[i].response ? p->pagers[i].response : " ", false, false);
        return true;
    }
    d->pager.line = NOWHERE;
    return false;
}
