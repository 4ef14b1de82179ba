/* From bytes for a terminal to text: what a person would have read.
 *
 * Escape sequences are dropped or, where they edit the line (cursor left and right, erase, delete,
 * insert), obeyed; backspace and a carriage return overwrite, so that what a pager wrote and erased
 * is gone; NUL and other controls but the tab are dropped; CR LF, CR CR LF, CR NUL LF, LF CR and
 * ESC E are one '\n'. Bytes that are not UTF-8 stay.
 *
 * An escape sequence never goes beyond the end of its line, so each line can be cleaned alone. That
 * is what makes chunk borders harmless: a line is cleaned again when more of it has come. */
#ifndef POLLER_DIALOGUE_CLEAN_H
#define POLLER_DIALOGUE_CLEAN_H

#include "base/buf.h"

/* Bytes of the raw text to leave out: our own echo. */
struct clean_skip {
    size_t from, to; /* offsets into raw */
};

/* Appends raw[0..n) as text. skips are in order; they may overlap. 0, or -1 when memory is out or
 * out would pass its maximum. */
int clean_text(struct buf *out, const char *raw, size_t n, const struct clean_skip *skips,
               size_t n_skips);

/* The unterminated last line raw[0..n) as text into out: its length, cut at size. What an escape
 * sequence that has not ended yet will be is left out. ESC E begins a new line here: only what is
 * behind the last one is given. */
size_t clean_tail(char *out, size_t size, const char *raw, size_t n);

/* The same, but only what stands left of the cursor: the prompt, where a console draws it and what
 * was typed so far again and again. */
size_t clean_left(char *out, size_t size, const char *raw, size_t n);

/* Nothing in it but text: no escape, no cursor movement, no line end. */
bool clean_is_plain(const char *raw, size_t n);

/* The length of text without the blanks at its end. */
size_t clean_length(const char *text, size_t n);

#endif
