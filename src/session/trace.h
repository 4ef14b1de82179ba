/* One dialogue as it went: to a file of its own (--session-log) and to the log (-vv). Secrets are
 * masked in both directions, also where a chunk splits them.
 *
 * A line is "+0.012 < text\r\n": seconds since the hand-out; `<` received, `!` received on standard
 * error, `>` sent, `*` what the session did; control bytes as base/escape.h writes them for a log.
 * A line ends where the device's line or the chunk ended. One thread. */
#ifndef POLLER_SESSION_TRACE_H
#define POLLER_SESSION_TRACE_H

#include <poller/clock.h>
#include <poller/plan.h>
#include <stdbool.h>

struct trace;

/* dir: of the file, or NULL; to_log: to the log too. The file is named as -O names a device's
 * directory, with ".log", mode 0600; a second attempt is appended. A file that cannot be written
 * warns once and is left out. NULL where there is nothing to trace, or memory is out. */
struct trace *trace_new(const struct job *job, const char *dir, bool to_log, struct mono start);

/* All take NULL. */
void trace_free(struct trace *t);
void trace_sent(struct trace *t, const char *bytes, size_t n, bool secret, struct mono now);
void trace_received(struct trace *t, const char *bytes, size_t n, bool err, struct mono now);
void trace_note(struct trace *t, struct mono now, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
