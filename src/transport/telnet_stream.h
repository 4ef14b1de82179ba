/* The Telnet protocol without a socket (RFC 854, 855, 857, 858, 1073, 1091, 1143), by libtelnet:
 * bytes of the wire go in, decoded bytes and answers come out. telnet.c moves them.
 *
 * We speak only when spoken to. Agreed to: the peer's ECHO; SGA both ways; our terminal type; our
 * window size where one was given. Everything else is refused, and every request is answered: a
 * peer such as inetutils' telnetd shows no login before all are. CR NUL becomes CR (RFC 854); any
 * other NUL is the device's own. What is sent is escaped and otherwise unchanged: the line end is
 * the platform's to choose. */
#ifndef POLLER_TRANSPORT_TELNET_STREAM_H
#define POLLER_TRANSPORT_TELNET_STREAM_H

#include "base/buf.h"

#include <poller/err.h>
#include <stdbool.h>
#include <stddef.h>

struct telnet_t;

/* Most bytes of the wire for one feed: what it decodes to is never more. */
#define TELNET_FEED_MAX 4096
/* Most requests of a peer that are answered in one session; a well-behaved one makes about 20. */
#define TELNET_NEGOTIATIONS_MAX 512

struct telnet_stream {
    struct telnet_t *telnet;
    int cols, rows;    /* 0: no window size */
    const char *term;  /* borrowed */
    struct buf in;     /* decoded, to be taken; at most TELNET_FEED_MAX */
    struct buf out;    /* encoded, to be written to the wire */
    size_t max_put;    /* what telnet_stream_put may fill of it; the rest is for answers */
    struct err failed; /* set once and for good: FAIL_PEER_CLOSED or FAIL_INTERNAL */
    unsigned negotiations;
    bool echo;     /* the peer echoes what we send */
    bool after_cr; /* the last decoded byte was a CR: a NUL belongs to it */
};

/* max_out: most bytes of ours that wait in out. 0, or -1 when memory is out. s must not move
 * afterwards. */
int telnet_stream_init(struct telnet_stream *s, int cols, int rows, const char *term,
                       size_t max_out);

/* Takes n <= TELNET_FEED_MAX bytes of the wire; s->in must be empty. What was decoded before a
 * failure stays in s->in. After a failure it takes nothing. */
void telnet_stream_feed(struct telnet_stream *s, const char *bytes, size_t n);

/* Encodes as many of n bytes as out has room for; returns how many. */
size_t telnet_stream_put(struct telnet_stream *s, const char *bytes, size_t n);

/* Wipes: what was sent may hold a password. More than once is allowed. */
void telnet_stream_free(struct telnet_stream *s);

#endif
