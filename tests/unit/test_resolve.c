/* links: base/buf base/clock base/err transport/resolve */
/* Look-ups against a name server of the test's own on loopback. */
#include "transport/resolve.h"

#include <arpa/inet.h>
#include <poller/err.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define TYPE_A         1
#define TYPE_AAAA      28
#define RCODE_NXDOMAIN 3
#define RCODE_REFUSED  5

/* What the server does with a question of one type. */
enum reaction { DROP, ANSWER, EMPTY, NXDOMAIN, REFUSED, MANY };

struct dns {
    int fd;
    char servers[32];
    enum reaction v4, v6;
    unsigned asked_v4, asked_v6;
};

static const unsigned char address_v4[4] = {192, 0, 2, 1};
static const unsigned char address_v6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};

static int setup(void **state)
{
    struct dns *dns = calloc(1, sizeof(*dns));
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    dns->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_return_code(bind(dns->fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_return_code(getsockname(dns->fd, (struct sockaddr *)&at, &len), 0);
    snprintf(dns->servers, sizeof(dns->servers), "127.0.0.1:%d", ntohs(at.sin_port));
    *state = dns;
    return 0;
}

static int teardown(void **state)
{
    struct dns *dns = *state;
    close(dns->fd);
    free(dns);
    return 0;
}

static size_t put_record(unsigned char *to, int type, unsigned last)
{
    const unsigned char head[] = {0xc0, 12, 0, (unsigned char)type, 0, 1, 0, 0, 0, 60};
    size_t n = type == TYPE_A ? sizeof(address_v4) : sizeof(address_v6);
    memcpy(to, head, sizeof(head));
    to[10] = 0;
    to[11] = (unsigned char)n;
    memcpy(to + 12, type == TYPE_A ? address_v4 : address_v6, n);
    to[12 + n - 1] = (unsigned char)last;
    return 12 + n;
}

/* Answers one question that waits; false when there is none. */
static bool serve_one(struct dns *dns)
{
    unsigned char packet[1500];
    struct sockaddr_in from;
    socklen_t from_len = sizeof(from);
    ssize_t got = recvfrom(dns->fd, packet, 512, 0, (struct sockaddr *)&from, &from_len);
    if (got < 17)
        return false;
    size_t name = 12 + strlen((char *)packet + 12) + 1, end = name + 4;
    int type = packet[name + 1];
    enum reaction reaction = type == TYPE_AAAA ? dns->v6 : dns->v4;
    *(type == TYPE_AAAA ? &dns->asked_v6 : &dns->asked_v4) += 1;
    if (reaction == DROP)
        return true;
    packet[2] |= 0x80;
    packet[3] = (unsigned char)(reaction == NXDOMAIN  ? RCODE_NXDOMAIN
                                : reaction == REFUSED ? RCODE_REFUSED
                                                      : 0);
    unsigned records = reaction == ANSWER ? 1 : reaction == MANY ? 20 : 0;
    memset(packet + 6, 0, 6);
    packet[7] = (unsigned char)records;
    for (unsigned i = 1; i <= records; i++)
        end += put_record(packet + end, type, i);
    assert_int_equal(sendto(dns->fd, packet, end, 0, (struct sockaddr *)&from, from_len), end);
    return true;
}

static void start(struct resolve *r, const struct dns *dns, const char *host)
{
    struct resolve_options options = {.servers = dns->servers, .timeout_ms = 60, .tries = 2};
    resolve_init(r, host, 22, &options);
}

/* Steps until an end, waiting as a session does, for 5 s at most. */
static enum io_result drive(struct resolve *r, struct dns *dns, struct err *e)
{
    struct mono give_up = mono_add_ms(mono_now(), 5000);
    for (int i = 0; i < 40; i++) { /* a machine that turns in circles does not pass */
        struct mono now = mono_now(), deadline = give_up;
        enum io_result result = resolve_step(r, now, e);
        if (result != IO_AGAIN || mono_reached(now, give_up))
            return result;
        struct pollfd want[RESOLVE_WANT_MAX + 1];
        size_t n = resolve_want(r, want, RESOLVE_WANT_MAX, &deadline);
        want[n] = (struct pollfd){.fd = dns->fd, .events = POLLIN};
        poll(want, n + 1, mono_poll_timeout(now, deadline));
        while (serve_one(dns))
            ;
    }
    return IO_AGAIN;
}

/* Steps at a given time until the answers that are on their way have been taken in. */
static enum io_result exchange(struct resolve *r, struct dns *dns, struct mono now, struct err *e)
{
    enum io_result result = resolve_step(r, now, e);
    for (int i = 0; i < 5; i++) {
        while (serve_one(dns))
            ;
        result = resolve_step(r, now, e);
    }
    return result;
}

static const char *text(const struct resolve *r, size_t i)
{
    static char out[RESOLVE_ADDR_TEXT_MAX];
    assert_true(i < r->n_addrs);
    return resolve_addr_text(&r->addrs[i], out, sizeof(out));
}

static void literals_never_touch_dns(void **state)
{
    struct dns *dns = *state;
    static const struct {
        const char *host, *shown;
        int family;
    } cases[] = {{"192.0.2.7", "192.0.2.7", AF_INET},
                 {"2001:DB8::7", "2001:db8::7", AF_INET6},
                 {"::1", "::1", AF_INET6},
                 {"fe80::1%lo", "fe80::1%lo", AF_INET6},
                 {"fe80::1%1", "fe80::1%lo", AF_INET6}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct resolve r;
        struct err e = {0};
        start(&r, dns, cases[i].host);
        struct mono deadline = MONO_NEVER;
        struct pollfd want[RESOLVE_WANT_MAX];
        assert_int_equal(resolve_step(&r, mono_now(), &e), IO_OK);
        assert_true(r.done);
        assert_null(r.channel);
        assert_int_equal(resolve_want(&r, want, RESOLVE_WANT_MAX, &deadline), 0);
        assert_true(mono_is_never(deadline));
        assert_int_equal(r.n_addrs, 1);
        assert_int_equal(r.addrs[0].sa.sa_family, cases[i].family);
        assert_int_equal(ntohs(r.addrs[0].in.sin_port), 22);
        assert_string_equal(text(&r, 0), cases[i].shown);
        resolve_free(&r);
    }
    assert_false(serve_one(dns));
}

static void a_scope_that_is_not_here_is_told(void **state)
{
    struct dns *dns = *state;
    struct resolve r;
    struct err e = {0};
    start(&r, dns, "fe80::1%nosuch0");
    assert_int_equal(resolve_step(&r, mono_now(), &e), IO_FAIL);
    assert_int_equal(e.class, FAIL_UNREACHABLE);
    assert_non_null(strstr(e.text, "fe80::1%nosuch0"));
    assert_false(serve_one(dns));
    resolve_free(&r);
}

static void expect_no_question(struct dns *dns, const char *host)
{
    struct resolve r;
    struct err e = {0};
    start(&r, dns, host);
    if (resolve_step(&r, mono_now(), &e) != IO_OK)
        fail_msg("%s: %s", host, e.text);
    assert_true(r.n_addrs > 0);
    assert_true(r.done);
    assert_false(serve_one(dns));
    resolve_free(&r);
}

/* Every name of this machine's file, `localhost` at least. */
static void hosts_file_is_asked_before_dns(void **state)
{
    FILE *hosts = fopen("/etc/hosts", "r");
    char line[1024], *rest;
    expect_no_question(*state, "localhost");
    while (hosts && fgets(line, sizeof(line), hosts)) {
        line[strcspn(line, "#\n")] = '\0';
        if (!strtok_r(line, " \t", &rest))
            continue;
        for (char *name; (name = strtok_r(NULL, " \t", &rest));)
            expect_no_question(*state, name);
    }
    if (hosts)
        fclose(hosts);
}

static void both_families_are_asked_for(void **state)
{
    struct dns *dns = *state;
    struct resolve r;
    struct err e = {0};
    dns->v4 = dns->v6 = ANSWER;
    start(&r, dns, "core1.lab.test");
    assert_int_equal(drive(&r, dns, &e), IO_OK);
    exchange(&r, dns, mono_now(), &e);
    assert_true(r.done);
    assert_int_equal(r.n_addrs, 2);
    assert_int_equal(dns->asked_v4, 1);
    assert_int_equal(dns->asked_v6, 1);
    resolve_free(&r);
}

/* RFC 8305, 3: an A waits 50 ms for the AAAA; ours: the AAAA is given up 2 s after. */
static void an_answer_waits_for_the_other_family(void **state)
{
    struct dns *dns = *state;
    struct resolve r;
    struct err e = {0};
    struct mono now = mono_now();
    dns->v4 = ANSWER;
    start(&r, dns, "core1.lab.test");
    r.options.timeout_ms = 60000;
    assert_int_equal(exchange(&r, dns, now, &e), IO_AGAIN);
    assert_int_equal(r.n_addrs, 1);
    struct mono deadline = MONO_NEVER;
    struct pollfd want[RESOLVE_WANT_MAX];
    assert_true(resolve_want(&r, want, RESOLVE_WANT_MAX, &deadline) >= 1);
    assert_true(mono_ms_between(now, deadline) == RESOLVE_DELAY_MS);
    assert_int_equal(resolve_step(&r, mono_add_ms(now, RESOLVE_DELAY_MS - 1), &e), IO_AGAIN);
    assert_int_equal(resolve_step(&r, mono_add_ms(now, RESOLVE_DELAY_MS), &e), IO_OK);
    assert_false(r.done);
    assert_int_equal(resolve_step(&r, mono_add_ms(now, RESOLVE_LATE_MS), &e), IO_OK);
    assert_true(r.done);
    deadline = MONO_NEVER;
    assert_int_equal(resolve_want(&r, want, RESOLVE_WANT_MAX, &deadline), 0);
    resolve_free(&r);
}

static void ipv6_waits_for_nothing(void **state)
{
    struct dns *dns = *state;
    struct resolve r;
    struct err e = {0};
    dns->v6 = ANSWER;
    start(&r, dns, "core1.lab.test");
    r.options.timeout_ms = 60000;
    assert_int_equal(exchange(&r, dns, mono_now(), &e), IO_OK);
    assert_string_equal(text(&r, 0), "2001:db8::1");
    resolve_free(&r);
}

static void no_ipv6_costs_no_wait(void **state)
{
    struct dns *dns = *state;
    struct resolve r;
    struct err e = {0};
    dns->v4 = ANSWER;
    dns->v6 = EMPTY;
    start(&r, dns, "core1.lab.test");
    assert_int_equal(exchange(&r, dns, mono_now(), &e), IO_OK);
    assert_true(r.done);
    assert_string_equal(text(&r, 0), "192.0.2.1");
    resolve_free(&r);
}

static void failures_name_the_host_and_the_reason(void **state)
{
    struct dns *dns = *state;
    static const struct {
        enum reaction reaction;
        const char *reason;
    } cases[] = {{NXDOMAIN, "Domain name not found"},
                 {EMPTY, "has no address"},
                 {REFUSED, "Could not contact DNS servers"},
                 {DROP, "Timeout"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct resolve r;
        struct err e = {0};
        dns->v4 = dns->v6 = cases[i].reaction;
        start(&r, dns, "nowhere.invalid");
        assert_int_equal(drive(&r, dns, &e), IO_FAIL);
        assert_int_equal(e.class, FAIL_DNS);
        assert_non_null(strstr(e.text, "'nowhere.invalid'"));
        if (!strstr(e.text, cases[i].reason))
            fail_msg("%s: not in: %s", cases[i].reason, e.text);
        resolve_free(&r);
    }
}

static void impossible_names_fail_as_dns(void **state)
{
    struct dns *dns = *state;
    char longer[400];
    memset(longer, 'a', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    const char *hosts[] = {"", longer, "two..dots", "[::1"};
    dns->v4 = dns->v6 = NXDOMAIN;
    for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
        struct resolve r;
        struct err e = {0};
        start(&r, dns, hosts[i]);
        assert_int_equal(drive(&r, dns, &e), IO_FAIL);
        assert_int_equal(e.class, FAIL_DNS);
        resolve_free(&r);
    }
}

static void an_unanswered_look_up_always_has_a_deadline(void **state)
{
    struct dns *dns = *state;
    struct resolve r;
    struct err e = {0};
    struct mono now = mono_now(), deadline = MONO_NEVER;
    struct pollfd want[RESOLVE_WANT_MAX];
    start(&r, dns, "core1.lab.test");
    assert_int_equal(resolve_step(&r, now, &e), IO_AGAIN);
    assert_int_equal(resolve_want(&r, want, RESOLVE_WANT_MAX, &deadline), 1);
    assert_int_equal(want[0].events, POLLIN);
    assert_false(mono_is_never(deadline));
    assert_true(mono_ms_between(now, deadline) <= 61);
    resolve_free(&r); /* what a session does at its connect deadline */
    assert_true(r.done);
    deadline = MONO_NEVER;
    assert_int_equal(resolve_want(&r, want, RESOLVE_WANT_MAX, &deadline), 0);
    assert_true(mono_is_never(deadline));
    resolve_free(&r);
}

static void more_addresses_than_room_are_left_out(void **state)
{
    struct dns *dns = *state;
    struct resolve r;
    struct err e = {0};
    dns->v4 = MANY;
    dns->v6 = EMPTY;
    start(&r, dns, "many.lab.test");
    assert_int_equal(drive(&r, dns, &e), IO_OK);
    assert_int_equal(r.n_addrs, RESOLVE_ADDRS_MAX);
    resolve_free(&r);
}

static void *look_up_localhost(void *arg)
{
    struct resolve r;
    struct err e = {0};
    (void)arg;
    resolve_init(&r, "localhost", 22, NULL);
    enum io_result result = resolve_step(&r, mono_now(), &e);
    resolve_free(&r);
    return result == IO_OK ? arg : NULL;
}

static void threads_look_up_at_once(void **state)
{
    (void)state;
    pthread_t threads[8];
    int mark;
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, look_up_localhost, &mark), 0);
    for (size_t i = 0; i < 8; i++) {
        void *result;
        pthread_join(threads[i], &result);
        assert_ptr_equal(result, &mark);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(threads_look_up_at_once),
        TEST(literals_never_touch_dns),
        TEST(a_scope_that_is_not_here_is_told),
        TEST(hosts_file_is_asked_before_dns),
        TEST(both_families_are_asked_for),
        TEST(an_answer_waits_for_the_other_family),
        TEST(ipv6_waits_for_nothing),
        TEST(no_ipv6_costs_no_wait),
        TEST(failures_name_the_host_and_the_reason),
        TEST(impossible_names_fail_as_dns),
        TEST(an_unanswered_look_up_always_has_a_deadline),
        TEST(more_addresses_than_room_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
