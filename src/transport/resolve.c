#include "transport/resolve.h"

#include <ares.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <netdb.h>
#include <poller/err.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#define DEFAULT_TIMEOUT_MS 1500
#define DEFAULT_TRIES      3
/* When c-ares has more sockets open than we may name, all are looked at this often. */
#define CROWDED_MS 20

static pthread_once_t library_once = PTHREAD_ONCE_INIT;
static int library_status;

static void library_init(void)
{
    library_status = ares_library_init(ARES_LIB_INIT_ALL);
}

void resolve_init(struct resolve *r, const char *host, uint16_t port,
                  const struct resolve_options *options)
{
    memset(r, 0, sizeof(*r));
    r->host = host;
    r->port = port;
    if (options)
        r->options = *options;
    if (r->options.timeout_ms <= 0)
        r->options.timeout_ms = DEFAULT_TIMEOUT_MS;
    if (r->options.tries <= 0)
        r->options.tries = DEFAULT_TRIES;
    r->first_at = MONO_UNSET;
    r->deadline = MONO_NEVER;
}

static void add_v4(struct resolve *r, const void *address)
{
    if (r->n_addrs == RESOLVE_ADDRS_MAX)
        return;
    union resolve_addr *a = &r->addrs[r->n_addrs++];
    memset(a, 0, sizeof(*a));
    a->in.sin_family = AF_INET;
    a->in.sin_port = htons(r->port);
    memcpy(&a->in.sin_addr, address, sizeof(a->in.sin_addr));
}

static void add_v6(struct resolve *r, const void *address, uint32_t scope)
{
    if (r->n_addrs == RESOLVE_ADDRS_MAX)
        return;
    union resolve_addr *a = &r->addrs[r->n_addrs++];
    memset(a, 0, sizeof(*a));
    a->in6.sin6_family = AF_INET6;
    a->in6.sin6_port = htons(r->port);
    memcpy(&a->in6.sin6_addr, address, sizeof(a->in6.sin6_addr));
    a->in6.sin6_scope_id = scope;
}

/* An interface by name or number; 0: there is none. */
static uint32_t scope_id(const char *text)
{
    uint32_t by_name = if_nametoindex(text);
    if (by_name)
        return by_name;
    char *end;
    unsigned long number = strtoul(text, &end, 10);
    return *text >= '0' && *text <= '9' && !*end && number <= UINT32_MAX ? (uint32_t)number : 0;
}

/* 1: the host is an address and was added; 0: it is a name; -1 with err. */
static int take_literal(struct resolve *r, struct err *e)
{
    struct in_addr v4;
    if (inet_pton(AF_INET, r->host, &v4) == 1) {
        add_v4(r, &v4);
        return 1;
    }
    char address[INET6_ADDRSTRLEN];
    size_t n = strcspn(r->host, "%");
    struct in6_addr v6;
    if (n >= sizeof(address))
        return 0;
    memcpy(address, r->host, n);
    address[n] = '\0';
    if (inet_pton(AF_INET6, address, &v6) != 1)
        return 0;
    uint32_t scope = r->host[n] ? scope_id(r->host + n + 1) : 0;
    if (r->host[n] && !scope)
        return err_set(e, FAIL_UNREACHABLE,
                       "the address %.100s names a network interface that this machine does not "
                       "have: check what follows the %%",
                       r->host);
    add_v6(r, &v6, scope);
    return 1;
}

static void add_nodes(struct resolve *r, const struct ares_addrinfo *info)
{
    for (const struct ares_addrinfo_node *node = info->nodes; node; node = node->ai_next) {
        if (node->ai_family == AF_INET)
            add_v4(r, &((const struct sockaddr_in *)(const void *)node->ai_addr)->sin_addr);
        else if (node->ai_family == AF_INET6)
            add_v6(r, &((const struct sockaddr_in6 *)(const void *)node->ai_addr)->sin6_addr, 0);
    }
}

static void answered(struct resolve *r, struct resolve_query *query, int status,
                     struct ares_addrinfo *info)
{
    query->done = true;
    query->status = status;
    if (info && status == ARES_SUCCESS)
        add_nodes(r, info);
    ares_freeaddrinfo(info);
}

static void on_v4(void *ctx, int status, int timeouts, struct ares_addrinfo *info)
{
    (void)timeouts;
    struct resolve *r = ctx;
    answered(r, &r->v4, status, info);
}

static void on_v6(void *ctx, int status, int timeouts, struct ares_addrinfo *info)
{
    (void)timeouts;
    struct resolve *r = ctx;
    answered(r, &r->v6, status, info);
}

static int channel_open(struct resolve *r, struct err *e)
{
    pthread_once(&library_once, library_init);
    char lookups[] = "b"; /* DNS alone: /etc/hosts is asked before, by take_hosts() */
    struct ares_options options = {
        .timeout = r->options.timeout_ms, .tries = r->options.tries, .lookups = lookups};
    int status = library_status;
    if (status == ARES_SUCCESS)
        status = ares_init_options(&r->channel, &options,
                                   ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS);
    if (status != ARES_SUCCESS)
        r->channel = NULL;
    else if (r->options.servers)
        status = ares_set_servers_ports_csv(r->channel, r->options.servers);
    if (status != ARES_SUCCESS)
        return err_set(e, FAIL_INTERNAL, "name look-up could not be set up: %s",
                       ares_strerror(status));
    return 0;
}

/* The hosts file by both families, so that a name that stands there under one of them does not make
 * DNS be asked for the other. */
static void take_hosts(struct resolve *r)
{
    static const int families[] = {AF_INET6, AF_INET};
    for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++) {
        struct hostent *entry = NULL;
        if (ares_gethostbyname_file(r->channel, r->host, families[i], &entry) != ARES_SUCCESS)
            continue;
        for (char **address = entry->h_addr_list; *address; address++) {
            if (entry->h_addrtype == AF_INET)
                add_v4(r, *address);
            else
                add_v6(r, *address, 0);
        }
        ares_free_hostent(entry);
    }
}

static void ask_dns(struct resolve *r)
{
    struct ares_addrinfo_hints hints = {.ai_family = AF_INET6, .ai_socktype = SOCK_STREAM};
    ares_getaddrinfo(r->channel, r->host, NULL, &hints, on_v6, r);
    hints.ai_family = AF_INET;
    ares_getaddrinfo(r->channel, r->host, NULL, &hints, on_v4, r);
}

static int start(struct resolve *r, struct err *e)
{
    r->started = true;
    int literal = *r->host ? take_literal(r, e) : err_set(e, FAIL_DNS, "the host is empty");
    if (literal == 0 && channel_open(r, e) < 0)
        literal = -1;
    if (literal != 0) {
        resolve_free(r);
        return literal < 0 ? -1 : 0;
    }
    take_hosts(r);
    if (r->n_addrs > 0)
        resolve_free(r);
    else
        ask_dns(r);
    return 0;
}

/* c-ares's descriptors as poll(2) wants them. */
static size_t sockets(const struct resolve *r, struct pollfd *to, size_t max)
{
    ares_socket_t socks[ARES_GETSOCK_MAXNUM];
    /* Unsigned, because the header's ARES_GETSOCK_WRITABLE shifts into the sign bit. */
    unsigned bits = r->channel ? (unsigned)ares_getsock(r->channel, socks, ARES_GETSOCK_MAXNUM) : 0;
    size_t n = 0;
    for (int i = 0; i < ARES_GETSOCK_MAXNUM && n < max; i++) {
        int events =
            (bits >> i & 1 ? POLLIN : 0) | (bits >> (i + ARES_GETSOCK_MAXNUM) & 1 ? POLLOUT : 0);
        if (events)
            to[n++] = (struct pollfd){.fd = socks[i], .events = (short)events};
    }
    return n;
}

static void process(struct resolve *r)
{
    struct pollfd ready[ARES_GETSOCK_MAXNUM];
    size_t n = sockets(r, ready, ARES_GETSOCK_MAXNUM);
    if (n > 0 && poll(ready, n, 0) > 0)
        for (size_t i = 0; i < n; i++) {
            short got = ready[i].revents;
            bool in = got & (POLLIN | POLLERR | POLLHUP), out = got & (POLLOUT | POLLERR);
            if (got)
                ares_process_fd(r->channel, in ? ready[i].fd : ARES_SOCKET_BAD,
                                out ? ready[i].fd : ARES_SOCKET_BAD);
        }
    /* Its timeouts, by its own reading of the clock. */
    ares_process_fd(r->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

static struct mono next_deadline(const struct resolve *r, struct mono now)
{
    struct mono deadline = MONO_NEVER;
    struct timeval left;
    /* It cuts what is left down to whole milliseconds: without one more we would come too early
     * and turn around the last one. */
    if (ares_timeout(r->channel, NULL, &left))
        deadline = mono_add_ms(now, (int64_t)left.tv_sec * 1000 + (int64_t)left.tv_usec / 1000 + 1);
    struct pollfd all[ARES_GETSOCK_MAXNUM];
    if (sockets(r, all, ARES_GETSOCK_MAXNUM) > RESOLVE_WANT_MAX)
        deadline = mono_min(deadline, mono_add_ms(now, CROWDED_MS));
    if (mono_is_set(r->first_at)) {
        struct mono usable = mono_add_ms(r->first_at, RESOLVE_DELAY_MS);
        deadline = mono_min(deadline, mono_add_ms(r->first_at, RESOLVE_LATE_MS));
        if (!mono_reached(now, usable))
            deadline = mono_min(deadline, usable);
    }
    return deadline;
}

/* Of two failed questions the reason that tells more: "no such data" only says that the other
 * family was the one to ask about. */
static int failed(const struct resolve *r, struct err *e)
{
    int status = r->v4.status;
    if (status == ARES_ENODATA && r->v6.status != ARES_SUCCESS)
        status = r->v6.status;
    if (status == ARES_SUCCESS || status == ARES_ENODATA)
        return err_set(e, FAIL_DNS,
                       "the name '%.255s' exists but has no address: check it, or give an address "
                       "as the host",
                       r->host);
    return err_set(e, status == ARES_ENOMEM ? FAIL_INTERNAL : FAIL_DNS,
                   "the name '%.255s' could not be looked up: %s; check the name and the name "
                   "servers, or give an address as the host",
                   r->host, ares_strerror(status));
}

enum io_result resolve_step(struct resolve *r, struct mono now, struct err *e)
{
    if (!r->started && start(r, e) < 0)
        return IO_FAIL;
    if (r->channel) {
        process(r);
        if (r->n_addrs > 0 && !mono_is_set(r->first_at))
            r->first_at = now;
        bool late = mono_is_set(r->first_at) &&
                    mono_reached(now, mono_add_ms(r->first_at, RESOLVE_LATE_MS));
        if ((r->v4.done && r->v6.done) || late)
            resolve_free(r);
        else
            r->deadline = next_deadline(r, now);
    }
    if (r->n_addrs == 0) {
        if (!r->done)
            return IO_AGAIN;
        failed(r, e);
        return IO_FAIL;
    }
    bool waits_for_v6 =
        !r->done && !r->v6.done && !mono_reached(now, mono_add_ms(r->first_at, RESOLVE_DELAY_MS));
    return waits_for_v6 ? IO_AGAIN : IO_OK;
}

size_t resolve_want(const struct resolve *r, struct pollfd *want, size_t max, struct mono *deadline)
{
    *deadline = mono_min(*deadline, r->deadline);
    return sockets(r, want, max);
}

void resolve_free(struct resolve *r)
{
    ares_channel channel = r->channel;
    r->channel = NULL;
    r->done = true;
    r->deadline = MONO_NEVER;
    if (channel)
        ares_destroy(channel); /* ends open questions through on_v4, on_v6 */
}

const char *resolve_addr_text(const union resolve_addr *a, char *out, size_t size)
{
    char address[INET6_ADDRSTRLEN], name[IF_NAMESIZE];
    if (a->sa.sa_family == AF_INET) {
        inet_ntop(AF_INET, &a->in.sin_addr, address, sizeof(address));
        snprintf(out, size, "%s", address);
        return out;
    }
    inet_ntop(AF_INET6, &a->in6.sin6_addr, address, sizeof(address));
    if (a->in6.sin6_scope_id && if_indextoname(a->in6.sin6_scope_id, name))
        snprintf(out, size, "%s%%%s", address, name);
    else
        snprintf(out, size, "%s", address);
    return out;
}
