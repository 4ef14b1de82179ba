/* Small pure helpers on text that more than one room needs. */
#ifndef POLLER_BASE_TEXT_H
#define POLLER_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Where something stood in a file. line and column count from 1; 0 means "the file as a whole".
 * file is "-w" or "-c" for what came from the command line. */
struct source_pos {
    const char *file;
    int line;
    int column;
};

/* "file:line:column" (or "file") into out; returns out. */
const char *source_pos_text(const struct source_pos *pos, char *out, size_t size);

/* The name in names[0..n) nearest to word (Damerau-Levenshtein), or NULL when none is near enough
 * (distance over a third of the word's length, at least 1). For "unknown key 'pasword', did you
 * mean 'password'?". */
const char *text_nearest(const char *word, const char *const *names, size_t n);

/* Shell-like glob: * ? [a-z]; the whole text must match. */
bool text_glob(const char *pattern, const char *text);

#endif
