/* Failure classes and error texts: one vocabulary for text output, records, exit codes and
 * --retry-on. */
#ifndef POLLER_ERR_H
#define POLLER_ERR_H

#include <stdbool.h>
#include <stddef.h>

/* The order is that of the records' documentation; the names are fail_name(). */
enum fail_class {
    FAIL_NONE = 0,
    FAIL_DNS,
    FAIL_REFUSED,
    FAIL_UNREACHABLE,
    FAIL_CONNECT_TIMEOUT,
    FAIL_NOT_SSH,
    FAIL_KEX,
    FAIL_HOSTKEY_UNKNOWN,
    FAIL_HOSTKEY_CHANGED,
    FAIL_AUTH,
    FAIL_NO_SESSION,
    FAIL_ENABLE,
    FAIL_LOGIN_PROMPT,
    FAIL_PROMPT,
    FAIL_SILENCE,
    FAIL_TOTAL_TIMEOUT,
    FAIL_COMMAND_ERROR,
    FAIL_TRUNCATED,
    FAIL_TOO_MUCH_OUTPUT,
    FAIL_PEER_CLOSED,
    FAIL_CANCELLED,
    FAIL_WORKER_LOST,
    FAIL_INTERNAL,
    FAIL_USAGE, /* the run's own: a bad option, inventory or platform; never in a record */
    FAIL_COUNT
};

/* "auth", "hostkey_changed", …; NULL for FAIL_NONE. Static storage. */
const char *fail_name(enum fail_class c);

/* The class of that name, or FAIL_NONE when nobody knows it. */
enum fail_class fail_by_name(const char *name);

/* The exit code a device of this class asks for: 0, 1, 3, 4 or 5 (2 for FAIL_USAGE, 130 for
 * FAIL_CANCELLED). was_ready decides FAIL_PEER_CLOSED alone: 4 before the first prompt, 5 after. */
int fail_exit_code(enum fail_class c, bool was_ready);

/* Of two exit codes the one that wins: 130, 2, 1, 4, 3, 5, 0. */
int fail_exit_merge(int a, int b);

#define ERR_TEXT_MAX 640

/* One sentence and its class. The first text wins (the cause); callers on the way up add a prefix
 * (the place). Zero-initialised is "no error". Never holds a secret. */
struct err {
    enum fail_class class;
    char text[ERR_TEXT_MAX];
};

static inline bool err_is_set(const struct err *e)
{
    return e->class != FAIL_NONE;
}

/* Sets class and text unless an error is there already; NULL e is allowed. Always returns -1, so
 * that a function may end in `return err_set(…)`. Long texts are cut at a whole character; line
 * ends and control characters in them become blanks and question marks. */
int err_set(struct err *e, enum fail_class c, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "prefix" in front of the text of an error that is set. */
void err_prefix(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

void err_clear(struct err *e);

#endif
