/* links: base/arena base/buf base/clock base/err base/escape base/log base/mask
 * transport/hostkeys transport/hostkeys_line transport/hostkeys_file transport/keyring
 * transport/resolve transport/tcp
 * transport/ssh transport/ssh_agent transport/ssh_algorithms transport/ssh_auth
 * transport/ssh_channel transport/ssh_close transport/ssh_fail transport/ssh_hostkey
 * transport/ssh_inbox transport/ssh_kbdint transport/ssh_kex transport/ssh_log transport/ssh_pump
 * transport/ssh_setup transport/ssh_stream tests/lib/ssh_drive tests/lib/ssh_server
 * tests/lib/fake_inventory */

/* The SSH transport against a server with bad manners, once it is logged in: opening a session,
 * what comes and goes in it, and the pitfalls of libssh there. */
#include "tests/lib/ssh_fixture.h"

#include <sys/socket.h>

static void start_fails_with(const char *part)
{
    struct transport *t = opened();

    assert_int_equal(drive_start(t, NULL, &e), IO_FAIL);
    expect(FAIL_NO_SESSION, part);
    closed(t);
}

/* --- opening a session --- */

static void a_refused_session_is_no_session(void **state)
{
    (void)state;
    serve((struct ssh_server_config){.manner = SERVER_REFUSES_SESSION});
    start_fails_with("let us in, but refused a session");
}

static void a_refused_terminal_is_no_session(void **state)
{
    (void)state;
    serve((struct ssh_server_config){.manner = SERVER_REFUSES_PTY});
    start_fails_with("refused a terminal");
}

static void a_refused_shell_is_no_session(void **state)
{
    (void)state;
    serve((struct ssh_server_config){.manner = SERVER_REFUSES_SHELL});
    start_fails_with("refused a shell");
}

/* libssh would queue 256 MiB of empty packets for the first byte sent. */
static void tiny_packets_are_refused(void **state)
{
    (void)state;
    serve((struct ssh_server_config){.manner = SERVER_TINY_PACKETS});
    start_fails_with("packets of at most 10 bytes");
}

static void unwanted_channels_are_refused(void **state)
{
    struct transport *t;

    (void)state;
    serve((struct ssh_server_config){.manner = SERVER_OPENS});
    t = started();
    assert_int_equal(drive_read(t, "ready>", &out, NULL, &e), IO_OK);
    assert_string_equal(buf_bytes(&out), "ready>");
    closed(t);
}

/* --- the open stream --- */

static void streams_come_in_their_order(void **state)
{
    struct transport *t;
    char chunk[64];
    size_t n = 0;
    enum transport_stream stream = STREAM_OUT;

    (void)state;
    serve((struct ssh_server_config){.manner = SERVER_EXEC});
    t = opened();
    assert_int_equal(drive_start(t, "show version", &e), IO_OK);
    while (t->ops->recv(t, chunk, 3, &n, &stream, mono_now(), &e) == IO_AGAIN)
        drive_wait(t, 1000);
    assert_memory_equal(chunk, "one", 3);
    assert_int_equal(drive_read(t, NULL, &out, &err_out, &e), IO_END);
    assert_string_equal(buf_bytes(&out), " two");
    assert_string_equal(buf_bytes(&err_out), "warning ");
    assert_int_equal(t->ops->exit_status(t), 7);
    closed(t);
}

/* Pitfall 6: ssh_channel_read would answer error, with the data buffered. */
static void last_words_are_handed_out_before_the_failure(void **state)
{
    struct transport *t;

    (void)state;
    serve((struct ssh_server_config){.manner = SERVER_LAST_WORDS});
    t = started();
    assert_int_equal(drive_read(t, NULL, &out, NULL, &e), IO_FAIL);
    assert_string_equal(buf_bytes(&out), "last words");
    expect(FAIL_PEER_CLOSED, "hung up in the session (reason 11): 'going down'");
    closed(t);
}

/* Pitfall 7: after EOF nothing is asked for again and again. */
static void an_end_without_close_is_an_end(void **state)
{
    struct transport *t;
    struct mono begun;
    char chunk[64];
    size_t n;
    enum transport_stream stream;
    int calls = 0;
    enum io_result rc;

    (void)state;
    serve((struct ssh_server_config){.manner = SERVER_EOF_ONLY});
    t = started();
    assert_int_equal(drive_read(t, "that is all", &out, NULL, &e), IO_OK);
    begun = mono_now();
    while ((rc = t->ops->recv(t, chunk, sizeof(chunk), &n, &stream, mono_now(), &e)) == IO_AGAIN) {
        drive_wait(t, 5000);
        calls++;
    }
    assert_int_equal(rc, IO_END);
    assert_in_range(calls, 1, 5);
    assert_true(mono_ms_between(begun, mono_now()) < 3000);
    assert_int_equal(t->ops->exit_status(t), -1);
    closed(t);
}

/* Pitfall 2: with a descriptor that blocks, send() would not come back. */
static void a_peer_that_stops_reading_blocks_nobody(void **state)
{
    static char input[200000];
    struct transport *t;
    struct pollfd want[TRANSPORT_WANT_MAX];
    struct mono deadline = MONO_NEVER, begun;
    size_t sent = 0, total = 0;
    int small = 4608;
    double longest = 0;

    (void)state;
    serve((struct ssh_server_config){.manner = SERVER_DEAF});
    t = started();
    t->ops->want(t, want, &deadline);
    setsockopt(want[0].fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
    for (int i = 0; i < 200; i++) {
        begun = mono_now();
        assert_int_not_equal(t->ops->send(t, input, sizeof(input), &sent, begun, &e), IO_FAIL);
        longest = mono_ms_between(begun, mono_now()) > longest ? mono_ms_between(begun, mono_now())
                                                               : longest;
        total += sent;
        drive_wait(t, 2);
    }
    assert_in_range(total, 4096, 64000);
    assert_true(longest < 500);
    begun = mono_now();
    t->ops->close(t, begun);
    t->ops->free(t);
    assert_true(mono_ms_between(begun, mono_now()) < 500);
}

/* What the caller does not take stays with the device, beyond a bounded queue. */
static void a_flood_is_held_back(void **state)
{
    struct transport *t;
    char chunk[16384];
    size_t n = 0, total = 0;
    enum transport_stream stream;

    (void)state;
    serve((struct ssh_server_config){.manner = SERVER_FLOOD});
    t = started();
    while (total < 20000000) {
        enum io_result rc = t->ops->recv(t, chunk, sizeof(chunk), &n, &stream, mono_now(), &e);

        if (rc == IO_AGAIN)
            drive_wait(t, 1000);
        else
            assert_int_equal(rc, IO_OK);
        total += n;
    }
    closed(t);
}

static void chatter_without_output_is_left(void **state)
{
    struct transport *t;

    (void)state;
    serve((struct ssh_server_config){.manner = SERVER_CHATTER});
    t = started();
    assert_int_equal(drive_read(t, NULL, &out, NULL, &e), IO_FAIL);
    expect(FAIL_TOO_MUCH_OUTPUT, "of which only 0 are output");
    closed(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_refused_session_is_no_session),
        CASE(a_refused_terminal_is_no_session),
        CASE(a_refused_shell_is_no_session),
        CASE(tiny_packets_are_refused),
        CASE(unwanted_channels_are_refused),
        CASE(streams_come_in_their_order),
        CASE(last_words_are_handed_out_before_the_failure),
        CASE(an_end_without_close_is_an_end),
        CASE(a_peer_that_stops_reading_blocks_nobody),
        CASE(a_flood_is_held_back),
        CASE(chatter_without_output_is_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
