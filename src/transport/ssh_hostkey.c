/* Who the device is, before it is told who we are: its key against our own tables. */
#include "transport/hostkeys.h"
#include "transport/ssh.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define TYPE_MAX 64

struct shown {
    unsigned char *blob;
    size_t len;
    char type[TYPE_MAX];
};

enum hostkey_policy ssht_policy(const struct ssht *t)
{
    enum hostkey_policy policy = t->config.env->policy;

    if (t->config.device->host_key_strict == TRI_YES)
        return HOSTKEY_STRICT;
    if (t->config.device->host_key_strict == TRI_NO && policy == HOSTKEY_STRICT)
        return HOSTKEY_ACCEPT_NEW;
    return policy;
}

size_t ssht_tables(const struct ssht *t, const struct hostkeys *tables[2])
{
    const struct transport_env *env = t->config.env;
    size_t n = 0;

    if (env->device_hostkeys != NULL)
        tables[n] = env->device_hostkeys(env->device_hostkeys_ctx, t->config.device);
    n += env->device_hostkeys != NULL && tables[n] != NULL;
    if (env->hostkeys != NULL)
        tables[n++] = env->hostkeys;
    return n;
}

/* The name of the type stands first in the key itself. */
static int read_type(struct shown *shown)
{
    size_t len;

    if (shown->len < 4 || shown->blob[0] != 0 || shown->blob[1] != 0 || shown->blob[2] != 0)
        return -1;
    len = shown->blob[3];
    if (len == 0 || len >= sizeof(shown->type) || len > shown->len - 4)
        return -1;
    memcpy(shown->type, shown->blob + 4, len);
    shown->type[len] = '\0';
    return strlen(shown->type) == len ? 0 : -1;
}

static int decode(struct shown *shown, const char *text)
{
    size_t len = strlen(text);
    int n;

    shown->blob = len > 0 && len % 4 == 0 && len < 0x10000 ? malloc(len / 4 * 3) : NULL;
    if (shown->blob == NULL)
        return -1;
    n = EVP_DecodeBlock(shown->blob, (const unsigned char *)text, (int)len);
    if (n < 3)
        return -1;
    shown->len = (size_t)n - (text[len - 1] == '=') - (text[len - 2] == '=');
    return read_type(shown);
}

static int read_key(struct ssht *t, struct shown *shown)
{
    ssh_key key = NULL;
    char *text = NULL;
    int rc = -1;

    if (ssh_get_server_publickey(t->session, &key) == SSH_OK &&
        ssh_pki_export_pubkey_base64(key, &text) == SSH_OK)
        rc = decode(shown, text);
    ssh_string_free_char(text);
    ssh_key_free(key);
    return rc;
}

/* The table that knows the device, its own file first; NULL: none does. */
static const struct hostkeys *look_up(const struct ssht *t, const struct shown *shown,
                                      enum hostkeys_verdict *verdict, int *line)
{
    const struct device *device = t->config.device;
    const struct hostkeys *tables[2];
    size_t n = ssht_tables(t, tables);

    *verdict = HOSTKEYS_UNKNOWN;
    for (size_t i = 0; i < n; i++) {
        *verdict = hostkeys_check(tables[i], device->host, device->port, shown->type, shown->blob,
                                  shown->len, line);
        if (*verdict != HOSTKEYS_UNKNOWN)
            return tables[i];
    }
    return NULL;
}

static enum io_result accepted(struct ssht *t, struct mono now)
{
    t->base.phase_end[PHASE_KEX] = now;
    t->state = SSHT_AUTH;
    return IO_OK;
}

static enum io_result pinned(struct ssht *t, struct mono now, struct err *e,
                             const struct shown *shown)
{
    const char *pin = t->config.device->host_key;

    if (strcmp(pin, t->base.host_key) == 0)
        return accepted(t, now);
    return ssht_fail(t, e, FAIL_HOSTKEY_CHANGED,
                     "shows a host key that is not the pinned one: %s %s was seen, `host_key: %s` "
                     "was expected; somebody may be listening, or the device was replaced: compare "
                     "the fingerprint on its console and correct `host_key:` (if it has several "
                     "keys, choose by `hostkeys:`)",
                     shown->type, t->base.host_key, pin);
}

/* A device that is known by another type of key is not a new one: a listener would show just such
 * a key. */
static bool known_otherwise(const struct ssht *t, const char **path, char *types, size_t size)
{
    const struct device *device = t->config.device;
    const struct hostkeys *tables[2];
    size_t n = ssht_tables(t, tables);

    for (size_t i = 0; i < n; i++) {
        hostkeys_types(tables[i], device->host, device->port, types, size);
        *path = hostkeys_path(tables[i]);
        if (types[0] != '\0')
            return true;
    }
    return false;
}

static enum io_result unknown(struct ssht *t, struct mono now, struct err *e,
                              const struct shown *shown)
{
    const struct device *device = t->config.device;
    const char *path = NULL;
    char types[200];

    if (known_otherwise(t, &path, types, sizeof(types)))
        return ssht_fail(t, e, FAIL_HOSTKEY_CHANGED,
                         "shows a host key of another type than is stored: %s %s was seen, %s has "
                         "%s; somebody may be listening, or its keys were made anew: compare the "
                         "fingerprint on its console, then remove the stored line",
                         shown->type, t->base.host_key, path, types);
    if (ssht_policy(t) == HOSTKEY_STRICT)
        return ssht_fail(t, e, FAIL_HOSTKEY_UNKNOWN,
                         "shows a host key that is not known: %s %s; compare it on the device's "
                         "console, then store it, or set `host_key: %s` for the device (accept-new "
                         "would store it)",
                         shown->type, t->base.host_key, t->base.host_key);
    t->base.known_hosts_line =
        hostkeys_line(device->host, device->port, shown->type, shown->blob, shown->len);
    if (t->base.known_hosts_line == NULL)
        return ssht_fail(t, e, FAIL_INTERNAL, "has a host key that cannot be noted: memory is out");
    return accepted(t, now);
}

static enum io_result judge(struct ssht *t, struct mono now, struct err *e,
                            const struct shown *shown)
{
    enum hostkeys_verdict verdict;
    int line = 0;
    const struct hostkeys *table = look_up(t, shown, &verdict, &line);
    bool off = ssht_policy(t) == HOSTKEY_OFF;

    switch (verdict) {
    case HOSTKEYS_MATCH:
        return accepted(t, now);
    case HOSTKEYS_REVOKED:
        return ssht_fail(t, e, FAIL_HOSTKEY_CHANGED,
                         "shows the host key %s %s, which %s:%d revokes; it must not be used: give "
                         "the device a new key",
                         shown->type, t->base.host_key, hostkeys_path(table), line);
    case HOSTKEYS_CHANGED:
        if (off)
            return accepted(t, now);
        return ssht_fail(t, e, FAIL_HOSTKEY_CHANGED,
                         "shows another host key than is stored: %s %s was seen, %s:%d has a "
                         "different one; somebody may be listening, or the device was replaced: "
                         "compare the fingerprint on its console, then remove that line",
                         shown->type, t->base.host_key, hostkeys_path(table), line);
    case HOSTKEYS_UNKNOWN:
        break;
    }
    return off ? accepted(t, now) : unknown(t, now, e, shown);
}

enum io_result ssht_hostkey(struct ssht *t, struct mono now, struct err *e)
{
    struct shown shown = {.len = 0};
    char fingerprint[HOSTKEYS_FINGERPRINT_MAX];
    enum io_result rc;

    if (read_key(t, &shown) != 0) {
        free(shown.blob);
        return ssht_fail(t, e, FAIL_KEX, "shows a host key that cannot be read");
    }
    hostkeys_fingerprint(shown.blob, shown.len, fingerprint);
    t->base.host_key = strdup(fingerprint);
    if (t->base.host_key == NULL)
        rc = ssht_fail(t, e, FAIL_INTERNAL, "cannot be tried: memory is out");
    else if (t->config.device->host_key != NULL)
        rc = pinned(t, now, e, &shown);
    else
        rc = judge(t, now, e, &shown);
    free(shown.blob);
    return rc;
}
