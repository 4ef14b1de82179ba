/* What the tests of the SSH transport against a server with bad manners share: one server, one
 * device, one configuration. Included by one test program each. */
#ifndef TESTS_LIB_SSH_FIXTURE_H
#define TESTS_LIB_SSH_FIXTURE_H

#include "tests/lib/ssh_drive.h"
#include "tests/lib/ssh_server.h"

#include <poller/err.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct ssh_server server;
static struct device device;
static struct transport_env env;
static struct transport_config config;
static struct err e;
static struct buf out, err_out;

static inline int fresh(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    err_clear(&e);
    buf_init(&out, 1u << 20);
    buf_init(&err_out, 1u << 20);
    env = (struct transport_env){.policy = HOSTKEY_ACCEPT_NEW};
    device = (struct device){.name = "r", .host = "127.0.0.1"};
    config = drive_config(&env, &device, "u");
    config.password = "right";
    server.pid = 0;
    alarm(60); /* whatever blocks is a failure */
    return 0;
}

static inline int clean(void **state)
{
    (void)state;
    alarm(0);
    ssh_server_stop(&server);
    buf_free(&out);
    buf_free(&err_out);
    return 0;
}

static inline void serve(struct ssh_server_config with)
{
    if (with.password == NULL)
        with.password = "right";
    if (!ssh_server_start(&server, &with))
        skip();
    device.port = server.port;
}

static inline struct transport *opened(void)
{
    struct transport *t = transport_ssh.open(&config, &e);

    assert_non_null(t);
    if (drive_step(t, &e) != IO_OK)
        fail_msg("not opened: %s", e.text);
    return t;
}

static inline struct transport *started(void)
{
    struct transport *t = opened();

    if (drive_start(t, NULL, &e) != IO_OK)
        fail_msg("not started: %s", e.text);
    return t;
}

static inline void closed(struct transport *t)
{
    assert_int_equal(drive_close(t), IO_OK);
    t->ops->free(t);
}

static inline void expect(enum fail_class class, const char *part)
{
    if (e.class != class || strstr(e.text, part) == NULL)
        fail_msg("%s: %s", fail_name(e.class), e.text);
    assert_null(strstr(e.text, "right"));
}

static inline void fails_with(enum fail_class class, const char *part)
{
    struct transport *t = transport_ssh.open(&config, &e);

    assert_int_equal(drive_step(t, &e), IO_FAIL);
    expect(class, part);
    err_clear(&e);
    assert_int_equal(t->ops->step(t, mono_now(), &e), IO_FAIL); /* the same again */
    expect(class, part);
    closed(t);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fresh, clean)

#endif
