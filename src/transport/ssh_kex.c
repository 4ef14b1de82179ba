/* Banner and key exchange: ssh_connect, made again until it is through. */
#include "transport/ssh.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

/* libssh keeps what comes before a banner to itself, and a device that is not an SSH server says
 * there what it is. */
static void peek(struct ssht *t)
{
    ssize_t n;

    if (t->seen_end || ssh_get_serverbanner(t->session) != NULL)
        return;
    n = recv(t->fd, t->seen, sizeof(t->seen), MSG_PEEK | MSG_DONTWAIT);
    if (n > 0)
        t->seen_len = (size_t)n;
    t->seen_end = n == 0;
}

/* Only as long as the descriptor is open: libssh closes it on an error, and its number may be
 * another session's by now. */
void ssht_hold_back(struct ssht *t, bool yes)
{
    const int value = yes;

    if (t->held_back == yes)
        return;
    t->held_back = yes;
    if (t->session != NULL && ssh_get_fd(t->session) == t->fd)
        (void)setsockopt(t->fd, IPPROTO_TCP, TCP_CORK, &value, sizeof(value));
}

static enum io_result connect_answer(struct ssht *t, int rc, struct err *e)
{
    switch (rc) {
    case SSH_OK:
        t->state = SSHT_HOSTKEY;
        return IO_OK;
    case SSH_AGAIN:
        return ssht_again(t, e);
    default:
        return ssht_lost(t, e);
    }
}

/* The first call hands the descriptor over, and libssh makes it blocking (socket.c, F_SETFL 0):
 * taken back at once, or a device that stops reading would stall everything in send(). */
enum io_result ssht_hello(struct ssht *t, struct mono now, struct err *e)
{
    int rc;

    (void)now;
    peek(t);
    rc = ssh_connect(t->session);
    t->state = SSHT_KEX;
    if (ssh_get_fd(t->session) == t->fd && fcntl(t->fd, F_SETFL, O_NONBLOCK) != 0)
        return ssht_fail(t, e, FAIL_INTERNAL, "cannot be tried: its socket would block (%d)",
                         errno);
    return connect_answer(t, rc, e);
}

/* Our own offer must leave in the call that reads theirs: were it still queued when the two turn
 * out to have nothing in common, libssh would put the failure to send it over the text that says
 * so. There is room: a new socket holds more than a whole key exchange. */
enum io_result ssht_kex(struct ssht *t, struct mono now, struct err *e)
{
    (void)now;
    peek(t);
    ssht_hold_back(t, true);
    ssh_set_fd_towrite(t->session);
    return connect_answer(t, ssh_connect(t->session), e);
}
