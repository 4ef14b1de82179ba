#include "lab/sim/wires.h"

#include "base/seed.h"
#include "lab/relay/relay_pair.h"
#include "lab/wire/loop_wait.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EVENTS_AT_ONCE  256
#define ACCEPTS_AT_ONCE 64
#define PIPE_BYTES      (1 << 20)
#define NICE            (-10)

/* One connection: the pair comes first, so that freeing it frees all. */
struct wire {
    struct relay_pair pair;
    struct relay_options options;
    struct arrival arrival; /* its fd is the loop's end; -1 once that was handed over */
};

struct wires {
    struct relay_shared shared;
    const struct sim_config *config;
    const struct listeners *listeners;
    struct relay_side *sides; /* a listener each */
    struct relay_side wake;
    struct relay_pair *pairs, *dead;
    size_t open, most;
    uint64_t accepted;
    int pipe[2];
    pthread_t thread;
    atomic_bool is_stopped;
    bool is_full;
};

/* False: the loop is so far behind that the pipe is full. */
static bool hand_over(const struct wires *w, const struct arrival *arrival)
{
    return write(w->pipe[1], arrival, sizeof *arrival) == (ssize_t)sizeof *arrival;
}

/* relay_shared.call: the device picks up. */
static int pick_up(struct relay_pair *pair)
{
    struct wire *wire = (struct wire *)pair;
    const struct wires *w = (const struct wires *)pair->shared;
    if (!hand_over(w, &wire->arrival)) {
        errno = ECONNREFUSED;
        return -1;
    }
    wire->arrival.fd = -1;
    return 0;
}

static void bury(struct wires *w, struct relay_pair *pair)
{
    if (pair->next)
        pair->next->previous = pair->previous;
    *(pair->previous ? &pair->previous->next : &w->pairs) = pair->next;
    pair->next = w->dead;
    w->dead = pair;
    w->open--;
    w->is_full = false;
    timers_set(&w->shared.timers, &pair->timer, MONO_NEVER);
}

static void free_dead(struct wires *w)
{
    while (w->dead) {
        struct wire *wire = (struct wire *)w->dead;
        w->dead = wire->pair.next;
        if (wire->arrival.fd >= 0)
            close(wire->arrival.fd);
        relay_pair_free(&wire->pair);
    }
}

static void turn(struct wires *w, struct relay_pair *pair)
{
    if (pair->over)
        return;
    relay_pair_turn(pair);
    if (pair->over)
        bury(w, pair);
}

static bool has_wire(const struct device *d)
{
    return (d->rtt_ns || d->jitter_ns || d->rate) && d->misbehaviour != MIS_RESETS;
}

static struct wire *wire_new(struct wires *w, const struct device *d, const struct arrival *arrival)
{
    int ends[2];
    struct wire *wire = malloc(sizeof *wire);
    if (!wire)
        return NULL;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) {
        free(wire);
        return NULL;
    }
    wire->options = (struct relay_options){
        .rtt_ns = d->rtt_ns,
        .wire = {.delay_ns = d->rtt_ns / 2, .jitter_ns = d->jitter_ns, .rate = d->rate},
        .corrupt_at = RELAY_NEVER,
    };
    wire->arrival = *arrival;
    wire->arrival.fd = ends[1];
    relay_pair_init(&wire->pair, &w->shared, &wire->options, arrival->fd, ends[0],
                    seed_mix(d->seed, ++w->accepted));
    wire->pair.next = w->pairs;
    if (w->pairs)
        w->pairs->previous = &wire->pair;
    w->pairs = &wire->pair;
    w->open++;
    return wire;
}

static void arrive(struct wires *w, const struct listener_socket *listener, int fd)
{
    struct arrival arrival = {.fd = fd, .is_telnet = listener->is_telnet};
    struct device d;
    int64_t index = arrival_device(w->config, listener, fd, arrival.client);
    if (index < 0) {
        arrival_reset(fd);
        return;
    }
    arrival.device = (uint32_t)index;
    fleet_device(&w->config->fleet, arrival.device, &d);
    if (!has_wire(&d)) {
        if (!hand_over(w, &arrival))
            arrival_reset(fd);
        return;
    }
    struct wire *wire = wire_new(w, &d, &arrival);
    if (wire)
        turn(w, &wire->pair);
    else
        arrival_reset(fd);
}

/* Out of descriptors: the listeners are left alone until a connection ends. */
static void accept_some(struct wires *w, size_t at)
{
    for (int i = 0; i < ACCEPTS_AT_ONCE && w->open < w->most; i++) {
        int fd = accept4(w->listeners->items[at].fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            w->is_full = w->is_full || errno == EMFILE || errno == ENFILE;
            return;
        }
        arrive(w, &w->listeners->items[at], fd);
    }
}

static void run_timers(struct wires *w)
{
    struct mono now = mono_now();
    for (size_t left = w->shared.timers.n; left > 0; left--) {
        struct timer *first = timers_first(&w->shared.timers);
        if (!first || !mono_reached(now, first->due))
            return;
        turn(w, (struct relay_pair *)((char *)first - offsetof(struct relay_pair, timer)));
    }
}

static void handle(struct wires *w, const struct epoll_event *event)
{
    struct relay_side *side = event->data.ptr;
    if (side >= w->sides && side < w->sides + w->listeners->n) {
        accept_some(w, (size_t)(side - w->sides));
    } else if (side != &w->wake) {
        relay_side_event(side, event->events);
        turn(w, side->pair);
    }
}

static void *run(void *ctx)
{
    struct wires *w = ctx;
    struct epoll_event events[EVENTS_AT_ONCE];
    /* Bytes on their way are worth more than computing; where that may not be had, well. */
    (void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICE);
    (void)prctl(PR_SET_TIMERSLACK, 1UL);
    while (!atomic_load(&w->is_stopped)) {
        bool accepts = !w->is_full && w->open < w->most;
        for (size_t i = 0; i < w->listeners->n; i++)
            (void)relay_side_watch(w->shared.epoll, &w->sides[i], accepts ? EPOLLIN : 0);
        int n = loop_wait(w->shared.epoll, events, EVENTS_AT_ONCE, &w->shared.timers);
        for (int i = 0; i < n; i++)
            handle(w, &events[i]);
        run_timers(w);
        free_dead(w);
    }
    return NULL;
}

static int open_all(struct wires *w, struct err *e)
{
    w->shared.scratch = malloc(RELAY_SCRATCH);
    w->sides = calloc(w->listeners->n, sizeof *w->sides);
    if (!w->shared.scratch || !w->sides || timers_init(&w->shared.timers, w->most) != 0)
        return err_set(e, FAIL_INTERNAL, "out of memory");
    w->shared.epoll = epoll_create1(EPOLL_CLOEXEC);
    w->wake.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    for (size_t i = 0; i < w->listeners->n; i++)
        w->sides[i].fd = w->listeners->items[i].fd;
    if (w->shared.epoll < 0 || w->wake.fd < 0 || pipe2(w->pipe, O_CLOEXEC | O_NONBLOCK) != 0 ||
        relay_side_watch(w->shared.epoll, &w->wake, EPOLLIN) != 0)
        return err_set(e, FAIL_INTERNAL, "the wires could not be opened: %s", strerror(errno));
    (void)fcntl(w->pipe[1], F_SETPIPE_SZ, PIPE_BYTES);
    return 0;
}

static void close_all(struct wires *w)
{
    const int fds[] = {w->shared.epoll, w->wake.fd, w->pipe[0], w->pipe[1]};
    while (w->pairs)
        bury(w, w->pairs);
    free_dead(w);
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    timers_free(&w->shared.timers);
    free(w->shared.scratch);
    free(w->sides);
    free(w);
}

struct wires *wires_start(const struct sim_config *config, const struct listeners *listeners,
                          size_t most, int *arrivals, struct err *e)
{
    struct wires *w = calloc(1, sizeof *w);
    if (!w) {
        err_set(e, FAIL_INTERNAL, "out of memory");
        return NULL;
    }
    w->config = config;
    w->listeners = listeners;
    w->most = most;
    w->shared.call = pick_up;
    w->shared.epoll = w->wake.fd = w->pipe[0] = w->pipe[1] = -1;
    int rc = open_all(w, e);
    if (rc == 0 && (rc = pthread_create(&w->thread, NULL, run, w)) != 0)
        err_set(e, FAIL_INTERNAL, "no thread for the wires: %s", strerror(rc));
    if (rc != 0) {
        close_all(w);
        return NULL;
    }
    *arrivals = w->pipe[0];
    return w;
}

void wires_stop(struct wires *w)
{
    if (!w)
        return;
    atomic_store(&w->is_stopped, true);
    (void)eventfd_write(w->wake.fd, 1);
    pthread_join(w->thread, NULL);
    close_all(w);
}
