/* A transcript's text as bytes. */
#include "tests/lib/transcript_bytes.h"

#include <stdlib.h>
#include <string.h>

/* What a device writes to wipe one digit: a terminal of the kernel's and most devices, readline. */
#define WIPE_BLANK "\b \b"
#define WIPE_CLEAR "\b\x1b[K"

#define EXPANDED_MAX (sizeof WIPE_CLEAR * NONCE_DIGITS) /* of one escape */

static int hex(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c ? strchr(digits, c | 0x20) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* One escape or one plain character to a byte: how long it is in the text. */
static size_t one_byte(const char *from, char *to)
{
    static const char letters[] = "rntbeavf0s\\";
    static const char bytes[] = "\r\n\t\b\x1b\a\v\f\0 \\";
    const char *letter = from[0] == '\\' && from[1] ? strchr(letters, from[1]) : NULL;
    if (letter) {
        *to = bytes[letter - letters];
        return 2;
    }
    if (from[0] == '\\' && from[1] == 'x' && hex(from[2]) >= 0 && hex(from[3]) >= 0) {
        *to = (char)(hex(from[2]) * 16 + hex(from[3]));
        return 4;
    }
    *to = *from;
    return 1;
}

size_t transcript_unescape(char *text)
{
    char *to = text;
    for (const char *from = text; *from; to++)
        from += one_byte(from, to);
    *to = '\0';
    return (size_t)(to - text);
}

/* \N all digits, \N3 the first three, \R3 the last three: how long it is in the text, 0: no such.
 */
static size_t add_digits(const char *from, struct transcript_bytes *to)
{
    if (from[0] != '\\' || (from[1] != 'N' && from[1] != 'R'))
        return 0;
    size_t k = from[2] >= '1' && from[2] <= '0' + NONCE_DIGITS ? (size_t)(from[2] - '0') : 0;
    size_t count = k ? k : NONCE_DIGITS;
    size_t first = from[1] == 'N' ? 1 : NONCE_DIGITS - count + 1;
    for (size_t i = 0; i < count; i++) {
        to->digits[to->n] = (char)(first + i);
        to->bytes[to->n++] = '?';
    }
    return k ? 3 : 2;
}

static size_t add_wipes(const char *from, struct transcript_bytes *to)
{
    if (from[0] != '\\' || (from[1] != 'W' && from[1] != 'K'))
        return 0;
    const char *wipe = from[1] == 'W' ? WIPE_BLANK : WIPE_CLEAR;
    for (int i = 0; i < NONCE_DIGITS; i++) {
        memcpy(to->bytes + to->n, wipe, strlen(wipe));
        to->n += strlen(wipe);
    }
    return 2;
}

int transcript_expand(const char *text, size_t times, struct transcript_bytes *to)
{
    size_t room = strlen(text) * EXPANDED_MAX / 2 * times + 3;
    *to = (struct transcript_bytes){.bytes = calloc(1, room), .digits = calloc(1, room)};
    if (!to->bytes || !to->digits) {
        free(to->bytes);
        free(to->digits);
        return -1;
    }
    for (size_t i = 0; i < times; i++)
        for (const char *from = text; *from;) {
            size_t len = add_digits(from, to);
            len = len ? len : add_wipes(from, to);
            from += len ? len : one_byte(from, to->bytes + to->n++);
        }
    return 0;
}
