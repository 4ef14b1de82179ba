/* One line on a terminal's standard error that says how far the run is. */
#ifndef POLLER_CLI_PROGRESS_H
#define POLLER_CLI_PROGRESS_H

#include <poller/clock.h>
#include <poller/result.h>

struct progress {
    size_t devices, done, failed;
    struct mono start, drawn;
    bool is_in_the_way; /* results go to the same terminal */
};

/* Starts it: log lines, and results where they go to the same terminal, clear it before they are
 * written. One at a time in a process. */
void progress_start(struct progress *p, size_t devices, bool results_too, struct mono now);
/* After each result, by the writer; redraws at most ten times a second. */
void progress_result(struct progress *p, const struct result *result);
/* Before a result is written. */
void progress_clear(struct progress *p);
void progress_stop(struct progress *p);

#endif
