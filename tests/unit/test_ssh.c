/* links: base/arena base/buf base/clock base/err base/log transport/hostkeys
 * transport/hostkeys_line transport/hostkeys_file transport/keyring transport/resolve transport/tcp
 * transport/ssh transport/ssh_agent transport/ssh_algorithms transport/ssh_auth
 * transport/ssh_channel transport/ssh_close transport/ssh_fail transport/ssh_hostkey
 * transport/ssh_inbox transport/ssh_kbdint transport/ssh_kex transport/ssh_pump transport/ssh_setup
 * transport/ssh_stream tests/lib/ssh_drive tests/lib/sshd tests/lib/fake_inventory */

/* The SSH transport against a real OpenSSH server. */
#include "tests/lib/fake_inventory.h"
#include "tests/lib/ssh_drive.h"
#include "tests/lib/sshd.h"
#include "transport/hostkeys.h"
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
static struct device devices[2];
static struct keyring *ring;
static struct transport_env env;
static struct transport_config config;
static struct err e;

static int start_server(void **state)
{
    struct inventory inv = {devices, 2};

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    if (!sshd_start(&server, "MaxSessions 1"))
        return -1;
    devices[0] = (struct device){.name = "r1", .key_file = server.key};
    devices[1] = (struct device){.name = "r2", .key_file = server.rsa_key};
    ring = keyring_load(&inv, NULL);
    return ring != NULL ? 0 : -1;
}

static int stop_server(void **state)
{
    (void)state;
    keyring_free(ring);
    sshd_stop(&server);
    return 0;
}

static int fresh(void **state)
{
    (void)state;
    err_clear(&e);
    env = (struct transport_env){.keyring = ring};
    for (size_t i = 0; i < 2; i++) {
        devices[i].host = "127.0.0.1";
        devices[i].port = server.port;
        devices[i].auth = AUTH_DEFAULT;
        devices[i].host_key = NULL;
        devices[i].kex = NULL;
    }
    config = (struct transport_config){.env = &env,
                                       .device = &devices[0],
                                       .username = server.user,
                                       .password = "",
                                       .passphrase = "",
                                       .pty_cols = 500,
                                       .pty_rows = 5000,
                                       .pty_term = "vt100",
                                       .want_pty = true,
                                       .max_pending = 1u << 20};
    return 0;
}

static struct transport *opened(void)
{
    struct transport *t = transport_ssh.open(&config, &e);

    assert_non_null(t);
    if (drive_step(t, &e) != IO_OK)
        fail_msg("not opened: %s", e.text);
    return t;
}

static void shell_runs_a_command(void **state)
{
    struct transport *t = opened();
    struct buf out;

    (void)state;
    buf_init(&out, 1u << 20);
    assert_int_equal(drive_start(t, NULL, &e), IO_OK);
    assert_true(t->ops->echo(t));
    assert_int_equal(drive_send(t, "stty size; echo $((6*7))x; exit 3\n", 34, &e), IO_OK);
    assert_int_equal(drive_read(t, NULL, &out, NULL, &e), IO_END);
    assert_non_null(strstr(buf_bytes(&out), "42x"));
    assert_non_null(strstr(buf_bytes(&out), "5000 500"));
    assert_int_equal(t->ops->exit_status(t), 3);
    assert_int_equal(drive_close(t), IO_OK);
    t->ops->free(t);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(shell_runs_a_command, fresh),
    };

    return cmocka_run_group_tests(tests, start_server, stop_server);
}
