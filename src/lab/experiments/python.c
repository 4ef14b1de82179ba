#include "lab/experiments/python.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_S 60

/* The script's process; *fd reads what it prints. -1 with errno. */
static pid_t start(const char *python, const char *script, int *fd)
{
    const char *const argv[] = {python, "-c", script, NULL};
    int ends[2];
    if (pipe(ends) != 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)alarm(LIMIT_S); /* stays over exec */
        if (dup2(ends[1], STDOUT_FILENO) >= 0 && !freopen("/dev/null", "w", stderr))
            _Exit(127);
        execv(python, (char *const *)(uintptr_t)argv);
        _Exit(127);
    }
    close(ends[1]);
    *fd = ends[0];
    if (pid < 0)
        close(ends[0]);
    return pid;
}

static unsigned read_numbers(int fd, double *numbers, unsigned n)
{
    FILE *in = fdopen(fd, "r");
    char line[1024] = "", *at = line, *end;
    unsigned got = 0;
    if (in && !fgets(line, sizeof line, in))
        line[0] = '\0';
    while (got < n) {
        double number = strtod(at, &end);
        if (end == at)
            break;
        numbers[got++] = number;
        at = end;
    }
    if (in)
        fclose(in);
    return got;
}

bool python_run(const struct experiment_env *env, struct finding *f, const char *script,
                double *numbers, unsigned n)
{
    int fd = -1, status = 0;
    if (!env->python || access(env->python, X_OK) != 0) {
        if (env->python)
            finding_skip(f, "CPython beside it: there is no program '%.400s'", env->python);
        else
            finding_skip(f, "CPython beside it: there is no python3 on this machine");
        return false;
    }
    pid_t pid = start(env->python, script, &fd);
    unsigned got = pid > 0 ? read_numbers(fd, numbers, n) : 0;
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (got == n && status == 0)
        return true;
    finding_skip(f, "CPython beside it: %s did not run the script to its end", env->python);
    return false;
}
