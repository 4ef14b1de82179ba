#include "transport/tcp.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poller/err.h>
#include <string.h>
#include <unistd.h>

const struct tcp_options tcp_defaults = {
    .keepalive_idle_s = 20,
    .keepalive_interval_s = 10,
    .keepalive_count = 3,
    .user_timeout_ms = 50000,
};

/* What an errno of socket(2) or connect(2) means to a reader. Of several addresses that failed, the
 * one with the highest weight is told: a refusal proves more than silence, silence more than a
 * missing route. */
static const struct reason {
    int error;
    enum fail_class class;
    int weight;
    const char *seen, *advice;
} reasons[] = {
    {ECONNREFUSED, FAIL_REFUSED, 5, "refused the connection",
     "nothing listens there or a filter rejects it: check the port and that the service is on"},
    {ECONNRESET, FAIL_REFUSED, 5, "reset the connection at once",
     "its listen queue may be full or a filter rejects it: use fewer workers, or check its access "
     "list"},
    {EMFILE, FAIL_INTERNAL, 4, "was not tried: this process may open no more descriptors",
     "raise `ulimit -n` or use fewer workers"},
    {ENFILE, FAIL_INTERNAL, 4, "was not tried: the system has no more descriptors",
     "raise fs.file-max or use fewer workers"},
    {ENOBUFS, FAIL_INTERNAL, 4, "was not tried: the kernel has no memory for a socket",
     "use fewer workers"},
    {ENOMEM, FAIL_INTERNAL, 4, "was not tried: the kernel has no memory for a socket",
     "use fewer workers"},
    {EADDRNOTAVAIL, FAIL_INTERNAL, 4, "was not tried: no local port or address is left for it",
     "widen net.ipv4.ip_local_port_range or use fewer workers"},
    {EAGAIN, FAIL_INTERNAL, 4, "was not tried: no local port is left for it",
     "widen net.ipv4.ip_local_port_range or use fewer workers"},
    {ETIMEDOUT, FAIL_CONNECT_TIMEOUT, 3, "did not answer until the kernel gave up",
     "check that the device is up and that no filter drops the packets"},
    {EHOSTUNREACH, FAIL_UNREACHABLE, 2, "could not be reached: no route to the host",
     "check that the device is up and the routes to it"},
    {EHOSTDOWN, FAIL_UNREACHABLE, 2, "could not be reached: the host is down",
     "check that the device is up"},
    {EACCES, FAIL_UNREACHABLE, 2, "could not be reached: a local filter forbids it",
     "check this machine's firewall"},
    {EPERM, FAIL_UNREACHABLE, 2, "could not be reached: a local filter forbids it",
     "check this machine's firewall"},
    {ENETDOWN, FAIL_UNREACHABLE, 1, "could not be reached: the network is down",
     "check this machine's interfaces"},
    {ENETUNREACH, FAIL_UNREACHABLE, 1, "could not be reached: no route to its network",
     "check this machine's routes"},
    {EAFNOSUPPORT, FAIL_UNREACHABLE, 1,
     "could not be reached: this machine does not speak its address family",
     "enable IPv6 or give the device's IPv4 address"},
    {EINVAL, FAIL_UNREACHABLE, 1, "could not be reached: the address does not say by which link",
     "write a link-local address as address%interface"},
};

static const struct reason other_reason = {0, FAIL_UNREACHABLE, 1, "could not be reached",
                                           "check the address and this machine's routes"};

static const struct reason *reason_of(int error)
{
    for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
        if (reasons[i].error == error)
            return &reasons[i];
    return &other_reason;
}

void tcp_init(struct tcp *t, const char *host, uint16_t port, const struct tcp_options *options)
{
    memset(t, 0, sizeof(*t));
    t->options = options ? *options : tcp_defaults;
    resolve_init(&t->resolve, host, port, &t->options.resolve);
    t->fd = -1;
    t->next = MONO_UNSET;
}

static void set_option(int fd, int level, int name, int value)
{
    /* A kernel without one of these still gives a working connection. */
    (void)setsockopt(fd, level, name, &value, sizeof(value));
}

static void tune(int fd, const struct tcp_options *o)
{
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (o->keepalive_idle_s > 0) {
        set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
        set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, o->keepalive_idle_s);
        set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, o->keepalive_interval_s);
        set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, o->keepalive_count);
    }
    /* Not before the connection is there: it would cut the SYN's retries short. */
    if (o->user_timeout_ms > 0)
        set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, o->user_timeout_ms);
}

static void note_failure(struct tcp *t, size_t addr, int error)
{
    if (t->failed_errno && reason_of(t->failed_errno)->weight >= reason_of(error)->weight)
        return;
    t->failed_errno = error;
    t->failed_addr = addr;
}

static void won(struct tcp *t, int fd, size_t addr)
{
    tune(fd, &t->options);
    tcp_free(t);
    t->fd = fd;
    t->winner = addr;
    t->connected = true;
}

/* On loopback a socket may be given the very port it connects to, and then talks to itself. */
static bool is_itself(int fd, uint16_t port)
{
    union resolve_addr here, there;
    socklen_t here_len = sizeof(here), there_len = sizeof(there);
    memset(&here, 0, sizeof(here));
    memset(&there, 0, sizeof(there));
    /* Both families have the port in the same place. */
    return getsockname(fd, &here.sa, &here_len) == 0 && here.in.sin_port == htons(port) &&
           getpeername(fd, &there.sa, &there_len) == 0 && here_len == there_len &&
           memcmp(&here, &there, here_len) == 0;
}

/* A connect that is over, well or not: true when it was the winner. */
static bool attempt_ended(struct tcp *t, int fd, size_t addr, int error)
{
    if (error == 0 && is_itself(fd, t->resolve.port))
        error = ECONNREFUSED;
    if (error == 0) {
        won(t, fd, addr);
        return true;
    }
    close(fd);
    note_failure(t, addr, error);
    return false;
}

static bool check_attempts(struct tcp *t, struct mono now)
{
    struct pollfd ready[TCP_ATTEMPTS_MAX];
    for (size_t i = 0; i < t->n_attempts; i++)
        ready[i] = (struct pollfd){.fd = t->attempts[i].fd, .events = POLLOUT};
    if (t->n_attempts == 0 || poll(ready, t->n_attempts, 0) <= 0)
        return false;
    /* From behind, so that removing one leaves the indices before it. */
    for (size_t i = t->n_attempts; i-- > 0;) {
        if (!ready[i].revents)
            continue;
        struct tcp_attempt done = t->attempts[i];
        t->attempts[i] = t->attempts[--t->n_attempts];
        int error = 0;
        socklen_t len = sizeof(error);
        if (getsockopt(done.fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
            error = errno;
        if (attempt_ended(t, done.fd, done.addr, error))
            return true;
        t->next = now;
    }
    return false;
}

/* The next address to try, families alternating, IPv6 first; -1: none is left. */
static int pick(const struct tcp *t)
{
    int other = -1;
    int wanted = t->last_family == AF_INET6 ? AF_INET : AF_INET6;
    for (size_t i = 0; i < t->resolve.n_addrs; i++) {
        if (t->tried & (UINT32_C(1) << i))
            continue;
        if (t->resolve.addrs[i].sa.sa_family == wanted)
            return (int)i;
        if (other < 0)
            other = (int)i;
    }
    return other;
}

/* True when it connected at once. */
static bool begin_attempt(struct tcp *t, size_t addr)
{
    const union resolve_addr *a = &t->resolve.addrs[addr];
    t->tried |= UINT32_C(1) << addr;
    t->last_family = a->sa.sa_family;
    int fd = socket(a->sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        note_failure(t, addr, errno);
        return false;
    }
    socklen_t len = a->sa.sa_family == AF_INET ? sizeof(a->in) : sizeof(a->in6);
    int error = connect(fd, &a->sa, len) == 0 ? 0 : errno;
    if (error == EINPROGRESS || error == EINTR) {
        t->attempts[t->n_attempts++] = (struct tcp_attempt){.fd = fd, .addr = addr};
        return false;
    }
    return attempt_ended(t, fd, addr, error);
}

static bool begin_attempts(struct tcp *t, struct mono now)
{
    while (t->n_attempts < TCP_ATTEMPTS_MAX) {
        if (t->n_attempts > 0 && mono_is_set(t->next) && !mono_reached(now, t->next))
            return false;
        int addr = pick(t);
        if (addr < 0)
            return false;
        size_t before = t->n_attempts;
        if (begin_attempt(t, (size_t)addr))
            return true;
        if (t->n_attempts > before)
            t->next = mono_add_ms(now, TCP_STAGGER_MS);
    }
    return false;
}

static enum io_result all_failed(const struct tcp *t, struct err *e)
{
    const struct reason *why = reason_of(t->failed_errno);
    const char *host = t->resolve.host;
    char address[RESOLVE_ADDR_TEXT_MAX];
    resolve_addr_text(&t->resolve.addrs[t->failed_addr], address, sizeof(address));
    bool literal = strcmp(address, host) == 0;
    bool other = why == &other_reason;
    err_set(e, why->class, "%s%s%.255s%s port %d %s%s%s; %s", literal ? "" : address,
            literal ? "" : " (", host, literal ? "" : ")", t->resolve.port, why->seen,
            other ? ": " : "", other ? strerror(t->failed_errno) : "", why->advice);
    return IO_FAIL;
}

enum io_result tcp_step(struct tcp *t, struct mono *phase_end, struct mono now, struct err *e)
{
    if (t->connected)
        return IO_OK;
    if (!t->resolve.done || t->resolve.n_addrs == 0) {
        enum io_result names = resolve_step(&t->resolve, now, e);
        if (names != IO_OK)
            return names;
    }
    if (!mono_is_set(phase_end[PHASE_RESOLVE]))
        phase_end[PHASE_RESOLVE] = now;
    if (check_attempts(t, now) || begin_attempts(t, now)) {
        phase_end[PHASE_CONNECT] = now;
        return IO_OK;
    }
    if (t->n_attempts > 0 || !t->resolve.done)
        return IO_AGAIN;
    return all_failed(t, e);
}

size_t tcp_want(const struct tcp *t, struct pollfd *want, struct mono *deadline)
{
    if (t->connected)
        return 0;
    size_t n = 0;
    for (size_t i = 0; i < t->n_attempts; i++)
        want[n++] = (struct pollfd){.fd = t->attempts[i].fd, .events = POLLOUT};
    if (t->n_attempts > 0 && t->n_attempts < TCP_ATTEMPTS_MAX && pick(t) >= 0)
        *deadline = mono_min(*deadline, t->next);
    return n + resolve_want(&t->resolve, want + n, RESOLVE_WANT_MAX, deadline);
}

int tcp_take_fd(struct tcp *t)
{
    int fd = t->fd;
    t->fd = -1;
    return fd;
}

void tcp_free(struct tcp *t)
{
    resolve_free(&t->resolve);
    for (size_t i = 0; i < t->n_attempts; i++)
        close(t->attempts[i].fd);
    t->n_attempts = 0;
    if (t->fd >= 0)
        close(t->fd);
    t->fd = -1;
}
