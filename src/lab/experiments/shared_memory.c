#include "lab/experiments/threads.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define BEFORE 1
#define AFTER  2

/* volatile: read again after the child has ended, whatever the compiler knows of this process. */
static volatile int ordinary = BEFORE;

static void *assign(void *ctx)
{
    (void)ctx;
    ordinary = AFTER;
    return NULL;
}

/* A child assigns the ordinary variable and the shared one, and says through the pipe what it saw
 * itself. */
static void be_child(atomic_int *shared, int fd)
{
    ordinary = AFTER;
    atomic_store(shared, AFTER);
    int own = ordinary;
    _Exit(write(fd, &own, sizeof own) == (ssize_t)sizeof own ? 0 : 1);
}

static int through_child(atomic_int *shared, int *told, struct err *e)
{
    int ends[2];
    if (pipe(ends) != 0)
        return err_set(e, FAIL_INTERNAL, "no pipe: %s", strerror(errno));
    pid_t pid = fork();
    if (pid == 0)
        be_child(shared, ends[1]);
    close(ends[1]);
    ssize_t n = pid < 0 ? -1 : read(ends[0], told, sizeof *told);
    close(ends[0]);
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    return n == (ssize_t)sizeof *told ? 0 : err_set(e, FAIL_INTERNAL, "the child said nothing");
}

static int run(const struct experiment_env *env, struct finding *f, struct err *e)
{
    atomic_int *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int told = 0;
    double ms;
    (void)env;
    if (shared == MAP_FAILED)
        return err_set(e, FAIL_INTERNAL, "no shared memory: %s", strerror(errno));
    atomic_store(shared, BEFORE);
    ordinary = BEFORE;
    if (threads_run(assign, NULL, 1, &ms, e) != 0)
        return -1;
    int by_thread = ordinary;
    ordinary = BEFORE;
    if (through_child(shared, &told, e) != 0)
        return -1;
    int by_child = ordinary, by_shared = atomic_load(shared);
    finding_value(f, by_thread, "", "variable after a thread assigned %d to it", AFTER);
    finding_value(f, by_child, "", "the same after a forked child did");
    finding_value(f, told, "", "what the child saw itself, through a pipe");
    finding_value(f, by_shared, "", "variable in shared memory after the child assigned it");
    bool holds = by_thread == AFTER && by_child == BEFORE && told == AFTER && by_shared == AFTER;
    return finding_decide(
        f, holds ? VERDICT_HOLDS : VERDICT_NOT,
        "holds where the thread's assignment is seen (%d), the child's is not (%d) "
        "though it saw it itself (%d), and shared memory carries it over (%d)",
        by_thread, by_child, told, by_shared);
}

const struct experiment experiment_shared_memory = {
    "shared-memory",
    "Threads see each other's assignments; a forked process has its own copy; processes talk only "
    "through channels made for it.",
    "A variable is 1; a thread assigns 2 to it, then a forked child does, and each time the parent "
    "looks. The child tells what it saw through a pipe, and assigns a variable in shared memory "
    "too.",
    run};
