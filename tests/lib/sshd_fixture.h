/* What the tests of the SSH transport against a real OpenSSH server share. Included by one test
 * program each. */
#ifndef TESTS_LIB_SSHD_FIXTURE_H
#define TESTS_LIB_SSHD_FIXTURE_H

#include "tests/lib/fake_inventory.h"
#include "tests/lib/ssh_drive.h"
#include "tests/lib/sshd.h"
#include "transport/keyring.h"

#include <poller/err.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct sshd server;
static struct device devices[3];
static struct keyring *ring;
static struct transport_env env;
static struct transport_config config;
static struct err e;
static struct buf out, err_out;

static inline int start_server(void **state)
{
    struct inventory inv = {.devices = devices, .n = 3};

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    /* one channel at a time, and new keys after each mebibyte */
    if (!sshd_start(&server, "MaxSessions 1\nRekeyLimit 1M"))
        return -1;
    devices[0].key_file = server.key;
    devices[1].key_file = server.rsa_key;
    devices[2].key_file = "/nonexistent/key";
    ring = keyring_load(&inv, NULL);
    return ring != NULL ? 0 : -1;
}

static inline int stop_server(void **state)
{
    (void)state;
    keyring_free(ring);
    sshd_stop(&server);
    return 0;
}

static inline int fresh(void **state)
{
    (void)state;
    err_clear(&e);
    buf_init(&out, 1u << 24);
    buf_init(&err_out, 1u << 20);
    env = (struct transport_env){.keyring = ring};
    for (size_t i = 0; i < 3; i++) {
        const char *key_file = devices[i].key_file;

        devices[i] = (struct device){.name = "r", .host = "127.0.0.1", .port = server.port};
        devices[i].key_file = key_file;
    }
    config = drive_config(&env, &devices[0], server.user);
    return 0;
}

static inline int clean(void **state)
{
    (void)state;
    buf_free(&out);
    buf_free(&err_out);
    return 0;
}

static inline struct transport *opened(void)
{
    struct transport *t = transport_ssh.open(&config, &e);

    assert_non_null(t);
    if (drive_step(t, &e) != IO_OK)
        fail_msg("not opened: %s", e.text);
    return t;
}

static inline void closed(struct transport *t)
{
    assert_int_equal(drive_close(t), IO_OK);
    t->ops->free(t);
}

static inline void fails_with(enum fail_class class, const char *part)
{
    struct transport *t = transport_ssh.open(&config, &e);

    assert_int_equal(drive_step(t, &e), IO_FAIL);
    if (e.class != class || strstr(e.text, part) == NULL)
        fail_msg("%s: %s", fail_name(e.class), e.text);
    closed(t);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fresh, clean)

#endif
