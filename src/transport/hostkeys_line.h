/* One line of a known_hosts file (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"): its fields, and whether
 * its names stand for a host. Pure; used by transport/hostkeys alone. */
#ifndef POLLER_TRANSPORT_HOSTKEYS_LINE_H
#define POLLER_TRANSPORT_HOSTKEYS_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hostkeys_line_kind {
    HOSTKEYS_LINE_NOTHING, /* empty, a comment, or of a kind that is skipped (@cert-authority) */
    HOSTKEYS_LINE_KEY,     /* a key that is known */
    HOSTKEYS_LINE_REVOKED, /* @revoked: never to be accepted */
    HOSTKEYS_LINE_MALFORMED
};

struct hostkeys_fields {
    char *names; /* lower case; one name, a list, or one hashed name */
    char *type;
    char *key; /* base64, without its padding */
};

/* Splits line in place; fields point into it. */
enum hostkeys_line_kind hostkeys_line_split(char *line, struct hostkeys_fields *fields);

#define HOSTKEYS_NAME_MAX 1100 /* a name of DNS, a port and brackets fit well */

/* How a host is written: lower case, "[host]:port" where the port is not 22. False when it does
 * not fit. */
bool hostkeys_line_name(const char *host, uint16_t port, char *out, size_t size);

enum hostkeys_names_kind {
    HOSTKEYS_NAMES_PLAIN,   /* names alone: may be indexed */
    HOSTKEYS_NAMES_PATTERN, /* wildcards or negations: the list decides as a whole */
    HOSTKEYS_NAMES_HASHED
};
enum hostkeys_names_kind hostkeys_names_kind(const char *names);

/* True when the list has a pattern for name and no negated one. */
bool hostkeys_names_match(const char *names, const char *name);

/* For hashed names of one look-up: "|1|salt|hash", base64 of HMAC-SHA1(salt, name). */
struct hostkeys_hasher;
struct hostkeys_hasher *hostkeys_hasher_new(const char *name);
bool hostkeys_hasher_match(struct hostkeys_hasher *hasher, const char *hashed);
void hostkeys_hasher_free(struct hostkeys_hasher *hasher);

/* Base64 of n bytes, as an allocation; NULL when memory is out. padded: with its '='. */
char *hostkeys_base64(const void *bytes, size_t n, bool padded);

#endif
