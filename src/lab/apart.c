#include "lab/apart.h"

#include <poller/clock.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* To end by themselves when they are told to, and then to be gone when they were killed. */
#define PATIENCE_MS 5000

void apart_begin(struct apart *a)
{
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction now;
    sigemptyset(&a->watched);
    sigaddset(&a->watched, SIGCHLD);
    signal(SIGCHLD, SIG_DFL); /* ignored, it would not be told */
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (sigaction(ends[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
            sigaddset(&a->watched, ends[i]);
    sigprocmask(SIG_BLOCK, &a->watched, &a->before);
    /* Processes whose parent has ended become ours, so that they can be waited for. */
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
}

static _Noreturn void be_apart(const struct apart *a, pid_t parent, void (*work)(void *), void *ctx)
{
    (void)setpgid(0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    sigprocmask(SIG_SETMASK, &a->before, NULL);
    if (getppid() == parent)
        work(ctx);
    _Exit(0);
}

enum left { LEFT_NONE, LEFT_SOME, LEFT_WORK };

/* Buries who has ended, and tells who has not. */
static enum left bury(pid_t *work)
{
    pid_t pid;
    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
        if (pid == *work)
            *work = 0;
    return pid < 0 ? LEFT_NONE : *work ? LEFT_WORK : LEFT_SOME;
}

static bool are_gone_in_time(void)
{
    struct mono start = mono_now();
    sigset_t child;
    pid_t none = 0;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    for (;;) {
        double rest = PATIENCE_MS - mono_ms_between(start, mono_now());
        if (bury(&none) == LEFT_NONE)
            return true;
        if (rest <= 0)
            return false;
        const struct timespec limit = {(time_t)(rest / 1000), (long)rest % 1000 * 1000000};
        (void)sigtimedwait(&child, NULL, &limit);
    }
}

static void end_group(pid_t leader)
{
    pid_t none = 0;
    if (bury(&none) == LEFT_NONE)
        return;
    kill(-leader, SIGTERM);
    if (!are_gone_in_time()) {
        kill(-leader, SIGKILL);
        (void)are_gone_in_time();
    }
}

int apart_run(const struct apart *a, void (*work)(void *), void *ctx)
{
    pid_t parent = getpid();
    fflush(NULL);
    pid_t leader = fork(), running = leader;
    int came = 0;
    if (leader == 0)
        be_apart(a, parent, work, ctx);
    if (leader < 0)
        return -1;
    (void)setpgid(leader, leader); /* whichever of the two comes first */
    while (bury(&running) == LEFT_WORK)
        if ((came = sigwaitinfo(&a->watched, NULL)) > 0 && came != SIGCHLD)
            break;
    end_group(leader);
    return came > 0 && came != SIGCHLD ? came : 0;
}
