#include "tests/trust/line.h"

#include <string.h>

#define ROOM_MIN  24 /* bytes of a scrolled line that are shown at least */
#define SCROLL_BY 10

static void show(struct buf *out, const char *text, size_t n)
{
    if (out)
        buf_add(out, text, n);
}

static void show_str(struct buf *out, const char *text)
{
    show(out, text, strlen(text));
}

static void show_times(struct buf *out, char c, size_t n)
{
    for (size_t i = 0; i < n; i++)
        show(out, &c, 1);
}

/* RouterOS over Telnet: the old line wiped with blanks, then the new one. */
static void redraw_whole(const struct line *l, const struct manner *m, const char *prompt,
                         size_t old, struct buf *out)
{
    size_t used = strlen(prompt) + old;
    show_str(out, "\r\r");
    show_str(out, prompt);
    show(out, l->text, old < l->n ? old : l->n);
    if (used < (size_t)m->width)
        show_times(out, ' ', (size_t)m->width - used);
    show_str(out, "\r");
    show_str(out, prompt);
    show(out, l->text, l->n);
}

/* IOS: the line moves to the left, with "$" for what is gone. */
static void scroll(struct line *l, size_t room, struct buf *out)
{
    size_t before = l->n - 1 - l->shown_from + (l->shown_from > 0);
    show_times(out, '\b', before);
    l->shown_from = l->n - (room - SCROLL_BY);
    show_str(out, "$");
    show(out, l->text + l->shown_from, l->n - l->shown_from);
    size_t now = l->n - l->shown_from + 1;
    if (before > now) {
        show_times(out, ' ', before - now);
        show_times(out, '\b', before - now);
    }
}

static void show_typed(struct line *l, const struct manner *m, const char *prompt, bool by_kernel,
                       struct buf *out)
{
    size_t column = strlen(prompt) + l->n - 1, width = (size_t)m->width;
    size_t room = width > strlen(prompt) + ROOM_MIN ? width - strlen(prompt) : ROOM_MIN;
    if (!by_kernel && m->redraws) {
        redraw_whole(l, m, prompt, l->n - 1, out);
    } else if (!by_kernel && m->width_style == WIDTH_SCROLLS &&
               l->n - l->shown_from + (l->shown_from > 0) >= room) {
        scroll(l, room, out);
    } else {
        if (!by_kernel && m->width_style == WIDTH_WRAPS && column > 0 && column % width == 0)
            show_str(out, " \r");
        show(out, l->text + l->n - 1, 1);
    }
}

static void show_erased(const struct line *l, const struct manner *m, const char *prompt,
                        bool by_kernel, struct buf *out)
{
    if (!by_kernel && m->redraws) {
        redraw_whole(l, m, prompt, l->n + 1, out);
    } else if (by_kernel || m->erasing == ERASE_BLANK) {
        show_str(out, "\b \b");
    } else if (m->erasing == ERASE_TO_END) {
        show_str(out, "\b\x1b[K");
    } else {
        show_str(out, "\r\x1b[K");
        show_str(out, prompt);
        show(out, l->text, l->n);
    }
}

static void erase(struct line *l, const struct manner *m, const char *prompt, bool by_kernel,
                  struct buf *out)
{
    if (l->n == 0)
        return;
    l->n--;
    show_erased(l, m, prompt, by_kernel, out);
}

static void type(struct line *l, const struct manner *m, const char *prompt, bool by_kernel,
                 char key, struct buf *out)
{
    if (l->n == LINE_MAX_BYTES)
        return;
    l->text[l->n++] = key;
    if (key == 0x7f || key == '\b')
        show_str(out, key == 0x7f ? "^?" : "^H");
    else
        show_typed(l, m, prompt, by_kernel, out);
}

static void show_entered(const struct line *l, const struct manner *m, bool by_kernel,
                         struct buf *out)
{
    bool blank = !by_kernel && manner_way(m)->blank && l->n > 0;
    show_str(out, blank ? " \r\n" : "\r\n");
    if (by_kernel)
        return;
    if (m->echo_twice && l->n > 0) {
        show(out, l->text, l->n);
        show_str(out, "\r\n");
    }
    if (m->pasting)
        show_str(out, "\x1b[?2004l\r");
}

enum line_state line_key(struct line *l, const struct manner *m, const char *prompt, bool by_kernel,
                         char key, struct buf *out)
{
    if (key == '\r' || key == '\n') {
        show_entered(l, m, by_kernel, out);
        return LINE_DONE;
    }
    bool erases = by_kernel || m->erasing != ERASE_NOT;
    if (erases && (key == 0x7f || (key == '\b' && !by_kernel)))
        erase(l, m, prompt, by_kernel, out);
    else if (erases && key == 0x15)
        for (size_t n = l->n; n > 0; n--)
            erase(l, m, prompt, by_kernel, out);
    else
        type(l, m, prompt, by_kernel, key, out);
    return LINE_OPEN;
}

void line_clear(struct line *l)
{
    l->n = l->shown_from = 0;
}
