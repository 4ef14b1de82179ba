#include "dialogue/pager.h"

#include <string.h>

int pager_look(const struct stream *s, const struct dialogue_rules *r, const struct matcher *m)
{
    for (size_t i = 0; s->tail_short && s->tail_len > 0 && i < r->platform->n_pagers; i++)
        if (match_text(&r->pagers[i], m, s->tail, s->tail_len, NULL))
            return (int)i;
    return -1;
}

size_t pager_end(const struct stream *s)
{
    size_t end = stream_end(s);
    char text[TAIL_MAX];
    while (end > s->line_start + 1 && stream_line(s, s->line_start, end - 1, text) == s->tail_len &&
           memcmp(text, s->tail, s->tail_len) == 0)
        end--;
    return end;
}

const char *pager_key(const struct dialogue_rules *r, size_t which)
{
    const char *key = r->platform->pagers[which].response;
    return key ? key : " ";
}

/* The escape sequence that begins at i is all there. */
static bool is_whole(const struct stream *s, size_t i)
{
    size_t end = stream_end(s);
    if (i + 1 >= end || *stream_at(s, i + 1) != '[')
        return i + 1 < end;
    for (i += 2; i < end; i++)
        if ((unsigned char)*stream_at(s, i) >= 0x40)
            return true;
    return false;
}

/* Behind the colour that begins at i; i: there is none, or not all of it. */
static size_t behind_colour(const struct stream *s, size_t i)
{
    size_t end = stream_end(s), k = i + 2;
    if (k >= end || *stream_at(s, i) != '\x1b' || *stream_at(s, i + 1) != '[')
        return i;
    while (k < end &&
           (*stream_at(s, k) == ';' || (*stream_at(s, k) >= '0' && *stream_at(s, k) <= '9')))
        k++;
    return k < end && *stream_at(s, k) == 'm' ? k + 1 : i;
}

/* Where what follows the mark begins: blanks, NULs and colours that belong to it may have come
 * later than the rest. */
static size_t behind_mark(const struct pager *p, const struct stream *s)
{
    size_t i = p->end, end = stream_end(s);
    while (i < end) {
        char c = *stream_at(s, i);
        size_t next = c == ' ' || c == '\0' ? i + 1 : behind_colour(s, i);
        if (next == i)
            break;
        i = next;
    }
    return i;
}

bool pager_overwritten(const struct pager *p, const struct stream *s)
{
    size_t i = behind_mark(p, s), end = stream_end(s);
    return i + 1 < end && *stream_at(s, i) == '\r' && (unsigned char)*stream_at(s, i + 1) > ' ';
}

bool pager_erased(const struct pager *p, const struct stream *s)
{
    size_t end = stream_end(s);
    if (p->line == NOWHERE || p->end < s->base)
        return false;
    size_t i = behind_mark(p, s);
    if (i < end && *stream_at(s, i) == '\b')
        return true;
    if (i < end && *stream_at(s, i) == '\x1b')
        return is_whole(s, i);
    bool goes_back = false;
    for (; i < end && *stream_at(s, i) == '\r'; i++)
        goes_back = true;
    return goes_back && i < end && *stream_at(s, i) != '\n';
}

size_t pager_echo(const struct pager *p, const struct dialogue_rules *r, const struct stream *s)
{
    if (p->stray == 0 || p->line == NOWHERE)
        return 0;
    const char *key = pager_key(r, p->which);
    size_t n = strlen(key);
    bool there =
        n > 0 && *key != ' ' && s->tail_len > n && memcmp(s->tail + s->tail_len - n, key, n) == 0;
    return there ? n : 0;
}

size_t pager_came_back(const struct pager *p, const struct dialogue_rules *r,
                       const struct stream *s)
{
    if (p->stray == 0 || p->line == NOWHERE || p->end < s->base)
        return NOWHERE;
    const char *key = pager_key(r, p->which);
    size_t n = strlen(key), at = p->end, next = behind_colour(s, at);
    for (; next != at; next = behind_colour(s, at))
        at = next;
    return stream_end(s) - at >= n && memcmp(stream_at(s, at), key, n) == 0 ? at : NOWHERE;
}
