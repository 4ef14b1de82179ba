/* Does a line read as one of a log, which a device may print between a prompt and an echo? */
#ifndef POLLER_DIALOGUE_LOG_LINE_H
#define POLLER_DIALOGUE_LOG_LINE_H

#include <stdbool.h>
#include <stddef.h>

bool prompt_is_log_line(const char *text, size_t n);

/* One whose own text is on the next line: syslogd's to all terminals. */
bool prompt_is_log_head(const char *text, size_t n);

#endif
