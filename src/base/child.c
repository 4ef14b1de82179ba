#include "base/child.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

static const int interrupts[] = {SIGINT, SIGTERM, SIGHUP};
#define N_INTERRUPTS (sizeof interrupts / sizeof *interrupts)

static void be_child(pid_t parent)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&ignore.sa_mask);
    for (size_t i = 0; i < N_INTERRUPTS; i++)
        sigaction(interrupts[i], &ignore, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) /* it died before the line above */
        _Exit(EXIT_FAILURE);
}

pid_t child_fork(void)
{
    sigset_t held, before;
    pid_t parent = getpid();
    sigemptyset(&held);
    for (size_t i = 0; i < N_INTERRUPTS; i++)
        sigaddset(&held, interrupts[i]);
    pthread_sigmask(SIG_BLOCK, &held, &before);
    pid_t child = fork();
    int error = errno;
    if (child == 0)
        be_child(parent);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return child;
}
