#include "transport/keyring.h"

#include "base/log.h"

#include <errno.h>
#include <libssh/libssh.h>
#include <poller/err.h>
#include <poller/inventory.h>
#include <search.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct item {
    char *path; /* as the inventory has it */
    ssh_key key;
    char *why; /* where key is NULL */
};

struct keyring {
    void *tree; /* of items, by path: tsearch(3) */
};

static int compare(const void *a, const void *b)
{
    const struct item *left = a, *right = b;

    return strcmp(left->path, right->path);
}

static void item_free(void *node)
{
    struct item *item = node;

    if (item == NULL)
        return;
    ssh_key_free(item->key);
    free(item->path);
    free(item->why);
    free(item);
}

/* "~/x" beneath HOME, as a shell would; an allocation. */
static char *expand(const char *path)
{
    const char *home = getenv("HOME");
    char *full = NULL;

    if (strncmp(path, "~/", 2) != 0 || home == NULL)
        return strdup(path);
    return asprintf(&full, "%s%s", home, path + 1) < 0 ? NULL : full;
}

static int say_why(struct item *item, const char *path, const char *seen, const char *advice)
{
    if (asprintf(&item->why, "the key file %s %s; %s", path, seen, advice) < 0)
        item->why = NULL;
    return item->why == NULL ? -1 : 0;
}

static void warn_of_mode(const char *path, mode_t mode)
{
    if ((mode & 077) != 0)
        log_warn("%s: this private key can be read by others (mode %04o); chmod 600 it", path,
                 (unsigned)mode & 07777u);
}

/* An empty passphrase, never none: without one OpenSSL would ask on the terminal. */
static int import(struct item *item, const char *path, const char *passphrase)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return say_why(item, path, strerror(errno), "correct `key_file:`");
    if (access(path, R_OK) != 0)
        return say_why(item, path, "cannot be read", "correct its owner and mode");
    warn_of_mode(path, st.st_mode);
    if (ssh_pki_import_privkey_file(path, passphrase, NULL, NULL, &item->key) == SSH_OK)
        return 0;
    item->key = NULL;
    if (passphrase[0] == '\0')
        return say_why(item, path, "is no private key that libssh reads, or is encrypted",
                       "set `passphrase:` if it has one");
    return say_why(item, path, "cannot be decrypted with the passphrase given",
                   "correct `passphrase:`");
}

static struct item *item_new(const char *path, const char *passphrase)
{
    struct item *item = calloc(1, sizeof(*item));
    char *full = expand(path);
    int rc = -1;

    if (item != NULL && full != NULL && (item->path = strdup(path)) != NULL)
        rc = import(item, full, passphrase);
    free(full);
    if (rc == 0)
        return item;
    item_free(item);
    return NULL;
}

/* A key that a device could not open, another one may know the passphrase of. */
static int try_again(struct item *item, const char *passphrase)
{
    char *full = item->key == NULL && passphrase[0] != '\0' ? expand(item->path) : NULL;
    int rc;

    if (full == NULL)
        return 0;
    free(item->why);
    item->why = NULL;
    rc = import(item, full, passphrase);
    free(full);
    return rc;
}

static int add(struct keyring *ring, const struct device *device)
{
    const char *passphrase = secret_value(device->passphrase);
    struct item wanted = {.path = (char *)device->key_file};
    struct item *item;
    void *node = device->key_file != NULL ? tfind(&wanted, &ring->tree, compare) : NULL;

    if (device->key_file == NULL)
        return 0;
    if (node != NULL)
        return try_again(*(struct item *const *)node, passphrase);
    item = item_new(device->key_file, passphrase);
    if (item == NULL)
        return -1;
    if (tsearch(item, &ring->tree, compare) != NULL)
        return 0;
    item_free(item);
    return -1;
}

struct keyring *keyring_load(const struct inventory *inv, struct err *e)
{
    struct keyring *ring = calloc(1, sizeof(*ring));
    bool failed = ring == NULL;

    for (size_t i = 0; !failed && i < inventory_count(inv); i++)
        failed = add(ring, inventory_at(inv, i)) != 0;
    if (!failed)
        return ring;
    err_set(e, FAIL_INTERNAL, "out of memory while the key files were loaded");
    keyring_free(ring);
    return NULL;
}

void keyring_free(struct keyring *ring)
{
    if (ring == NULL)
        return;
    tdestroy(ring->tree, item_free);
    free(ring);
}

void *keyring_find(const struct keyring *ring, const char *path, const char **why)
{
    struct item wanted = {.path = (char *)path};
    void *node = ring != NULL ? tfind(&wanted, &ring->tree, compare) : NULL;
    const struct item *item;

    *why = "the key file was not loaded at the start of the run";
    if (node == NULL)
        return NULL;
    item = *(struct item *const *)node;
    *why = item->why;
    return item->key;
}
