/* links: base/arena base/buf base/clock base/err base/escape base/log base/mask
 * transport/hostkeys transport/hostkeys_line transport/hostkeys_file transport/keyring
 * transport/resolve transport/tcp
 * transport/ssh transport/ssh_agent transport/ssh_algorithms transport/ssh_auth
 * transport/ssh_channel transport/ssh_close transport/ssh_fail transport/ssh_hostkey
 * transport/ssh_inbox transport/ssh_kbdint transport/ssh_kex transport/ssh_log transport/ssh_pump
 * transport/ssh_setup transport/ssh_stream tests/lib/ssh_drive tests/lib/ssh_server
 * tests/lib/fake_inventory */

/* Processor time of the client alone, per SSH session: connect, key exchange, password, pty, shell,
 * a line there and back, close. The server is a child and is not counted. */
#include "tests/lib/ssh_drive.h"
#include "tests/lib/ssh_server.h"

#include <poller/err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

static double cpu_ms(void)
{
    struct rusage use;

    getrusage(RUSAGE_SELF, &use);
    return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1000 +
           (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1000;
}

static int visit(const struct transport_config *config, const char *command)
{
    struct err e = {0};
    struct buf out;
    struct transport *t = transport_ssh.open(config, &e);
    int rc = -1;

    buf_init(&out, 65536);
    if (t != NULL && drive_step(t, &e) == IO_OK && drive_start(t, command, &e) == IO_OK &&
        (command != NULL || drive_send(t, "show version; exit\n", 19, &e) == IO_OK) &&
        drive_read(t, NULL, &out, NULL, &e) == IO_END)
        rc = 0;
    else
        fprintf(stderr, "bench_ssh: %s\n", e.text);
    if (t != NULL) {
        drive_close(t);
        t->ops->free(t);
    }
    buf_free(&out);
    return rc;
}

static int measure(const char *name, enum ssh_server_manner manner, const char *command, int n)
{
    struct ssh_server server = {.pid = 0};
    struct ssh_server_config with = {.manner = manner, .password = "right"};
    struct transport_env env = {.policy = HOSTKEY_ACCEPT_NEW};
    struct device device = {.name = "r", .host = "127.0.0.1"};
    struct transport_config config = drive_config(&env, &device, "u");
    double before;
    int rc = 0;

    if (!ssh_server_start(&server, &with))
        return -1;
    device.port = server.port;
    config.password = "right";
    rc = visit(&config, command);
    before = cpu_ms();
    for (int i = 0; i < n && rc == 0; i++)
        rc = visit(&config, command);
    printf("ssh, %s: %.3f ms of processor time per session (%d sessions)\n", name,
           (cpu_ms() - before) / n, n);
    ssh_server_stop(&server);
    return rc;
}

int main(int argc, char **argv)
{
    int n = argc > 1 ? atoi(argv[1]) : 300;

    signal(SIGPIPE, SIG_IGN);
    if (n < 1 || measure("shell", SERVER_ECHO, NULL, n) != 0 ||
        measure("exec", SERVER_EXEC, "show version", n) != 0)
        return 1;
    return 0;
}
