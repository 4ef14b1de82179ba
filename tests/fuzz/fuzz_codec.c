/* What a worker process may send: the first byte says in what pieces the others come, and whether
 * they are the stream itself or one result's payload. What was understood must survive being sent
 * on: written and read again, it has the same bytes. */
#include "model/codec.h"

#include <stdlib.h>
#include <string.h>

#define MAX_MESSAGE ((size_t)1 << 20)
#define HEADER      12

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void look_at_texts(const struct result *r)
{
    size_t n = strlen(r->err.text);
    for (size_t i = 0; i < r->n_commands; i++) {
        const struct command_result *c = &r->commands[i];
        require(!c->output || c->output[c->output_len] == '\0');
        require(!c->raw || c->raw[c->raw_len] == '\0');
        require((c->output || c->output_len == 0) && (c->raw || c->raw_len == 0));
        require((unsigned)c->class < FAIL_COUNT && c->proofs < 1u << PROOF_KINDS);
        n += (c->error ? strlen(c->error) : 0) + (c->doubt ? strlen(c->doubt) : 0);
    }
    require(n < ERR_TEXT_MAX + MAX_MESSAGE && result_size(r) > 0);
    require((unsigned)r->class < FAIL_COUNT);
}

static void send_on(const struct result *r)
{
    struct codec_reader *reader = codec_reader_new(MAX_MESSAGE);
    struct codec_message m;
    struct err e = {0};
    struct buf once, again;
    buf_init(&once, 2 * MAX_MESSAGE);
    buf_init(&again, 2 * MAX_MESSAGE);
    require(reader && codec_put_result(&once, r) == 0);
    require(codec_reader_feed(reader, buf_bytes(&once), once.len, &e) == 0);
    require(codec_reader_next(reader, &m, &e) == 1 && m.kind == CODEC_RESULT);
    require(codec_put_result(&again, m.result) == 0 && again.len == once.len);
    require(memcmp(buf_bytes(&once), buf_bytes(&again), once.len) == 0);
    result_free(m.result);
    buf_free(&once);
    buf_free(&again);
    codec_reader_free(reader);
}

static int take_all(struct codec_reader *reader)
{
    struct codec_message m;
    struct err e = {0};
    int rc;
    while ((rc = codec_reader_next(reader, &m, &e)) > 0) {
        require((m.kind == CODEC_RESULT || m.kind == CODEC_PART) == (m.result != NULL));
        if (!m.result)
            continue;
        look_at_texts(m.result);
        send_on(m.result);
        result_free(m.result);
    }
    require(rc == 0 || err_is_set(&e));
    return rc;
}

static void read_stream(const uint8_t *bytes, size_t n, size_t piece)
{
    struct codec_reader *reader = codec_reader_new(MAX_MESSAGE);
    struct err e = {0};
    require(reader != NULL);
    for (size_t at = 0; at < n; at += piece) {
        size_t some = n - at < piece ? n - at : piece;
        if (codec_reader_feed(reader, bytes + at, some, &e) != 0) {
            require(err_is_set(&e));
            break;
        }
        if (take_all(reader) != 0)
            break;
    }
    codec_reader_free(reader);
}

/* One frame around a payload, so that its fields are reached whatever the header would say. */
static void read_payload(const uint8_t *payload, size_t n, size_t piece)
{
    uint8_t *frame;
    if (n > CODEC_FRAME_MAX - HEADER)
        return;
    frame = malloc(HEADER + n);
    require(frame != NULL);
    memcpy(frame, "POL1\2\0\3\0\0\0\0", HEADER);
    frame[8] = (uint8_t)n;
    frame[9] = (uint8_t)(n >> 8);
    if (n > 0)
        memcpy(frame + HEADER, payload, n);
    read_stream(frame, HEADER + n, piece);
    free(frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    size_t piece = data[0] >= 0xfe ? CODEC_FRAME_MAX : (size_t)(data[0] >> 1) + 1;
    if (data[0] & 1)
        read_payload(data + 1, size - 1, piece);
    else
        read_stream(data + 1, size - 1, piece);
    return 0;
}
