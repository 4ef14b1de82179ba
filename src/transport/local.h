/* The `local` transport: a program of this machine in a device's place.
 *
 * The device's `host` is a program line. start(NULL) runs it by `/bin/sh -c`; start(command) runs
 * the command by `/bin/sh -c` instead, as SSH exec does, once or one after another. Standard input,
 * output and error are one end of a socket pair, so there is no terminal, no echo and no second
 * stream. Nothing runs before start().
 *
 * The child leads a process group of its own, has every other descriptor closed, all signals at
 * their defaults, and gets SIGKILL when the thread that started it ends (PR_SET_PDEATHSIG). The
 * stream ends when the program ends and what it wrote has been taken, even where a child of its own
 * still holds the socket. exit_status() is -1 for a program that a signal ended.
 *
 * close() ends its input and reads nothing more; the group gets SIGTERM LOCAL_TERM_MS and SIGKILL
 * LOCAL_KILL_MS after that. free() kills at once and waits at most LOCAL_REAP_MS for the kernel to
 * take the child down. No zombie and no member of the group is left. */
#ifndef POLLER_TRANSPORT_LOCAL_H
#define POLLER_TRANSPORT_LOCAL_H

#include <poller/err.h>
#include <poller/transport.h>
#include <sys/types.h>

#define LOCAL_TERM_MS 300
#define LOCAL_KILL_MS 1000
#define LOCAL_REAP_MS 200

struct local_child {
    pid_t pid; /* 0: none; leader of its group */
    int pidfd;
    int fd;          /* our end of the pair */
    bool exited;     /* seen by waitid, not reaped yet: its pid and group stay ours to signal */
    int exit_status; /* once exited; -1: by a signal */
};

/* Runs line by /bin/sh -c. 0, or -1 with err (FAIL_INTERNAL). */
int local_child_start(struct local_child *c, const char *line, struct err *e);

/* Looks whether it has exited; never blocks. */
bool local_child_exited(struct local_child *c);

void local_child_signal(const struct local_child *c, int signal_number);

/* Kills what is left of its group, reaps it, closes the descriptors. c is empty again. */
void local_child_end(struct local_child *c);

#endif
