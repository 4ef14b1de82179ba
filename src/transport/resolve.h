/* Names to addresses by c-ares, without blocking: its sockets and timeouts go out through want()
 * and deadline like any other descriptor's.
 *
 * A literal address (IPv4, IPv6, IPv6%scope) never touches DNS. /etc/hosts is asked first, and a
 * name that stands there is not looked up anywhere else. Else A and AAAA are asked for at once, and
 * answers may be used as they come (RFC 8305, 3: an AAAA at once, an A after 50 ms unless the AAAA
 * question has ended before).
 *
 * c-ares's own start-up (ares_library_init) is done once per process, at the first look-up, on any
 * thread, and is inherited by fork. Each look-up has a channel of its own, made when it starts and
 * destroyed when it ends: nothing is shared between sessions or threads. */
#ifndef POLLER_TRANSPORT_RESOLVE_H
#define POLLER_TRANSPORT_RESOLVE_H

#include <netinet/in.h>
#include <poll.h>
#include <poller/clock.h>
#include <poller/transport.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct ares_channeldata;
struct err;

#define RESOLVE_ADDRS_MAX 16 /* more than these are left out */
#define RESOLVE_WANT_MAX  4  /* most descriptors that resolve_want() names */

/* RFC 8305: how long an A waits for the AAAA; and ours: how long the slower of the two is waited
 * for once the other one gave an address. */
#define RESOLVE_DELAY_MS 50
#define RESOLVE_LATE_MS  2000

/* An address with its port, small enough to hold sixteen of them in every session. */
union resolve_addr {
    struct sockaddr sa;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
};

/* Zero or NULL: the default. */
struct resolve_options {
    const char *servers; /* "address:port,…" instead of resolv.conf's: for tests; borrowed */
    int timeout_ms;      /* the first try; doubled by each further one; default 1500 */
    int tries;           /* default 3: with 1500 ms, 10.5 s in all, less than the 15 s that a
                            session has to connect, so that the failure is named `dns` */
};

/* One family's question. */
struct resolve_query {
    bool done;
    int status; /* c-ares's, once done */
};

struct resolve {
    const char *host; /* borrowed */
    uint16_t port;
    struct resolve_options options;
    union resolve_addr addrs[RESOLVE_ADDRS_MAX]; /* in order of preference within a family; grows
                                                    at the end until done */
    size_t n_addrs;
    bool started;
    bool done; /* no more addresses will come */
    struct resolve_query v4, v6;
    struct ares_channeldata *channel; /* NULL before and after */
    struct mono first_at;             /* when the first address came */
    struct mono deadline;
};

/* Does nothing yet. r must not move between the first step and resolve_free. */
void resolve_init(struct resolve *r, const char *host, uint16_t port,
                  const struct resolve_options *options);

/* IO_OK: addrs[0..n_addrs) may be used, at least one; keep stepping until r->done for those that
 * come later. IO_AGAIN: none yet. IO_FAIL: FAIL_DNS with the name and the reason, or FAIL_INTERNAL.
 * A look-up that nobody answers fails by itself as FAIL_DNS after the options' tries; the session's
 * connect deadline bounds it before, if that is sooner. */
enum io_result resolve_step(struct resolve *r, struct mono now, struct err *e);

/* At most max descriptors; lowers *deadline. As of the last step. */
size_t resolve_want(const struct resolve *r, struct pollfd *want, size_t max,
                    struct mono *deadline);

/* At any time, more than once. */
void resolve_free(struct resolve *r);

/* "192.0.2.1" or "2001:db8::1" or "fe80::1%eth0". Returns out. */
const char *resolve_addr_text(const union resolve_addr *a, char *out, size_t size);
#define RESOLVE_ADDR_TEXT_MAX 80

#endif
