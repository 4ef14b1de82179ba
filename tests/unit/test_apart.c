/* links: lab/apart base/clock */
#include "lab/apart.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* In shared memory: what the work leaves behind. */
static struct seen {
    atomic_int left, group, is_interruptible;
} * seen;

static struct apart apart;

/* A process that nothing ends but a signal, in the work's group. */
static void leave_one(void)
{
    pid_t pid = fork();
    if (pid == 0)
        for (;;)
            pause();
    atomic_store(&seen->left, pid);
}

static void note(void *ctx)
{
    sigset_t mask;
    (void)ctx;
    sigprocmask(SIG_SETMASK, NULL, &mask);
    atomic_store(&seen->is_interruptible, !sigismember(&mask, SIGTERM));
    atomic_store(&seen->group, getpgrp() == getpid());
    leave_one();
}

static void interrupt(void *ctx)
{
    leave_one();
    kill(getppid(), *(int *)ctx);
    for (;;)
        pause();
}

static void hang_up(void *ctx)
{
    leave_one();
    kill(getppid(), *(int *)ctx);
}

static void die(void *ctx)
{
    (void)ctx;
    leave_one();
    raise(SIGKILL);
}

static void assert_none_left(void)
{
    assert_true(seen->left > 0);
    assert_int_equal(kill(seen->left, 0), -1);
    assert_int_equal(errno, ESRCH);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    seen->left = 0;
}

static void work_ends_with_all_that_it_started(void **state)
{
    (void)state;
    assert_int_equal(apart_run(&apart, note, NULL), 0);
    assert_true(seen->is_interruptible);
    assert_true(seen->group);
    assert_none_left();
}

static void work_that_dies_leaves_nobody_either(void **state)
{
    (void)state;
    assert_int_equal(apart_run(&apart, die, NULL), 0);
    assert_none_left();
}

static void an_interrupt_ends_work(void **state)
{
    int signals[] = {SIGTERM, SIGINT};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(apart_run(&apart, interrupt, &signals[i]), signals[i]);
        assert_none_left();
    }
}

static void what_was_ignored_does_not_interrupt(void **state)
{
    int number = SIGHUP; /* ignored before apart_begin(), as nohup does it */
    (void)state;
    assert_false(sigismember(&apart.watched, number));
    assert_int_equal(apart_run(&apart, hang_up, &number), 0);
    assert_none_left();
}

static int begin(void **state)
{
    (void)state;
    seen = mmap(NULL, sizeof *seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    signal(SIGHUP, SIG_IGN);
    apart_begin(&apart);
    return seen == MAP_FAILED ? -1 : 0;
}

static int end(void **state)
{
    (void)state;
    sigprocmask(SIG_SETMASK, &apart.before, NULL);
    return munmap(seen, sizeof *seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(work_ends_with_all_that_it_started),
        cmocka_unit_test(work_that_dies_leaves_nobody_either),
        cmocka_unit_test(an_interrupt_ends_work),
        cmocka_unit_test(what_was_ignored_does_not_interrupt),
    };
    alarm(100);
    return cmocka_run_group_tests(tests, begin, end);
}
