/* links: base/arena base/buf base/clock base/err base/escape base/log base/mask
 * transport/hostkeys transport/hostkeys_line transport/hostkeys_file transport/keyring
 * transport/resolve transport/tcp
 * transport/ssh transport/ssh_agent transport/ssh_algorithms transport/ssh_auth
 * transport/ssh_channel transport/ssh_close transport/ssh_fail transport/ssh_hostkey
 * transport/ssh_inbox transport/ssh_kbdint transport/ssh_kex transport/ssh_log transport/ssh_pump
 * transport/ssh_setup transport/ssh_stream tests/lib/ssh_drive tests/lib/sshd
 * tests/lib/fake_inventory */

/* Logins by an agent's keys: OpenSSH's own agent, one that is gone, one that never answers. */
#include "tests/lib/sshd_fixture.h"

#include <sys/socket.h>
#include <sys/un.h>

static void no_way_to_log_in_says_so(void **state)
{
    (void)state;
    unsetenv("SSH_AUTH_SOCK");
    devices[0].auth = AUTH_AGENT;
    fails_with(FAIL_AUTH, "SSH_AUTH_SOCK is not set");
}

static void a_dead_agent_says_so(void **state)
{
    (void)state;
    setenv("SSH_AUTH_SOCK", "/nonexistent/agent", 1);
    devices[0].auth = AUTH_AGENT;
    fails_with(FAIL_AUTH, "no agent (No such file");
}

/* Steps all from i on until i is through: one that has a turn gives it back in a step of its own,
 * and i may be waiting for that. */
static enum io_result step_all(struct transport *const *t, size_t i, size_t n)
{
    enum io_result rc = IO_AGAIN;

    for (int round = 0; round < 2000 && rc == IO_AGAIN; round++) {
        rc = t[i]->ops->step(t[i], mono_now(), &e);
        for (size_t k = i + 1; k < n; k++)
            t[k]->ops->step(t[k], mono_now(), &e);
        if (rc == IO_AGAIN)
            drive_wait(t[i], 10);
    }
    return rc;
}

/* Twenty at once, with turns for eight. */
static void an_agent_serves_many(void **state)
{
    char socket_path[64], command[600];
    const char *const shell[] = {"sh", "-c", command, NULL};
    struct transport *t[20];

    (void)state;
    snprintf(socket_path, sizeof(socket_path), "/tmp/poller-agent-%d", (int)getpid());
    snprintf(command, sizeof(command),
             "ssh-agent -a %s > %s/agent && SSH_AUTH_SOCK=%s ssh-add -q %s 2>/dev/null",
             socket_path, server.dir, socket_path, server.key);
    assert_int_equal(sshd_run(shell), 0);
    setenv("SSH_AUTH_SOCK", socket_path, 1);
    devices[0].auth = AUTH_AGENT;
    for (size_t i = 0; i < 20; i++) {
        t[i] = transport_ssh.open(&config, &e);
        t[i]->ops->step(t[i], mono_now(), &e);
    }
    for (size_t i = 0; i < 20; i++) {
        if (step_all(t, i, 20) != IO_OK)
            fail_msg("%zu: %s", i, e.text);
        closed(t[i]);
    }
    snprintf(command, sizeof(command), ". %s/agent >/dev/null; kill $SSH_AGENT_PID", server.dir);
    assert_int_equal(sshd_run(shell), 0);
}

/* An agent that never answers is left at once, whenever the session's deadline comes. */
static void a_silent_agent_is_left_at_once(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    struct transport *t;
    struct mono begun;

    (void)state;
    snprintf(address.sun_path, sizeof(address.sun_path), "/tmp/poller-silent-%d", (int)getpid());
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    listen(listener, 1);
    setenv("SSH_AUTH_SOCK", address.sun_path, 1);
    devices[0].auth = AUTH_AGENT;
    t = transport_ssh.open(&config, &e);
    begun = mono_now();
    while (mono_ms_between(begun, mono_now()) < 300) {
        assert_int_equal(t->ops->step(t, mono_now(), &e), IO_AGAIN);
        drive_wait(t, 50);
    }
    begun = mono_now();
    t->ops->free(t);
    assert_true(mono_ms_between(begun, mono_now()) < 200);
    close(listener);
    unlink(address.sun_path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(no_way_to_log_in_says_so),
        CASE(a_dead_agent_says_so),
        CASE(an_agent_serves_many),
        CASE(a_silent_agent_is_left_at_once),
    };

    return cmocka_run_group_tests(tests, start_server, stop_server);
}
