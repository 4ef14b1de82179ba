/* Authentication: one method, straight away. A refused password is never given again: that locks
 * accounts. */
#include "base/escape.h"
#include "transport/keyring.h"
#include "transport/ssh.h"

#include <stdio.h>
#include <string.h>

/* What the inventory asks for; AUTH_DEFAULT takes what there is. */
static enum auth_method method_of(const struct transport_config *config)
{
    if (config->device->auth != AUTH_DEFAULT)
        return config->device->auth;
    if (config->password[0] != '\0')
        return AUTH_PASSWORD;
    return config->device->key_file != NULL ? AUTH_PUBLICKEY : AUTH_AGENT;
}

/* The server's answer to an RSA signature depends on an extension that it sends after the service
 * is accepted; libssh chooses the signature before it is read. `none` costs a round trip and makes
 * it come first. */
static enum io_result begin_publickey(struct ssht *t, struct err *e)
{
    const char *path = t->config.device->key_file;
    const char *why = "no `key_file:` is set";

    if (path != NULL)
        t->key = keyring_find(t->config.env->keyring, path, &why);
    if (t->key == NULL)
        return ssht_fail(t, e, FAIL_AUTH, "could not be logged in to by key: %s", why);
    t->state = ssh_key_type(t->key) == SSH_KEYTYPE_RSA ? SSHT_AUTH_NONE : SSHT_AUTH_PUBLICKEY;
    return IO_OK;
}

enum io_result ssht_auth(struct ssht *t, struct mono now, struct err *e)
{
    (void)now;
    if (t->config.username[0] == '\0')
        return ssht_fail(t, e, FAIL_AUTH, "needs a user name: set `username:`, or give -u");
    switch (method_of(&t->config)) {
    case AUTH_DEFAULT:
    case AUTH_PASSWORD:
        t->state = SSHT_AUTH_PASSWORD;
        return IO_OK;
    case AUTH_KEYBOARD_INTERACTIVE:
        t->state = SSHT_AUTH_KBDINT;
        return IO_OK;
    case AUTH_PUBLICKEY:
        return begin_publickey(t, e);
    case AUTH_AGENT:
        t->state = SSHT_AUTH_AGENT_TURN;
        return IO_OK;
    }
    return ssht_fail(t, e, FAIL_INTERNAL, "has an unknown `auth:`");
}

static const char *offered(const struct ssht *t, char *out, size_t size)
{
    static const struct {
        unsigned bit;
        const char *name;
    } methods[] = {
        {SSH_AUTH_METHOD_PUBLICKEY, "publickey"},
        {SSH_AUTH_METHOD_PASSWORD, "password"},
        {SSH_AUTH_METHOD_INTERACTIVE, "keyboard-interactive"},
        {SSH_AUTH_METHOD_HOSTBASED, "hostbased"},
        {SSH_AUTH_METHOD_GSSAPI_MIC, "gssapi-with-mic"},
    };
    unsigned bits = (unsigned)ssh_userauth_list(t->session, NULL);

    out[0] = '\0';
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        size_t used = strlen(out);

        if ((bits & methods[i].bit) != 0)
            snprintf(out + used, size - used, "%s%s", used > 0 ? ", " : "", methods[i].name);
    }
    return out[0] != '\0' ? out : "no method";
}

static enum io_result denied(struct ssht *t, const char *method, const char *what, struct err *e)
{
    char methods[120], user[100];
    const char *local = ssh_get_error(t->session);

    escape_bytes(ESCAPE_SENTENCE, t->config.username, strlen(t->config.username), user,
                 sizeof(user));
    if (strstr(local, "PUBLICKEY_ACCEPTED_TYPES") != NULL || strstr(local, "RSA_MIN_SIZE") != NULL)
        return ssht_fail(t, e, FAIL_AUTH,
                         "takes this RSA key only in a way that is too weak today (SHA-1, or too "
                         "few bits); set `legacy: true` for it, or use an Ed25519 key");
    if (t->question[0] != '\0')
        return ssht_fail(t, e, FAIL_AUTH,
                         "refused %s of user '%s' (%s, after it asked '%s'); it offers %s; check "
                         "username and password, it was not tried again",
                         what, user, method, t->question, offered(t, methods, sizeof(methods)));
    return ssht_fail(t, e, FAIL_AUTH,
                     "refused %s of user '%s' (%s); it offers %s; check username and password or "
                     "key, nothing was tried again",
                     what, user, method, offered(t, methods, sizeof(methods)));
}

enum io_result ssht_auth_answer(struct ssht *t, int rc, const char *method, const char *what,
                                struct mono now, struct err *e)
{
    char methods[120];

    switch (rc) {
    case SSH_AUTH_SUCCESS:
        t->base.phase_end[PHASE_AUTH] = now;
        t->state = SSHT_OPEN;
        return ssht_pump_start(t) == 0
                   ? IO_OK
                   : ssht_fail(t, e, FAIL_INTERNAL, "cannot be gone on with: memory is out");
    case SSH_AUTH_AGAIN:
        return ssht_again(t, e);
    case SSH_AUTH_PARTIAL:
        return ssht_fail(t, e, FAIL_AUTH,
                         "accepted %s (%s), and wants a further proof by %s; only one method is "
                         "supported",
                         what, method, offered(t, methods, sizeof(methods)));
    case SSH_AUTH_DENIED:
        return denied(t, method, what, e);
    default:
        return ssht_lost(t, e);
    }
}

/* Its refusal is what is expected; it brings the methods and the extensions. */
enum io_result ssht_auth_none(struct ssht *t, struct mono now, struct err *e)
{
    int rc = ssh_userauth_none(t->session, t->config.username);

    if (rc != SSH_AUTH_DENIED && rc != SSH_AUTH_PARTIAL)
        return ssht_auth_answer(t, rc, "none", "a login without any proof", now, e);
    t->state = SSHT_AUTH_PUBLICKEY;
    return IO_OK;
}

/* Many devices offer keyboard-interactive alone, and ask for the same password there: then nothing
 * looked at it yet. */
enum io_result ssht_auth_password(struct ssht *t, struct mono now, struct err *e)
{
    int rc = ssh_userauth_password(t->session, t->config.username, t->config.password);
    unsigned offers;

    if (rc == SSH_AUTH_DENIED || rc == SSH_AUTH_PARTIAL) {
        offers = (unsigned)ssh_userauth_list(t->session, NULL);
        if ((offers & SSH_AUTH_METHOD_INTERACTIVE) != 0 &&
            (rc == SSH_AUTH_PARTIAL || (offers & SSH_AUTH_METHOD_PASSWORD) == 0)) {
            t->password_used = rc == SSH_AUTH_PARTIAL;
            t->state = SSHT_AUTH_KBDINT;
            return IO_OK;
        }
    }
    return ssht_auth_answer(t, rc, "password", "the password", now, e);
}

enum io_result ssht_auth_publickey(struct ssht *t, struct mono now, struct err *e)
{
    int rc = ssh_userauth_publickey(t->session, t->config.username, t->key);

    return ssht_auth_answer(t, rc, "publickey", "the key", now, e);
}
