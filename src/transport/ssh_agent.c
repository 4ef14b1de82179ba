/* Keys of an agent. Libssh asks it with poll(2) without a limit, so a helper thread owns the
 * session from the first question to the answer of the device. At most AGENTS_MAX are at it at
 * once: an agent answers one by one anyway.
 *
 * The thread can always be had back at once: its socket to the agent is ours and is shut down, and
 * it waits for nothing else without looking at `cancel`. */
#include "transport/ssh.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define AGENTS_MAX       8
#define CONNECT_RETRY_MS 20 /* a full backlog of AF_UNIX has no event */

struct ssht_agent {
    int turn;   /* a copy of `turns`, to wait for */
    bool taken; /* one of the turns is ours */
    int socket; /* to the agent; libssh has a copy of its own */
    int cancel, done;
    atomic_bool cancelled;
    bool running;
    pthread_t thread;
    const struct ssht *t;
    struct sockaddr_un address;
    int result; /* SSH_AUTH_… */
    int connect_errno;
};

/* A semaphore that can be waited for by poll(2): one for a process. */
static int turns = -1;
static pthread_once_t turns_once = PTHREAD_ONCE_INIT;

static void turns_make(void)
{
    turns = eventfd(AGENTS_MAX, EFD_SEMAPHORE | EFD_NONBLOCK | EFD_CLOEXEC);
}

static bool take_one(int fd)
{
    uint64_t count;

    return read(fd, &count, sizeof(count)) == (ssize_t)sizeof(count);
}

static void give_one(int fd)
{
    const uint64_t one = 1;

    while (write(fd, &one, sizeof(one)) < 0 && errno == EINTR)
        continue;
}

static void close_one(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void agent_free(struct ssht_agent *agent)
{
    if (agent->taken)
        give_one(turns);
    close_one(&agent->turn);
    close_one(&agent->socket);
    close_one(&agent->cancel);
    close_one(&agent->done);
    free(agent);
}

/* SSH_AUTH_SOCK into address; false when there is none. */
static bool agent_address(struct sockaddr_un *address)
{
    const char *path = getenv("SSH_AUTH_SOCK");

    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (path == NULL || path[0] == '\0' || strlen(path) >= sizeof(address->sun_path))
        return false;
    memcpy(address->sun_path, path, strlen(path) + 1);
    return true;
}

/* Only what is needed to wait for a turn: hundreds may. */
static struct ssht_agent *agent_new(const struct ssht *t)
{
    struct ssht_agent *agent = calloc(1, sizeof(*agent));

    if (agent == NULL)
        return NULL;
    pthread_once(&turns_once, turns_make);
    agent->t = t;
    agent->result = SSH_AUTH_ERROR;
    agent->socket = agent->cancel = agent->done = -1;
    agent->turn = fcntl(turns, F_DUPFD_CLOEXEC, 0);
    if (agent->turn >= 0)
        return agent;
    agent_free(agent);
    return NULL;
}

static bool agent_equip(struct ssht_agent *agent)
{
    agent->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    agent->cancel = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    agent->done = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return agent->socket >= 0 && agent->cancel >= 0 && agent->done >= 0;
}

/* Waits for the connection (or, with fd -1, a while), or to be called back: then false. */
static bool agent_wait(const struct ssht_agent *agent, int fd, short events, int timeout_ms)
{
    struct pollfd want[2] = {{.fd = agent->cancel, .events = POLLIN}, {.fd = fd, .events = events}};

    poll(want, 2, timeout_ms);
    return !atomic_load(&agent->cancelled);
}

static bool agent_connect(struct ssht_agent *agent)
{
    while (connect(agent->socket, (struct sockaddr *)&agent->address, sizeof(agent->address)) !=
           0) {
        if (errno == EINTR)
            continue;
        agent->connect_errno = errno;
        if (errno != EAGAIN || !agent_wait(agent, -1, 0, CONNECT_RETRY_MS))
            return false;
    }
    agent->connect_errno = 0;
    return !atomic_load(&agent->cancelled);
}

/* libssh closes the copy with the session. */
static bool lend_socket(const struct ssht_agent *agent)
{
    int copy = fcntl(agent->socket, F_DUPFD_CLOEXEC, 0);

    if (copy < 0)
        return false;
    if (ssh_set_agent_socket(agent->t->session, copy) == SSH_OK)
        return true;
    close(copy);
    return false;
}

static int ask(const struct ssht_agent *agent)
{
    const struct ssht *t = agent->t;

    for (;;) {
        int rc = ssh_userauth_agent(t->session, t->config.username);
        int events = POLLIN;

        if (rc != SSH_AUTH_AGAIN)
            return rc;
        if (ssht_is_dead(t))
            return SSH_AUTH_ERROR;
        if (ssht_write_pending(t))
            events |= POLLOUT;
        if (!agent_wait(agent, t->fd, (short)events, -1))
            return SSH_AUTH_ERROR;
    }
}

static void *agent_main(void *ctx)
{
    struct ssht_agent *agent = ctx;

    if (agent_connect(agent) && lend_socket(agent))
        agent->result = ask(agent);
    give_one(agent->done);
    return NULL;
}

/* With no signal let in: they are the main thread's. */
static int agent_launch(struct ssht_agent *agent)
{
    sigset_t all, before;
    int rc;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&agent->thread, NULL, agent_main, agent);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    agent->running = rc == 0;
    return rc;
}

static enum io_result no_agent(struct ssht *t, struct err *e, const char *seen)
{
    return ssht_fail(t, e, FAIL_AUTH,
                     "could not be logged in to: there is no password, no `key_file:` and no agent "
                     "(%s); set one of them",
                     seen);
}

static enum io_result no_means(struct ssht *t, struct err *e)
{
    return ssht_fail(t, e, FAIL_INTERNAL,
                     "cannot be tried: no memory, descriptor or thread is left to ask the agent "
                     "with");
}

enum io_result ssht_auth_agent_turn(struct ssht *t, struct mono now, struct err *e)
{
    struct sockaddr_un address;

    (void)now;
    ssht_hold_back(t, false);
    if (!agent_address(&address))
        return no_agent(t, e, "SSH_AUTH_SOCK is not set");
    if (t->agent == NULL)
        t->agent = agent_new(t);
    if (t->agent == NULL)
        return no_means(t, e);
    if (!take_one(t->agent->turn))
        return ssht_again(t, e);
    t->agent->taken = true;
    t->agent->address = address;
    if (!agent_equip(t->agent) || agent_launch(t->agent) != 0)
        return no_means(t, e);
    t->state = SSHT_AUTH_AGENT;
    return IO_OK;
}

/* The session is not ours here: nothing but `done` is looked at before the thread has ended. */
enum io_result ssht_auth_agent(struct ssht *t, struct mono now, struct err *e)
{
    int rc, failed;

    if (!take_one(t->agent->done))
        return IO_AGAIN;
    pthread_join(t->agent->thread, NULL);
    rc = t->agent->result;
    failed = t->agent->connect_errno;
    agent_free(t->agent);
    t->agent = NULL;
    if (failed != 0)
        return no_agent(t, e, strerror(failed));
    return ssht_auth_answer(t, rc, "publickey", "the agent's keys", now, e);
}

size_t ssht_agent_want(const struct ssht *t, struct pollfd *want)
{
    *want = (struct pollfd){.fd = t->state == SSHT_AUTH_AGENT ? t->agent->done : t->agent->turn,
                            .events = POLLIN};
    return 1;
}

void ssht_agent_stop(struct ssht *t)
{
    if (t->agent == NULL)
        return;
    if (t->agent->running) {
        atomic_store(&t->agent->cancelled, true);
        give_one(t->agent->cancel);
        shutdown(t->agent->socket, SHUT_RDWR);
        pthread_join(t->agent->thread, NULL);
    }
    agent_free(t->agent);
    t->agent = NULL;
}
