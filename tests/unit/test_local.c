/* links: base/buf base/clock base/err transport/local transport/local_child */
/* Programs of this machine in a device's place: how they end, and that nothing of them stays. */
#include "transport/local.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const struct mono t0 = {INT64_C(1000000000)};

static struct transport *open_local(const char *program)
{
    struct device device = {.host = program, .transport = TRANSPORT_LOCAL};
    struct transport_config config = {.device = &device, .max_pending = 1 << 16};
    struct err e = {0};
    struct transport *t = transport_local.open(&config, &e);
    if (t && t->ops->step(t, t0, &e) != IO_OK) {
        t->ops->free(t);
        return NULL;
    }
    return t;
}

static struct transport *start_local(const char *program)
{
    struct transport *t = open_local(program);
    struct err e = {0};
    assert_non_null(t);
    if (t->ops->start(t, NULL, t0, &e) != IO_OK)
        fail_msg("%s", e.text);
    return t;
}

static void wait_for(const struct transport *t)
{
    struct pollfd want[TRANSPORT_WANT_MAX];
    struct mono deadline = MONO_NEVER;
    size_t n = t->ops->want(t, want, &deadline);
    poll(want, n, 5000);
}

static enum io_result take(struct transport *t, char *to, size_t size, size_t *n)
{
    enum transport_stream stream;
    struct err e = {0};
    enum io_result result = t->ops->recv(t, to, size, n, &stream, t0, &e);
    for (int i = 0; i < 5 && result == IO_AGAIN; i++) {
        wait_for(t);
        result = t->ops->recv(t, to, size, n, &stream, t0, &e);
    }
    return result;
}

/* Everything until the end of the stream, as text. */
static const char *take_all(struct transport *t)
{
    static char text[4096];
    size_t len = 0, n;
    enum io_result result;
    while ((result = take(t, text + len, sizeof(text) - 1 - len, &n)) == IO_OK)
        len += n;
    assert_int_equal(result, IO_END);
    text[len] = '\0';
    return text;
}

/* Closes in time as a session does; returns the milliseconds it took. */
static int64_t close_local(struct transport *t)
{
    int64_t ms = 0;
    for (int i = 0; i < 10; i++) {
        struct pollfd want[TRANSPORT_WANT_MAX];
        struct mono now = mono_add_ms(t0, ms), deadline = MONO_NEVER;
        if (t->ops->close(t, now) == IO_OK)
            return ms;
        /* What does not come by itself comes by the deadline. */
        size_t n = t->ops->want(t, want, &deadline);
        int timeout = mono_is_never(deadline) ? 5000 : 100;
        if (poll(want, n, timeout) == 0 && !mono_is_never(deadline))
            ms = (int64_t)mono_ms_between(t0, deadline);
    }
    return -1;
}

static void expect_no_child(void)
{
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void a_program_talks_and_ends(void **state)
{
    (void)state;
    struct err e = {0};
    size_t sent;
    struct transport *t = start_local("read line; echo \"got $line\"; echo err >&2; exit 7");
    assert_int_equal(t->phase_end[PHASE_RESOLVE].ns, t0.ns);
    assert_int_equal(t->phase_end[PHASE_CONNECT].ns, t0.ns);
    assert_false(mono_is_set(t->phase_end[PHASE_KEX]));
    assert_false(t->ops->echo(t));
    assert_int_equal(t->ops->exit_status(t), -1);
    assert_int_equal(t->ops->send(t, "hello\n", 6, &sent, t0, &e), IO_OK);
    assert_int_equal(sent, 6);
    assert_string_equal(take_all(t), "got hello\nerr\n");
    assert_int_equal(t->ops->exit_status(t), 7);
    assert_int_equal(close_local(t), 0);
    t->ops->free(t);
    expect_no_child();
}

static void exec_runs_commands_one_after_another(void **state)
{
    (void)state;
    struct err e = {0};
    struct transport *t = open_local("echo not run");
    assert_int_equal(t->ops->start(t, "echo one; exit 1", t0, &e), IO_OK);
    assert_int_equal(t->ops->start(t, "echo too early", t0, &e), IO_FAIL);
    assert_int_equal(e.class, FAIL_NO_SESSION);
    err_clear(&e);
    assert_string_equal(take_all(t), "one\n");
    assert_int_equal(t->ops->exit_status(t), 1);
    assert_int_equal(t->ops->start(t, "echo two", t0, &e), IO_OK);
    assert_string_equal(take_all(t), "two\n");
    assert_int_equal(t->ops->exit_status(t), 0);
    t->ops->free(t);
    expect_no_child();
}

static void a_program_that_is_not_there_ends_with_127(void **state)
{
    (void)state;
    struct transport *t = start_local("exec /nonexistent/program");
    assert_non_null(strstr(take_all(t), "not found"));
    assert_int_equal(t->ops->exit_status(t), 127);
    t->ops->free(t);
}

static void a_signal_is_no_exit_status(void **state)
{
    (void)state;
    struct transport *t = start_local("kill -9 $$");
    assert_string_equal(take_all(t), "");
    assert_int_equal(t->ops->exit_status(t), -1);
    t->ops->free(t);
}

/* A grandchild that holds the socket open does not hold the stream open. */
static void the_stream_ends_with_the_program(void **state)
{
    (void)state;
    struct transport *t = start_local("sleep 1000 & echo $!");
    pid_t grandchild = (pid_t)atoi(take_all(t));
    assert_true(grandchild > 1);
    assert_return_code(kill(grandchild, 0), errno);
    assert_int_equal(close_local(t), 0);
    /* It belongs to init, or to a reaper above us, now: gone, or dead and waiting for that. */
    char path[64], line[256] = "";
    snprintf(path, sizeof(path), "/proc/%d/stat", grandchild);
    for (int i = 0; i < 1000; i++) {
        FILE *f = fopen(path, "r");
        bool there = f && fgets(line, sizeof(line), f) && !strstr(line, ") Z");
        if (f)
            fclose(f);
        if (!there)
            break;
        poll(NULL, 0, 1);
        assert_true(i < 999);
    }
    t->ops->free(t);
}

static void a_closed_output_waits_for_the_exit(void **state)
{
    (void)state;
    struct transport *t = start_local("echo bye; exec <&- >&- 2>&-; sleep 0.05; exit 3");
    assert_string_equal(take_all(t), "bye\n");
    assert_int_equal(t->ops->exit_status(t), 3);
    t->ops->free(t);
}

static void input_it_does_not_take_is_a_failure(void **state)
{
    (void)state;
    struct err e = {0};
    size_t sent;
    struct transport *t = start_local("exit 0");
    take_all(t);
    assert_int_equal(t->ops->send(t, "x", 1, &sent, t0, &e), IO_FAIL);
    assert_int_equal(e.class, FAIL_PEER_CLOSED);
    t->ops->free(t);
}

static void input_beyond_its_buffer_waits(void **state)
{
    (void)state;
    struct err e = {0};
    static char much[1 << 16];
    size_t sent;
    enum io_result result = IO_OK;
    struct transport *t = start_local("sleep 1000");
    for (int i = 0; i < 1000 && result == IO_OK; i++)
        result = t->ops->send(t, much, sizeof(much), &sent, t0, &e);
    assert_int_equal(result, IO_AGAIN);
    struct pollfd want[TRANSPORT_WANT_MAX];
    struct mono deadline = MONO_NEVER;
    short events = 0;
    for (size_t i = t->ops->want(t, want, &deadline); i-- > 0;)
        events |= want[i].events;
    assert_true(events & POLLOUT);
    t->ops->free(t); /* at any time: the sleeper is killed and reaped */
    expect_no_child();
}

static void close_is_first_the_end_of_input(void **state)
{
    (void)state;
    struct transport *t = start_local("cat >/dev/null; exit 5");
    assert_int_equal(close_local(t), 0);
    assert_int_equal(t->ops->exit_status(t), 5);
    t->ops->free(t);
    expect_no_child();
}

static void close_is_then_sigterm(void **state)
{
    (void)state;
    char ready[8];
    size_t n;
    struct transport *t = start_local("trap 'exit 6' TERM; echo r; while :; do sleep 1000; done");
    assert_int_equal(take(t, ready, sizeof(ready), &n), IO_OK);
    assert_int_equal(close_local(t), LOCAL_TERM_MS);
    assert_int_equal(t->ops->exit_status(t), 6);
    t->ops->free(t);
    expect_no_child();
}

static void close_is_at_last_sigkill(void **state)
{
    (void)state;
    char ready[8];
    size_t n;
    struct transport *t = start_local("trap '' TERM; echo r; while :; do sleep 1000; done");
    assert_int_equal(take(t, ready, sizeof(ready), &n), IO_OK);
    assert_int_equal(close_local(t), LOCAL_KILL_MS);
    assert_int_equal(t->ops->exit_status(t), -1);
    t->ops->free(t);
    expect_no_child();
}

static void nothing_is_handed_down(void **state)
{
    (void)state;
    int open_here = fcntl(STDOUT_FILENO, F_DUPFD, 20); /* not close-on-exec */
    assert_true(open_here >= 20);
    sigset_t usr1;
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    sigprocmask(SIG_BLOCK, &usr1, NULL);
    signal(SIGPIPE, SIG_IGN);
    struct transport *t =
        start_local("for f in 3 20 $$; do [ -e /proc/$$/fd/$f ] && echo $f; done; "
                    /* 32 and 33 are the C library's own, and nobody can reset them */
                    "grep -E '^Sig(Blk|Ign)' /proc/self/status | sed 's/[01]80000000$/000000000/'; "
                    "cut -d' ' -f5 /proc/$$/stat | grep -qx $$ && echo leads");
    assert_string_equal(take_all(t),
                        "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\nleads\n");
    t->ops->free(t);
    sigprocmask(SIG_UNBLOCK, &usr1, NULL);
    close(open_here);
}

static void *run_one(void *arg)
{
    struct transport *t = open_local("read x; echo \"$x\"");
    struct err e = {0};
    size_t sent = 0, n = 0;
    char got[8] = "";
    bool well = t && t->ops->start(t, NULL, t0, &e) == IO_OK &&
                t->ops->send(t, "ok\n", 3, &sent, t0, &e) == IO_OK &&
                take(t, got, sizeof(got), &n) == IO_OK && n == 3 && memcmp(got, "ok\n", 3) == 0;
    if (t)
        t->ops->free(t);
    return well ? arg : NULL;
}

static void threads_start_programs_at_once(void **state)
{
    (void)state;
    pthread_t threads[8];
    int mark;
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_one, &mark), 0);
    for (size_t i = 0; i < 8; i++) {
        void *result;
        pthread_join(threads[i], &result);
        assert_ptr_equal(result, &mark);
    }
    expect_no_child();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_talks_and_ends),
        cmocka_unit_test(exec_runs_commands_one_after_another),
        cmocka_unit_test(a_program_that_is_not_there_ends_with_127),
        cmocka_unit_test(a_signal_is_no_exit_status),
        cmocka_unit_test(the_stream_ends_with_the_program),
        cmocka_unit_test(a_closed_output_waits_for_the_exit),
        cmocka_unit_test(input_it_does_not_take_is_a_failure),
        cmocka_unit_test(input_beyond_its_buffer_waits),
        cmocka_unit_test(close_is_first_the_end_of_input),
        cmocka_unit_test(close_is_then_sigterm),
        cmocka_unit_test(close_is_at_last_sigkill),
        cmocka_unit_test(nothing_is_handed_down),
        cmocka_unit_test(threads_start_programs_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
