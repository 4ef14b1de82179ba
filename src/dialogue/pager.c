#include "dialogue/pager.h"

#include <string.h>

int pager_look(const struct stream *s, const struct dialogue_rules *r, const struct matcher *m)
{
    for (size_t i = 0; s->tail_short && s->tail_len > 0 && i < r->platform->n_pagers; i++)
        if (match_text(&r->pagers[i], m, s->tail, s->tail_len, NULL))
            return (int)i;
    return -1;
}

const char *pager_key(const struct dialogue_rules *r, size_t which)
{
    const char *key = r->platform->pagers[which].response;
    return key ? key : " ";
}

/* Where what follows the mark begins: a blank or NUL that belongs to it came later than the rest. */
static size_t behind_mark(const struct pager *p, const struct stream *s)
{
    size_t i = p->end, end = stream_end(s);
    while (i < end && (*stream_at(s, i) == ' ' || *stream_at(s, i) == '\0'))
        i++;
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
    if (i < end && (*stream_at(s, i) == '\b' || *stream_at(s, i) == '\x1b'))
        return true;
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
    bool there = n > 0 && *key != ' ' && s->tail_len > n &&
                 memcmp(s->tail + s->tail_len - n, key, n) == 0;
    return there ? n : 0;
}
