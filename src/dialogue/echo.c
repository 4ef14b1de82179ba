#include "dialogue/echo.h"

#include "dialogue/clean.h"

#include <stdbool.h>
#include <string.h>

#define SCROLL_MIN 8 /* bytes of an input's end that must be there, for a scrolled line */
#define TEXT_MAX   2048

static size_t trim(const char **text, size_t n)
{
    while (n > 0 && (*text)[n - 1] == ' ')
        n--;
    while (n > 0 && **text == ' ')
        (*text)++, n--;
    return n;
}

/* Drops escape sequences but keeps CR and BS: cleaning one byte group at a time would lose where
 * readline wrapped. */
static size_t visible(char *out, size_t size, const char *raw, size_t n)
{
    size_t len = 0;
    for (size_t i = 0; i < n && len < size; i++) {
        unsigned char c = (unsigned char)raw[i];
        if (c == 0x1b && i + 1 < n && raw[i + 1] == '[') {
            for (i += 2; i < n && !((unsigned char)raw[i] >= 0x40); i++)
                continue;
        } else if (c >= 0x20 || c == '\r' || c == '\t') {
            out[len++] = (char)c;
        }
    }
    return len;
}

/* Walks echo and input side by side, past the marks of wrapping. */
static enum echo_result walk(const char *v, size_t n, const char *input, size_t len,
                             size_t *matched)
{
    size_t i = 0, k = 0;
    while (k < n && (v[k] == ' ' || v[k] == '\r') && (len == 0 || input[0] != ' '))
        k++;
    while (k < n && i < len) {
        if (v[k] == input[i])
            i++, k++;
        else if (v[k] == '\r' && i > 0 && k + 1 < n && v[k + 1] == input[i - 1])
            k += 2;
        else if (v[k] == '\r' || (v[k] == ' ' && (k + 1 == n || v[k + 1] == '\r')))
            k++;
        else
            return ECHO_NOT;
    }
    *matched = i;
    while (k < n && (v[k] == ' ' || v[k] == '\r'))
        k++;
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
    char text[TEXT_MAX], marks[TEXT_MAX];
    *matched = 0;
    if (n > TEXT_MAX)
        return ECHO_NOT;
    while (len > 0 && input[len - 1] == ' ')
        len--;
    const char *line = text;
    size_t line_len = trim(&line, clean_tail(text, sizeof text, raw, n));
    const char *whole = input;
    size_t whole_len = trim(&whole, len);
    if (whole_len > 0 && line_len == whole_len && memcmp(line, whole, whole_len) == 0) {
        *matched = len;
        return ECHO_ALL;
    }
    enum echo_result r = walk(marks, visible(marks, sizeof marks, raw, n), input, len, matched);
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
    char text[TEXT_MAX];
    size_t line = n <= TEXT_MAX ? visible(text, sizeof text, raw, n) : 0;
    for (size_t i = 0; i < line; i++) {
        for (size_t k = 0; k < len; k++) {
            size_t same = 0;
            while (i + same < line && k + same < len && text[i + same] == input[k + same])
                same++;
            if (same * 2 >= len && same > 0)
                return true;
        }
    }
    return false;
}
