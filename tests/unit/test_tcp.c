/* links: base/buf base/clock base/err transport/resolve transport/tcp */
/* Happy eyeballs against listeners on loopback: good ones, closed ports, and full queues that never
 * answer a SYN. */
#include "transport/tcp.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poller/err.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

static const struct mono t0 = {INT64_C(1000000000)};

static int listener(int backlog, uint16_t *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_return_code(bind(fd, (struct sockaddr *)&at, sizeof(at)), errno);
    assert_return_code(listen(fd, backlog), errno);
    assert_return_code(getsockname(fd, (struct sockaddr *)&at, &len), errno);
    *port = ntohs(at.sin_port);
    return fd;
}

static uint16_t closed_port(void)
{
    uint16_t port;
    close(listener(1, &port));
    return port;
}

static union resolve_addr v4(const char *address, uint16_t port)
{
    union resolve_addr a = {.in = {.sin_family = AF_INET, .sin_port = htons(port)}};
    assert_int_equal(inet_pton(AF_INET, address, &a.in.sin_addr), 1);
    return a;
}

static union resolve_addr v6(const char *address, uint16_t port)
{
    union resolve_addr a = {.in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)}};
    assert_int_equal(inet_pton(AF_INET6, address, &a.in6.sin6_addr), 1);
    return a;
}

/* A port whose queue is full: further SYNs are dropped. */
struct mute {
    int fd, fill[4];
    uint16_t port;
};

static void mute_open(struct mute *m)
{
    m->fd = listener(0, &m->port);
    union resolve_addr at = v4("127.0.0.1", m->port);
    for (size_t i = 0; i < 4; i++) {
        m->fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        (void)connect(m->fill[i], &at.sa, sizeof(at.in));
    }
}

static void mute_close(struct mute *m)
{
    close(m->fd);
    for (size_t i = 0; i < 4; i++)
        close(m->fill[i]);
}

/* As if these had come from a look-up that is over. */
static void given(struct tcp *t, const char *name, const union resolve_addr *addrs, size_t n)
{
    tcp_init(t, name, ntohs(addrs[0].in.sin_port), NULL);
    memcpy(t->resolve.addrs, addrs, n * sizeof(*addrs));
    t->resolve.n_addrs = n;
    t->resolve.started = t->resolve.done = true;
}

struct visit {
    struct tcp tcp;
    struct mono phase_end[PHASE_COUNT];
    struct err err;
};

static void phases_unset(struct visit *v)
{
    memset(v, 0, sizeof(*v));
    for (size_t i = 0; i < PHASE_COUNT; i++)
        v->phase_end[i] = MONO_UNSET;
}

static enum io_result step(struct visit *v, struct mono now)
{
    return tcp_step(&v->tcp, v->phase_end, now, &v->err);
}

/* Waits for what is wanted, then steps at `now`, until it is not again; bounded. */
static enum io_result settle(struct visit *v, struct mono now)
{
    enum io_result result = step(v, now);
    for (int i = 0; i < 20 && result == IO_AGAIN; i++) {
        struct pollfd want[TRANSPORT_WANT_MAX];
        struct mono deadline = MONO_NEVER;
        size_t n = tcp_want(&v->tcp, want, &deadline);
        if (n == 0)
            return result;
        poll(want, n, 50);
        result = step(v, now);
    }
    return result;
}

static int open_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int n = 0;
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

static int int_option(int fd, int level, int name)
{
    int value = -1;
    socklen_t len = sizeof(value);
    assert_return_code(getsockopt(fd, level, name, &value, &len), errno);
    return value;
}

static void connects_and_tunes_the_socket(void **state)
{
    (void)state;
    struct visit v;
    uint16_t port;
    int server = listener(4, &port);
    phases_unset(&v);
    tcp_init(&v.tcp, "127.0.0.1", port, NULL);
    assert_int_equal(settle(&v, t0), IO_OK);
    assert_int_equal(step(&v, mono_add_ms(t0, 5)), IO_OK);
    assert_int_equal(v.phase_end[PHASE_RESOLVE].ns, t0.ns);
    assert_int_equal(v.phase_end[PHASE_CONNECT].ns, t0.ns);
    struct pollfd want[TRANSPORT_WANT_MAX];
    struct mono deadline = MONO_NEVER;
    assert_int_equal(tcp_want(&v.tcp, want, &deadline), 0);
    int fd = tcp_take_fd(&v.tcp);
    assert_true(fd >= 0);
    assert_int_equal(tcp_take_fd(&v.tcp), -1);
    assert_int_equal(step(&v, t0), IO_OK);
    assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    assert_true(int_option(fd, IPPROTO_TCP, TCP_NODELAY));
    assert_true(int_option(fd, SOL_SOCKET, SO_KEEPALIVE));
    assert_int_equal(int_option(fd, IPPROTO_TCP, TCP_KEEPIDLE), tcp_defaults.keepalive_idle_s);
    assert_int_equal(int_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), tcp_defaults.user_timeout_ms);
    tcp_free(&v.tcp);
    assert_return_code(fcntl(fd, F_GETFD), errno);
    close(fd);
    close(server);
}

static void options_can_turn_keepalive_off(void **state)
{
    (void)state;
    struct visit v;
    uint16_t port;
    int server = listener(4, &port);
    struct tcp_options options = {.user_timeout_ms = 1234};
    phases_unset(&v);
    tcp_init(&v.tcp, "127.0.0.1", port, &options);
    assert_int_equal(settle(&v, t0), IO_OK);
    assert_false(int_option(v.tcp.fd, SOL_SOCKET, SO_KEEPALIVE));
    assert_int_equal(int_option(v.tcp.fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 1234);
    tcp_free(&v.tcp);
    close(server);
}

static void a_closed_port_is_refused(void **state)
{
    (void)state;
    struct visit v;
    char place[40];
    uint16_t port = closed_port();
    phases_unset(&v);
    tcp_init(&v.tcp, "127.0.0.1", port, NULL);
    assert_int_equal(settle(&v, t0), IO_FAIL);
    assert_int_equal(v.err.class, FAIL_REFUSED);
    snprintf(place, sizeof(place), "127.0.0.1 port %d refused", port);
    assert_ptr_equal(strstr(v.err.text, place), v.err.text);
    assert_true(mono_is_set(v.phase_end[PHASE_RESOLVE]));
    assert_false(mono_is_set(v.phase_end[PHASE_CONNECT]));
    tcp_free(&v.tcp);
}

static void a_name_stands_beside_its_address(void **state)
{
    (void)state;
    struct visit v;
    union resolve_addr addr = v4("127.0.0.1", closed_port());
    phases_unset(&v);
    given(&v.tcp, "core1", &addr, 1);
    assert_int_equal(settle(&v, t0), IO_FAIL);
    assert_ptr_equal(strstr(v.err.text, "127.0.0.1 (core1) port "), v.err.text);
    tcp_free(&v.tcp);
}

static void a_port_that_never_answers_is_waited_for(void **state)
{
    (void)state;
    struct visit v;
    struct mute mute;
    mute_open(&mute);
    int before = open_descriptors();
    phases_unset(&v);
    tcp_init(&v.tcp, "127.0.0.1", mute.port, NULL);
    assert_int_equal(step(&v, t0), IO_AGAIN);
    assert_int_equal(step(&v, mono_add_ms(t0, 14999)), IO_AGAIN);
    struct pollfd want[TRANSPORT_WANT_MAX];
    struct mono deadline = MONO_NEVER;
    assert_int_equal(tcp_want(&v.tcp, want, &deadline), 1);
    assert_int_equal(want[0].events, POLLOUT);
    assert_true(mono_is_never(deadline));
    tcp_free(&v.tcp);
    assert_int_equal(open_descriptors(), before);
    mute_close(&mute);
}

static void further_attempts_are_staggered(void **state)
{
    (void)state;
    struct visit v;
    struct mute mute;
    uint16_t port;
    int server = listener(4, &port);
    mute_open(&mute);
    int before = open_descriptors();
    union resolve_addr addrs[] = {v4("127.0.0.1", mute.port), v4("127.0.0.1", mute.port),
                                  v4("127.0.0.1", port)};
    phases_unset(&v);
    given(&v.tcp, "core1", addrs, 3);
    assert_int_equal(step(&v, t0), IO_AGAIN);
    assert_int_equal(v.tcp.n_attempts, 1);
    struct pollfd want[TRANSPORT_WANT_MAX];
    struct mono deadline = MONO_NEVER, later = mono_add_ms(t0, TCP_STAGGER_MS);
    assert_int_equal(tcp_want(&v.tcp, want, &deadline), 1);
    assert_int_equal(deadline.ns, later.ns);
    assert_int_equal(step(&v, mono_add_ms(later, -1)), IO_AGAIN);
    assert_int_equal(v.tcp.n_attempts, 1);
    assert_int_equal(step(&v, later), IO_AGAIN);
    assert_int_equal(v.tcp.n_attempts, 2);
    later = mono_add_ms(later, TCP_STAGGER_MS);
    assert_int_equal(settle(&v, later), IO_OK);
    assert_int_equal(v.tcp.winner, 2);
    assert_int_equal(v.phase_end[PHASE_RESOLVE].ns, t0.ns);
    assert_int_equal(v.phase_end[PHASE_CONNECT].ns, later.ns);
    assert_int_equal(open_descriptors(), before + 1); /* the losers are closed */
    tcp_free(&v.tcp);
    mute_close(&mute);
    close(server);
}

static void a_failure_lets_the_next_begin_at_once(void **state)
{
    (void)state;
    struct visit v;
    uint16_t port;
    int server = listener(4, &port);
    union resolve_addr addrs[] = {v4("127.0.0.1", port), v6("::1", closed_port())};
    phases_unset(&v);
    given(&v.tcp, "core1", addrs, 2);
    assert_int_equal(settle(&v, t0), IO_OK); /* no time passes */
    assert_int_equal(v.tcp.winner, 0);
    assert_int_equal(v.tcp.tried, 3);
    tcp_free(&v.tcp);
    close(server);
}

static void families_alternate_and_four_are_in_flight(void **state)
{
    (void)state;
    struct visit v;
    struct mute mute;
    mute_open(&mute);
    union resolve_addr dead = v4("127.0.0.1", mute.port);
    /* An IPv4-mapped address reaches the same full queue by the other family. */
    union resolve_addr dead6 = v6("::ffff:127.0.0.1", mute.port);
    union resolve_addr addrs[] = {dead, dead, dead, dead6, dead6, dead};
    phases_unset(&v);
    given(&v.tcp, "core1", addrs, 6);
    static const size_t order[] = {3, 0, 4, 1};
    struct mono now = t0;
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(step(&v, now), IO_AGAIN);
        size_t expected = i < TCP_ATTEMPTS_MAX ? i + 1 : TCP_ATTEMPTS_MAX;
        assert_int_equal(v.tcp.n_attempts, expected);
        assert_int_equal(v.tcp.attempts[expected - 1].addr, order[expected - 1]);
        now = mono_add_ms(now, TCP_STAGGER_MS);
    }
    tcp_free(&v.tcp);
    mute_close(&mute);
}

static void an_address_that_comes_late_is_tried(void **state)
{
    (void)state;
    struct visit v;
    uint16_t port;
    int server = listener(4, &port);
    union resolve_addr addrs[] = {v4("127.0.0.1", closed_port()), v4("127.0.0.1", port)};
    phases_unset(&v);
    given(&v.tcp, "core1", addrs, 1);
    v.tcp.resolve.done = false;
    v.tcp.resolve.v6.done = true;
    assert_int_equal(settle(&v, t0), IO_AGAIN); /* refused, but names may still come */
    v.tcp.resolve.addrs[v.tcp.resolve.n_addrs++] = addrs[1];
    v.tcp.resolve.done = true;
    assert_int_equal(settle(&v, t0), IO_OK);
    tcp_free(&v.tcp);
    close(server);
}

static void no_route_is_unreachable(void **state)
{
    (void)state;
    /* Refused by our own kernel: nothing leaves the machine. */
    static const char *const hosts[] = {"255.255.255.255", "fe80::1"};
    for (size_t i = 0; i < 2; i++) {
        struct visit v;
        phases_unset(&v);
        tcp_init(&v.tcp, hosts[i], 22, NULL);
        assert_int_equal(settle(&v, t0), IO_FAIL);
        assert_int_equal(v.err.class, FAIL_UNREACHABLE);
        assert_ptr_equal(strstr(v.err.text, hosts[i]), v.err.text);
        tcp_free(&v.tcp);
    }
}

static void the_failure_that_tells_most_is_told(void **state)
{
    (void)state;
    struct visit v;
    union resolve_addr addrs[] = {v4("127.0.0.1", closed_port()), v6("fe80::1", 22),
                                  v4("255.255.255.255", 22)};
    phases_unset(&v);
    given(&v.tcp, "core1", addrs, 3);
    assert_int_equal(settle(&v, t0), IO_FAIL);
    assert_int_equal(v.tcp.tried, 7);
    assert_int_equal(v.err.class, FAIL_REFUSED);
    tcp_free(&v.tcp);
}

static void out_of_descriptors_is_our_own_failure(void **state)
{
    (void)state;
    struct visit v;
    struct rlimit old, none;
    assert_return_code(getrlimit(RLIMIT_NOFILE, &old), errno);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = old.rlim_max};
    phases_unset(&v);
    tcp_init(&v.tcp, "127.0.0.1", 22, NULL);
    assert_return_code(setrlimit(RLIMIT_NOFILE, &none), errno);
    enum io_result result = step(&v, t0);
    assert_return_code(setrlimit(RLIMIT_NOFILE, &old), errno);
    assert_int_equal(result, IO_FAIL);
    assert_int_equal(v.err.class, FAIL_INTERNAL);
    assert_non_null(strstr(v.err.text, "ulimit -n"));
    tcp_free(&v.tcp);
}

static void a_failed_name_is_not_connected_to(void **state)
{
    (void)state;
    struct visit v;
    phases_unset(&v);
    tcp_init(&v.tcp, "", 22, NULL);
    assert_int_equal(step(&v, t0), IO_FAIL);
    assert_int_equal(v.err.class, FAIL_DNS);
    assert_false(mono_is_set(v.phase_end[PHASE_RESOLVE]));
    tcp_free(&v.tcp);
    tcp_free(&v.tcp);
}

/* A name server that never answers: the look-up is waited for, by its descriptor and deadline. */
static void a_name_that_is_being_looked_up_is_waited_for(void **state)
{
    (void)state;
    struct visit v;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    char servers[32];
    int dns = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_return_code(bind(dns, (struct sockaddr *)&at, sizeof(at)), errno);
    assert_return_code(getsockname(dns, (struct sockaddr *)&at, &len), errno);
    snprintf(servers, sizeof(servers), "127.0.0.1:%d", ntohs(at.sin_port));
    struct tcp_options options = {.resolve = {.servers = servers}};
    int before = open_descriptors();
    phases_unset(&v);
    tcp_init(&v.tcp, "core1.lab.test", 22, &options);
    assert_int_equal(step(&v, t0), IO_AGAIN);
    struct pollfd want[TRANSPORT_WANT_MAX];
    struct mono deadline = MONO_NEVER;
    assert_true(tcp_want(&v.tcp, want, &deadline) >= 1);
    assert_false(mono_is_never(deadline));
    assert_false(err_is_set(&v.err));
    assert_false(mono_is_set(v.phase_end[PHASE_RESOLVE]));
    tcp_free(&v.tcp);
    assert_int_equal(open_descriptors(), before);
    close(dns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connects_and_tunes_the_socket),
        cmocka_unit_test(options_can_turn_keepalive_off),
        cmocka_unit_test(a_closed_port_is_refused),
        cmocka_unit_test(a_name_stands_beside_its_address),
        cmocka_unit_test(a_port_that_never_answers_is_waited_for),
        cmocka_unit_test(further_attempts_are_staggered),
        cmocka_unit_test(a_failure_lets_the_next_begin_at_once),
        cmocka_unit_test(families_alternate_and_four_are_in_flight),
        cmocka_unit_test(an_address_that_comes_late_is_tried),
        cmocka_unit_test(no_route_is_unreachable),
        cmocka_unit_test(the_failure_that_tells_most_is_told),
        cmocka_unit_test(out_of_descriptors_is_our_own_failure),
        cmocka_unit_test(a_name_that_is_being_looked_up_is_waited_for),
        cmocka_unit_test(a_failed_name_is_not_connected_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
