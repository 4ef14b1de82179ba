#include "transport/ssh_algorithms.h"

#include <stdio.h>
#include <string.h>

/* RFC 9142 ranks the first two alike. With libssh and OpenSSL 3.0 P-256 takes a third less time
 * here: they multiply three times for X25519, twice by slower code (docs/PERFORMANCE.md). */
#define KEX_DEFAULT                                                                                \
    "ecdh-sha2-nistp256,curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp384,"        \
    "ecdh-sha2-nistp521,diffie-hellman-group14-sha256,diffie-hellman-group16-sha512"
#define KEX_LEGACY                                                                                 \
    ",diffie-hellman-group-exchange-sha256,diffie-hellman-group14-sha1,"                           \
    "diffie-hellman-group-exchange-sha1,diffie-hellman-group1-sha1"
#define HOSTKEYS_DEFAULT                                                                           \
    "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-512,"        \
    "rsa-sha2-256"
#define CIPHERS_DEFAULT                                                                            \
    "aes128-gcm@openssh.com,chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-ctr,"      \
    "aes192-ctr,aes256-ctr"
#define MACS_DEFAULT                                                                               \
    "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha2-256,hmac-sha2-512"

/* group18 (8192 bits) and group exchange (up to 8192, of the device's choice) cost a device nothing
 * to ask for and us tens of milliseconds: only who names them gets them. */
static const struct algorithms {
    const char *key;
    const char *libssh; /* how libssh's error names this kind */
    const char *what;
    const char *standard, *legacy;
    const char *extra; /* what libssh has besides */
} kinds[SSHT_ALGS] = {
    [SSHT_ALG_KEX] = {"kex", "kex algos", "key exchange", KEX_DEFAULT, KEX_DEFAULT KEX_LEGACY,
                      "diffie-hellman-group18-sha512"},
    [SSHT_ALG_HOSTKEYS] = {"hostkeys", "server host key algo", "host key", HOSTKEYS_DEFAULT,
                           HOSTKEYS_DEFAULT ",ssh-rsa", ""},
    [SSHT_ALG_CIPHERS] = {"ciphers", "encryption ", "cipher", CIPHERS_DEFAULT,
                          CIPHERS_DEFAULT ",aes128-cbc,aes192-cbc,aes256-cbc,3des-cbc", ""},
    [SSHT_ALG_MACS] = {"macs", "mac algo ", "MAC", MACS_DEFAULT,
                       MACS_DEFAULT ",hmac-sha1-etm@openssh.com,hmac-sha1", ""},
};

const char *ssht_algorithm_key(enum ssht_algorithm kind)
{
    return kinds[kind].key;
}

const char *ssht_algorithms(const struct device *device, enum ssht_algorithm kind)
{
    const char *const own[SSHT_ALGS] = {
        [SSHT_ALG_KEX] = device->kex,
        [SSHT_ALG_HOSTKEYS] = device->hostkeys,
        [SSHT_ALG_CIPHERS] = device->ciphers,
        [SSHT_ALG_MACS] = device->macs,
    };

    if (own[kind] != NULL)
        return own[kind];
    return device->legacy ? kinds[kind].legacy : kinds[kind].standard;
}

/* The next name of a comma list, its length in *len; NULL after the last. */
static const char *next_name(const char **list, size_t *len)
{
    const char *name = *list + strspn(*list, ", ");

    *len = strcspn(name, ",");
    *list = name + *len;
    return *len > 0 ? name : NULL;
}

static bool list_has(const char *list, const char *name, size_t len)
{
    const char *other;
    size_t other_len;

    while ((other = next_name(&list, &other_len)) != NULL) {
        if (other_len == len && memcmp(other, name, len) == 0)
            return true;
    }
    return false;
}

/* Adds the names of list that are in `among` and not yet in out. */
static void add_names(const char *list, const char *among, char *out, size_t size)
{
    const char *name;
    size_t len;

    while ((name = next_name(&list, &len)) != NULL) {
        size_t used = strlen(out);

        if (!list_has(among, name, len) || list_has(out, name, len) || used + len + 2 > size)
            continue;
        snprintf(out + used, size - used, "%s%.*s", used > 0 ? "," : "", (int)len, name);
    }
}

void ssht_algorithms_pin(const char *list, const char *first, char *out, size_t size)
{
    out[0] = '\0';
    add_names(first, list, out, size);
    add_names(list, list, out, size);
}

/* The text between brackets after `mark`, cut at max; *rest moves behind it. */
static bool bracketed(const char **rest, const char *mark, const char **text, size_t *len)
{
    const char *at = strstr(*rest, mark);

    if (at == NULL)
        return false;
    *text = at + strlen(mark);
    *len = strcspn(*text, "]");
    *rest = *text + *len;
    return true;
}

static const struct algorithms *kind_of(const char *text)
{
    for (size_t i = 0; i < SSHT_ALGS; i++) {
        if (strncmp(text, kinds[i].libssh, strlen(kinds[i].libssh)) == 0)
            return &kinds[i];
    }
    return NULL;
}

/* The first of the device's names that libssh has, though we do not offer it by default. */
static const char *usable(const struct algorithms *kind, const char *server, size_t server_len,
                          size_t *len)
{
    const char *end = server + server_len;
    const char *name;

    while (server < end && (name = next_name(&server, len)) != NULL && name < end) {
        if (name + *len > end)
            *len = (size_t)(end - name);
        if (list_has(kind->legacy, name, *len) || list_has(kind->extra, name, *len))
            return name;
    }
    return NULL;
}

static void advise(const struct algorithms *kind, const char *server, size_t server_len, char *out,
                   size_t size)
{
    size_t len;
    const char *name = usable(kind, server, server_len, &len);

    if (name == NULL)
        snprintf(out, size, "none of the device's is supported");
    else if (list_has(kind->legacy, name, len))
        snprintf(out, size, "set `legacy: true` or `%s: %.*s` for it", kind->key, (int)len, name);
    else
        snprintf(out, size, "set `%s: %.*s` for it", kind->key, (int)len, name);
}

bool ssht_algorithms_mismatch(const char *text, char *out, size_t size)
{
    static const char prefix[] = "kex error : no match for method ";
    const struct algorithms *kind;
    const char *server, *client;
    size_t server_len, client_len;
    char advice[160];

    if (strncmp(text, prefix, strlen(prefix)) != 0)
        return false;
    text += strlen(prefix);
    kind = kind_of(text);
    if (kind == NULL || !bracketed(&text, "server [", &server, &server_len) ||
        !bracketed(&text, "client [", &client, &client_len))
        return false;
    advise(kind, server, server_len, advice, sizeof(advice));
    snprintf(out, size, "no %s algorithm in common: it offers %.*s%s, we offer %.*s%s; %s",
             kind->what, server_len > 180 ? 180 : (int)server_len, server,
             server_len > 180 ? "…" : "", client_len > 180 ? 180 : (int)client_len, client,
             client_len > 180 ? "…" : "", advice);
    return true;
}
