/* links: base/arena base/buf base/clock base/err base/log transport/hostkeys
 * transport/hostkeys_line transport/hostkeys_file transport/keyring transport/resolve transport/tcp
 * transport/ssh transport/ssh_agent transport/ssh_algorithms transport/ssh_auth
 * transport/ssh_channel transport/ssh_close transport/ssh_fail transport/ssh_hostkey
 * transport/ssh_inbox transport/ssh_kbdint transport/ssh_kex transport/ssh_pump transport/ssh_setup
 * transport/ssh_stream tests/lib/ssh_drive tests/lib/sshd tests/lib/fake_inventory */

/* The SSH transport against a real OpenSSH server: logins by key and agent, shells, commands, host
 * keys, what is left behind. */
#include "tests/lib/fake_inventory.h"
#include "tests/lib/ssh_drive.h"
#include "tests/lib/sshd.h"
#include "transport/hostkeys.h"
#include "transport/keyring.h"
#include "transport/ssh.h"

#include <dirent.h>
#include <fcntl.h>
#include <poller/err.h>
#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static struct sshd server;
static struct device devices[3];
static struct keyring *ring;
static struct transport_env env;
static struct transport_config config;
static struct err e;
static struct buf out, err_out;

static int start_server(void **state)
{
    struct inventory inv = {devices, 3};

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

static int clean(void **state)
{
    (void)state;
    buf_free(&out);
    buf_free(&err_out);
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

static void closed(struct transport *t)
{
    assert_int_equal(drive_close(t), IO_OK);
    t->ops->free(t);
}

static void fails_with(enum fail_class class, const char *part)
{
    struct transport *t = transport_ssh.open(&config, &e);

    assert_int_equal(drive_step(t, &e), IO_FAIL);
    if (e.class != class || strstr(e.text, part) == NULL)
        fail_msg("%s: %s", fail_name(e.class), e.text);
    closed(t);
}

static void shell_gives_output_and_status(void **state)
{
    static const char input[] = "stty size; echo $((6*7))x; exit 3\n";
    struct transport *t = opened();

    (void)state;
    assert_int_equal(drive_start(t, NULL, &e), IO_OK);
    assert_true(t->ops->echo(t));
    assert_int_equal(drive_send(t, input, strlen(input), &e), IO_OK);
    assert_int_equal(drive_read(t, NULL, &out, NULL, &e), IO_END);
    assert_non_null(strstr(buf_bytes(&out), "42x"));
    assert_non_null(strstr(buf_bytes(&out), "5000 500"));
    assert_int_equal(t->ops->exit_status(t), 3);
    closed(t);
}

static void phases_are_stamped_in_order(void **state)
{
    struct transport *t = opened();

    (void)state;
    for (int p = PHASE_RESOLVE; p <= PHASE_AUTH; p++)
        assert_true(mono_is_set(t->phase_end[p]));
    for (int p = PHASE_RESOLVE; p < PHASE_AUTH; p++)
        assert_true(t->phase_end[p].ns <= t->phase_end[p + 1].ns);
    assert_true(t->phase_end[PHASE_CONNECT].ns < t->phase_end[PHASE_KEX].ns);
    assert_false(mono_is_set(t->phase_end[PHASE_READY]));
    assert_int_equal(t->ops->step(t, mono_now(), &e), IO_OK);
    closed(t);
}

static void exec_runs_commands_one_after_another(void **state)
{
    struct transport *t = opened();

    (void)state;
    for (int i = 0; i < 3; i++) {
        char command[64];

        snprintf(command, sizeof(command), "echo out; echo err >&2; exit %d", i);
        assert_int_equal(drive_start(t, command, &e), IO_OK);
        assert_int_equal(drive_read(t, NULL, &out, &err_out, &e), IO_END);
        assert_int_equal(t->ops->exit_status(t), i);
    }
    assert_string_equal(buf_bytes(&out), "out\nout\nout\n");
    assert_string_equal(buf_bytes(&err_out), "err\nerr\nerr\n");
    closed(t);
}

static void a_signal_is_no_status(void **state)
{
    struct transport *t = opened();

    (void)state;
    assert_int_equal(drive_start(t, "kill -9 $$", &e), IO_OK);
    assert_int_equal(drive_read(t, NULL, &out, NULL, &e), IO_END);
    assert_int_equal(t->ops->exit_status(t), -1);
    closed(t);
}

/* More than a window (1.28 MB) and than any buffer of ours. */
static void large_output_comes_whole(void **state)
{
    struct transport *t = opened();

    (void)state;
    assert_int_equal(drive_start(t, "seq 1 1000000", &e), IO_OK);
    assert_int_equal(drive_read(t, NULL, &out, NULL, &e), IO_END);
    assert_int_equal(out.len, 6888896);
    assert_string_equal(buf_bytes(&out) + out.len - 15, "999999\n1000000\n");
    closed(t);
}

static void large_input_goes_whole(void **state)
{
    static char input[3000000];
    struct transport *t = opened();

    (void)state;
    memset(input, 'x', sizeof(input));
    assert_int_equal(drive_start(t, "head -c 3000000 | wc -c", &e), IO_OK);
    assert_int_equal(drive_send(t, input, sizeof(input), &e), IO_OK);
    assert_int_equal(drive_read(t, NULL, &out, NULL, &e), IO_END);
    assert_string_equal(buf_bytes(&out), "3000000\n");
    closed(t);
}

/* Pitfall 2: libssh clears O_NONBLOCK on our descriptor. */
static void descriptor_never_blocks(void **state)
{
    struct transport *t = opened();
    struct pollfd want[TRANSPORT_WANT_MAX];
    struct mono deadline = MONO_NEVER;

    (void)state;
    assert_int_equal(t->ops->want(t, want, &deadline), 1);
    assert_true(fcntl(want[0].fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(want[0].fd, F_GETFD) & FD_CLOEXEC);
    closed(t);
}

static size_t open_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    size_t n = 0;

    while (readdir(dir) != NULL)
        n++;
    closedir(dir);
    return n;
}

/* Pitfall 3: at whatever stage it is left, every descriptor is closed once. */
static void nothing_stays_open_at_any_stage(void **state)
{
    size_t before = open_descriptors();

    (void)state;
    for (int steps = 0; steps < 40; steps++) {
        struct transport *t = transport_ssh.open(&config, &e);
        enum io_result rc = IO_AGAIN;

        for (int i = 0; i < steps && rc == IO_AGAIN; i++) {
            rc = t->ops->step(t, mono_now(), &e);
            if (rc == IO_AGAIN)
                drive_wait(t, 1000);
        }
        if (steps % 2 == 0)
            drive_close(t);
        t->ops->free(t);
        assert_int_equal(open_descriptors(), before);
    }
}

/* Pitfall 3: SSH_OPTIONS_FD keeps 16 bits. */
static void a_descriptor_too_high_is_refused(void **state)
{
    struct ssht t = {.config = config, .fd = SSHT_FD_MAX + 1};

    (void)state;
    assert_int_equal(ssht_setup(&t, &e), -1);
    assert_int_equal(e.class, FAIL_INTERNAL);
    assert_non_null(strstr(e.text, "libssh can use none above 65535"));
}

static void rsa_key_logs_in(void **state)
{
    (void)state;
    config.device = &devices[1];
    closed(opened());
}

static void a_key_that_is_missing_is_named(void **state)
{
    (void)state;
    config.device = &devices[2];
    fails_with(FAIL_AUTH, "the key file /nonexistent/key");
}

static void a_refused_key_names_what_is_offered(void **state)
{
    (void)state;
    config.username = "nobody-such";
    fails_with(FAIL_AUTH, "it offers publickey");
}

/* Debian's libssh refuses such names in its own option. */
static void shell_characters_in_a_name_reach_the_server(void **state)
{
    (void)state;
    config.username = "DOMAIN\\user;$(x)";
    fails_with(FAIL_AUTH, "user 'DOMAIN\\user;$(x)'");
}

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
        for (size_t k = i; k < 20; k++)
            t[k]->ops->step(t[k], mono_now(), &e);
        if (drive_step(t[i], &e) != IO_OK)
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

static void host_key_is_noted_and_recognised(void **state)
{
    char path[192];
    struct hostkeys *known;
    struct transport *t = opened();
    char *line = strdup(t->known_hosts_line);
    char *fingerprint = strdup(t->host_key);

    (void)state;
    assert_memory_equal(fingerprint, "SHA256:", 7);
    closed(t);
    snprintf(path, sizeof(path), "%s/known", server.dir);
    assert_int_equal(hostkeys_append(path, line, NULL), 0);
    known = hostkeys_load(path, NULL);
    env.hostkeys = known;
    env.policy = HOSTKEY_STRICT;
    t = opened();
    assert_null(t->known_hosts_line);
    assert_string_equal(t->host_key, fingerprint);
    closed(t);

    env.hostkeys = NULL;
    fails_with(FAIL_HOSTKEY_UNKNOWN, fingerprint);
    err_clear(&e);
    devices[0].host_key = fingerprint;
    closed(opened());
    devices[0].host_key = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    fails_with(FAIL_HOSTKEY_CHANGED, "`host_key: SHA256:AAAA");
    hostkeys_free(known);
    free(line);
    free(fingerprint);
}

static void a_spurious_call_changes_nothing(void **state)
{
    struct transport *t = opened();
    char chunk[64];
    size_t n;
    enum transport_stream stream;

    (void)state;
    assert_int_equal(t->ops->recv(t, chunk, sizeof(chunk), &n, &stream, mono_now(), &e), IO_AGAIN);
    assert_int_equal(t->ops->send(t, "x", 1, &n, mono_now(), &e), IO_AGAIN);
    assert_int_equal(drive_start(t, "cat", &e), IO_OK);
    for (int i = 0; i < 100; i++)
        assert_int_equal(t->ops->recv(t, chunk, sizeof(chunk), &n, &stream, mono_now(), &e),
                         IO_AGAIN);
    assert_int_equal(drive_send(t, "hello", 5, &e), IO_OK);
    assert_int_equal(drive_read(t, "hello", &out, NULL, &e), IO_OK);
    closed(t);
}

static size_t events_of(int watch)
{
    char events[4096];
    ssize_t n = read(watch, events, sizeof(events));

    return n > 0 ? (size_t)n : 0;
}

/* Pitfall 4: libssh would read configuration and known hosts for each connection. */
static void no_file_of_openssh_is_read(void **state)
{
    int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    char home[300];

    (void)state;
    snprintf(home, sizeof(home), "%s/.ssh", getpwuid(getuid())->pw_dir);
    if (inotify_add_watch(watch, "/etc/ssh", IN_OPEN | IN_ACCESS) < 0)
        skip();
    inotify_add_watch(watch, home, IN_OPEN | IN_ACCESS);
    close(open("/etc/ssh/ssh_config", O_RDONLY));
    assert_true(events_of(watch) > 0);
    closed(opened());
    assert_int_equal(events_of(watch), 0);
    close(watch);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fresh, clean)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(shell_gives_output_and_status),
        CASE(phases_are_stamped_in_order),
        CASE(exec_runs_commands_one_after_another),
        CASE(a_signal_is_no_status),
        CASE(large_output_comes_whole),
        CASE(large_input_goes_whole),
        CASE(descriptor_never_blocks),
        CASE(nothing_stays_open_at_any_stage),
        CASE(a_descriptor_too_high_is_refused),
        CASE(rsa_key_logs_in),
        CASE(a_key_that_is_missing_is_named),
        CASE(a_refused_key_names_what_is_offered),
        CASE(shell_characters_in_a_name_reach_the_server),
        CASE(no_way_to_log_in_says_so),
        CASE(a_dead_agent_says_so),
        CASE(an_agent_serves_many),
        CASE(a_silent_agent_is_left_at_once),
        CASE(host_key_is_noted_and_recognised),
        CASE(a_spurious_call_changes_nothing),
        CASE(no_file_of_openssh_is_read),
    };

    return cmocka_run_group_tests(tests, start_server, stop_server);
}
