#include "engine/loop.h"

#include <errno.h>
#include <sys/epoll.h>

static uint32_t epoll_events(short events)
{
    return (events & POLLIN ? (uint32_t)EPOLLIN : 0) | (events & POLLOUT ? (uint32_t)EPOLLOUT : 0);
}

/* One entry for each descriptor. */
static size_t merge(struct pollfd *want, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        while (k < kept && want[k].fd != want[i].fd)
            k++;
        if (k < kept)
            want[k].events |= want[i].events;
        else
            want[kept++] = want[i];
    }
    return kept;
}

static bool is_wanted(const struct pollfd *want, size_t n, int fd)
{
    for (size_t i = 0; i < n; i++)
        if (want[i].fd == fd)
            return true;
    return false;
}

/* A number that was closed and opened again within one step has lost its registration, and one may
 * have come back that another visit left behind: what is likely is tried first, then the other. */
static int watch(int epoll_fd, const struct pollfd *want, struct visit *v, bool known)
{
    struct epoll_event event = {.events = epoll_events(want->events), .data = {.ptr = v}};
    int first = known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    if (epoll_ctl(epoll_fd, first, want->fd, &event) == 0)
        return 0;
    if (errno != (known ? ENOENT : EEXIST))
        return -1;
    return epoll_ctl(epoll_fd, known ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, want->fd, &event);
}

int watch_sync(int epoll_fd, struct visit *v)
{
    struct pollfd want[SESSION_WANT_MAX];
    size_t n;
    int rc = 0, error = 0;
    session_want(v->session, want, &n);
    n = merge(want, n);
    bool known = v->n_fds > 0;
    for (size_t i = 0; i < v->n_fds; i++) /* closed meanwhile: EBADF, and that is well */
        if (!is_wanted(want, n, v->fds[i]))
            epoll_ctl(epoll_fd, EPOLL_CTL_DEL, v->fds[i], NULL);
    v->n_fds = 0;
    for (size_t i = 0; i < n; i++) {
        if (watch(epoll_fd, &want[i], v, known) == 0) {
            v->fds[v->n_fds++] = want[i].fd;
        } else {
            rc = -1;
            error = errno;
        }
    }
    errno = error;
    return rc;
}
