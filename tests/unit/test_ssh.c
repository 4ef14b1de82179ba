/* links: base/arena base/buf base/clock base/err base/escape base/log base/mask
 * transport/hostkeys transport/hostkeys_line transport/hostkeys_file transport/keyring
 * transport/resolve transport/tcp
 * transport/ssh transport/ssh_agent transport/ssh_algorithms transport/ssh_auth
 * transport/ssh_channel transport/ssh_close transport/ssh_fail transport/ssh_hostkey
 * transport/ssh_inbox transport/ssh_kbdint transport/ssh_kex transport/ssh_log transport/ssh_pump
 * transport/ssh_setup transport/ssh_stream tests/lib/ssh_drive tests/lib/sshd
 * tests/lib/fake_inventory */

/* The SSH transport against a real OpenSSH server: logins by key, shells, commands, host keys, what
 * is left behind. */
#include "tests/lib/sshd_fixture.h"
#include "transport/hostkeys.h"
#include "transport/ssh.h"

#include <dirent.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/inotify.h>

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
        if (drive_start(t, command, &e) != IO_OK)
            fail_msg("%s: %s", command, e.text);
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
    free(t.failure_text);
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
        CASE(host_key_is_noted_and_recognised),
        CASE(a_spurious_call_changes_nothing),
        CASE(no_file_of_openssh_is_read),
    };

    return cmocka_run_group_tests(tests, start_server, stop_server);
}
