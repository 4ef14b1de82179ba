#include "dialogue/stream.h"

#include <stdlib.h>
#include <string.h>

#define TAIL_FIRST 64 /* as long as most prompts at most: there is one for each of ten thousand */
#define ESCAPE_MAX 32 /* longest that is waited for */
#define ESCAPES                                                                                    \
    256 /* raw bytes, beside the text's own, among which its beginning is looked for               \
         */
#define STEAL_MIN 65536 /* larger outputs take the buffer instead of a copy */

void stream_init(struct stream *s, size_t max)
{
    *s = (struct stream){.base = 0};
    buf_init(&s->in, max);
}

static void free_tail(struct stream *s)
{
    if (s->tail)
        explicit_bzero(s->tail, s->tail_room);
    free(s->tail);
    s->tail = NULL;
}

void stream_free(struct stream *s)
{
    free_tail(s);
    free(s->omissions);
    buf_wipe(&s->in);
}

const char *stream_at(const struct stream *s, size_t position)
{
    return buf_bytes(&s->in) + (position - s->base);
}

size_t stream_end(const struct stream *s)
{
    return s->base + s->in.len;
}

/* Behind the last ESC E of the unterminated line; NULL: there is none. */
static const char *behind_nel(const char *line, size_t n)
{
    for (const char *esc; n > 1 && (esc = memrchr(line, '\x1b', n - 1)) != NULL;
         n = (size_t)(esc - line) + 1) {
        if (esc[1] == 'E')
            return esc + 2;
        if (esc == line)
            break;
    }
    return NULL;
}

int stream_add(struct stream *s, const char *data, size_t len)
{
    size_t from = stream_end(s);
    if (buf_add(&s->in, data, len) != 0)
        return -1;
    s->chunk = from;
    s->total += len;
    const char *lf = memrchr(data, '\n', len);
    if (lf)
        s->line_start = stream_end(s) - (size_t)(data + len - (lf + 1));
    /* Its ESC may be the last byte of the chunk before. */
    size_t look = from > s->line_start + 1 ? from - 1 : s->line_start;
    const char *raw = stream_at(s, look);
    const char *nel = behind_nel(raw, stream_end(s) - look);
    if (nel)
        s->line_start = look + (size_t)(nel - raw);
    return 0;
}

static int tail_room(struct stream *s, size_t n)
{
    size_t room = s->tail_room ? s->tail_room : TAIL_FIRST;
    while (room < n)
        room *= 2;
    if (s->tail && room == s->tail_room)
        return 0;
    char *more = malloc(room);
    if (!more)
        return -1;
    free_tail(s);
    s->tail = more;
    s->tail_room = room;
    return 0;
}

/* A position of bytes that were dropped is where those that are left begin. */
static size_t within(const struct stream *s, size_t position)
{
    return position > s->base ? position : s->base;
}

/* Of a raw line that is drawn anew again and again only the last time counts: it begins at a CR. */
static size_t last_redraw(const struct stream *s, size_t from, size_t to)
{
    if (to - from <= TAIL_RAW)
        return from;
    if (to - from > LINE_RAW)
        return NOWHERE;
    const char *raw = stream_at(s, to - TAIL_RAW);
    const char *cr = memchr(raw, '\r', TAIL_RAW / 2);
    return cr ? to - TAIL_RAW + (size_t)(cr - raw) : NOWHERE;
}

static size_t line_by(size_t (*clean)(char *, size_t, const char *, size_t), const struct stream *s,
                      size_t from, size_t to, char text[TAIL_MAX])
{
    char line[TAIL_MAX + 1];
    to = within(s, to);
    size_t at = last_redraw(s, within(s, from), to);
    size_t len = at != NOWHERE ? clean(line, sizeof line, stream_at(s, at), to - at) : NOWHERE;
    if (len > TAIL_MAX)
        return NOWHERE;
    memcpy(text, line, len);
    return len;
}

size_t stream_line(const struct stream *s, size_t from, size_t to, char text[TAIL_MAX])
{
    return line_by(clean_tail, s, from, to, text);
}

size_t stream_left(const struct stream *s, size_t from, size_t to, char text[TAIL_MAX])
{
    return line_by(clean_left, s, from, to, text);
}

/* The raw line ends in the middle of an escape sequence. A title counts as whole: it may be long.
 */
static bool ends_open(const char *raw, size_t n)
{
    size_t look = n < ESCAPE_MAX ? n : ESCAPE_MAX;
    const char *esc = look > 0 ? memrchr(raw + n - look, '\x1b', look) : NULL;
    size_t len = esc ? (size_t)(raw + n - esc) : 0;
    if (len < 2 || esc[1] != '[')
        return len == 1;
    for (size_t i = 2; i < len; i++)
        if ((unsigned char)esc[i] >= 0x40)
            return false;
    return true;
}

int stream_read_tail(struct stream *s)
{
    char text[TAIL_MAX];
    size_t len = stream_line(s, s->line_start, stream_end(s), text);
    s->tail_open = ends_open(stream_at(s, s->line_start), stream_end(s) - s->line_start);
    s->tail_short = len != NOWHERE;
    s->tail_len = s->tail_short ? len : 0;
    if (tail_room(s, s->tail_len) != 0) {
        s->tail_len = 0;
        return -1;
    }
    memcpy(s->tail, text, s->tail_len);
    return 0;
}

int stream_tail_shown(const struct stream *s, int max)
{
    size_t n = s->tail_len;
    while (n > 0 && s->tail[n - 1] == ' ')
        n--;
    return n < (size_t)max ? (int)n : max;
}

size_t stream_line_end(const struct stream *s, size_t from)
{
    from = within(s, from);
    const char *raw = stream_at(s, from);
    const char *lf = memchr(raw, '\n', stream_end(s) - from);
    size_t n = lf ? (size_t)(lf - raw) : stream_end(s) - from;
    const char *esc = memchr(raw, '\x1b', n);
    const char *nel = esc ? memmem(esc, n - (size_t)(esc - raw),
                                   "\x1b"
                                   "E",
                                   2)
                          : NULL;
    if (nel)
        return from + (size_t)(nel - raw) + 1;
    return lf ? from + n : NOWHERE;
}

size_t stream_line_tail(const struct stream *s, size_t from, size_t to, char text[TAIL_MAX])
{
    if (to - from > ESCAPES)
        from = to - ESCAPES;
    size_t n = stream_line(s, from, to, text);
    return n != NOWHERE ? n : 0;
}

bool stream_is_blank(const struct stream *s, size_t from, size_t to)
{
    char text[TAIL_MAX];
    size_t n = from < to ? stream_line(s, from, to, text) : 0;
    while (n != NOWHERE && n > 0 && text[n - 1] == ' ')
        n--;
    return n == 0;
}

size_t stream_find_last(const struct stream *s, size_t from, size_t to, const char *text, size_t n)
{
    size_t most = n + ESCAPES;
    from = within(s, from);
    to = to > from ? to : from;
    from = to - from > most ? to - most : from;
    while (to > from && (*stream_at(s, to - 1) == '\r' || *stream_at(s, to - 1) == '\0'))
        to--;
    if (clean_is_plain(stream_at(s, from), to - from)) { /* it stands there as it is, or not */
        bool there = to - from >= n && memcmp(stream_at(s, to - n), text, n) == 0;
        return there ? to - n : NOWHERE;
    }
    bool moves =
        memchr(stream_at(s, from), '\r', to - from) || memchr(stream_at(s, from), '\b', to - from);
    for (size_t at = from; at < to; at++) {
        char line[TAIL_MAX], c = *stream_at(s, at);
        if (!moves && c != text[0] && c != '\x1b')
            continue;
        size_t len = clean_tail(line, sizeof line, stream_at(s, at), to - at);
        if (len == n && memcmp(line, text, n) == 0)
            return at;
    }
    return NOWHERE;
}

void stream_drop_to(struct stream *s, size_t position)
{
    if (position <= s->base)
        return;
    buf_drop_front(&s->in, position - s->base);
    s->base = position;
    size_t gone = 0;
    while (gone < s->n_omissions && s->omissions[gone].to <= position)
        gone++;
    if (gone == 0)
        return;
    s->n_omissions -= gone;
    memmove(s->omissions, s->omissions + gone, s->n_omissions * sizeof *s->omissions);
}

void stream_omit(struct stream *s, size_t from, size_t to)
{
    if (from >= to)
        return;
    if (s->n_omissions == s->cap_omissions) {
        size_t cap = s->cap_omissions ? s->cap_omissions * 2 : 4;
        struct omission *more = realloc(s->omissions, cap * sizeof *more);
        if (!more)
            return;
        s->omissions = more;
        s->cap_omissions = cap;
    }
    size_t at = s->n_omissions; /* in order: an earlier place may be found out late */
    while (at > 0 && s->omissions[at - 1].from > from)
        at--;
    memmove(s->omissions + at + 1, s->omissions + at, (s->n_omissions - at) * sizeof *s->omissions);
    s->omissions[at] = (struct omission){from, to};
    s->n_omissions++;
}

struct clean_skip *stream_omissions(const struct stream *s, size_t from, size_t to, size_t *n)
{
    *n = 0;
    struct clean_skip *list = calloc(s->n_omissions + 1, sizeof *list);
    for (size_t i = 0; list && i < s->n_omissions; i++) {
        const struct omission *o = &s->omissions[i];
        if (o->from >= from && o->to <= to)
            list[(*n)++] = (struct clean_skip){o->from - from, o->to - from};
    }
    return list;
}

static char *steal(struct stream *s, size_t start, size_t end)
{
    struct buf next;
    buf_init(&next, s->in.max);
    if (buf_add(&next, stream_at(s, end), stream_end(s) - end) != 0)
        return NULL;
    stream_drop_to(s, start);
    char *raw = buf_take(&s->in, NULL);
    if (!raw) {
        buf_free(&next);
        return NULL;
    }
    s->in = next;
    s->base = end;
    char *fit = realloc(raw, end - start + 1);
    raw = fit ? fit : raw;
    raw[end - start] = '\0';
    return raw;
}

char *stream_take(struct stream *s, size_t start, size_t end)
{
    size_t n = end - start;
    char *raw = n >= STEAL_MIN && s->line_start >= end ? steal(s, start, end) : NULL;
    if (raw)
        return raw;
    raw = malloc(n + 1);
    if (raw) {
        memcpy(raw, stream_at(s, start), n);
        raw[n] = '\0';
    }
    return raw;
}
