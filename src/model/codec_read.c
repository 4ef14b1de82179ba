/* Reading: frames are joined to a message, its length bounded before a byte of it is kept; then its
 * fields are taken out, each length bounded by what is left. */
#include "model/codec_frame.h"

#include <stdlib.h>
#include <string.h>

/* The fewest bytes of a command's result: what a count of them is bounded by. */
#define COMMAND_MIN 56
/* Of a reader's buffer, between messages. */
#define KEPT_MAX (1u << 20)

struct codec_reader {
    struct buf in;      /* at most a frame and what came behind it */
    struct buf message; /* payloads joined so far */
    enum codec_kind kind;
    bool inside, whole;
};

/* What is left of a message, and whether something was wrong with it. */
struct fields {
    const unsigned char *at;
    size_t left;
    bool bad;
};

static uint64_t get(struct fields *f, unsigned bytes)
{
    uint64_t v = 0;
    if (f->left < bytes) {
        f->bad = true;
        return 0;
    }
    for (unsigned i = 0; i < bytes; i++)
        v |= (uint64_t)f->at[i] << (8 * i);
    f->at += bytes;
    f->left -= bytes;
    return v;
}

static uint32_t get_u32(struct fields *f)
{
    return (uint32_t)get(f, 4);
}

static double get_double(struct fields *f)
{
    uint64_t bits = get(f, 8);
    double v;
    memcpy(&v, &bits, sizeof v);
    if (v != v || v > 1e15 || v < -1e15) /* no time that we measured */
        f->bad = true;
    return v;
}

/* A copy with a NUL behind it; NULL where there is none. *n may be NULL for texts, which hold no
 * NUL themselves. */
static char *get_bytes(struct fields *f, size_t *n)
{
    uint64_t length = get(f, 8);
    if (n)
        *n = 0;
    if (f->bad || length == NO_BYTES)
        return NULL;
    if (length > f->left || (!n && memchr(f->at, '\0', (size_t)length))) {
        f->bad = true;
        return NULL;
    }
    char *copy = malloc((size_t)length + 1);
    if (!copy) {
        f->bad = true;
        return NULL;
    }
    memcpy(copy, f->at, (size_t)length);
    copy[length] = '\0';
    f->at += length;
    f->left -= (size_t)length;
    if (n)
        *n = (size_t)length;
    return copy;
}

static unsigned get_below(struct fields *f, unsigned count)
{
    uint32_t v = get_u32(f);
    if (v < count)
        return v;
    f->bad = true;
    return 0;
}

static void get_command(struct fields *f, struct command_result *c)
{
    c->status = (enum command_status)get_below(f, COMMAND_FAILED + 1);
    c->class = (enum fail_class)get_below(f, FAIL_COUNT);
    c->proofs = get_below(f, 1u << PROOF_KINDS);
    c->exit_status = (int)get_u32(f);
    c->ms = get_double(f);
    c->error = get_bytes(f, NULL);
    c->output = get_bytes(f, &c->output_len);
    c->raw = get_bytes(f, &c->raw_len);
    c->doubt = get_bytes(f, NULL);
}

static void get_commands(struct fields *f, struct result *r)
{
    uint32_t n = get_u32(f);
    if (f->bad || n > f->left / COMMAND_MIN) {
        f->bad = true;
        return;
    }
    r->commands = calloc(n ? n : 1, sizeof *r->commands);
    if (!r->commands) {
        f->bad = true;
        return;
    }
    r->n_commands = n;
    for (uint32_t i = 0; i < n && !f->bad; i++)
        get_command(f, &r->commands[i]);
}

static void get_error(struct fields *f, struct err *err)
{
    enum fail_class class = (enum fail_class)get_below(f, FAIL_COUNT);
    char *text = get_bytes(f, NULL);
    if (class != FAIL_NONE && text)
        err_set(err, class, "%s", text);
    free(text);
}

static struct result *get_result(struct fields *f)
{
    struct result *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->index = get_u32(f);
    r->attempt = get_u32(f);
    r->class = (enum fail_class)get_below(f, FAIL_COUNT);
    r->was_ready = get_below(f, 2);
    get_error(f, &r->err);
    r->started_at_ms = (int64_t)get(f, 8);
    for (int p = 0; p < PHASE_COUNT; p++)
        r->phase_ms[p] = get_double(f);
    r->total_ms = get_double(f);
    r->process = get_u32(f);
    r->worker = get_u32(f);
    r->host_key = get_bytes(f, NULL);
    r->known_hosts_line = get_bytes(f, NULL);
    r->prompt = get_bytes(f, NULL);
    r->note = get_bytes(f, NULL);
    get_commands(f, r);
    if (!f->bad && f->left == 0)
        return r;
    result_free(r);
    return NULL;
}

struct codec_reader *codec_reader_new(size_t max_message)
{
    struct codec_reader *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    buf_init(&r->in, 2 * CODEC_FRAME_MAX);
    buf_init(&r->message, max_message);
    return r;
}

void codec_reader_free(struct codec_reader *r)
{
    if (!r)
        return;
    buf_free(&r->in);
    buf_free(&r->message);
    free(r);
}

static int wrong(struct err *e, const char *what)
{
    return err_set(e, FAIL_INTERNAL, "what came is no message between workers: %s", what);
}

/* Joins one frame to the message. 1: taken; 0: it is not whole yet; -1 with err. */
static int take_frame(struct codec_reader *r, struct err *e)
{
    struct fields f = {.at = (const unsigned char *)buf_bytes(&r->in), .left = r->in.len};
    if (r->in.len < FRAME_HEADER)
        return 0;
    uint32_t magic = get_u32(&f);
    unsigned kind = (unsigned)get(&f, 2), flags = (unsigned)get(&f, 2);
    uint32_t length = get_u32(&f);
    if (magic != FRAME_MAGIC)
        return wrong(e, "wrong magic");
    if (kind < CODEC_JOB || kind > CODEC_LOGGED_IN || flags > (FRAME_BEGIN | FRAME_END))
        return wrong(e, "unknown kind or flags");
    if (length > FRAME_PAYLOAD)
        return wrong(e, "a frame that is too long");
    if (((flags & FRAME_BEGIN) != 0) == r->inside || (r->inside && kind != r->kind))
        return wrong(e, "a frame out of its order");
    if (length > f.left)
        return 0;
    if (buf_add(&r->message, f.at, length) != 0)
        return wrong(e, "a message that is too long");
    buf_drop_front(&r->in, FRAME_HEADER + length);
    r->kind = (enum codec_kind)kind;
    r->whole = (flags & FRAME_END) != 0;
    r->inside = !r->whole;
    return 1;
}

/* Joins frames until a message is whole or the bytes end. */
static int join(struct codec_reader *r, struct err *e)
{
    int rc = 1;
    while (!r->whole && rc > 0)
        rc = take_frame(r, e);
    return rc < 0 ? -1 : 0;
}

int codec_reader_feed(struct codec_reader *r, const void *bytes, size_t n, struct err *e)
{
    const char *at = bytes;
    while (n > 0) {
        size_t room = r->in.max - r->in.len, some = n < room ? n : room;
        if (some == 0)
            return wrong(e, "more than was taken out");
        if (buf_add(&r->in, at, some) != 0)
            return wrong(e, "no memory for it");
        at += some;
        n -= some;
        if (join(r, e) != 0)
            return -1;
    }
    return 0;
}

static int decode(struct codec_reader *r, struct codec_message *out)
{
    struct fields f = {.at = (const unsigned char *)buf_bytes(&r->message), .left = r->message.len};
    *out = (struct codec_message){.kind = r->kind};
    if (r->kind == CODEC_RESULT || r->kind == CODEC_PART) {
        out->result = get_result(&f);
        return out->result ? 0 : -1;
    }
    if (r->kind == CODEC_JOB || r->kind == CODEC_LOGGED_IN) {
        out->job.index = get_u32(&f);
        out->job.attempt = get_u32(&f);
    }
    return f.bad || f.left > 0 ? -1 : 0;
}

int codec_reader_next(struct codec_reader *r, struct codec_message *out, struct err *e)
{
    if (join(r, e) != 0)
        return -1;
    if (!r->whole)
        return 0;
    int rc = decode(r, out);
    r->whole = false;
    buf_truncate(&r->message, 0);
    if (r->message.cap > KEPT_MAX) /* one large output must not cost memory for ever */
        buf_free(&r->message);
    return rc == 0 ? 1 : wrong(e, "its fields do not fit");
}
