/* links: base/buf base/clock base/err transport/resolve transport/tcp transport/telnet_stream
 * transport/telnet */
/* Telnet over a socket of loopback: how it opens, ends and stays within its bounds. */
#include "transport/telnet_stream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poller/transport.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define BYTES(text) (text), sizeof(text) - 1
#define WILL        "\xff\xfb"
#define DO          "\xff\xfd"

static const struct mono t0 = {INT64_C(1000000000)};

struct pair {
    struct transport *t;
    int peer;
};

static void wait_for(struct transport *t)
{
    struct pollfd want[TRANSPORT_WANT_MAX];
    struct mono deadline = MONO_NEVER;
    poll(want, t->ops->want(t, want, &deadline), 1000);
}

static void open_pair(struct pair *p)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    struct err e = {0};
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_return_code(bind(server, (struct sockaddr *)&at, sizeof(at)), errno);
    assert_return_code(listen(server, 1), errno);
    assert_return_code(getsockname(server, (struct sockaddr *)&at, &len), errno);
    struct device device = {.host = "127.0.0.1", .port = ntohs(at.sin_port)};
    struct transport_config config = {
        .device = &device, .pty_term = "vt100", .max_pending = 1 << 16};
    p->t = transport_telnet.open(&config, &e);
    assert_non_null(p->t);
    enum io_result result = p->t->ops->step(p->t, t0, &e);
    for (int i = 0; i < 5 && result == IO_AGAIN; i++) {
        wait_for(p->t);
        result = p->t->ops->step(p->t, t0, &e);
    }
    assert_int_equal(result, IO_OK);
    p->peer = accept(server, NULL, NULL);
    assert_return_code(p->peer, errno);
    close(server);
}

static void close_pair(struct pair *p)
{
    p->t->ops->free(p->t);
    if (p->peer >= 0)
        close(p->peer);
}

static void say(struct pair *p, const char *bytes, size_t n)
{
    assert_int_equal(send(p->peer, bytes, n, MSG_NOSIGNAL), n);
}

/* Waits once, if it must. */
static enum io_result take(struct pair *p, char *to, size_t size, size_t *n, struct err *e)
{
    enum transport_stream stream;
    enum io_result result = p->t->ops->recv(p->t, to, size, n, &stream, t0, e);
    for (int i = 0; i < 5 && result == IO_AGAIN; i++) {
        wait_for(p->t);
        result = p->t->ops->recv(p->t, to, size, n, &stream, t0, e);
    }
    return result;
}

static void text_and_echo_come_through(void **state)
{
    (void)state;
    struct pair p;
    struct err e = {0};
    char got[64];
    size_t n, sent;
    enum transport_stream stream;
    open_pair(&p);
    assert_int_equal(p.t->phase_end[PHASE_CONNECT].ns, t0.ns);
    assert_false(mono_is_set(p.t->phase_end[PHASE_KEX]));
    assert_int_equal(p.t->ops->start(p.t, NULL, t0, &e), IO_OK);
    assert_int_equal(p.t->ops->recv(p.t, got, sizeof(got), &n, &stream, t0, &e), IO_AGAIN);
    assert_false(p.t->ops->echo(p.t));
    say(&p, BYTES(WILL "\x01"
                       "Password: "));
    assert_int_equal(take(&p, got, 4, &n, &e), IO_OK);
    assert_int_equal(n, 4);
    assert_int_equal(take(&p, got + 4, sizeof(got), &n, &e), IO_OK);
    assert_int_equal(n, 6);
    assert_memory_equal(got, "Password: ", 10);
    assert_true(p.t->ops->echo(p.t));
    assert_int_equal(p.t->ops->send(p.t, BYTES("lab\r\n"), &sent, t0, &e), IO_OK);
    assert_int_equal(sent, 5);
    assert_int_equal(recv(p.peer, got, 8, MSG_WAITALL), 8);
    assert_memory_equal(got, DO "\x01lab\r\n", 8);
    assert_int_equal(p.t->ops->exit_status(p.t), -1);
    close_pair(&p);
}

static void exec_is_refused(void **state)
{
    (void)state;
    struct pair p;
    struct err e = {0};
    open_pair(&p);
    assert_int_equal(p.t->ops->start(p.t, "show version", t0, &e), IO_FAIL);
    assert_int_equal(e.class, FAIL_NO_SESSION);
    close_pair(&p);
}

static void data_comes_before_the_failure(void **state)
{
    (void)state;
    struct pair p;
    struct err e = {0};
    char got[64];
    size_t n;
    open_pair(&p);
    say(&p, BYTES("last words\xff\xfa\x56\xff\xf0junk"));
    assert_int_equal(take(&p, got, 5, &n, &e), IO_OK);
    assert_int_equal(take(&p, got + 5, sizeof(got) - 5, &n, &e), IO_OK);
    assert_memory_equal(got, "last words", 10);
    assert_false(err_is_set(&e));
    assert_int_equal(take(&p, got, sizeof(got), &n, &e), IO_FAIL);
    assert_int_equal(e.class, FAIL_PEER_CLOSED);
    close_pair(&p);
}

static void data_comes_before_the_end(void **state)
{
    (void)state;
    struct pair p;
    struct err e = {0};
    char got[64];
    size_t n;
    struct mono deadline = MONO_NEVER;
    struct pollfd want[TRANSPORT_WANT_MAX];
    open_pair(&p);
    say(&p, BYTES("bye\r\n"));
    close(p.peer);
    p.peer = -1;
    assert_int_equal(take(&p, got, sizeof(got), &n, &e), IO_OK);
    assert_int_equal(n, 5);
    assert_int_equal(take(&p, got, sizeof(got), &n, &e), IO_END);
    assert_int_equal(p.t->ops->want(p.t, want, &deadline), 0); /* or a loop would spin on it */
    assert_int_equal(p.t->ops->close(p.t, t0), IO_OK);
    close_pair(&p);
}

static void a_reset_is_a_failure_with_a_sentence(void **state)
{
    (void)state;
    struct pair p;
    struct err e = {0};
    char got[64];
    size_t n;
    struct linger hard = {.l_onoff = 1};
    open_pair(&p);
    setsockopt(p.peer, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    close(p.peer);
    p.peer = -1;
    assert_int_equal(take(&p, got, sizeof(got), &n, &e), IO_FAIL);
    assert_int_equal(e.class, FAIL_PEER_CLOSED);
    assert_non_null(strstr(e.text, "cut the connection"));
    close_pair(&p);
}

/* One that stops reading: our queue stays within its bound and we ask to be told of room. */
static void sending_is_bounded(void **state)
{
    (void)state;
    struct pair p;
    struct err e = {0};
    static char much[1 << 16];
    size_t total = 0, sent;
    enum io_result result = IO_OK;
    memset(much, 'x', sizeof(much));
    open_pair(&p);
    for (int i = 0; i < 10000 && result == IO_OK; i++) {
        result = p.t->ops->send(p.t, much, sizeof(much), &sent, t0, &e);
        total += sent;
    }
    assert_int_equal(result, IO_AGAIN);
    struct pollfd want[TRANSPORT_WANT_MAX];
    struct mono deadline = MONO_NEVER;
    assert_int_equal(p.t->ops->want(p.t, want, &deadline), 1);
    assert_true(want[0].events & POLLOUT);
    size_t taken = 0;
    for (int i = 0; i < 10000 && taken < total; i++) {
        ssize_t n = recv(p.peer, much, sizeof(much), MSG_DONTWAIT);
        taken += n > 0 ? (size_t)n : 0;
        assert_int_not_equal(p.t->ops->send(p.t, "", 0, &sent, t0, &e), IO_FAIL);
    }
    assert_int_equal(taken, total);
    close_pair(&p);
}

/* Nothing but protocol, without end: a call comes back all the same. */
static void noise_does_not_hold_a_call(void **state)
{
    (void)state;
    struct pair p;
    struct err e = {0};
    char noise[TELNET_FEED_MAX], got[64];
    size_t n;
    enum transport_stream stream;
    open_pair(&p);
    for (size_t i = 0; i < sizeof(noise); i += 2)
        memcpy(noise + i, "\xff\xf1", 2);
    for (int i = 0; i < 40; i++)
        say(&p, noise, sizeof(noise));
    wait_for(p.t);
    assert_int_equal(p.t->ops->recv(p.t, got, sizeof(got), &n, &stream, t0, &e), IO_AGAIN);
    char left;
    struct pollfd want[TRANSPORT_WANT_MAX];
    struct mono deadline = MONO_NEVER;
    assert_int_equal(p.t->ops->want(p.t, want, &deadline), 1);
    assert_int_equal(recv(want[0].fd, &left, 1, MSG_PEEK), 1); /* it did not read all of it */
    close_pair(&p);
}

static void close_sends_all_and_waits_for_the_peer(void **state)
{
    (void)state;
    struct pair p;
    struct err e = {0};
    char got[64];
    size_t sent;
    open_pair(&p);
    assert_int_equal(p.t->ops->send(p.t, BYTES("exit\r\n"), &sent, t0, &e), IO_OK);
    say(&p, BYTES("exit\r\nunread"));
    assert_int_equal(p.t->ops->close(p.t, t0), IO_AGAIN);
    struct pollfd want[TRANSPORT_WANT_MAX];
    struct mono deadline = MONO_NEVER;
    assert_int_equal(p.t->ops->want(p.t, want, &deadline), 1);
    assert_true(mono_ms_between(t0, deadline) <= 500);
    assert_int_equal(recv(p.peer, got, sizeof(got), 0), 6);
    assert_int_equal(recv(p.peer, got, sizeof(got), 0), 0); /* our FIN, no reset */
    close(p.peer);
    p.peer = -1;
    wait_for(p.t);
    assert_int_equal(p.t->ops->close(p.t, t0), IO_OK);
    close_pair(&p);
}

static void close_gives_a_stubborn_peer_up(void **state)
{
    (void)state;
    struct pair p;
    open_pair(&p);
    assert_int_equal(p.t->ops->close(p.t, t0), IO_AGAIN);
    assert_int_equal(p.t->ops->close(p.t, mono_add_ms(t0, 499)), IO_AGAIN);
    assert_int_equal(p.t->ops->close(p.t, mono_add_ms(t0, 500)), IO_OK);
    close_pair(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_and_echo_come_through),
        cmocka_unit_test(exec_is_refused),
        cmocka_unit_test(data_comes_before_the_failure),
        cmocka_unit_test(data_comes_before_the_end),
        cmocka_unit_test(a_reset_is_a_failure_with_a_sentence),
        cmocka_unit_test(sending_is_bounded),
        cmocka_unit_test(noise_does_not_hold_a_call),
        cmocka_unit_test(close_sends_all_and_waits_for_the_peer),
        cmocka_unit_test(close_gives_a_stubborn_peer_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
