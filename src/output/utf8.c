#include "output/utf8.h"

#include <string.h>

static const char replacement[] = "\xef\xbf\xbd";

/* The length of the well-formed character at the start of p[0..n), or 0 (RFC 3629, 4: no overlong
 * forms, no surrogates, nothing over U+10FFFF). */
static size_t character(const unsigned char *p, size_t n)
{
    unsigned char low = 0x80, high = 0xbf;
    size_t len;
    if (p[0] < 0x80)
        return 1;
    if (p[0] >= 0xc2 && p[0] <= 0xdf) {
        len = 2;
    } else if (p[0] >= 0xe0 && p[0] <= 0xef) {
        len = 3;
        low = p[0] == 0xe0 ? 0xa0 : 0x80;
        high = p[0] == 0xed ? 0x9f : 0xbf;
    } else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
        len = 4;
        low = p[0] == 0xf0 ? 0x90 : 0x80;
        high = p[0] == 0xf4 ? 0x8f : 0xbf;
    } else {
        return 0;
    }
    if (n < len || p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++)
        if (p[i] < 0x80 || p[i] > 0xbf)
            return 0;
    return len;
}

static bool is_control(const unsigned char *p, size_t len)
{
    if (len == 1)
        return (p[0] < 0x20 && p[0] != '\n' && p[0] != '\t') || p[0] == 0x7f;
    return len == 2 && p[0] == 0xc2 && p[1] < 0xa0;
}

static int clean(struct buf *to, const char *bytes, size_t n, bool printable)
{
    const unsigned char *p = (const unsigned char *)bytes;
    size_t good = 0; /* a run of characters to copy as they are */
    if (n == 0)
        return 0;
    for (size_t i = 0; i < n;) {
        size_t len = character(p + i, n - i);
        if (len > 0 && !(printable && is_control(p + i, len))) {
            i += len;
            continue;
        }
        if (buf_add(to, bytes + good, i - good) != 0 || buf_add_str(to, replacement) != 0)
            return -1;
        i += len ? len : 1;
        good = i;
    }
    return buf_add(to, bytes + good, n - good);
}

int utf8_clean(struct buf *to, const char *bytes, size_t n)
{
    return clean(to, bytes, n, false);
}

int utf8_clean_printable(struct buf *to, const char *bytes, size_t n)
{
    return clean(to, bytes, n, true);
}
