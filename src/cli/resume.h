/* What an earlier run left to do, read from its records (-o jsonl), also of a run that was killed.
 */
#ifndef POLLER_CLI_RESUME_H
#define POLLER_CLI_RESUME_H

#include "pace/retry.h"

#include <poller/inventory.h>

#define RESUME_LINE_MAX ((size_t)64 << 20)

struct resume {
    bool *done; /* by device index: its last record is ok, or failed by a class that is let be */
    size_t n_done;
    size_t let_be[FAIL_COUNT]; /* of them, by class: failed, and are not visited again */
    int let_be_exit;           /* their exit codes, merged */
    size_t n_unknown;          /* records of devices that are not in the inventory */
    size_t n_cut;              /* lines that end in their middle: of a run that was killed */
};

/* Reads path ("-": standard input) line by line. on: the classes of failure that are visited again;
 * the device counts by its last record. 0, or -1 with err (FAIL_USAGE): a line is no record of
 * ours, or of a newer schema, or over RESUME_LINE_MAX; a device that is done has another address
 * now; or no device of the file is in the inventory, unless that is known to be a part of it.
 * resume_free() either way. */
int resume_read(struct resume *out, const char *path, const struct inventory *inventory,
                fail_set on, bool is_part, struct err *e);
void resume_free(struct resume *r);

#endif
