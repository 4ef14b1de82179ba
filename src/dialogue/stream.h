/* What came from the device and is not settled yet: a bounded buffer, its lines, and the pieces of
 * it that are ours. It owns its bytes and knows nothing of prompts.
 *
 * Positions count from the beginning of the stream, so they stay true while the front of the buffer
 * is dropped. A line ends at LF, or at ESC E (next line, ECMA-48 NEL). Not thread-safe. */
#ifndef POLLER_DIALOGUE_STREAM_H
#define POLLER_DIALOGUE_STREAM_H

#include "base/buf.h"
#include "dialogue/clean.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NOWHERE  SIZE_MAX
#define TAIL_MAX 512  /* longest unterminated last line that may be a prompt or a question */
#define TAIL_RAW 2048 /* the same before it is cleaned; of a longer one its last redraw counts */
#define LINE_RAW                                                                                   \
    65536 /* longest raw line that is looked at: a console that redraws at each key                \
           */

/* What stays out of outputs: our own echo, or the line end of an empty line that we sent. */
struct omission {
    size_t from, to;
};

struct stream {
    struct buf in;
    size_t base;       /* position of its first byte */
    size_t line_start; /* of the unterminated last line */
    size_t chunk;      /* where the chunk that came last begins */
    size_t total;      /* bytes that ever came */
    char *tail;        /* that line as text; room for tail_room bytes */
    size_t tail_len, tail_room;
    bool tail_open;  /* it ends in an escape sequence that goes on */
    bool tail_short; /* else it is too long to be a prompt or a question, and tail_len is 0 */
    struct omission *omissions;
    size_t n_omissions, cap_omissions;
};

void stream_init(struct stream *s, size_t max);
/* Overwrites what it held: it may be a secret's echo. */
void stream_free(struct stream *s);

/* 0, or -1 when memory is out. */
int stream_add(struct stream *s, const char *data, size_t len);

/* The unterminated last line as text into s->tail. 0, or -1 when memory is out. */
int stream_read_tail(struct stream *s);
/* The tail's length for a message: without blanks at its end, at most max. */
int stream_tail_shown(const struct stream *s, int max);

const char *stream_at(const struct stream *s, size_t position);
size_t stream_end(const struct stream *s);

/* Where the line that begins at from ends: the position of its last byte, or NOWHERE. What stands
 * in the line is [from, that). */
size_t stream_line_end(const struct stream *s, size_t from);

/* A line as text into to[TAIL_MAX]; its length, or NOWHERE when it is longer than that. */
size_t stream_line(const struct stream *s, size_t from, size_t to, char text[TAIL_MAX]);
/* The same, only what stands left of the cursor: before an echo that is drawn again and again. */
size_t stream_left(const struct stream *s, size_t from, size_t to, char text[TAIL_MAX]);
/* The end of a line that may be long, as text: what stands in its last bytes. */
size_t stream_line_tail(const struct stream *s, size_t from, size_t to, char text[TAIL_MAX]);
/* Nothing is to be seen between the two. */
bool stream_is_blank(const struct stream *s, size_t from, size_t to);

/* Where in [from, to) the text that reads as `text` up to the end of it begins: the first position
 * from which the rest reads so, escapes before it included. NOWHERE: it does not end so. */
size_t stream_find_last(const struct stream *s, size_t from, size_t to, const char *text, size_t n);

void stream_drop_to(struct stream *s, size_t position);

/* Leaves these bytes out of outputs. Where memory is out they stay in: the lesser evil. */
void stream_omit(struct stream *s, size_t from, size_t to);
/* The omissions within [from, to), relative to from, in a fresh array (free()); *n may be 0. NULL:
 * memory is out. */
struct clean_skip *stream_omissions(const struct stream *s, size_t from, size_t to, size_t *n);

/* The bytes [start, end) as the caller's own, with a NUL behind them (free()); NULL: memory is out.
 * A large piece takes the buffer over, so that there are never three copies of an output: the rest
 * then stands in a new one, and everything before end is gone. */
char *stream_take(struct stream *s, size_t start, size_t end);

#endif
