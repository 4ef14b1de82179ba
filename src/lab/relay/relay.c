#include "lab/relay/relay.h"

#include "lab/relay/relay_pair.h"
#include "lab/wire/loop_wait.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS_MAX 20000
#define BACKLOG         4096
#define EVENTS_AT_ONCE  256
#define ACCEPTS_AT_ONCE 64
#define NS_PER_S        1000000000

struct relay {
    struct relay_shared shared;
    struct relay_side listener, signals;
    struct relay_pair *pairs, *dead; /* open, and over but not freed yet */
    size_t open;
    uint64_t accepted, closed;
    bool starved; /* no descriptor or memory for another: until a connection closes */
    bool stopped;
};

static int system_error(struct err *e, const char *what)
{
    return err_set(e, FAIL_INTERNAL, "%s: %s", what, strerror(errno));
}

static void print_count(const struct relay_pair *pair)
{
    const struct relay_count *count = &pair->count;
    if (!pair->shared->options.count)
        return;
    printf("{\"connection\":%" PRIu64 ",\"to_client\":%" PRIu64 ",\"to_server\":%" PRIu64
           ",\"round_trips\":%u}\n",
           pair->number, count->way[TO_CLIENT].delivered, count->way[TO_SERVER].delivered,
           relay_count_round_trips(count));
    (void)fflush(stdout);
}

static void link_pair(struct relay *relay, struct relay_pair *pair)
{
    pair->next = relay->pairs;
    if (pair->next)
        pair->next->previous = pair;
    relay->pairs = pair;
    relay->open++;
}

/* It is freed behind the events that are still to be looked at: one of them may name it. */
static void bury(struct relay *relay, struct relay_pair *pair)
{
    if (pair->previous)
        pair->previous->next = pair->next;
    else
        relay->pairs = pair->next;
    if (pair->next)
        pair->next->previous = pair->previous;
    pair->next = relay->dead;
    relay->dead = pair;
    relay->open--;
    relay->closed++;
    relay->starved = false;
    timers_set(&relay->shared.timers, &pair->timer, MONO_NEVER);
    print_count(pair);
}

static void free_dead(struct relay *relay)
{
    while (relay->dead) {
        struct relay_pair *pair = relay->dead;
        relay->dead = pair->next;
        relay_pair_free(pair);
    }
}

static void turn(struct relay *relay, struct relay_pair *pair)
{
    if (pair->over)
        return;
    relay_pair_turn(pair);
    if (pair->over)
        bury(relay, pair);
}

static bool accepts(const struct relay *relay)
{
    return !relay->starved && relay->open < CONNECTIONS_MAX &&
           relay->accepted < relay->shared.options.connections;
}

/* Out of descriptors or memory, the listener is left alone until a connection closes. With none
 * open nothing would ever change, so that is an error. */
static int accept_failed(struct relay *relay, int server, struct err *e)
{
    int reason = errno;
    if (server >= 0)
        close(server);
    errno = reason;
    switch (reason) {
    case EAGAIN:
    case EINTR:
    case ECONNABORTED:
        return 0;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
        if (relay->open == 0 && !relay->dead)
            return system_error(e, "cannot accept a connection");
        relay->starved = relay->open > 0;
        return 0;
    default:
        return system_error(e, "cannot accept a connection");
    }
}

/* The server's socket is made first: a client is taken only where there is one for it. */
static int accept_some(struct relay *relay, struct err *e)
{
    for (int i = 0; i < ACCEPTS_AT_ONCE && accepts(relay); i++) {
        int client = -1, server = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (server >= 0)
            client = accept4(relay->listener.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (client < 0)
            return accept_failed(relay, server, e);
        struct relay_pair *pair = relay_pair_new(&relay->shared, client, server, ++relay->accepted);
        if (!pair)
            return err_set(e, FAIL_INTERNAL, "out of memory");
        link_pair(relay, pair);
        turn(relay, pair);
    }
    return 0;
}

/* Each timer at most once in a round: one that is due again at once must not keep the sockets
 * waiting. */
static void run_timers(struct relay *relay)
{
    const struct timers *timers = &relay->shared.timers;
    struct mono now = mono_now();
    for (size_t left = timers->n; left > 0; left--) {
        struct timer *first = timers_first(timers);
        if (!first || !mono_reached(now, first->due))
            return;
        turn(relay, (struct relay_pair *)((char *)first - offsetof(struct relay_pair, timer)));
    }
}

static int handle(struct relay *relay, const struct epoll_event *event, struct err *e)
{
    struct relay_side *side = event->data.ptr;
    if (side == &relay->listener)
        return accept_some(relay, e);
    if (side == &relay->signals) {
        relay->stopped = true;
        return 0;
    }
    relay_side_event(side, event->events);
    turn(relay, side->pair);
    return 0;
}

static int run(struct relay *relay, struct err *e)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    while (!relay->stopped && relay->closed < relay->shared.options.connections) {
        uint32_t wanted = accepts(relay) ? EPOLLIN : 0;
        if (relay_side_watch(relay->shared.epoll, &relay->listener, wanted) != 0)
            return system_error(e, "cannot watch the listener");
        int n = loop_wait(relay->shared.epoll, events, EVENTS_AT_ONCE, &relay->shared.timers);
        if (n < 0 && errno != EINTR)
            return system_error(e, "cannot wait for events");
        for (int i = 0; i < n; i++)
            if (handle(relay, &events[i], e) != 0)
                return -1;
        run_timers(relay);
        free_dead(relay);
    }
    return 0;
}

static int listen_there(struct relay *relay, struct err *e)
{
    struct sockaddr_in *address = &relay->shared.options.listen;
    socklen_t size = sizeof(*address);
    char text[INET_ADDRSTRLEN];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    relay->listener.fd = fd;
    (void)inet_ntop(AF_INET, &address->sin_addr, text, sizeof(text));
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) != 0 ||
        bind(fd, (const struct sockaddr *)address, size) != 0 || listen(fd, BACKLOG) != 0 ||
        getsockname(fd, (struct sockaddr *)address, &size) != 0)
        return err_set(e, FAIL_INTERNAL, "cannot listen on %s:%d: %s", text,
                       ntohs(address->sin_port), strerror(errno));
    if (printf("listening %s:%d\n", text, ntohs(address->sin_port)) < 0 || fflush(stdout) != 0)
        return system_error(e, "cannot write to standard output");
    return 0;
}

static int watch_signals(struct relay *relay, struct err *e)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return system_error(e, "cannot block signals");
    relay->signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (relay->signals.fd < 0 ||
        relay_side_watch(relay->shared.epoll, &relay->signals, EPOLLIN) != 0)
        return system_error(e, "cannot watch for signals");
    return 0;
}

/* Two descriptors for each connection, and timers that wake to the microsecond. Where they cannot
 * be had the relay still works. */
static void raise_limits(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    (void)prctl(PR_SET_TIMERSLACK, 1UL);
}

static int start(struct relay *relay, struct err *e)
{
    raise_limits();
    relay->shared.scratch = malloc(RELAY_SCRATCH);
    if (!relay->shared.scratch || timers_init(&relay->shared.timers, CONNECTIONS_MAX) != 0)
        return err_set(e, FAIL_INTERNAL, "out of memory");
    relay->shared.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (relay->shared.epoll < 0)
        return system_error(e, "cannot make an epoll descriptor");
    return watch_signals(relay, e) == 0 ? listen_there(relay, e) : -1;
}

static void finish(struct relay *relay)
{
    const int fds[] = {relay->listener.fd, relay->signals.fd, relay->shared.epoll};
    while (relay->pairs)
        bury(relay, relay->pairs);
    free_dead(relay);
    for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++)
        if (fds[i] >= 0)
            close(fds[i]);
    timers_free(&relay->shared.timers);
    free(relay->shared.scratch);
}

int relay_main(int argc, const char **argv, struct err *e)
{
    struct relay relay = {.listener = {.fd = -1}, .signals = {.fd = -1}, .shared = {.epoll = -1}};
    if (relay_options_parse(&relay.shared.options, argc, argv, e) != 0)
        return fail_exit_code(e->class, false);
    if (relay.shared.options.help) {
        relay_options_help(stdout);
        return 0;
    }
    if (start(&relay, e) == 0)
        (void)run(&relay, e);
    finish(&relay);
    return err_is_set(e) ? fail_exit_code(e->class, false) : 0;
}
