/* Transcripts: a dialogue as a readable file, played against dialogue/ without a socket or a clock.
 *
 * tests/dialogues/README.md describes the format. A file is played whole (each `<` line is one
 * chunk), byte by byte, and in chunks of random sizes from seeds; the outcome must be the same. */
#ifndef POLLER_TESTS_TRANSCRIPT_H
#define POLLER_TESTS_TRANSCRIPT_H

#include <poller/platform.h>
#include <stdbool.h>
#include <stddef.h>

struct transcript;

/* How the device's bytes are cut. */
enum transcript_chunks { CHUNKS_WHOLE, CHUNKS_BYTES, CHUNKS_RANDOM };

/* NULL with a message ("file:line: …") in error. */
struct transcript *transcript_read(const char *path, char *error, size_t size);
void transcript_free(struct transcript *t);

/* Plays it. 0, or -1 with a message that shows what was expected and what came. */
int transcript_play(const struct transcript *t, const struct platform_set *platforms,
                    enum transcript_chunks chunks, unsigned seed, char *error, size_t size);

#endif
