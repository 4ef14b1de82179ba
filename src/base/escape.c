#include "base/escape.h"

#include <stdbool.h>
#include <string.h>

static bool is_plain(enum escape_for use, unsigned char c)
{
    if (c < 0x20 || c == 0x7f)
        return false;
    return use == ESCAPE_LOG ? c != '\\' : c < 0x7f;
}

/* The text of one byte; returns its length. */
static size_t escape_one(enum escape_for use, unsigned char c, char text[ESCAPED_MAX])
{
    static const char digits[] = "0123456789abcdef";
    static const char named[] = "\a\b\t\n\v\f\r\x1b\\";
    static const char letters[] = "abtnvfre\\";
    if (is_plain(use, c)) {
        text[0] = (char)c;
        return 1;
    }
    const char *name = memchr(named, c, sizeof named - 1);
    text[0] = '\\';
    text[1] = name ? letters[name - named] : 'x';
    text[2] = digits[c >> 4];
    text[3] = digits[c & 15];
    return name ? 2 : ESCAPED_MAX;
}

size_t escape_bytes(enum escape_for use, const char *bytes, size_t n, char *to, size_t size)
{
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        char text[ESCAPED_MAX];
        size_t k = escape_one(use, (unsigned char)bytes[i], text);
        if (len + k >= size)
            break;
        memcpy(to + len, text, k);
        len += k;
    }
    to[len] = '\0';
    return len;
}
