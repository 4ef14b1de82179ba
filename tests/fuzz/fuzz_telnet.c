/* Our use of libtelnet on any bytes: bounds hold, and where a segment ends changes nothing.
 *
 * Input: window columns, window rows, a segment length, a room for answers (a byte each), then the
 * wire. */
#include "transport/telnet_stream.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define HEAD 4

struct seen {
    struct buf text;
    struct telnet_stream stream;
};

static void require(int holds)
{
    if (!holds)
        abort();
}

static void play(struct seen *seen, const uint8_t *data, size_t size, size_t segment)
{
    struct telnet_stream *s = &seen->stream;
    size_t max_out = (size_t)data[3] * 16;
    buf_init(&seen->text, 1 << 20);
    require(telnet_stream_init(s, data[0], data[1], "vt100", max_out) == 0);
    for (size_t at = HEAD; at < size; at += segment) {
        size_t n = size - at < segment ? size - at : segment;
        telnet_stream_feed(s, (const char *)data + at, n);
        require(s->in.len <= n);
        require(s->out.len <= s->out.max);
        require(s->negotiations <= TELNET_NEGOTIATIONS_MAX + 1);
        require(buf_add(&seen->text, buf_bytes(&s->in), s->in.len) == 0);
        buf_truncate(&s->in, 0);
    }
    /* Whatever state the peer brought us to, what we send is bounded too. */
    require(telnet_stream_put(s, (const char *)data, size) <= size);
    require(s->out.len <= s->out.max);
}

static int same(const struct buf *a, const struct buf *b)
{
    return a->len == b->len && memcmp(buf_bytes(a), buf_bytes(b), a->len) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct seen whole, split;
    if (size < HEAD || size > (1 << 19))
        return 0;
    play(&whole, data, size, TELNET_FEED_MAX);
    play(&split, data, size, (size_t)data[2] % 64 + 1);
    require(same(&whole.text, &split.text));
    require(same(&whole.stream.out, &split.stream.out));
    require(whole.stream.echo == split.stream.echo);
    require(whole.stream.failed.class == split.stream.failed.class);
    telnet_stream_free(&whole.stream);
    telnet_stream_free(&split.stream);
    buf_free(&whole.text);
    buf_free(&split.text);
    return 0;
}
