/* links: base/shared */
#include "base/shared.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* What one process says once, all of them know. */
static void a_child_and_its_parent_see_the_same(void **state)
{
    (void)state;
    size_t n = 3 * sizeof(atomic_bool);
    atomic_bool *flags = shared_new(n);
    int status = -1;
    assert_non_null(flags);
    for (int i = 0; i < 3; i++)
        assert_false(flags[i]);
    flags[0] = true;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        flags[1] = true;
        _exit(flags[0] ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_true(flags[0] && flags[1] && !flags[2]);
    shared_free(flags, n);
}

static void none_is_some_and_nothing_can_be_freed(void **state)
{
    (void)state;
    void *memory = shared_new(0);
    assert_non_null(memory);
    shared_free(memory, 0);
    shared_free(NULL, 100);
    assert_null(shared_new(SIZE_MAX / 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_and_its_parent_see_the_same),
        cmocka_unit_test(none_is_some_and_nothing_can_be_freed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
