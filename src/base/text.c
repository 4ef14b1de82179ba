#include "base/text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Longer words are not typing errors of any name we know. */
#define NEAREST_MAX 64

const char *source_pos_text(const struct source_pos *pos, char *out, size_t size)
{
    const char *file = pos->file ? pos->file : "-";
    if (pos->line <= 0)
        snprintf(out, size, "%s", file);
    else
        snprintf(out, size, "%s:%d:%d", file, pos->line, pos->column);
    return out;
}

static size_t min_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment: insertions, deletions, replacements and swaps of neighbours. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    uint8_t rows[3][NEAREST_MAX + 1];
    uint8_t *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_len; j++)
        last[j] = (uint8_t)j;
    for (size_t i = 1; i <= a_len; i++) {
        row[0] = (uint8_t)i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
            size_t best = min_of(min_of(row[j - 1] + 1U, last[j] + 1U), last[j - 1] + cost);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = min_of(best, before[j - 2] + 1U);
            row[j] = (uint8_t)best;
        }
        uint8_t *free_row = before;
        before = last;
        last = row;
        row = free_row;
    }
    return last[b_len];
}

const char *text_nearest(const char *word, const char *const *names, size_t n)
{
    size_t len = strlen(word);
    if (len > NEAREST_MAX)
        return NULL;
    size_t limit = len / 3 > 1 ? len / 3 : 1;
    const char *best = NULL;
    for (size_t i = 0; i < n; i++) {
        size_t name_len = strlen(names[i]);
        if (name_len > NEAREST_MAX || name_len > len + limit || len > name_len + limit)
            continue;
        size_t d = distance(word, len, names[i], name_len);
        if (d < limit || (d == limit && !best)) {
            best = names[i];
            if (d == 0)
                return best;
            limit = d;
        }
    }
    return best;
}

/* The class that begins at pattern ("[a-z]", "[!0-9]"), or NULL where its end is missing and the
 * bracket is a plain character. *hit says whether c is in it. */
static const char *match_class(const char *pattern, unsigned char c, bool *hit)
{
    const char *p = pattern + 1;
    bool inverted = *p == '!' || *p == '^';
    if (inverted)
        p++;
    bool found = false;
    for (bool first = true; *p && (first || *p != ']'); first = false) {
        unsigned char low = (unsigned char)*p, high = low;
        if (p[1] == '-' && p[2] && p[2] != ']') {
            high = (unsigned char)p[2];
            p += 2;
        }
        found = found || (c >= low && c <= high);
        p++;
    }
    if (*p != ']')
        return NULL;
    *hit = found != inverted;
    return p + 1;
}

/* One pattern element against one character: where the pattern goes on, or NULL. */
static const char *match_one(const char *pattern, char c)
{
    if (*pattern == '[') {
        bool hit = false;
        const char *next = match_class(pattern, (unsigned char)c, &hit);
        if (next)
            return hit ? next : NULL;
    }
    return *pattern && (*pattern == '?' || *pattern == c) ? pattern + 1 : NULL;
}

/* Only the last star is ever tried again, so the work is at most pattern times text. */
bool text_glob(const char *pattern, const char *text)
{
    const char *star = NULL, *resume = NULL;
    while (*text) {
        if (*pattern == '*') {
            star = ++pattern;
            resume = text;
            continue;
        }
        const char *next = match_one(pattern, *text);
        if (next) {
            pattern = next;
            text++;
        } else if (star) {
            pattern = star;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}
