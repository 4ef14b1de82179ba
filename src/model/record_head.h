/* The first bytes of a record of -o jsonl, for those who write it and those who read it again. */
#ifndef POLLER_MODEL_RECORD_HEAD_H
#define POLLER_MODEL_RECORD_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* How each record of a run begins. No text within a record can look like it, since its quotes would
 * be escaped: so it also finds where a record was appended to a line that was cut. */
#define RECORD_HEAD "{\"schema\":1,\"run_id\":"

/* Whether a line is a record or its cut beginning. */
static inline bool record_begins(const char *line, size_t n)
{
    size_t head = strlen(RECORD_HEAD);
    return n > 0 && memcmp(line, RECORD_HEAD, n < head ? n : head) == 0;
}

#endif
