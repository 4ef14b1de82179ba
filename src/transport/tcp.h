/* From a name to a connected TCP socket, without blocking: look-up (resolve.h), then happy eyeballs
 * (RFC 8305: families alternate, IPv6 first, a further attempt every 250 ms or as soon as one
 * fails, at most four in flight; the first to connect wins and the others are closed).
 *
 *     tcp_init(&t->tcp, host, port, NULL);
 *     switch (tcp_step(&t->tcp, t->base.phase_end, now, e)) {
 *     case IO_OK:
 *         fd = tcp_take_fd(&t->tcp);
 *
 * Embedded by the transports that go over TCP; one session, one thread. Its own connect deadline it
 * has not: the session's ends it. */
#ifndef POLLER_TRANSPORT_TCP_H
#define POLLER_TRANSPORT_TCP_H

#include "transport/resolve.h"

#define TCP_ATTEMPTS_MAX 4
#define TCP_STAGGER_MS   250

struct tcp_options {
    struct resolve_options resolve;
    int keepalive_idle_s; /* 0: no keepalive */
    int keepalive_interval_s;
    int keepalive_count;
    int user_timeout_ms; /* TCP_USER_TIMEOUT once connected; 0: the kernel's */
};

/* Keepalive after 20 s, every 10 s; a peer that acknowledges nothing for 50 s is given up. */
extern const struct tcp_options tcp_defaults;

struct tcp_attempt {
    int fd;
    size_t addr; /* index into resolve.addrs */
};

struct tcp {
    struct resolve resolve;
    struct tcp_options options;
    int fd;           /* connected, until taken; else -1 */
    bool connected;   /* stays true after the descriptor was taken */
    size_t winner;    /* index into resolve.addrs, once connected */
    uint32_t tried;   /* a bit per address: RESOLVE_ADDRS_MAX is at most 32 */
    int last_family;  /* of the attempt begun last; 0: none */
    struct mono next; /* when a further attempt may begin */
    struct tcp_attempt attempts[TCP_ATTEMPTS_MAX];
    size_t n_attempts;
    int failed_errno;   /* of the attempt whose failure tells most; 0: none failed */
    size_t failed_addr; /* its address */
};

/* Borrows host. options NULL: tcp_defaults. Does no I/O. t must not move after the first step. */
void tcp_init(struct tcp *t, const char *host, uint16_t port, const struct tcp_options *options);

/* Stamps phase_end[PHASE_RESOLVE] when the first address can be tried and [PHASE_CONNECT] when
 * connected. IO_OK: t->fd is connected, non-blocking, close-on-exec, TCP_NODELAY, and stays t's
 * until taken; idempotent. IO_AGAIN. IO_FAIL, when every address failed: FAIL_DNS, FAIL_REFUSED,
 * FAIL_UNREACHABLE, FAIL_CONNECT_TIMEOUT (the kernel gave up) or FAIL_INTERNAL (no descriptors or
 * local ports left), of several addresses the one that tells most. */
enum io_result tcp_step(struct tcp *t, struct mono *phase_end, struct mono now, struct err *e);

/* At most TRANSPORT_WANT_MAX entries; lowers *deadline. Nothing once connected. */
size_t tcp_want(const struct tcp *t, struct pollfd *want, struct mono *deadline);

/* The connected descriptor, now the caller's to close; -1 when there is none. */
int tcp_take_fd(struct tcp *t);

/* Closes what is still t's. At any time, more than once. */
void tcp_free(struct tcp *t);

#endif
