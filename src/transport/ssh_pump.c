/* Libssh's own poll over one session, and what a peer may make us do. */
#include "transport/ssh.h"

/* One call of libssh reads at most this much. */
#define READ_MAX 4096

/* What may come besides output: headers and padding (a byte that is echoed takes about 36 on the
 * wire, more with the replies around it), key exchanges, keepalives. More is a peer that keeps us
 * busy: a thousand key exchanges take about 2 MiB. */
#define OVERHEAD_MIN      (4u << 20)
#define OVERHEAD_PER_BYTE 128
/* What may come while nothing of ours is taken: each request of theirs queues a reply. */
#define UNREAD_MAX (4u << 20)

bool ssht_is_dead(const struct ssht *t)
{
    return ssh_get_fd(t->session) == -1 || !ssh_is_connected(t->session) ||
           (ssh_get_status(t->session) & (SSH_CLOSED | SSH_CLOSED_ERROR)) != 0;
}

bool ssht_write_pending(const struct ssht *t)
{
    return (ssh_get_status(t->session) & SSH_WRITE_PENDING) != 0;
}

enum io_result ssht_again(struct ssht *t, struct err *e)
{
    return ssht_is_dead(t) ? ssht_lost(t, e) : IO_AGAIN;
}

/* After the first ssh_connect, which makes what libssh moves into the event. */
int ssht_pump_start(struct ssht *t)
{
    t->pump = ssh_event_new();
    if (t->pump == NULL)
        return -1;
    return ssh_event_add_session(t->pump, t->session) == SSH_OK ? 0 : -1;
}

/* A read that was not full took all there was: another poll would only say so. */
bool ssht_pump(struct ssht *t)
{
    uint64_t before = t->traffic.in_bytes;

    return ssh_event_dopoll(t->pump, 0) == SSH_OK && t->traffic.in_bytes - before >= READ_MAX &&
           !ssht_is_dead(t);
}

int ssht_check_traffic(struct ssht *t, struct err *e)
{
    uint64_t in = t->traffic.in_bytes;

    if (t->traffic.out_bytes != t->stuck_out || !ssht_write_pending(t)) {
        t->stuck_out = t->traffic.out_bytes;
        t->stuck_since = in;
    }
    if (in - t->stuck_since > UNREAD_MAX) {
        ssht_fail(t, e, FAIL_TOO_MUCH_OUTPUT,
                  "sent %u MiB and took none of our replies; it was left", UNREAD_MAX >> 20);
        return -1;
    }
    if (in > t->payload && in - t->payload > OVERHEAD_MIN + t->payload * OVERHEAD_PER_BYTE) {
        ssht_fail(t, e, FAIL_TOO_MUCH_OUTPUT,
                  "sent %llu bytes of which only %llu are output; it was left",
                  (unsigned long long)in, (unsigned long long)t->payload);
        return -1;
    }
    return 0;
}
