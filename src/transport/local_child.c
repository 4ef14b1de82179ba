#include "transport/local.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_NO_SHELL 127

/* In the child of a process that may have threads: only async-signal-safe calls. */
static _Noreturn void become(int stream, const char *line, pid_t parent)
{
    struct sigaction normal = {.sa_handler = SIG_DFL};
    for (int i = 1; i < NSIG; i++)
        (void)sigaction(i, &normal, NULL);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) /* it went before we asked */
        _Exit(EXIT_NO_SHELL);
    if (stream <= STDERR_FILENO) /* out of the way of what is about to be replaced */
        stream = dup(dup(dup(stream)));
    if (dup2(stream, STDIN_FILENO) < 0 || dup2(stream, STDOUT_FILENO) < 0 ||
        dup2(stream, STDERR_FILENO) < 0)
        _Exit(EXIT_NO_SHELL);
    /* Ours are close-on-exec; this is for those that libraries opened. Old kernels lack it. */
    (void)close_range(STDERR_FILENO + 1, ~0U, 0);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    char *const argv[] = {(char[]){"sh"}, (char[]){"-c"}, (char *)(uintptr_t)line, NULL};
    execve("/bin/sh", argv, environ);
    _Exit(EXIT_NO_SHELL);
}

/* fork with every signal blocked, so that no handler of the parent runs in the child. */
static pid_t fork_child(int stream, const char *line)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        become(stream, line, parent);
    int error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return pid;
}

int local_child_start(struct local_child *c, const char *line, struct err *e)
{
    int pair[2];
    *c = (struct local_child){.fd = -1, .pidfd = -1, .exit_status = -1};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return err_set(e, FAIL_INTERNAL, "no socket pair for the program: %s", strerror(errno));
    c->fd = pair[0];
    c->pid = fork_child(pair[1], line);
    int error = errno;
    close(pair[1]);
    if (c->pid < 0) {
        c->pid = 0;
        local_child_end(c);
        return err_set(e, FAIL_INTERNAL, "the program could not be started: %s", strerror(error));
    }
    setpgid(c->pid, c->pid); /* whichever of the two comes first */
    c->pidfd = pidfd_open(c->pid, 0);
    if (c->pidfd < 0) {
        error = errno;
        local_child_end(c);
        return err_set(e, FAIL_INTERNAL, "the program cannot be watched: %s", strerror(error));
    }
    return 0;
}

bool local_child_exited(struct local_child *c)
{
    siginfo_t info = {0};
    if (c->exited || c->pid == 0)
        return true;
    int rc = waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG | WNOWAIT);
    if (rc < 0 && errno != EINTR) { /* somebody ignores SIGCHLD: it is gone, unseen */
        c->exited = true;
        return true;
    }
    if (rc < 0 || info.si_pid == 0)
        return false;
    c->exited = true;
    if (info.si_code == CLD_EXITED)
        c->exit_status = info.si_status;
    return true;
}

void local_child_signal(const struct local_child *c, int signal_number)
{
    if (c->pid > 0)
        kill(-c->pid, signal_number);
}

void local_child_end(struct local_child *c)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
    local_child_signal(c, SIGKILL);
    if (c->pid > 0) {
        struct pollfd gone = {.fd = c->pidfd, .events = POLLIN};
        siginfo_t info;
        if (c->pidfd >= 0 && !c->exited)
            poll(&gone, 1, LOCAL_REAP_MS);
        waitid(P_PID, (id_t)c->pid, &info, WEXITED | (c->pidfd >= 0 ? WNOHANG : 0));
    }
    if (c->pidfd >= 0)
        close(c->pidfd);
    c->pidfd = -1;
    c->pid = 0;
}
