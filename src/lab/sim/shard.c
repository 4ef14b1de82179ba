#include "lab/sim/shard.h"

#include "base/log.h"
#include "lab/sim/limits.h"
#include "lab/sim/visit.h"
#include "lab/sim/wires.h"
#include "lab/wire/loop_wait.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS_AT_ONCE   256
#define ACCEPTS_AT_ONCE  32
#define ARRIVALS_AT_ONCE 64

struct listener {
    struct source source;
    struct shard *shard;
    const struct listener_socket *socket;
};

/* What the loop watches besides connections. */
struct own {
    struct shard shard;
    struct source signals, arrivals;
    struct listener *listeners;
    size_t n_listeners;
};

int shard_watch(struct shard *shard, struct source *source, uint32_t events)
{
    struct epoll_event event = {.events = events, .data = {.ptr = source}};
    if (source->watched == events)
        return 0;
    int what = !source->watched ? EPOLL_CTL_ADD : events ? EPOLL_CTL_MOD : EPOLL_CTL_DEL;
    if (epoll_ctl(shard->epoll, what, source->fd, &event) != 0)
        return -1;
    source->watched = events;
    return 0;
}

/* --- connections come --- */

static void on_listener(struct source *source, uint32_t events, struct mono now)
{
    struct listener *l = (struct listener *)source;
    struct shard *shard = l->shard;
    char client[16];
    (void)events;
    for (int i = 0; i < ACCEPTS_AT_ONCE && shard->n_visits < shard->most; i++) {
        int fd = accept4(source->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            shard->is_full = shard->is_full || errno == EMFILE || errno == ENFILE;
            return;
        }
        int64_t device = arrival_device(shard->config, l->socket, fd, client);
        if (device < 0)
            arrival_reset(fd);
        else
            visit_start(shard, fd, (uint32_t)device, l->socket->is_telnet, client, now);
    }
}

static void on_arrivals(struct source *source, uint32_t events, struct mono now)
{
    struct own *own = (struct own *)((char *)source - offsetof(struct own, arrivals));
    struct arrival a;
    (void)events;
    for (int i = 0; i < ARRIVALS_AT_ONCE; i++) {
        if (read(source->fd, &a, sizeof a) != (ssize_t)sizeof a)
            return;
        visit_start(&own->shard, a.fd, a.device, a.is_telnet, a.client, now);
    }
}

static void on_signal(struct source *source, uint32_t events, struct mono now)
{
    struct own *own = (struct own *)((char *)source - offsetof(struct own, signals));
    (void)events;
    (void)now;
    own->shard.is_ending = true;
}

/* --- the loop --- */

static void free_over(struct shard *shard)
{
    while (shard->over) {
        struct visit *v = shard->over;
        shard->over = v->next;
        visit_free(v);
        shard->is_full = false;
    }
}

/* Each at most once in a round: what is due again at once must not keep the sockets waiting. */
static void run_timers(struct shard *shard, struct mono now)
{
    for (size_t left = shard->timers.n; left > 0; left--) {
        struct timer *first = timers_first(&shard->timers);
        if (!first || !mono_reached(now, first->due))
            return;
        struct visit *v = (struct visit *)((char *)first - offsetof(struct visit, timer));
        timers_set(&shard->timers, first, MONO_NEVER);
        visit_tick(v, now);
    }
}

static void watch_listeners(struct own *own)
{
    struct shard *shard = &own->shard;
    bool accepts = !shard->is_full && shard->n_visits < shard->most;
    for (size_t i = 0; i < own->n_listeners; i++)
        (void)shard_watch(shard, &own->listeners[i].source, accepts ? EPOLLIN : 0);
}

static void loop(struct own *own)
{
    struct shard *shard = &own->shard;
    struct epoll_event events[EVENTS_AT_ONCE];
    while (!shard->is_ending) {
        watch_listeners(own);
        int n = loop_wait(shard->epoll, events, EVENTS_AT_ONCE, &shard->timers);
        struct mono now = mono_now();
        for (int i = 0; i < n; i++) {
            struct source *source = events[i].data.ptr;
            source->ready(source, events[i].events, now);
        }
        run_timers(shard, mono_now());
        free_over(shard);
    }
}

/* --- the process --- */

static int open_signals(struct own *own)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return -1;
    own->signals = (struct source){signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), 0, on_signal};
    return own->signals.fd < 0 ? -1 : shard_watch(&own->shard, &own->signals, EPOLLIN);
}

static int open_listeners(struct own *own, const struct listeners *listeners)
{
    own->listeners = calloc(listeners->n + 1, sizeof *own->listeners);
    if (!own->listeners)
        return -1;
    for (size_t i = 0; i < listeners->n; i++)
        own->listeners[i] = (struct listener){
            {listeners->items[i].fd, 0, on_listener}, &own->shard, &listeners->items[i]};
    own->n_listeners = listeners->n;
    return 0;
}

static int open_wires(struct own *own, const struct listeners *listeners, struct err *e)
{
    struct shard *shard = &own->shard;
    int fd = -1;
    shard->wires = wires_start(shard->config, listeners, shard->most, &fd, e);
    if (!shard->wires)
        return -1;
    own->arrivals = (struct source){fd, 0, on_arrivals};
    return shard_watch(shard, &own->arrivals, EPOLLIN);
}

static int open_all(struct own *own, const struct listeners *listeners, struct err *e)
{
    struct shard *shard = &own->shard;
    shard->epoll = epoll_create1(EPOLL_CLOEXEC);
    shard->most = limits_visits(shard->config);
    if (shard->epoll < 0 || timers_init(&shard->timers, shard->most + 1) != 0 ||
        open_signals(own) != 0)
        return err_set(e, FAIL_INTERNAL, "a shard could not start: %s", strerror(errno));
    if (hostkeys_open(&shard->hostkeys, shard->config->fleet.seed, shard->config->old_key, e) != 0)
        return -1;
    return fleet_has_wires(&shard->config->fleet) ? open_wires(own, listeners, e)
                                                  : open_listeners(own, listeners);
}

static void close_all(struct own *own)
{
    struct shard *shard = &own->shard;
    while (shard->visits)
        visit_end(shard->visits);
    free_over(shard);
    wires_stop(shard->wires);
    hostkeys_close(&shard->hostkeys);
    timers_free(&shard->timers);
    free(own->listeners);
    if (own->signals.fd > 0)
        close(own->signals.fd);
    if (shard->epoll >= 0)
        close(shard->epoll);
}

int shard_run(const struct sim_config *config, struct stats *stats, struct roll *roll,
              const struct listeners *listeners, int ready_fd)
{
    struct own own = {.shard = {.config = config, .stats = stats, .roll = roll, .epoll = -1}};
    struct err e = {0};
    int rc = open_all(&own, listeners, &e);
    if (rc != 0)
        log_warn("%s", e.text);
    else if (write(ready_fd, "+", 1) == 1)
        loop(&own);
    close(ready_fd);
    close_all(&own);
    return rc == 0 ? 0 : 1;
}
