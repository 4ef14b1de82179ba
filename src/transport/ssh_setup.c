/* A session of libssh that reads no file, asks nobody and offers what we choose. */
#include "transport/hostkeys.h"
#include "transport/ssh.h"
#include "transport/ssh_algorithms.h"

#include <libssh/server.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

/* Both files of known hosts are opened in every key exchange. Nothing can be below a device, so
 * this costs one look in a directory; /dev/null itself would be opened, judged, closed and logged.
 */
#define NO_FILE "/dev/null/none"

/* libssh takes host and user apart, looks for shell characters in them (so that DOMAIN\user fails)
 * and expands files from them; neither is needed: we have the descriptor, and give the real user
 * to each ssh_userauth call. */
static const struct {
    enum ssh_options_e option;
    const char *value;
} fixed[] = {
    {SSH_OPTIONS_HOST, "device"},
    {SSH_OPTIONS_USER, "user"},
    {SSH_OPTIONS_SSH_DIR, "/nonexistent"},
    {SSH_OPTIONS_KNOWNHOSTS, NO_FILE},
    {SSH_OPTIONS_GLOBAL_KNOWNHOSTS, NO_FILE},
    {SSH_OPTIONS_COMPRESSION, "none"},
};

static const enum ssh_options_e algorithm_options[SSHT_ALGS][2] = {
    [SSHT_ALG_KEX] = {SSH_OPTIONS_KEY_EXCHANGE, SSH_OPTIONS_KEY_EXCHANGE},
    [SSHT_ALG_HOSTKEYS] = {SSH_OPTIONS_HOSTKEYS, SSH_OPTIONS_HOSTKEYS},
    [SSHT_ALG_CIPHERS] = {SSH_OPTIONS_CIPHERS_C_S, SSH_OPTIONS_CIPHERS_S_C},
    [SSHT_ALG_MACS] = {SSH_OPTIONS_HMAC_C_S, SSH_OPTIONS_HMAC_S_C},
};

static int refuse(struct ssht *t, struct err *e, enum fail_class class, const char *key,
                  const char *value)
{
    ssht_fail(t, e, class, "cannot be tried: libssh takes no %s: %s; correct it", key, value);
    return -1;
}

static int set_list(ssh_session session, enum ssht_algorithm kind, const char *list)
{
    const enum ssh_options_e *ways = algorithm_options[kind];

    if (ssh_options_set(session, ways[0], list) != 0)
        return -1;
    return ways[1] == ways[0] ? 0 : ssh_options_set(session, ways[1], list);
}

/* What all sessions have in common, for a device that sets nothing: libssh looks through each list
 * and path that it is given, which takes longer than to copy what it made of them. Made once in a
 * process, then only read. NULL: not made yet; where memory was out, the next visit tries again. */
static _Atomic(ssh_session) pattern;
static pthread_mutex_t pattern_lock = PTHREAD_MUTEX_INITIALIZER;

static ssh_session pattern_make(void)
{
    static const struct device plain;
    const bool process_config = false;
    ssh_session made = ssh_new();
    int rc = made != NULL ? ssh_options_set(made, SSH_OPTIONS_PROCESS_CONFIG, &process_config) : -1;

    for (size_t i = 0; rc == 0 && i < sizeof(fixed) / sizeof(fixed[0]); i++)
        rc = ssh_options_set(made, fixed[i].option, fixed[i].value);
    for (int kind = 0; rc == 0 && kind < SSHT_ALGS; kind++)
        rc = set_list(made, (enum ssht_algorithm)kind,
                      ssht_algorithms(&plain, (enum ssht_algorithm)kind));
    if (rc == 0)
        return made;
    ssh_free(made);
    return NULL;
}

static ssh_session pattern_find(void)
{
    ssh_session found = atomic_load(&pattern);

    if (found != NULL)
        return found;
    pthread_mutex_lock(&pattern_lock);
    found = atomic_load(&pattern);
    if (found == NULL)
        atomic_store(&pattern, found = pattern_make());
    pthread_mutex_unlock(&pattern_lock);
    return found;
}

static int new_session(struct ssht *t, struct err *e)
{
    ssh_session from = pattern_find();

    if (from != NULL && ssh_options_copy(from, &t->session) == 0)
        return 0;
    t->session = NULL;
    ssht_fail(t, e, FAIL_INTERNAL, "cannot be tried: memory is out");
    return -1;
}

/* The types of key that are known for the device, so that it shows one of these. */
static void known_types(const struct ssht *t, char *out, size_t size)
{
    const struct device *device = t->config.device;
    const struct hostkeys *tables[2];
    size_t n = ssht_tables(t, tables);

    out[0] = '\0';
    for (size_t i = 0; i < n && out[0] == '\0'; i++)
        hostkeys_types(tables[i], device->host, device->port, out, size);
}

/* Only where they are not those of the pattern. */
static int set_algorithms(struct ssht *t, struct err *e)
{
    static const struct device plain;
    char known[SSHT_LIST_MAX], pinned[SSHT_LIST_MAX];

    for (int i = 0; i < SSHT_ALGS; i++) {
        enum ssht_algorithm kind = (enum ssht_algorithm)i;
        const char *list = ssht_algorithms(t->config.device, kind);

        if (kind == SSHT_ALG_HOSTKEYS && ssht_policy(t) != HOSTKEY_OFF) {
            known_types(t, known, sizeof(known));
            ssht_algorithms_pin(list, known, pinned, sizeof(pinned));
            list = pinned;
        }
        if (strcmp(list, ssht_algorithms(&plain, kind)) != 0 &&
            set_list(t->session, kind, list) != 0)
            return refuse(t, e, FAIL_KEX, ssht_algorithm_key(kind), list);
    }
    return 0;
}

/* Old devices have short RSA keys, and check signatures by SHA-1 alone. */
static int set_legacy(struct ssht *t, struct err *e)
{
    const int bits = 768;
    const char *list = ssht_algorithms(t->config.device, SSHT_ALG_HOSTKEYS);

    if (!t->config.device->legacy)
        return 0;
    if (ssh_options_set(t->session, SSH_OPTIONS_RSA_MIN_SIZE, &bits) != 0 ||
        ssh_options_set(t->session, SSH_OPTIONS_PUBLICKEY_ACCEPTED_TYPES, list) != 0)
        return refuse(t, e, FAIL_KEX, "hostkeys", list);
    return 0;
}

/* 1: libssh answers what the device asks unasked by its refusal, and queues nothing. */
static int refuse_message(ssh_session session, ssh_message message, void *ctx)
{
    (void)session;
    (void)message;
    (void)ctx;
    return 1;
}

int ssht_setup(struct ssht *t, struct err *e)
{
    if (t->fd > SSHT_FD_MAX) {
        ssht_fail(t, e, FAIL_INTERNAL,
                  "was given descriptor %d, and libssh can use none above %d: let fewer workers "
                  "share a process",
                  t->fd, SSHT_FD_MAX);
        return -1;
    }
    if (new_session(t, e) != 0 || set_algorithms(t, e) != 0 || set_legacy(t, e) != 0)
        return -1;
    if (ssh_options_set(t->session, SSH_OPTIONS_FD, &t->fd) != 0)
        return refuse(t, e, FAIL_INTERNAL, "option", "descriptor");
    ssh_set_blocking(t->session, 0);
    ssh_set_message_callback(t->session, refuse_message, NULL);
    ssh_set_counters(t->session, &t->traffic, NULL);
    return 0;
}
