#include "base/filename.h"

#include <openssl/sha.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define DIGEST_DIGITS 8
#define CUT_AT        (FILENAME_MADE_MAX - 1 - DIGEST_DIGITS)

static bool is_plain(char c, bool first)
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
        return true;
    return c == '_' || c == '-' || (c == '.' && !first);
}

static void put_digest(const char *name, char *to)
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256((const unsigned char *)name, strlen(name), digest);
    *to++ = '~';
    for (int i = 0; i < DIGEST_DIGITS / 2; i++)
        to += sprintf(to, "%02x", digest[i]);
}

char *filename_make(const char *name, char out[FILENAME_MADE_MAX + 1])
{
    size_t n = 0, cut = 0;
    for (const char *p = name; *p; p++) {
        bool plain = is_plain(*p, p == name);
        size_t width = plain ? 1 : 3;
        if (n + width > FILENAME_MADE_MAX) {
            put_digest(name, out + cut);
            return out;
        }
        if (plain)
            out[n] = *p;
        else
            sprintf(out + n, "%%%02X", (unsigned char)*p);
        n += width;
        /* The last place where a cut leaves room for the digest and splits no %XX. */
        if (n <= CUT_AT)
            cut = n;
    }
    if (n == 0)
        out[n++] = '%';
    out[n] = '\0';
    return out;
}
