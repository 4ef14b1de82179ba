/* links: output/out base/buf base/err tests/lib/failing_malloc */
#include "output/out.h"
#include "tests/lib/failing_malloc.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define MIB ((size_t)1 << 20)

static off_t size_of(int fd)
{
    return lseek(fd, 0, SEEK_END);
}

static void bytes_go_out_in_order(void **state)
{
    (void)state;
    struct out o;
    struct err e = {0};
    char there[64] = {0};
    int fd = memfd_create("out", 0);
    out_init(&o, fd);
    out_str(&o, "one ");
    out_bytes(&o, "tw\0o", 4);
    out_fmt(&o, " %d%%", 3);
    assert_int_equal(size_of(fd), 0); /* a record goes out whole, not in crumbs */
    assert_int_equal(out_flush(&o, "standard output", &e), 0);
    assert_true(pread(fd, there, sizeof there, 0) == 11);
    assert_memory_equal(there, "one tw\0o 3%", 11);
    assert_int_equal(out_flush(&o, "standard output", &e), 0);
    assert_int_equal(size_of(fd), 11);
    assert_false(err_is_set(&e));
    out_free(&o);
    close(fd);
}

/* What is large does not pile up, and its memory is given back. */
static void a_large_output_goes_on_its_way(void **state)
{
    (void)state;
    struct out o;
    struct err e = {0};
    int fd = memfd_create("out", 0);
    char *bytes = calloc(1, 16 * MIB);
    out_init(&o, fd);
    out_bytes(&o, bytes, 16 * MIB);
    assert_true(size_of(fd) > 15 * (off_t)MIB);
    assert_int_equal(out_flush(&o, "standard output", &e), 0);
    assert_int_equal(size_of(fd), 16 * MIB);
    assert_true(o.pending.cap <= MIB);
    for (int i = 0; i < 100000; i++)
        out_str(&o, "0123456789");
    assert_true(o.pending.cap <= MIB);
    assert_int_equal(out_flush(&o, "standard output", &e), 0);
    assert_int_equal(size_of(fd), 16 * MIB + 1000000);
    free(bytes);
    out_free(&o);
    close(fd);
}

static void a_full_disk_is_said_and_stays(void **state)
{
    (void)state;
    struct out o;
    struct err e = {0}, again = {0};
    int fd = open("/dev/full", O_WRONLY);
    assert_true(fd >= 0);
    out_init(&o, fd);
    out_str(&o, "lost");
    assert_int_equal(out_flush(&o, "standard output", &e), -1);
    assert_int_equal(e.class, FAIL_INTERNAL);
    assert_string_equal(e.text, "standard output could not be written: No space left on device; "
                                "results after this are lost");
    assert_int_equal(o.error, ENOSPC);
    out_str(&o, "more");
    out_fmt(&o, "%d", 1);
    assert_int_equal(o.pending.len, 0);
    assert_int_equal(out_flush(&o, "standard output", &again), -1);
    assert_string_equal(again.text, e.text);
    out_free(&o);
    close(fd);
}

static void of_a_closed_pipe_nobody_is_told(void **state)
{
    (void)state;
    struct out o;
    struct err e = {0};
    int fds[2];
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe(fds), 0);
    close(fds[0]);
    out_init(&o, fds[1]);
    out_str(&o, "nobody reads this");
    assert_int_equal(out_flush(&o, "standard output", &e), -1);
    assert_int_equal(e.class, FAIL_INTERNAL);
    assert_string_equal(e.text, "");
    assert_int_equal(o.error, EPIPE);
    out_free(&o);
    close(fds[1]);
}

static void a_closed_descriptor_is_an_error(void **state)
{
    (void)state;
    struct out o;
    struct err e = {0};
    out_init(&o, -1);
    assert_int_equal(out_flush(&o, "standard output", &e), 0); /* nothing to write yet */
    out_str(&o, "x");
    assert_int_equal(out_flush(&o, "standard output", &e), -1);
    assert_non_null(strstr(e.text, "Bad file descriptor"));
    out_free(&o);
}

struct reading {
    int fd;
    size_t n, wrong;
};

static void *read_all(void *ctx)
{
    struct reading *r = ctx;
    unsigned char bytes[8192];
    ssize_t n;
    while ((n = read(r->fd, bytes, sizeof bytes)) > 0)
        for (ssize_t i = 0; i < n; i++, r->n++)
            r->wrong += bytes[i] != (unsigned char)(r->n * 7);
    return NULL;
}

/* A pipe that its other end has made non-blocking, and that takes only some: each byte arrives. */
static void a_pipe_that_is_slow_gets_all(void **state)
{
    (void)state;
    struct out o;
    struct err e = {0};
    int fds[2];
    pthread_t reader;
    char *bytes = malloc(4 * MIB);
    for (size_t i = 0; i < 4 * MIB; i++)
        bytes[i] = (char)(i * 7);
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
    struct reading r = {.fd = fds[0]};
    assert_int_equal(pthread_create(&reader, NULL, read_all, &r), 0);
    out_init(&o, fds[1]);
    out_bytes(&o, bytes, 4 * MIB);
    assert_int_equal(out_flush(&o, "standard output", &e), 0);
    close(fds[1]);
    pthread_join(reader, NULL);
    assert_int_equal(r.n, 4 * MIB);
    assert_int_equal(r.wrong, 0);
    free(bytes);
    out_free(&o);
    close(fds[0]);
}

/* A record that found no memory is never lost without a word. */
static void no_memory_is_remembered(void **state)
{
    (void)state;
    struct out o;
    if (!failing_malloc_works())
        skip();
    for (int way = 0; way < 2; way++) {
        struct err e = {0};
        int fd = memfd_create("out", 0);
        out_init(&o, fd);
        failing_malloc_at(1);
        if (way == 0)
            out_str(&o, "lost");
        else
            out_fmt(&o, "%s", "lost");
        assert_true(failing_malloc_stop());
        out_str(&o, "after");
        assert_int_equal(out_flush(&o, "standard output", &e), -1);
        assert_non_null(strstr(e.text, "Cannot allocate memory"));
        assert_int_equal(size_of(fd), 0);
        out_free(&o);
        close(fd);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_go_out_in_order),
        cmocka_unit_test(a_large_output_goes_on_its_way),
        cmocka_unit_test(a_full_disk_is_said_and_stays),
        cmocka_unit_test(of_a_closed_pipe_nobody_is_told),
        cmocka_unit_test(a_closed_descriptor_is_an_error),
        cmocka_unit_test(a_pipe_that_is_slow_gets_all),
        cmocka_unit_test(no_memory_is_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
