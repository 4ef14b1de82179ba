#include <errno.h>
#include <poller/engine.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

/* In shared memory, and its eventfd inherited: one raise reaches every thread and every process
 * that was forked after cancel_new, without a message to each. */
struct cancel {
    atomic_bool raised;
    int fd;
};

struct cancel *cancel_new(struct err *e)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct cancel *c =
        mmap(NULL, sizeof *c, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (fd < 0 || c == MAP_FAILED) {
        err_set(e, FAIL_INTERNAL, "the means to interrupt a run could not be made: %s",
                strerror(errno));
        if (fd >= 0)
            close(fd);
        if (c != MAP_FAILED)
            munmap(c, sizeof *c);
        return NULL;
    }
    atomic_init(&c->raised, false);
    c->fd = fd;
    return c;
}

void cancel_free(struct cancel *c)
{
    if (!c)
        return;
    close(c->fd);
    munmap(c, sizeof *c);
}

void cancel_raise(struct cancel *c)
{
    int saved = errno; /* this may be a signal handler */
    uint64_t one = 1;
    if (!atomic_exchange(&c->raised, true) && write(c->fd, &one, sizeof one) < 0)
        atomic_store(&c->raised, true); /* cannot fail: the counter is far from full */
    errno = saved;
}

bool cancel_raised(const struct cancel *c)
{
    return atomic_load(&c->raised);
}

int cancel_fd(const struct cancel *c)
{
    return c->fd;
}
