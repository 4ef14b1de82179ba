#include "dialogue/clean.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define ESC      '\x1b'
#define PAD_MAX  1024 /* blanks that cursor movements may add to one line */
#define ARGS_MAX 2

/* A line as it stands on the terminal: its bytes and where the cursor is. */
struct line {
    char *cells;
    size_t len, at, size;
    size_t blanked; /* behind the last cell that was wiped out by a blank */
};

/* Blanks that wipe out what stood there, and those that follow them, are no text: a pager's mark is
 * wiped out with more blanks than it is long. */
static void put(struct line *l, char c)
{
    if (l->at >= l->size)
        return;
    bool wipes = l->at < l->len && l->cells[l->at] != ' ';
    if (c == ' ' && l->at >= l->blanked && (wipes || (l->at == l->blanked && l->blanked > 0)))
        l->blanked = l->at + 1;
    l->cells[l->at++] = c;
    if (l->at > l->len)
        l->len = l->at;
}

/* Blanks that something goes back over were there to wipe out: the line ends before them again. So
 * blanks that are written there later are text. */
static void go_left(struct line *l, size_t n)
{
    l->at -= n < l->at ? n : l->at;
    for (size_t i = l->at; i < l->len; i++)
        if (l->cells[i] != ' ')
            return;
    if (l->len > l->at) {
        l->len = l->at;
        l->blanked = 0;
    }
}

static void go_right(struct line *l, size_t n)
{
    for (; n > 0 && l->at < l->size; n--) {
        if (l->at == l->len)
            l->cells[l->len++] = ' ';
        l->at++;
    }
}

static void erase(struct line *l, size_t from, size_t to)
{
    size_t wiped = to;
    if (to >= l->len)
        l->len = from < l->len ? from : l->len;
    else
        memset(l->cells + from, ' ', to - from);
    if (l->at > l->len) { /* the cursor stays where it was: blanks up to it */
        memset(l->cells + l->len, ' ', l->at - l->len);
        l->len = l->at;
    }
    wiped = wiped < l->len ? wiped : l->len;
    if (from < wiped && wiped > l->blanked)
        l->blanked = wiped;
}

static void delete_cells(struct line *l, size_t n)
{
    if (n > l->len - l->at)
        n = l->len - l->at;
    memmove(l->cells + l->at, l->cells + l->at + n, l->len - l->at - n);
    l->len -= n;
}

static void insert_cells(struct line *l, size_t n)
{
    if (n > l->size - l->len)
        n = l->size - l->len;
    memmove(l->cells + l->at + n, l->cells + l->at, l->len - l->at);
    memset(l->cells + l->at, ' ', n);
    l->len += n;
}

/* Erasing what stands to the left is believed of something that goes back there: a line drawn anew.
 * Anything else would lose text for a sequence that means nothing outside a screen. */
static void erase_line(struct line *l, size_t how, bool goes_back)
{
    if (how == 0)
        erase(l, l->at, SIZE_MAX);
    else if (goes_back || l->at == 0)
        erase(l, 0, how == 1 ? l->at + 1 : SIZE_MAX);
}

static void control(struct line *l, char final, const size_t args[ARGS_MAX], bool goes_back)
{
    size_t n = args[0] > 0 ? args[0] : 1;
    switch (final) {
    case 'C':
        go_right(l, n < PAD_MAX ? n : PAD_MAX);
        break;
    case 'D':
        go_left(l, n);
        break;
    case 'G':
        go_left(l, l->at);
        go_right(l, n - 1 < PAD_MAX ? n - 1 : PAD_MAX);
        break;
    case 'J':
        if (args[0] == 0)
            erase(l, l->at, SIZE_MAX);
        break;
    case 'K':
        erase_line(l, args[0], goes_back);
        break;
    case 'P':
        delete_cells(l, n);
        break;
    case '@':
        insert_cells(l, n);
        break;
    default: /* colours, modes, positions on a screen that we do not have */
        break;
    }
}

/* Behind ESC [: parameters, then a final byte. Returns where it ends; an unfinished one ends with
 * the text. */
static size_t read_csi(struct line *l, const char *raw, size_t i, size_t n)
{
    size_t args[ARGS_MAX] = {0};
    size_t arg = 0;
    for (; i < n; i++) {
        unsigned char c = (unsigned char)raw[i];
        if (c >= '0' && c <= '9' && arg < ARGS_MAX && args[arg] < 10000)
            args[arg] = args[arg] * 10 + (size_t)(c - '0');
        else if (c == ';')
            arg++;
        else if (c >= 0x40 && c <= 0x7e) {
            control(l, (char)c, args, i + 1 < n && raw[i + 1] == '\r');
            return i + 1;
        } else if (c < 0x20 || c > 0x3f) /* broken off */
            return i;
    }
    return n;
}

/* Behind ESC ] and its like: a text up to BEL or ESC \. Without an end in a line that has ended,
 * only the introducer is dropped, so that no output is lost. */
static size_t read_string(const char *raw, size_t i, size_t n, bool ended)
{
    for (size_t k = i; k < n; k++) {
        if (raw[k] == '\a')
            return k + 1;
        if (raw[k] == ESC && k + 1 < n && raw[k + 1] == '\\')
            return k + 2;
    }
    return ended ? i : n;
}

/* raw[i] is ESC. Returns where the sequence ends. */
static size_t read_escape(struct line *l, const char *raw, size_t i, size_t n, bool ended)
{
    if (++i >= n)
        return n;
    unsigned char c = (unsigned char)raw[i];
    if (c == '[')
        return read_csi(l, raw, i + 1, n);
    if (c == ']' || c == 'P' || c == 'X' || c == '^' || c == '_')
        return read_string(raw, i + 1, n, ended);
    while (i < n && (unsigned char)raw[i] >= 0x20 && (unsigned char)raw[i] <= 0x2f)
        i++;
    if (i >= n)
        return n;
    return (unsigned char)raw[i] >= 0x30 && (unsigned char)raw[i] <= 0x7e ? i + 1 : i;
}

static void new_line(struct line *l)
{
    char *next = l->cells + l->len;
    *next++ = '\n';
    *l = (struct line){.cells = next, .size = l->size - l->len - 1};
}

/* One line without its LF into cells. With `ended`, ESC E may make several of it. Returns the end
 * of what was written; with `left`, of what stands left of the cursor. */
static char *edit_line(char *cells, size_t size, const char *raw, size_t n, bool ended, bool left)
{
    struct line l = {.cells = cells, .size = size};
    for (size_t i = 0; i < n;) {
        unsigned char c = (unsigned char)raw[i];
        if (c == ESC && i + 1 < n && raw[i + 1] == 'E' && l.len + 1 < l.size) {
            new_line(&l);
            i += 2;
            continue;
        }
        if (c == ESC) {
            i = read_escape(&l, raw, i, n, ended);
            continue;
        }
        if (c == '\b')
            go_left(&l, 1);
        else if (c == '\r' && l.len > 0)
            go_left(&l, l.at);
        else if (c >= 0x20 ? c != 0x7f : c == '\t')
            put(&l, (char)c);
        i++;
    }
    if (left)
        return l.cells + l.at;
    while (l.len > 0 && l.len <= l.blanked && l.cells[l.len - 1] == ' ')
        l.len--;
    return l.cells + l.len;
}

/* Any byte below 0x20, or 0x7f (Anderson, Bit Twiddling Hacks: "a byte less than n", "a zero
 * byte"). */
static bool may_hold_controls(uint64_t eight)
{
    const uint64_t ones = UINT64_MAX / 255, highs = ones * 0x80, dels = eight ^ ones * 0x7f;
    return (((eight - ones * 0x20) & ~eight) | ((dels - ones) & ~dels)) & highs;
}

bool clean_is_plain(const char *raw, size_t n)
{
    size_t i = 0;
    for (uint64_t eight; i + sizeof eight <= n; i += sizeof eight) {
        memcpy(&eight, raw + i, sizeof eight);
        if (may_hold_controls(eight))
            break;
    }
    for (; i < n; i++) {
        unsigned char c = (unsigned char)raw[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

/* CR, CR CR, CR NUL in front of an LF are part of the line end. */
static size_t without_line_end(const char *raw, size_t n)
{
    while (n > 0 && (raw[n - 1] == '\r' || raw[n - 1] == '\0'))
        n--;
    return n;
}

static int clean_line(struct buf *out, const char *raw, size_t n, bool ended)
{
    size_t all = n;
    if (ended)
        n = without_line_end(raw, n);
    if (n + 1 < all) /* the first of them may end what wipes out a mark */
        n++;
    if (clean_is_plain(raw, n))
        return buf_add(out, raw, n) == 0 && (!ended || buf_add_char(out, '\n') == 0) ? 0 : -1;
    char *room = buf_room(out, n + PAD_MAX + 1);
    if (!room) /* near the maximum */
        room = buf_room(out, n + 1);
    if (!room)
        return -1;
    size_t size = n + PAD_MAX < out->max - out->len ? n + PAD_MAX : n;
    char *end = edit_line(room, size, raw, n, true, false);
    if (ended)
        *end++ = '\n';
    buf_grew(out, (size_t)(end - room));
    return 0;
}

static int clean_span(struct buf *out, const char *raw, size_t n)
{
    while (n > 0) {
        const char *lf = memchr(raw, '\n', n);
        size_t len = lf ? (size_t)(lf - raw) : n;
        if (clean_line(out, raw, len, lf != NULL) != 0)
            return -1;
        size_t used = len + (lf != NULL);
        raw += used;
        n -= used;
    }
    return 0;
}

/* A line with something to leave out is put together first: what erases a pager's mark stands on
 * the mark's own line. */
static int clean_with_skips(struct buf *out, const char *raw, size_t n,
                            const struct clean_skip *skips, size_t n_skips)
{
    struct buf kept;
    buf_init(&kept, SIZE_MAX / 2);
    size_t at = 0;
    int rc = 0;
    for (size_t i = 0; i <= n_skips && rc == 0; i++) {
        size_t from = i < n_skips && skips[i].from < n ? skips[i].from : n;
        if (from > at)
            rc = buf_add(&kept, raw + at, from - at);
        if (i < n_skips && skips[i].to > at)
            at = skips[i].to;
    }
    if (rc == 0)
        rc = clean_span(out, buf_bytes(&kept), kept.len);
    buf_free(&kept);
    return rc;
}

int clean_text(struct buf *out, const char *raw, size_t n, const struct clean_skip *skips,
               size_t n_skips)
{
    if (n_skips > 0)
        return clean_with_skips(out, raw, n, skips, n_skips);
    return clean_span(out, raw, n);
}

static size_t clean_end(char *out, size_t size, const char *raw, size_t n, bool left)
{
    char cells[2048 + 1];
    if (n > sizeof cells - 1) {
        raw += n - (sizeof cells - 1);
        n = sizeof cells - 1;
    }
    if (clean_is_plain(raw, n)) { /* most lines are */
        n = n < size ? n : size;
        memcpy(out, raw, n);
        return n;
    }
    char *end = edit_line(cells, sizeof cells - 1, raw, n, false, left);
    char *start = memrchr(cells, '\n', (size_t)(end - cells));
    start = start ? start + 1 : cells;
    size_t len = (size_t)(end - start) < size ? (size_t)(end - start) : size;
    memcpy(out, start, len);
    return len;
}

size_t clean_tail(char *out, size_t size, const char *raw, size_t n)
{
    return clean_end(out, size, raw, without_line_end(raw, n), false); /* its LF may come next */
}

size_t clean_left(char *out, size_t size, const char *raw, size_t n)
{
    return clean_end(out, size, raw, n, true);
}

size_t clean_length(const char *text, size_t n)
{
    while (n > 0 && text[n - 1] == ' ')
        n--;
    return n;
}
