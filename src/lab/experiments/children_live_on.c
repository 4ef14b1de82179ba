#include "lab/experiments/experiment.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LATER_MS 250

/* The end that the one who lives on writes to. */
static int told_fd;

static void later(void)
{
    const struct timespec time = {0, LATER_MS * 1000000L};
    nanosleep(&time, NULL);
}

static void tell(void)
{
    later();
    (void)!write(told_fd, "+", 1);
}

static void *tell_in_thread(void *ctx)
{
    tell();
    return ctx;
}

/* --- ways for a parent to go while the other has not told yet; each ends its process --- */

static void leave_child(void)
{
    if (fork() == 0)
        tell(); /* and ends below, long after its parent */
    _Exit(0);
}

/* As poller's worker processes do it. */
static void leave_bound_child(void)
{
    pid_t parent = getpid();
    if (fork() == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() == parent)
            tell();
        _Exit(0);
    }
    /* The child is bound before the parent goes. */
    const struct timespec time = {0, 50 * 1000000L};
    nanosleep(&time, NULL);
    _Exit(0);
}

static void leave_thread(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, tell_in_thread, NULL) != 0)
        _Exit(1);
    _Exit(0);
}

static void leave_thread_by_its_exit(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, tell_in_thread, NULL) != 0)
        _Exit(1);
    pthread_exit(NULL); /* the main thread ends, the process does not */
}

/* Whether somebody told after the process that ran body had ended, or its main thread had. */
static int lives_on(void (*body)(void), bool *lives, struct err *e)
{
    int ends[2];
    char byte;
    if (pipe(ends) != 0)
        return err_set(e, FAIL_INTERNAL, "no pipe: %s", strerror(errno));
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        told_fd = ends[1];
        body();
    }
    close(ends[1]);
    /* The end of all writers is the end of all who could tell. */
    *lives = pid > 0 && read(ends[0], &byte, 1) == 1;
    close(ends[0]);
    if (pid > 0)
        kill(pid, SIGKILL); /* it has told; a thread of a sanitizer's would keep it for ever */
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    return pid > 0 ? 0 : err_set(e, FAIL_INTERNAL, "no process could be made");
}

static int run(const struct experiment_env *env, struct finding *f, struct err *e)
{
    static const struct {
        const char *name;
        void (*body)(void);
    } ways[] = {{"forked child, its parent ended", leave_child},
                {"the same, bound to its parent as poller's workers are", leave_bound_child},
                {"thread, its process ended by exit", leave_thread},
                {"thread, only the main thread ended", leave_thread_by_its_exit}};
    bool lives[4] = {false};
    (void)env;
    for (int i = 0; i < 4; i++) {
        if (lives_on(ways[i].body, &lives[i], e) != 0)
            return -1;
        finding_value(f, lives[i], "", "lives on (1) or not (0): %s", ways[i].name);
    }
    if (!lives[0] || lives[1] || lives[2])
        return finding_decide(
            f, VERDICT_NOT,
            "a child must live on (%d), a bound one not (%d), a thread of an ended "
            "process not (%d)",
            lives[0], lives[1], lives[2]);
    if (lives[3])
        return finding_depends(
            f,
            "how the main thread ends: by exit or return all threads end with it, "
            "by pthread_exit they go on",
            "the child lives on (%d), the thread does not after exit (%d) but does "
            "after pthread_exit (%d); a child bound to its parent ends with it (%d)",
            lives[0], lives[2], lives[3], lives[1]);
    return finding_decide(
        f, VERDICT_HOLDS,
        "the child lives on (%d), the thread never does (%d, %d); a child bound to "
        "its parent ends with it (%d)",
        lives[0], lives[2], lives[3], lives[1]);
}

const struct experiment experiment_children_live_on = {
    "children-live-on",
    "A forked child may go on after its parent ends; a thread dies with its process's main thread.",
    "A child and a thread each tell after a quarter of a second, when the process that made them, "
    "or "
    "its main thread, has ended; who tells lived on. And a child that is bound to its parent by "
    "PR_SET_PDEATHSIG, as poller's worker processes are, so that none is left behind.",
    run};
