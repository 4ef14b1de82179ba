#include "cli/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <poller/err.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* One line from fd without its end; -1 at end of file or when it does not fit. */
static int read_line(int fd, char *out, size_t size)
{
    for (size_t n = 0; n < size;) {
        char c;
        ssize_t got = read(fd, &c, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return -1;
        if (c == '\n') {
            out[n] = '\0';
            return 0;
        }
        out[n++] = c;
    }
    return -1;
}

int ask_person(void *ctx, const char *question, char *out, size_t size, struct err *e)
{
    (void)ctx;
    struct termios before, quiet;
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return err_set(e, FAIL_USAGE,
                       "%s is to be asked for, and there is no terminal: use env:NAME, file:PATH "
                       "or cmd:PROGRAM instead",
                       question);
    bool is_tty = tcgetattr(fd, &before) == 0;
    if (is_tty) {
        quiet = before;
        quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
        tcsetattr(fd, TCSAFLUSH, &quiet);
    }
    dprintf(fd, "%s: ", question);
    int rc = read_line(fd, out, size);
    if (is_tty)
        tcsetattr(fd, TCSAFLUSH, &before);
    dprintf(fd, "\n");
    close(fd);
    if (rc != 0)
        return err_set(e, FAIL_USAGE, "%s was asked for and not given", question);
    return 0;
}
