#include "lab/experiments/target.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGUMENTS_MAX 64
#define TRIES         32
/* Below the ports that clients are given; a simulator takes four. */
#define PORT_FIRST       16000
#define PORT_LAST        31000
#define DOCKER_INVENTORY "build/lab/devices.yaml"

struct arguments {
    const char *items[ARGUMENTS_MAX];
    size_t n;
};

static void add(struct arguments *a, const char *item)
{
    if (a->n + 1 < ARGUMENTS_MAX)
        a->items[a->n++] = item;
    a->items[a->n] = NULL;
}

/* out_fd becomes the child's standard output; its standard error is dropped: a port in use is told
 * by its exit status. */
static pid_t spawn(const struct arguments *a, int out_fd)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(null, STDERR_FILENO) >= 0 &&
        dup2(out_fd, STDOUT_FILENO) >= 0)
        execv(a->items[0], (char *const *)(uintptr_t)a->items);
    _Exit(127);
}

static struct arguments arguments_for(const struct experiment_env *env, const char *command,
                                      const char *const *options, const char *port)
{
    struct arguments a = {0};
    add(&a, env->self);
    add(&a, command);
    for (; *options; options++)
        add(&a, *options);
    add(&a, "--ssh-port");
    add(&a, port);
    return a;
}

/* True when its first line says that it is ready. */
static bool is_ready(int fd)
{
    char line[256] = "";
    size_t len = 0;
    ssize_t n;
    while (len + 1 < sizeof line && !strchr(line, '\n') &&
           ((n = read(fd, line + len, sizeof line - 1 - len)) > 0 || (n < 0 && errno == EINTR)))
        if (n > 0)
            line[len += (size_t)n] = '\0';
    return strncmp(line, "ready:", 6) == 0;
}

static int try_start(struct target *t, const struct experiment_env *env, const char *const *options,
                     const char *port)
{
    struct arguments a = arguments_for(env, "sim", options, port);
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    t->pid = spawn(&a, ends[1]);
    close(ends[1]);
    bool is_up = t->pid > 0 && is_ready(ends[0]);
    close(ends[0]);
    if (!is_up)
        target_stop(t);
    return is_up ? 0 : -1;
}

/* The inventory of the simulator on this port, to path. */
static int write_inventory(const char *path, const struct experiment_env *env,
                           const char *const *options, const char *port, struct err *e)
{
    struct arguments a = arguments_for(env, "inventory", options, port);
    int status = -1;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    pid_t pid = fd < 0 ? -1 : spawn(&a, fd);
    if (pid > 0)
        (void)waitpid(pid, &status, 0);
    if (fd >= 0)
        close(fd);
    return status == 0
               ? 0
               : err_set(e, FAIL_INTERNAL, "the simulator's inventory %s was not written", path);
}

int target_list(const struct target *t, const struct experiment_env *env,
                const char *const *options, const char *path, struct err *e)
{
    char port[16];
    snprintf(port, sizeof port, "%d", t->port);
    return write_inventory(path, env, options, port, e);
}

int target_check(const struct experiment_env *env, struct err *e)
{
    if (!env->is_docker || access(DOCKER_INVENTORY, R_OK) == 0)
        return 0;
    return err_set(e, FAIL_USAGE, "--lab docker: %s is not there (make lab-up N=20 makes it)",
                   DOCKER_INVENTORY);
}

static int use_docker(struct target *t, const struct experiment_env *env, struct err *e)
{
    snprintf(t->inventory, sizeof t->inventory, "%s", DOCKER_INVENTORY);
    return target_check(env, e);
}

int target_start(struct target *t, const struct experiment_env *env, const char *const *options,
                 struct err *e)
{
    char port[16];
    *t = (struct target){0};
    if (env->is_docker)
        return use_docker(t, env, e);
    for (int i = 0; i < TRIES; i++) {
        int at = PORT_FIRST + 4 * ((getpid() * 7 + i * 131) % ((PORT_LAST - PORT_FIRST) / 4));
        snprintf(port, sizeof port, "%d", at);
        if (try_start(t, env, options, port) == 0) {
            t->port = at;
            snprintf(t->inventory, sizeof t->inventory, "%s/devices-%s.yaml", env->place, port);
            return write_inventory(t->inventory, env, options, port, e);
        }
    }
    return err_set(e, FAIL_INTERNAL, "the simulator did not start: try poller-lab sim by hand");
}

void target_stop(struct target *t)
{
    if (t->pid > 0) {
        kill(t->pid, SIGTERM);
        while (waitpid(t->pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    t->pid = 0;
}
