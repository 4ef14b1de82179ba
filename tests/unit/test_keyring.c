/* links: base/err base/log transport/keyring tests/lib/fake_inventory tests/lib/sshd */

#include "tests/lib/fake_inventory.h"
#include "tests/lib/sshd.h"
#include "transport/keyring.h"

#include <libssh/libssh.h>
#include <poller/err.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[64];
static char plain[96], locked[96], broken[96], rsa_pem[96];

static void make(const char *path, const char *type, const char *passphrase, bool pem)
{
    const char *const argv[] = {"ssh-keygen", "-q", "-t", type, "-N",
                                passphrase,   "-f", path, "-m", pem ? "PEM" : "RFC4716",
                                NULL};

    if (sshd_run(argv) != 0)
        fail_msg("ssh-keygen does not run");
}

static int set_up(void **state)
{
    FILE *file;

    (void)state;
    snprintf(dir, sizeof(dir), "/tmp/poller-keyring-XXXXXX");
    if (mkdtemp(dir) == NULL)
        return -1;
    snprintf(plain, sizeof(plain), "%s/plain", dir);
    snprintf(locked, sizeof(locked), "%s/locked", dir);
    snprintf(rsa_pem, sizeof(rsa_pem), "%s/rsa", dir);
    snprintf(broken, sizeof(broken), "%s/broken", dir);
    make(plain, "ed25519", "", false);
    make(locked, "ed25519", "open sesame", false);
    make(rsa_pem, "rsa", "open sesame", true);
    file = fopen(broken, "w");
    fputs("no key\n", file);
    fclose(file);
    chmod(broken, 0600);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sshd_run((const char *const[]){"rm", "-rf", dir, NULL});
    return 0;
}

static struct keyring *load(const struct device *devices, size_t n)
{
    struct inventory inv = {.devices = devices, .n = n};
    struct keyring *ring = keyring_load(&inv, NULL);

    assert_non_null(ring);
    return ring;
}

static void keys_are_loaded_once_and_found(void **state)
{
    const struct secret sesame = {"open sesame"};
    const struct device devices[] = {
        {.key_file = plain},
        {.key_file = NULL},
        {.key_file = locked},
        {.key_file = locked, .passphrase = &sesame},
        {.key_file = rsa_pem, .passphrase = &sesame},
        {.key_file = plain},
    };
    struct keyring *ring = load(devices, 6);
    const char *why;

    (void)state;
    assert_int_equal(ssh_key_type(keyring_find(ring, plain, &why)), SSH_KEYTYPE_ED25519);
    assert_int_equal(ssh_key_type(keyring_find(ring, locked, &why)), SSH_KEYTYPE_ED25519);
    assert_int_equal(ssh_key_type(keyring_find(ring, rsa_pem, &why)), SSH_KEYTYPE_RSA);
    assert_true(ssh_key_is_private(keyring_find(ring, plain, &why)));
    assert_ptr_equal(keyring_find(ring, plain, &why), keyring_find(ring, plain, &why));
    keyring_free(ring);
}

static void says(const struct device *device, const char *part)
{
    struct keyring *ring = load(device, 1);
    const char *why = NULL;

    assert_null(keyring_find(ring, device->key_file, &why));
    if (why == NULL || strstr(why, part) == NULL || strstr(why, device->key_file) == NULL)
        fail_msg("%s", why ? why : "(nothing)");
    assert_null(strstr(why, "wrong one"));
    keyring_free(ring);
}

static void what_is_wrong_is_told(void **state)
{
    const struct secret wrong = {"wrong one"};

    (void)state;
    says(&(struct device){.key_file = "/nonexistent/key"}, "No such file");
    says(&(struct device){.key_file = broken}, "is no private key");
    says(&(struct device){.key_file = locked}, "set `passphrase:`");
    says(&(struct device){.key_file = rsa_pem}, "set `passphrase:`");
    says(&(struct device){.key_file = locked, .passphrase = &wrong}, "cannot be decrypted");
    says(&(struct device){.key_file = rsa_pem, .passphrase = &wrong}, "cannot be decrypted");
}

static void a_path_nobody_named_is_not_found(void **state)
{
    const struct device device = {.key_file = plain};
    struct keyring *ring = load(&device, 1);
    const char *why = NULL;

    (void)state;
    assert_null(keyring_find(ring, "other", &why));
    assert_non_null(why);
    assert_null(keyring_find(NULL, plain, &why));
    keyring_free(ring);
}

static void a_tilde_is_the_home(void **state)
{
    const struct device device = {.key_file = "~/plain"};
    struct keyring *ring;
    const char *why;

    (void)state;
    setenv("HOME", dir, 1);
    ring = load(&device, 1);
    assert_non_null(keyring_find(ring, "~/plain", &why));
    keyring_free(ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_loaded_once_and_found),
        cmocka_unit_test(what_is_wrong_is_told),
        cmocka_unit_test(a_path_nobody_named_is_not_found),
        cmocka_unit_test(a_tilde_is_the_home),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
