/* links: lab/experiments/tree */
#include "lab/experiments/tree.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define BLOCK (16u << 20)

static void counts_itself(void **state)
{
    (void)state;
    struct tree t = tree_look(getpid(), TREE_MEMORY);
    assert_int_equal(t.processes, 1);
    assert_true(t.threads >= 1);
    assert_true(t.pss_kib > 0);
}

static void nobody_is_nothing(void **state)
{
    (void)state;
    struct tree t = tree_look(0, TREE_MEMORY);
    assert_int_equal(t.processes, 0);
    assert_int_equal(t.pss_kib, 0);
    t = tree_look(1 << 30, TREE_MEMORY);
    assert_int_equal(t.processes, 0);
    assert_true(t.cpu_ms <= 0);
}

static void sees_memory_and_sockets(void **state)
{
    (void)state;
    struct tree before = tree_look(getpid(), TREE_MEMORY);
    char *block = malloc(BLOCK);
    int ends[2];
    assert_non_null(block);
    memset(block, 1, BLOCK);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    struct tree after = tree_look(getpid(), TREE_MEMORY);
    assert_true(after.pss_kib - before.pss_kib >= BLOCK / 1024);
    assert_int_equal(after.sockets - before.sockets, 2);
    free(block);
    close(ends[0]);
    close(ends[1]);
}

/* A child and its child, both of which wait for the end of a pipe. */
static void sees_descendants(void **state)
{
    (void)state;
    int end[2], up[2];
    char byte = 0;
    assert_int_equal(pipe(end), 0);
    assert_int_equal(pipe(up), 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(end[1]);
        (void)fork();
        if (write(up[1], &byte, 1) == 1 && read(end[0], &byte, 1) == 0)
            while (wait(NULL) > 0)
                continue;
        _exit(0);
    }
    for (int i = 0; i < 2; i++)
        assert_int_equal(read(up[0], &byte, 1), 1);
    assert_int_equal(tree_look(getpid(), TREE_CPU).processes, 3);
    assert_int_equal(tree_look(pid, TREE_CPU).processes, 2);
    close(end[1]);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    assert_int_equal(tree_look(getpid(), TREE_CPU).processes, 1);
    close(end[0]);
    close(up[0]);
    close(up[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_itself),
        cmocka_unit_test(nobody_is_nothing),
        cmocka_unit_test(sees_memory_and_sockets),
        cmocka_unit_test(sees_descendants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
