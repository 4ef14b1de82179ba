#include "transport/ssh_inbox.h"

#include <string.h>

struct head {
    enum transport_stream stream;
    uint32_t len;
};

void ssht_inbox_init(struct ssht_inbox *in, size_t max)
{
    *in = (struct ssht_inbox){.last = 0};
    buf_init(&in->pieces, max);
}

void ssht_inbox_free(struct ssht_inbox *in)
{
    buf_free(&in->pieces);
    in->last = 0;
}

void ssht_inbox_rest(struct ssht_inbox *in)
{
    if (ssht_inbox_empty(in))
        ssht_inbox_free(in);
}

bool ssht_inbox_empty(const struct ssht_inbox *in)
{
    return in->pieces.len == 0;
}

size_t ssht_inbox_size(const struct ssht_inbox *in)
{
    return in->pieces.len;
}

static struct head head_at(const struct ssht_inbox *in, size_t at)
{
    struct head head;

    memcpy(&head, buf_bytes(&in->pieces) + at, sizeof(head));
    return head;
}

static void set_head(struct ssht_inbox *in, size_t at, struct head head)
{
    memcpy(in->pieces.data + in->pieces.start + at, &head, sizeof(head));
}

/* Bytes of the stream that came last go behind it; others begin a piece. */
static int add(struct ssht_inbox *in, enum transport_stream stream, const void *bytes, uint32_t n)
{
    struct head head = {stream, n};
    size_t at = in->pieces.len;

    if (!ssht_inbox_empty(in) && head_at(in, in->last).stream == stream) {
        head = head_at(in, in->last);
        if (head.len > UINT32_MAX - n || buf_add(&in->pieces, bytes, n) != 0)
            return -1;
        head.len += n;
        set_head(in, in->last, head);
        return 0;
    }
    if (buf_add(&in->pieces, &head, sizeof(head)) != 0)
        return -1;
    if (buf_add(&in->pieces, bytes, n) != 0) {
        buf_truncate(&in->pieces, at);
        return -1;
    }
    in->last = at;
    return 0;
}

void ssht_inbox_add(struct ssht_inbox *in, enum transport_stream stream, const void *bytes,
                    size_t n)
{
    if (n > 0 && (in->overflowed || n > UINT32_MAX || add(in, stream, bytes, (uint32_t)n) != 0))
        in->overflowed = true;
}

void ssht_inbox_take(struct ssht_inbox *in, char *to, size_t size, size_t *n,
                     enum transport_stream *stream)
{
    struct head head;

    *n = 0;
    if (ssht_inbox_empty(in) || size == 0)
        return;
    head = head_at(in, 0);
    *stream = head.stream;
    *n = head.len < size ? head.len : size;
    memcpy(to, buf_bytes(&in->pieces) + sizeof(head), *n);
    if (*n == head.len) {
        buf_drop_front(&in->pieces, sizeof(head) + *n);
        in->last -= in->last > 0 ? sizeof(head) + *n : 0;
        return;
    }
    /* What is left gets its head anew, over the end of what was taken. */
    buf_drop_front(&in->pieces, *n);
    head.len -= (uint32_t)*n;
    set_head(in, 0, head);
    in->last -= in->last > 0 ? *n : 0;
}
