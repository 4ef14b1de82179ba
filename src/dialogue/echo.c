#include "dialogue/echo.h"

#include "dialogue/clean.h"

#include <stdbool.h>
#include <string.h>

#define SCROLL_MIN 8 /* bytes of an input's end that must be there, for a scrolled line */
#define TEXT_MAX   2048
#define MARK_MAX   16 /* control bytes of one mark of wrapping */

static size_t trim(const char **text, size_t n)
{
    while (n > 0 && (*text)[n - 1] == ' ')
        n--;
    while (n > 0 && **text == ' ')
        (*text)++, n--;
    return n;
}

/* Where the next byte that is seen stands, from i on: escape sequences and controls but CR and tab
 * are passed over. Cleaning would lose where readline wrapped. */
static size_t seen(const char *raw, size_t i, size_t n)
{
    for (; i < n; i++) {
        unsigned char c = (unsigned char)raw[i];
        if (c == 0x1b && i + 1 < n && raw[i + 1] == '[') {
            for (i += 2; i < n && (unsigned char)raw[i] < 0x40; i++)
                continue;
        } else if (c >= 0x20 || c == '\r' || c == '\t') {
            return i;
        }
    }
    return n;
}

/* Blanks in front of a CR are marks of wrapping. How far the blanks go is kept: there may be many.
 */
struct blanks {
    size_t to;
    bool mark;
};

static bool is_blank_mark(const char *raw, size_t n, size_t k, struct blanks *b)
{
    if (k < b->to)
        return b->mark;
    while (k < n && raw[k] == ' ')
        k = seen(raw, k + 1, n);
    *b = (struct blanks){.to = k, .mark = k >= n || raw[k] == '\r'};
    return b->mark;
}

/* " \r", or the first byte of the new line, CR, and that byte again; but where the byte before the
 * mark and the one behind it are the same two of the input, the mark is only a blank and CR. */
static size_t past_mark(const char *raw, size_t n, size_t k, const char *input, size_t len,
                        size_t i)
{
    size_t next = seen(raw, k + 1, n);
    bool again = raw[k] == '\r' && i > 0 && next < n && raw[next] == input[i - 1];
    bool both = again && i < len && input[i] == input[i - 1];
    size_t before = k;
    while (before > 0 && k - before < MARK_MAX && (unsigned char)raw[before - 1] < 0x20)
        before--;
    if (again && !(both && before > 0 && raw[before - 1] == ' '))
        return seen(raw, next + 1, n);
    return next;
}

/* Walks echo and input side by side, past the marks of wrapping. */
static enum echo_result walk(const char *raw, size_t n, const char *input, size_t len,
                             size_t *matched)
{
    struct blanks blanks = {0};
    size_t i = 0, k = seen(raw, 0, n);
    while (k < n && (raw[k] == ' ' || raw[k] == '\r') && (len == 0 || input[0] != ' '))
        k = seen(raw, k + 1, n);
    while (k < n && i < len) {
        if (raw[k] == input[i]) {
            i++;
            k = seen(raw, k + 1, n);
        } else if (raw[k] == '\r') {
            k = past_mark(raw, n, k, input, len, i);
        } else if (raw[k] == ' ' && is_blank_mark(raw, n, k, &blanks)) {
            k = seen(raw, k + 1, n);
        } else {
            return ECHO_NOT;
        }
    }
    *matched = i;
    while (k < n && (raw[k] == ' ' || raw[k] == '\r'))
        k = seen(raw, k + 1, n);
    return k < n ? ECHO_NOT : i == len ? ECHO_ALL : ECHO_PART;
}

static bool is_scrolled(const char *text, size_t n, const char *input, size_t len)
{
    if (n < SCROLL_MIN + 1 || (text[0] != '$' && text[0] != '<'))
        return false;
    text++;
    n--;
    return n < len && memcmp(text, input + len - n, n) == 0;
}

static size_t word(const char *text, size_t n)
{
    size_t len = 0;
    while (len < n && text[len] != ' ')
        len++;
    return len;
}

/* Every word of the input begins the word in its place. One word alone is too little to say so. */
static bool is_completed(const char *text, size_t n, const char *input, size_t len)
{
    if (!memchr(input, ' ', len))
        return false;
    while (n > 0 && len > 0) {
        size_t a = word(text, n), b = word(input, len);
        if (b > a || memcmp(text, input, b) != 0)
            return false;
        text += a, n -= a;
        input += b, len -= b;
        n = trim(&text, n);
        len = trim(&input, len);
    }
    return n == 0 && len == 0;
}

enum echo_result echo_match(const char *raw, size_t n, const char *input, size_t len,
                            size_t *matched)
{
    char text[TEXT_MAX];
    *matched = 0;
    while (len > 0 && input[len - 1] == ' ')
        len--;
    if (n > TEXT_MAX)
        return walk(raw, n, input, len, matched);
    const char *line = text;
    size_t line_len = trim(&line, clean_tail(text, sizeof text, raw, n));
    const char *whole = input;
    size_t whole_len = trim(&whole, len);
    if (whole_len > 0 && line_len == whole_len && memcmp(line, whole, whole_len) == 0) {
        *matched = len;
        return ECHO_ALL;
    }
    enum echo_result r = walk(raw, n, input, len, matched);
    if (r != ECHO_NOT || whole_len == 0)
        return r;
    if (is_scrolled(line, line_len, whole, whole_len) ||
        is_completed(line, line_len, whole, whole_len)) {
        *matched = len;
        return ECHO_ALL;
    }
    return ECHO_NOT;
}

bool echo_resembles(const char *raw, size_t n, const char *input, size_t len)
{
    for (size_t i = 0; n <= TEXT_MAX && i < n; i++) {
        for (size_t k = 0; k < len; k++) {
            size_t same = 0, at = i;
            while (at < n && k + same < len && raw[at] == input[k + same]) {
                same++;
                at = seen(raw, at + 1, n);
            }
            if (same * 2 >= len && same > 0)
                return true;
        }
    }
    return false;
}
