/* The program's log on standard error: levels, one write(2) a line, so that lines of several
 * threads or processes do not mix. Thread-safe. Nothing that is logged may hold a secret: dialogue
 * bytes come through session/trace, which masks them. */
#ifndef POLLER_BASE_LOG_H
#define POLLER_BASE_LOG_H

enum log_level { LOG_QUIET = -1, LOG_WARN = 0, LOG_INFO = 1, LOG_DEBUG = 2 };

/* Set once, before any thread or fork. Default LOG_WARN (warnings only). */
void log_set_level(enum log_level level);
enum log_level log_get_level(void);

/* "poller: warning: text\n"; info and debug lines carry their level in the same place. Control
 * characters in the text become '?', what is longer than 2 KiB is cut. errno stays as it was. */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_warn(...)  log_line(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)

/* A line to call before the next log line is written and after: how a progress line on a terminal
 * clears itself. Both may be NULL. */
void log_set_hooks(void (*before)(void), void (*after)(void));

#endif
