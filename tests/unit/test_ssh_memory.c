/* links: base/arena base/buf base/clock base/err base/escape base/log base/mask
 * transport/hostkeys transport/hostkeys_line transport/hostkeys_file transport/keyring
 * transport/resolve transport/tcp
 * transport/ssh transport/ssh_agent transport/ssh_algorithms transport/ssh_auth
 * transport/ssh_channel transport/ssh_close transport/ssh_fail transport/ssh_hostkey
 * transport/ssh_inbox transport/ssh_kbdint transport/ssh_kex transport/ssh_log transport/ssh_pump
 * transport/ssh_setup transport/ssh_stream tests/lib/ssh_drive tests/lib/ssh_server
 * tests/lib/fake_inventory tests/lib/failing_malloc */

/* A log-in in which memory runs out: told as that, and not as a fault of the device. */
#include "tests/lib/failing_malloc.h"
#include "tests/lib/ssh_fixture.h"

#include <sys/wait.h>

enum outcome { TOLD, MISTAKEN, LOGGED_IN, NOT_REACHED, CRASHED };

static enum outcome attempt(long nth)
{
    struct transport *t;
    enum io_result rc;

    failing_malloc_at(nth);
    t = transport_ssh.open(&config, &e);
    rc = t != NULL ? drive_step(t, &e) : IO_FAIL;
    if (!failing_malloc_stop())
        return NOT_REACHED;
    if (rc == IO_OK)
        return LOGGED_IN;
    return e.class == FAIL_INTERNAL && strstr(e.text, "memory") != NULL ? TOLD : MISTAKEN;
}

/* In a process of its own: libssh 0.10 and libcrypto do not survive each of them. */
static enum outcome attempt_apart(long nth)
{
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0)
        _exit(attempt(nth));
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? (enum outcome)WEXITSTATUS(status) : CRASHED;
}

/* One allocation after another fails. Where libcrypto's does in the middle of a signature, libssh
 * tells of a bad one, or sends what the server does not take: those few cannot be told apart. */
static void it_is_told_as_no_memory(void **state)
{
    unsigned n[CRASHED + 1] = {0};

    (void)state;
    if (!failing_malloc_works())
        skip();
    serve((struct ssh_server_config){.manner = SERVER_ECHO});
    closed(opened()); /* what is made once for the whole process */
    for (long nth = 1; n[NOT_REACHED] == 0; nth += 7)
        n[attempt_apart(nth)]++;
    assert_true(n[TOLD] > 40);
    assert_true(9 * n[MISTAKEN] <= n[TOLD]);
}

/* What could not be made for the process is made for the next visit. Under a sanitizer no
 * allocation fails: it then sees what a visit that is given up leaves behind. */
static void the_next_visit_is_not_concerned(void **state)
{
    (void)state;
    serve((struct ssh_server_config){.manner = SERVER_ECHO});
    for (long nth = 1; nth < 30; nth++) {
        struct transport *t;

        failing_malloc_at(nth);
        t = transport_ssh.open(&config, &e);
        if (t != NULL)
            (void)drive_step(t, &e);
        assert_int_equal(failing_malloc_stop(), failing_malloc_works());
        if (t != NULL)
            t->ops->free(t);
        err_clear(&e);
    }
    closed(opened());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_next_visit_is_not_concerned), /* first: nothing is made yet */
        CASE(it_is_told_as_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
