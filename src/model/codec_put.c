/* Writing: a message is serialised whole, then cut into frames. */
#include "model/codec_frame.h"

#include <string.h>

static int put_u16(struct buf *b, uint16_t v)
{
    unsigned char bytes[] = {(unsigned char)v, (unsigned char)(v >> 8)};
    return buf_add(b, bytes, sizeof bytes);
}

static int put_u32(struct buf *b, uint32_t v)
{
    return put_u16(b, (uint16_t)v) | put_u16(b, (uint16_t)(v >> 16));
}

static int put_u64(struct buf *b, uint64_t v)
{
    return put_u32(b, (uint32_t)v) | put_u32(b, (uint32_t)(v >> 32));
}

static int put_double(struct buf *b, double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    return put_u64(b, bits);
}

static int put_bytes(struct buf *b, const char *bytes, size_t n)
{
    if (!bytes)
        return put_u64(b, NO_BYTES);
    return put_u64(b, n) | buf_add(b, bytes, n);
}

static int put_text(struct buf *b, const char *text)
{
    return put_bytes(b, text, text ? strlen(text) : 0);
}

/* A frame's header in front of a payload that the caller adds. */
static int put_header(struct buf *b, enum codec_kind kind, unsigned flags, size_t length)
{
    return put_u32(b, FRAME_MAGIC) | put_u16(b, (uint16_t)kind) | put_u16(b, (uint16_t)flags) |
           put_u32(b, (uint32_t)length);
}

/* All of the message or nothing: out is as it was where there is no room. */
static int put_message(struct buf *out, enum codec_kind kind, const char *payload, size_t n)
{
    size_t before = out->len, at = 0;
    do {
        size_t length = n - at < FRAME_PAYLOAD ? n - at : FRAME_PAYLOAD;
        unsigned flags = (at == 0 ? FRAME_BEGIN : 0) | (at + length == n ? FRAME_END : 0);
        if (put_header(out, kind, flags, length) != 0 || buf_add(out, payload + at, length) != 0) {
            buf_truncate(out, before);
            return -1;
        }
        at += length;
    } while (at < n);
    return 0;
}

static int put_job(struct buf *out, enum codec_kind kind, const struct codec_job *job)
{
    struct buf b;
    buf_init(&b, FRAME_PAYLOAD);
    int rc = put_u32(&b, job->index) | put_u32(&b, job->attempt);
    if (rc == 0)
        rc = put_message(out, kind, buf_bytes(&b), b.len);
    buf_free(&b);
    return rc;
}

int codec_put_job(struct buf *out, const struct codec_job *job)
{
    return put_job(out, CODEC_JOB, job);
}

int codec_put_logged_in(struct buf *out, const struct codec_job *job)
{
    return put_job(out, CODEC_LOGGED_IN, job);
}

int codec_put_place(struct buf *out)
{
    return put_message(out, CODEC_PLACE, "", 0);
}

static int put_command(struct buf *b, const struct command_result *c)
{
    return put_u32(b, (uint32_t)c->status) | put_u32(b, (uint32_t)c->class) |
           put_u32(b, c->proofs) | put_u32(b, (uint32_t)c->exit_status) | put_double(b, c->ms) |
           put_text(b, c->error) | put_bytes(b, c->output, c->output_len) |
           put_bytes(b, c->raw, c->raw_len) | put_text(b, c->doubt);
}

static int put_result(struct buf *b, const struct result *r)
{
    int rc = put_u32(b, r->index) | put_u32(b, r->attempt) | put_u32(b, (uint32_t)r->class) |
             put_u32(b, r->was_ready) | put_u32(b, (uint32_t)r->err.class) |
             put_text(b, r->err.text) | put_u64(b, (uint64_t)r->started_at_ms);
    for (int p = 0; p < PHASE_COUNT; p++)
        rc |= put_double(b, r->phase_ms[p]);
    rc |= put_double(b, r->total_ms) | put_u32(b, r->process) | put_u32(b, r->worker) |
          put_text(b, r->host_key) | put_text(b, r->known_hosts_line) | put_text(b, r->prompt) |
          put_text(b, r->note) | put_u32(b, (uint32_t)r->n_commands);
    for (size_t i = 0; i < r->n_commands && rc == 0; i++)
        rc |= put_command(b, &r->commands[i]);
    return rc;
}

static int put_kind(struct buf *out, enum codec_kind kind, const struct result *result)
{
    struct buf b;
    buf_init(&b, out->max);
    int rc = put_result(&b, result);
    if (rc == 0)
        rc = put_message(out, kind, buf_bytes(&b), b.len);
    buf_free(&b);
    return rc;
}

int codec_put_result(struct buf *out, const struct result *result)
{
    return put_kind(out, CODEC_RESULT, result);
}

int codec_put_part(struct buf *out, const struct result *part)
{
    return put_kind(out, CODEC_PART, part);
}
