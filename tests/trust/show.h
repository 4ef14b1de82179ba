/* A scene as it was played, as a transcript of tests/dialogues/README.md: copied there, it is a
 * test. All calls take NULL for a record that nobody wants. */
#ifndef TRUST_SHOW_H
#define TRUST_SHOW_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct player;

void show_line(struct buf *record, const char *text);
void show_device(struct buf *record, const char *bytes, size_t n);
void show_sent(struct buf *record, const char *line_end, const char *bytes, size_t n, bool secret);
/* "wait", where time has passed since *at, which is now then. */
void show_wait(struct buf *record, int64_t *at, int64_t now);

/* Plays the player's scene again and prints it: settings, steps, the outcome as it should be, and
 * what came instead as comments. */
struct scene;
void show_transcript(struct player *p, const struct scene *scene);

#endif
