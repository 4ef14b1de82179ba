/* A line that is being typed, as terminals edit it: DEL and BS erase, ^U kills, CR or LF ends. Who
 * does that (command line, readline, kernel) differs in what is shown. */
#ifndef TRUST_LINE_H
#define TRUST_LINE_H

#include "base/buf.h"
#include "tests/trust/manner.h"

#define LINE_MAX_BYTES 1024

struct line {
    char text[LINE_MAX_BYTES + 1]; /* no NUL behind */
    size_t n;
    size_t shown_from; /* scrolled: what stands left of it is not shown */
};

enum line_state { LINE_OPEN, LINE_DONE };

/* One key. What the terminal shows for it is appended to out (NULL: nothing is shown). prompt: as
 * it is seen, for styles that draw the whole line. by_kernel: the kernel edits, always by BS blank
 * BS. LINE_DONE: text[0..n) is the line; the caller clears it with line_clear. */
enum line_state line_key(struct line *l, const struct manner *m, const char *prompt, bool by_kernel,
                         char key, struct buf *out);
void line_clear(struct line *l);

#endif
