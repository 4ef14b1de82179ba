#include "lab/relay/relay_pair.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* What a client may still have sent when it is cut off: read before closing, for the kernel makes
 * a reset of the end where something is unread. */
#define DRAIN_READS 16

static struct mono plus(struct mono t, int64_t ns)
{
    return (struct mono){t.ns + ns};
}

void relay_side_event(struct relay_side *side, uint32_t events)
{
    side->readable |= (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0;
    side->writable |= (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0;
}

int relay_side_watch(int epoll, struct relay_side *side, uint32_t events)
{
    struct epoll_event event = {.events = events, .data = {.ptr = side}};
    if (side->fd < 0 || side->watched == events)
        return 0;
    int what = !side->watched ? EPOLL_CTL_ADD : events ? EPOLL_CTL_MOD : EPOLL_CTL_DEL;
    if (epoll_ctl(epoll, what, side->fd, &event) != 0)
        return -1;
    side->watched = events;
    return 0;
}

static void send_at_once(int fd)
{
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
}

static void way_init(struct relay_pair *pair, enum relay_direction direction)
{
    struct relay_way *way = &pair->way[direction];
    *way = (struct relay_way){
        .options = pair->options,
        .count = &pair->count,
        .direction = direction,
        .from = direction == TO_CLIENT ? &pair->server : &pair->client,
        .to = direction == TO_CLIENT ? &pair->client : &pair->server,
        .end_due = MONO_NEVER,
    };
    delay_line_init(&way->line, &way->options->wire, pair->number * RELAY_DIRECTIONS + direction);
}

void relay_pair_init(struct relay_pair *pair, struct relay_shared *shared,
                     const struct relay_options *options, int client, int server, uint64_t number)
{
    int64_t rtt_ns = options->rtt_ns;
    *pair = (struct relay_pair){
        .shared = shared,
        .options = options,
        .client = {.pair = pair, .fd = client, .writable = true},
        .server = {.pair = pair, .fd = server},
        .timer = {.at = TIMER_IDLE},
        .connect_due = plus(mono_now(), rtt_ns + rtt_ns / 2),
        .reset_due = MONO_NEVER,
        .number = number,
    };
    relay_count_init(&pair->count);
    way_init(pair, TO_CLIENT);
    way_init(pair, TO_SERVER);
    pair->way[TO_SERVER].line.not_before = pair->connect_due;
    send_at_once(client);
    send_at_once(server);
}

struct relay_pair *relay_pair_new(struct relay_shared *shared, int client, int server,
                                  uint64_t number)
{
    struct relay_pair *pair = malloc(sizeof(*pair));
    if (!pair) {
        close(client);
        close(server);
        return NULL;
    }
    relay_pair_init(pair, shared, &shared->options, client, server, number);
    return pair;
}

static void close_side(struct relay_side *side)
{
    if (side->fd >= 0)
        close(side->fd);
    side->fd = -1;
    side->watched = 0;
}

void relay_pair_free(struct relay_pair *pair)
{
    timers_set(&pair->shared->timers, &pair->timer, MONO_NEVER);
    close_side(&pair->client);
    close_side(&pair->server);
    delay_line_free(&pair->way[TO_CLIENT].line);
    delay_line_free(&pair->way[TO_SERVER].line);
    free(pair);
}

static void reset(struct relay_pair *pair)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    const struct relay_side *sides[] = {&pair->client, &pair->server};
    for (size_t i = 0; i < sizeof(sides) / sizeof(*sides); i++)
        if (sides[i]->fd >= 0)
            (void)setsockopt(sides[i]->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    pair->over = true;
}

static void reset_at(struct relay_pair *pair, struct mono due)
{
    pair->reset_due = mono_min(pair->reset_due, due);
}

static void reset_after_travel(struct relay_pair *pair, struct mono now)
{
    reset_at(pair, plus(now, pair->options->wire.delay_ns));
}

static void drain(const struct relay_pair *pair, int fd)
{
    for (int i = 0; fd >= 0 && i < DRAIN_READS; i++)
        if (recv(fd, pair->shared->scratch, RELAY_SCRATCH, 0) <= 0)
            return;
}

static void fault_cut(struct relay_pair *pair, struct relay_way *way)
{
    (void)way;
    drain(pair, pair->client.fd);
    drain(pair, pair->server.fd);
    pair->over = true;
}

static void fault_reset(struct relay_pair *pair, struct relay_way *way)
{
    (void)way;
    reset(pair);
}

static void fault_half_close(struct relay_pair *pair, struct relay_way *way)
{
    (void)pair;
    relay_way_close(way);
}

static void fault_stall(struct relay_pair *pair, struct relay_way *way)
{
    (void)way;
    for (int i = 0; i < RELAY_DIRECTIONS; i++) {
        delay_line_free(&pair->way[i].line);
        pair->way[i].closed = true;
    }
    pair->stalled = true;
}

static void (*const faults[])(struct relay_pair *, struct relay_way *) = {
    [FAULT_CUT] = fault_cut,
    [FAULT_STALL] = fault_stall,
    [FAULT_RESET] = fault_reset,
    [FAULT_HALF_CLOSE] = fault_half_close,
};

static void heed(struct relay_pair *pair, struct relay_way *way, enum way_news news,
                 struct mono now)
{
    switch (news) {
    case WAY_NOTHING:
        break;
    case WAY_LOST: /* comes behind what was sent before, and in place of an orderly end */
        reset_at(pair, way->end_due);
        way->end_due = MONO_NEVER;
        break;
    case WAY_BROKEN:
        way->ended = way->closed = true;
        delay_line_free(&way->line);
        reset_after_travel(pair, now);
        break;
    case WAY_FAULT:
        faults[way->options->fault](pair, way);
        break;
    case WAY_NO_MEMORY:
        reset(pair);
        break;
    }
}

static void call_server(struct relay_pair *pair, struct mono now)
{
    const struct sockaddr_in *to = &pair->options->to;
    pair->connect_due = MONO_NEVER;
    int rc = pair->shared->call
                 ? pair->shared->call(pair)
                 : connect(pair->server.fd, (const struct sockaddr *)to, sizeof(*to));
    if (rc == 0) {
        pair->connected = pair->server.writable = true;
    } else if (errno != EINPROGRESS) {
        close_side(&pair->server);
        reset_after_travel(pair, now);
    }
}

static void server_answered(struct relay_pair *pair, struct mono now)
{
    int error = 0;
    socklen_t size = sizeof(error);
    if (getsockopt(pair->server.fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0) {
        pair->connected = true;
        return;
    }
    close_side(&pair->server);
    reset_after_travel(pair, now);
}

static void move(struct relay_pair *pair, enum relay_direction direction, struct mono now)
{
    struct relay_way *way = &pair->way[direction];
    if (!pair->over)
        heed(pair, way, relay_way_take(way, pair->shared->scratch, RELAY_SCRATCH, now), now);
    if (!pair->over && pair->connected)
        heed(pair, way, relay_way_deliver(way, now), now);
}

static void act(struct relay_pair *pair, struct mono now)
{
    if (mono_reached(now, pair->connect_due))
        call_server(pair, now);
    else if (pair->server.fd >= 0 && !pair->connected && pair->server.writable)
        server_answered(pair, now);
    move(pair, TO_CLIENT, now);
    move(pair, TO_SERVER, now);
    if (!pair->over && mono_reached(now, pair->reset_due))
        reset(pair);
    if (pair->stalled)
        pair->over = pair->way[TO_SERVER].ended;
    else if (pair->way[TO_CLIENT].closed && pair->way[TO_SERVER].closed &&
             mono_is_never(pair->reset_due))
        pair->over = true;
}

/* Nobody is told anything any more; but a client that leaves frees the server. */
static void act_stalled(struct relay_pair *pair, struct mono now)
{
    struct relay_way *way = &pair->way[TO_SERVER];
    (void)relay_way_take(way, pair->shared->scratch, RELAY_SCRATCH, now);
    pair->over = way->ended;
}

static uint32_t events_of(const struct relay_pair *pair, const struct relay_side *side)
{
    const struct relay_way *from_it = &pair->way[side == &pair->client ? TO_SERVER : TO_CLIENT];
    bool reads = relay_way_wants(from_it), waits = !side->writable && !pair->stalled;
    if (side == &pair->server) {
        reads = reads && pair->connected && !pair->stalled;
        waits = waits && mono_is_never(pair->connect_due);
    }
    return (reads ? EPOLLIN : 0u) | (waits ? EPOLLOUT : 0u);
}

static struct mono next_due(const struct relay_pair *pair)
{
    struct mono due = mono_min(pair->connect_due, pair->reset_due);
    if (pair->stalled)
        return MONO_NEVER;
    if (!pair->connected)
        return due;
    due = mono_min(due, relay_way_due(&pair->way[TO_CLIENT]));
    return mono_min(due, relay_way_due(&pair->way[TO_SERVER]));
}

void relay_pair_turn(struct relay_pair *pair)
{
    struct relay_shared *shared = pair->shared;
    struct mono now = mono_now();
    if (pair->stalled)
        act_stalled(pair, now);
    else
        act(pair, now);
    if (pair->over)
        return;
    if (relay_side_watch(shared->epoll, &pair->client, events_of(pair, &pair->client)) != 0 ||
        relay_side_watch(shared->epoll, &pair->server, events_of(pair, &pair->server)) != 0) {
        reset(pair);
        return;
    }
    /* What is overdue is due now: so those that have waited longer come first. */
    struct mono due = next_due(pair);
    timers_set(&shared->timers, &pair->timer, due.ns > now.ns ? due : now);
}
