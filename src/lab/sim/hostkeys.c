#include "lab/sim/hostkeys.h"

#include "base/buf.h"
#include "base/seed.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define KEY_SEED 32
#define OLD_BITS 2048

/* What a number is drawn for, beside those of the devices. */
enum { FOR_HOSTKEY = 100, FOR_CHANGED_KEY = 1000 };

static void add_u32(struct buf *b, size_t n)
{
    const char bytes[] = {(char)(n >> 24), (char)(n >> 16), (char)(n >> 8), (char)n};
    buf_add(b, bytes, sizeof bytes);
}

static void add_string(struct buf *b, const void *bytes, size_t n)
{
    add_u32(b, n);
    buf_add(b, bytes, n);
}

static bool public_of(const unsigned char *seed, unsigned char public[KEY_SEED])
{
    size_t len = KEY_SEED;
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, KEY_SEED);
    bool is_made = key && EVP_PKEY_get_raw_public_key(key, public, &len) == 1;
    EVP_PKEY_free(key);
    return is_made;
}

static void add_private_part(struct buf *b, const unsigned char *seed, const unsigned char *public)
{
    static const char type[] = "ssh-ed25519";
    unsigned char both[2 * KEY_SEED];
    struct buf part;
    buf_init(&part, 1024);
    memcpy(both, seed, KEY_SEED);
    memcpy(both + KEY_SEED, public, KEY_SEED);
    add_u32(&part, 0); /* two equal numbers tell a right passphrase from a wrong one */
    add_u32(&part, 0);
    add_string(&part, type, sizeof type - 1);
    add_string(&part, public, KEY_SEED);
    add_string(&part, both, sizeof both);
    add_string(&part, "", 0);
    for (char pad = 1; part.len % 8 != 0; pad++)
        buf_add_char(&part, pad);
    add_string(b, buf_bytes(&part), part.len);
    buf_wipe(&part);
    explicit_bzero(both, sizeof both);
}

char *hostkeys_ed25519_text(const unsigned char seed[KEY_SEED])
{
    static const char magic[] = "openssh-key-v1", type[] = "ssh-ed25519";
    unsigned char public[KEY_SEED], text[1024];
    struct buf blob, key, out;
    buf_init(&blob, 256);
    buf_init(&key, 700);
    buf_init(&out, 2048);
    if (!public_of(seed, public))
        return NULL;
    add_string(&blob, type, sizeof type - 1);
    add_string(&blob, public, KEY_SEED);
    buf_add(&key, magic, sizeof magic); /* with its NUL */
    add_string(&key, "none", 4);
    add_string(&key, "none", 4);
    add_string(&key, "", 0);
    add_u32(&key, 1);
    add_string(&key, buf_bytes(&blob), blob.len);
    add_private_part(&key, seed, public);
    EVP_EncodeBlock(text, (const unsigned char *)buf_bytes(&key), (int)key.len);
    int rc = buf_addf(&out,
                      "-----BEGIN OPENSSH PRIVATE KEY-----\n%s\n"
                      "-----END OPENSSH PRIVATE KEY-----\n",
                      (const char *)text);
    buf_free(&blob);
    buf_wipe(&key);
    explicit_bzero(text, sizeof text);
    char *made = rc == 0 ? buf_take(&out, NULL) : NULL;
    buf_wipe(&out);
    return made;
}

static ssh_key seeded_key(uint64_t seed)
{
    unsigned char bytes[KEY_SEED];
    ssh_key key = NULL;
    for (size_t i = 0; i < sizeof bytes; i += 8) {
        uint64_t part = seed_next(&seed);
        memcpy(bytes + i, &part, 8);
    }
    char *text = hostkeys_ed25519_text(bytes);
    if (text && ssh_pki_import_privkey_base64(text, NULL, NULL, NULL, &key) != SSH_OK)
        key = NULL;
    free(text);
    return key;
}

static ssh_bind bare_bind(void)
{
    const bool process_config = false;
    ssh_bind bind = ssh_bind_new();
    if (bind)
        ssh_bind_options_set(bind, SSH_BIND_OPTIONS_PROCESS_CONFIG, &process_config);
    return bind;
}

/* The bind owns the key then. */
static ssh_bind bind_with(ssh_key key)
{
    ssh_bind bind = key ? bare_bind() : NULL;
    if (bind && ssh_bind_options_set(bind, SSH_BIND_OPTIONS_IMPORT_KEY, key) == SSH_OK)
        return bind;
    ssh_key_free(key);
    if (bind)
        ssh_bind_free(bind);
    return NULL;
}

static ssh_bind old_bind(ssh_key old)
{
    static const struct {
        enum ssh_bind_options_e option;
        const char *value;
    } offers[] = {
        {SSH_BIND_OPTIONS_KEY_EXCHANGE, "diffie-hellman-group14-sha1"},
        {SSH_BIND_OPTIONS_HOSTKEY_ALGORITHMS, "ssh-rsa"},
        {SSH_BIND_OPTIONS_CIPHERS_C_S, "aes128-cbc"},
        {SSH_BIND_OPTIONS_CIPHERS_S_C, "aes128-cbc"},
        {SSH_BIND_OPTIONS_HMAC_C_S, "hmac-sha1"},
        {SSH_BIND_OPTIONS_HMAC_S_C, "hmac-sha1"},
    };
    char *text = NULL;
    ssh_key copy = NULL;
    if (ssh_pki_export_privkey_base64(old, NULL, NULL, NULL, &text) == SSH_OK)
        ssh_pki_import_privkey_base64(text, NULL, NULL, NULL, &copy);
    ssh_string_free_char(text);
    ssh_bind bind = bind_with(copy);
    for (size_t i = 0; bind && i < sizeof offers / sizeof *offers; i++)
        ssh_bind_options_set(bind, offers[i].option, offers[i].value);
    return bind;
}

int hostkeys_make_old(const struct fleet *fleet, ssh_key *old, struct err *e)
{
    struct device d;
    *old = NULL;
    for (uint32_t i = 0; i < fleet->n; i++) {
        fleet_device(fleet, i, &d);
        if (d.misbehaviour != MIS_OLD_ALGORITHMS)
            continue;
        if (ssh_pki_generate(SSH_KEYTYPE_RSA, OLD_BITS, old) != SSH_OK)
            return err_set(e, FAIL_INTERNAL, "no RSA key could be made for old_algorithms");
        return 0;
    }
    return 0;
}

int hostkeys_open(struct hostkeys *keys, uint64_t seed, ssh_key old, struct err *e)
{
    *keys = (struct hostkeys){0};
    bool is_made = true;
    for (unsigned i = 0; i < HOSTKEYS; i++) {
        keys->binds[i] = bind_with(seeded_key(seed_mix(seed, FOR_HOSTKEY + i)));
        is_made = is_made && keys->binds[i];
    }
    keys->changed = bind_with(seeded_key(seed_mix(seed, FOR_CHANGED_KEY)));
    if (old)
        keys->old = old_bind(old);
    if (is_made && keys->changed && (keys->old || !old))
        return 0;
    hostkeys_close(keys);
    return err_set(e, FAIL_INTERNAL, "the host keys could not be made: out of memory?");
}

void hostkeys_close(struct hostkeys *keys)
{
    for (unsigned i = 0; i < HOSTKEYS; i++)
        if (keys->binds[i])
            ssh_bind_free(keys->binds[i]);
    if (keys->changed)
        ssh_bind_free(keys->changed);
    if (keys->old)
        ssh_bind_free(keys->old);
    *keys = (struct hostkeys){0};
}

ssh_bind hostkeys_for(const struct hostkeys *keys, const struct device *device, uint32_t nth)
{
    if (device->misbehaviour == MIS_OLD_ALGORITHMS && keys->old)
        return keys->old;
    if (device->misbehaviour == MIS_HOSTKEY_CHANGES && nth % 2 == 0)
        return keys->changed;
    return keys->binds[seed_mix(device->seed, FOR_HOSTKEY) % HOSTKEYS];
}
