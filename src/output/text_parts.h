/* The parts of the text form, which the sinks that write it share. */
#ifndef POLLER_OUTPUT_TEXT_PARTS_H
#define POLLER_OUTPUT_TEXT_PARTS_H

#include "base/buf.h"

#include <poller/inventory.h>
#include <poller/result.h>

/* All append, and return 0, or -1 when memory is out. Nothing of it is obeyed by a terminal. */

/* bytes as they may be shown, and a line end where they lack one, and an empty line. */
int text_put_output(struct buf *to, const char *bytes, size_t n);

/* Headings are one line, whatever a name or a sentence holds. */
int text_put_line(struct buf *to, const char *text);

/* "== " in the color of good or bad, and the end of a heading. */
int text_start_heading(struct buf *to, bool color, bool good);
int text_end_heading(struct buf *to, bool color);

/* In the parentheses of a heading, behind the outcome. */
#define TEXT_IN_DOUBT "in doubt, "

/* Heading and output of one command of a device. */
int text_put_command(struct buf *to, bool color, const struct device *d,
                     const struct command *command, const struct command_result *c);

/* "== r1: FAILED auth: sentence", with " (attempt 2)" where it is not the first, and an empty
 * line. */
int text_put_failure(struct buf *to, bool color, const struct device *d, const struct result *r);

#endif
