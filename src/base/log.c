#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Set before any thread exists, read only afterwards. */
static enum log_level current = LOG_WARN;
static void (*hook_before)(void);
static void (*hook_after)(void);

static const char *const level_names[] = {"warning", "info", "debug"};

void log_set_level(enum log_level level)
{
    current = level;
}

enum log_level log_get_level(void)
{
    return current;
}

void log_set_hooks(void (*before)(void), void (*after)(void))
{
    hook_before = before;
    hook_after = after;
}

/* A line is one line, and what a device said in it is nothing that a terminal would obey: control
 * characters, those of C1 in UTF-8 included, become '?'. */
static void tame(char *line)
{
    for (unsigned char *p = (unsigned char *)line; *p; p++) {
        bool c1 = p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0;
        if (c1)
            p[1] = '?';
        if (c1 || (*p < 0x20 && *p != '\t') || *p == 0x7f)
            *p = '?';
    }
}

void log_line(enum log_level level, const char *format, ...)
{
    if (level > current || level < LOG_WARN)
        return;
    int error = errno; /* of the caller, who may want to look at it after the warning */
    char line[2048];
    int head = snprintf(line, sizeof line, "poller: %s: ", level_names[level]);
    va_list ap;
    va_start(ap, format);
    int n = vsnprintf(line + head, sizeof line - (size_t)head - 1, format, ap);
    va_end(ap);
    if (n < 0)
        line[head] = '\0';
    tame(line);
    size_t len = strlen(line);
    line[len++] = '\n';
    if (hook_before)
        hook_before();
    /* Nothing can be done, or said, where standard error itself fails. */
    ssize_t ignored = write(STDERR_FILENO, line, len);
    (void)ignored;
    if (hook_after)
        hook_after();
    errno = error;
}
