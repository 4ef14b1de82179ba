/* Writing to a descriptor with a buffer, remembering the first error. */
#ifndef POLLER_OUTPUT_OUT_H
#define POLLER_OUTPUT_OUT_H

#include "output/sink.h"

void out_init(struct out *o, int fd);
void out_free(struct out *o);

/* Add; bytes go out when enough came together or at out_flush. After an error they do nothing. */
void out_bytes(struct out *o, const void *bytes, size_t n);
void out_str(struct out *o, const char *text);
void out_fmt(struct out *o, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* 0, or -1 with err: FAIL_INTERNAL with a sentence that names what could not be written; of a
 * closed pipe the text is empty, since nobody is there to be told. */
int out_flush(struct out *o, const char *what, struct err *e);

#endif
