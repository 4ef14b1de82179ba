/* Jobs and results as framed bytes: one format for worker pipes and, later, for a queue.
 *
 * A message is a row of frames, each at most CODEC_FRAME_MAX bytes: a 12-byte header (magic, kind,
 * flags begin/end, length, all little-endian, explicit widths) and its payload. Secrets never
 * travel: a job is a device's index, and both ends hold the same inventory. A reader believes no
 * length before it is bounded. */
#ifndef POLLER_MODEL_CODEC_H
#define POLLER_MODEL_CODEC_H

#include "base/buf.h"

#include <poller/result.h>

#define CODEC_FRAME_MAX 65536

enum codec_kind {
    CODEC_JOB = 1,      /* to a worker process: visit this device */
    CODEC_RESULT = 2,   /* from it: what came of it */
    CODEC_PLACE = 3,    /* from it: there is room for one more job */
    CODEC_PART = 4,     /* from it: a result of which only some commands are filled in so far */
    CODEC_LOGGED_IN = 5 /* from it: the visit of this job is logged in */
};

/* What a job frame carries, and one that tells of a log-in. */
struct codec_job {
    uint32_t index, attempt;
};

/* Appends the message's frames to out. 0, or -1 when out's maximum would be passed. */
int codec_put_job(struct buf *out, const struct codec_job *job);
int codec_put_result(struct buf *out, const struct result *result);
int codec_put_part(struct buf *out, const struct result *part);
int codec_put_place(struct buf *out);
int codec_put_logged_in(struct buf *out, const struct codec_job *job);

/* A decoder of one stream. */
struct codec_reader;

/* max_message: the most bytes one whole message may have. */
struct codec_reader *codec_reader_new(size_t max_message);
void codec_reader_free(struct codec_reader *r);

struct codec_message {
    enum codec_kind kind;
    struct codec_job job;
    struct result *result; /* the caller's now */
};

/* Bytes from the stream. 0, or -1 with err (FAIL_INTERNAL): not our frames, or past a bound; the
 * stream is of no use then. Any number of bytes that end one message at most; with several messages
 * behind one another, at most CODEC_FRAME_MAX bytes until codec_reader_next has said 0 again. */
int codec_reader_feed(struct codec_reader *r, const void *bytes, size_t n, struct err *e);
/* 1 with *out filled, 0 when no whole message is there yet, -1 with err. */
int codec_reader_next(struct codec_reader *r, struct codec_message *out, struct err *e);

#endif
