#include "transport/hostkeys_line.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHA1_BYTES  20
#define SHA1_BLOCK  64
#define SHA1_BASE64 28
#define HASH_MARK   "|1|"
#define BLANKS      " \t"

static const char base64_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The next field of *rest, or NULL; blanks separate. */
static char *next_field(char **rest)
{
    char *field = *rest + strspn(*rest, BLANKS);
    size_t len = strcspn(field, BLANKS);

    if (len == 0)
        return NULL;
    *rest = field + len;
    if (**rest != '\0')
        *(*rest)++ = '\0';
    return field;
}

/* A hashed name is base64: its case counts. */
static void lower_names(char *names)
{
    if (names[0] == '|')
        return;
    for (; *names != '\0'; names++)
        *names = (char)tolower((unsigned char)*names);
}

/* Drops the padding, so that keys compare as texts; false when it is not base64. */
static bool trim_key(char *key)
{
    size_t len = strspn(key, base64_alphabet);

    if (len < 16 || strspn(key + len, "=") > 2 || key[len + strspn(key + len, "=")] != '\0')
        return false;
    key[len] = '\0';
    return true;
}

enum hostkeys_line_kind hostkeys_line_split(char *line, struct hostkeys_fields *fields)
{
    enum hostkeys_line_kind kind = HOSTKEYS_LINE_KEY;
    char *rest = line;
    char *first;

    line[strcspn(line, "\r\n")] = '\0';
    first = next_field(&rest);
    if (first == NULL || first[0] == '#')
        return HOSTKEYS_LINE_NOTHING;
    if (first[0] == '@') {
        if (strcmp(first, "@cert-authority") == 0)
            return HOSTKEYS_LINE_NOTHING;
        if (strcmp(first, "@revoked") != 0)
            return HOSTKEYS_LINE_MALFORMED;
        kind = HOSTKEYS_LINE_REVOKED;
        first = next_field(&rest);
    }
    fields->names = first;
    fields->type = next_field(&rest);
    fields->key = next_field(&rest);
    if (fields->key == NULL || !trim_key(fields->key))
        return HOSTKEYS_LINE_MALFORMED;
    lower_names(fields->names);
    return kind;
}

bool hostkeys_line_name(const char *host, uint16_t port, char *out, size_t size)
{
    int len =
        port == 22 ? snprintf(out, size, "%s", host) : snprintf(out, size, "[%s]:%u", host, port);

    if (len < 0 || (size_t)len >= size)
        return false;
    lower_names(out);
    return true;
}

enum hostkeys_names_kind hostkeys_names_kind(const char *names)
{
    if (names[0] == '|')
        return HOSTKEYS_NAMES_HASHED;
    return strpbrk(names, "*?!") == NULL ? HOSTKEYS_NAMES_PLAIN : HOSTKEYS_NAMES_PATTERN;
}

/* OpenSSH's patterns: * and ? alone, no brackets (an address of IPv6 stands in some). Iterative:
 * the last star alone is ever tried again, so the time is bounded by the product of the lengths. */
static bool pattern_match(const char *pattern, size_t len, const char *name)
{
    size_t at = 0, star = len, retry = 0, n = 0;

    while (name[n] != '\0') {
        if (at < len && pattern[at] == '*') {
            star = at++;
            retry = n;
        } else if (at < len && (pattern[at] == '?' || pattern[at] == name[n])) {
            at++;
            n++;
        } else if (star < len) {
            at = star + 1;
            n = ++retry;
        } else {
            return false;
        }
    }
    while (at < len && pattern[at] == '*')
        at++;
    return at == len;
}

bool hostkeys_names_match(const char *names, const char *name)
{
    bool found = false;

    while (*names != '\0') {
        size_t len = strcspn(names, ",");
        bool negated = names[0] == '!';
        size_t skip = negated ? 1 : 0;

        if (len > skip && pattern_match(names + skip, len - skip, name)) {
            if (negated)
                return false;
            found = true;
        }
        names += len + (names[len] == ',');
    }
    return found;
}

struct hostkeys_hasher {
    EVP_MD *sha1;
    EVP_MD_CTX *context;
    const char *name;
};

struct hostkeys_hasher *hostkeys_hasher_new(const char *name)
{
    struct hostkeys_hasher *hasher = calloc(1, sizeof(*hasher));

    if (hasher == NULL)
        return NULL;
    hasher->name = name;
    hasher->sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
    hasher->context = EVP_MD_CTX_new();
    if (hasher->sha1 == NULL || hasher->context == NULL) {
        hostkeys_hasher_free(hasher);
        return NULL;
    }
    return hasher;
}

void hostkeys_hasher_free(struct hostkeys_hasher *hasher)
{
    if (hasher == NULL)
        return;
    EVP_MD_CTX_free(hasher->context);
    EVP_MD_free(hasher->sha1);
    free(hasher);
}

/* One half of an HMAC (RFC 2104): the padded key, then the bytes. */
static bool hash_half(struct hostkeys_hasher *h, const unsigned char *key, unsigned char pad,
                      const void *bytes, size_t n, unsigned char out[SHA1_BYTES])
{
    unsigned char block[SHA1_BLOCK];

    memset(block, pad, sizeof(block));
    for (size_t i = 0; i < SHA1_BYTES; i++)
        block[i] = (unsigned char)(key[i] ^ pad);
    return EVP_DigestInit_ex2(h->context, h->sha1, NULL) == 1 &&
           EVP_DigestUpdate(h->context, block, sizeof(block)) == 1 &&
           EVP_DigestUpdate(h->context, bytes, n) == 1 &&
           EVP_DigestFinal_ex(h->context, out, NULL) == 1;
}

/* Exactly 20 bytes of base64, which are 28 characters with one '='. */
static bool decode_sha1(const char *text, unsigned char out[SHA1_BYTES])
{
    unsigned char bytes[SHA1_BYTES + 1];

    if (strspn(text, base64_alphabet) != SHA1_BASE64 - 1 || text[SHA1_BASE64 - 1] != '=' ||
        EVP_DecodeBlock(bytes, (const unsigned char *)text, SHA1_BASE64) != SHA1_BYTES + 1)
        return false;
    memcpy(out, bytes, SHA1_BYTES);
    return true;
}

bool hostkeys_hasher_match(struct hostkeys_hasher *hasher, const char *hashed)
{
    unsigned char salt[SHA1_BYTES], stored[SHA1_BYTES], inner[SHA1_BYTES], outer[SHA1_BYTES];
    const size_t mark = strlen(HASH_MARK);

    if (strncmp(hashed, HASH_MARK, mark) != 0 ||
        strlen(hashed) != mark + SHA1_BASE64 + 1 + SHA1_BASE64 ||
        hashed[mark + SHA1_BASE64] != '|' || !decode_sha1(hashed + mark, salt) ||
        !decode_sha1(hashed + mark + SHA1_BASE64 + 1, stored))
        return false;
    return hash_half(hasher, salt, 0x36, hasher->name, strlen(hasher->name), inner) &&
           hash_half(hasher, salt, 0x5c, inner, sizeof(inner), outer) &&
           memcmp(outer, stored, sizeof(outer)) == 0;
}

char *hostkeys_base64(const void *bytes, size_t n, bool padded)
{
    char *text = n > 0x100000 ? NULL : malloc(4 * ((n + 2) / 3) + 1);

    if (text == NULL)
        return NULL;
    EVP_EncodeBlock((unsigned char *)text, bytes, (int)n);
    if (!padded)
        text[strcspn(text, "=")] = '\0';
    return text;
}
