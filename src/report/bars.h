/* A bar chart of a few lines for the terminal: labels, values with their range, and a mark. */
#ifndef POLLER_REPORT_BARS_H
#define POLLER_REPORT_BARS_H

#include "base/buf.h"

#include <stdbool.h>

struct bar {
    const char *label;
    double value;           /* not negative */
    double least, greatest; /* of the repeats; both equal to value: there is one */
    double mark;            /* a bound to stand beside; negative: none */
    const char *text;       /* the value as the reader sees it, at the line's end */
};

struct bars_style {
    unsigned columns; /* no line is longer; at least 40 */
    bool utf8;        /* block characters, else '#' */
    bool color;
    double full_scale; /* the value at the last column, so that charts compare; 0: of the bars */
};

/* 80 columns; base/term decides the rest. when: auto, always or never. */
struct bars_style bars_style_for(const char *when, int fd);

/* title, then a line for each bar, from 0 to full_scale or the greatest of them; then what the
 * signs mean, as far as they appear. mark_name: what a mark is, for that line. Labels longer than
 * 24 columns are cut; control characters in them become '?'. 0, or -1: no memory. */
int bars_draw(const char *title, const char *mark_name, const struct bar *bars, size_t n,
              const struct bars_style *style, struct buf *out);

#endif
