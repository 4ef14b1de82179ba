#include "model/secret_fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <poller/clock.h>
#include <poller/err.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM_LIMIT_MS 30000
#define MS_PER_S         1000
#define SHELL_NOT_FOUND  127

/* A program under way. */
struct program {
    pid_t pid;
    int pidfd; /* readable when it has ended */
    int out;   /* its standard output; -1 after the end */
};

static int spawn_shell(const char *text, int out, pid_t *pid)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    sigset_t none, usual;
    sigemptyset(&none);
    sigfillset(&usual);
    if (posix_spawn_file_actions_init(&files) != 0)
        return ENOMEM;
    if (posix_spawnattr_init(&attr) != 0) {
        posix_spawn_file_actions_destroy(&files);
        return ENOMEM;
    }
    char *const argv[] = {"sh", "-c", (char *)(uintptr_t)text, NULL};
    int rc = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (rc == 0)
        rc = posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
    if (rc == 0)
        rc = posix_spawnattr_setsigmask(&attr, &none);
    if (rc == 0)
        rc = posix_spawnattr_setsigdefault(&attr, &usual);
    if (rc == 0)
        rc = posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (rc == 0)
        rc = posix_spawn(pid, "/bin/sh", &files, &attr, argv, environ);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&files);
    return rc;
}

static int start(struct program *p, const char *text, struct err *e)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return err_set(e, FAIL_USAGE, "no pipe to a program: %s", strerror(errno));
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    int rc = spawn_shell(text, ends[1], &p->pid);
    close(ends[1]);
    p->out = ends[0];
    p->pidfd = rc == 0 ? pidfd_open(p->pid, 0) : -1;
    if (rc == 0 && p->pidfd < 0) {
        rc = errno;
        kill(p->pid, SIGKILL);
        waitpid(p->pid, NULL, 0);
    }
    if (rc == 0)
        return 0;
    close(p->out);
    return err_set(e, FAIL_USAGE, "the program cannot be started: %s", strerror(rc));
}

/* Takes what is there. 1: more may come; 0: the end; -1 with err. */
static int take_output(struct program *p, struct buf *out, struct err *e)
{
    char chunk[512];
    int rc = 1;
    while (rc == 1) {
        ssize_t n = read(p->out, chunk, sizeof chunk);
        if (n < 0 && errno == EAGAIN)
            break;
        if (n < 0 && errno != EINTR)
            rc = err_set(e, FAIL_USAGE, "the program's output: %s", strerror(errno));
        else if (n == 0)
            rc = 0;
        else if (n > 0 && buf_add(out, chunk, (size_t)n) != 0)
            rc = err_set(e, FAIL_USAGE, "the program printed over %d bytes", SECRET_VALUE_MAX);
    }
    explicit_bzero(chunk, sizeof chunk);
    return rc;
}

/* Until the program has ended. What it left running may keep the pipe open: nobody waits for that.
 */
static int read_to_end(struct program *p, struct buf *out, struct err *e)
{
    struct mono deadline = mono_add_ms(mono_now(), PROGRAM_LIMIT_MS);
    for (;;) {
        struct pollfd fds[2] = {{p->pidfd, POLLIN, 0}, {p->out, POLLIN, 0}};
        int n = poll(fds, 2, mono_poll_timeout(mono_now(), deadline));
        if (n < 0 && errno != EINTR)
            return err_set(e, FAIL_USAGE, "waiting for the program: %s", strerror(errno));
        if (n == 0 || mono_reached(mono_now(), deadline))
            return err_set(e, FAIL_USAGE, "the program did not end within %d s",
                           PROGRAM_LIMIT_MS / MS_PER_S);
        if (n < 0)
            continue;
        int more = p->out >= 0 ? take_output(p, out, e) : 0;
        if (more < 0)
            return -1;
        if (fds[0].revents)
            return 0;
        if (more == 0 && p->out >= 0) {
            close(p->out);
            p->out = -1;
        }
    }
}

static int check_status(int status, struct err *e)
{
    if (WIFSIGNALED(status))
        return err_set(e, FAIL_USAGE, "the program was ended by signal %d", WTERMSIG(status));
    int code = WEXITSTATUS(status);
    if (code == 0)
        return 0;
    return err_set(e, FAIL_USAGE, "the program ended with exit code %d%s", code,
                   code == SHELL_NOT_FOUND ? " (not found)" : "");
}

int secret_fetch_program(const char *argument, struct buf *out, struct err *e)
{
    /* Whoever started us may have told the kernel to forget ended children. */
    struct sigaction before, usual = {.sa_handler = SIG_DFL};
    sigaction(SIGCHLD, &usual, &before);
    struct program p = {0};
    int rc = start(&p, argument, e), status = 0;
    if (rc == 0) {
        rc = read_to_end(&p, out, e);
        if (rc != 0)
            kill(p.pid, SIGKILL);
        pid_t got;
        do
            got = waitpid(p.pid, &status, 0);
        while (got < 0 && errno == EINTR);
        close(p.pidfd);
        if (p.out >= 0)
            close(p.out);
        if (rc == 0)
            rc = check_status(status, e);
    }
    sigaction(SIGCHLD, &before, NULL);
    return rc;
}
