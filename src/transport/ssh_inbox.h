/* What came over a channel and was not taken yet: output and error output in the order of their
 * arrival. Each piece is kept behind a small head (stream, length) in one bounded buffer. */
#ifndef POLLER_TRANSPORT_SSH_INBOX_H
#define POLLER_TRANSPORT_SSH_INBOX_H

#include "base/buf.h"

#include <poller/transport.h>

struct ssht_inbox {
    struct buf pieces;
    size_t last;     /* where the last piece begins */
    bool overflowed; /* something did not fit and is lost */
};

void ssht_inbox_init(struct ssht_inbox *in, size_t max);
void ssht_inbox_free(struct ssht_inbox *in);
/* Gives its room back, once it is empty: a device that thinks needs none. */
void ssht_inbox_rest(struct ssht_inbox *in);
bool ssht_inbox_empty(const struct ssht_inbox *in);
size_t ssht_inbox_size(const struct ssht_inbox *in);

void ssht_inbox_add(struct ssht_inbox *in, enum transport_stream stream, const void *bytes,
                    size_t n);

/* The next bytes of one stream; *n is 0 when there are none. */
void ssht_inbox_take(struct ssht_inbox *in, char *to, size_t size, size_t *n,
                     enum transport_stream *stream);

#endif
