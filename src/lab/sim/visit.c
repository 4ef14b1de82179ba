#include "lab/sim/visit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define CLOSE_NS    INT64_C(2000000000)
#define CHATTER_NS  INT64_C(100000000)
#define DRAIN_READS 16
#define DRAIN_CHUNK 16384

/* --- what misbehaves before any protocol --- */

static void hold(struct visit *v, struct mono now)
{
    (void)now;
    v->state = VISIT_HELD;
}

static void start_not_ssh(struct visit *v, struct mono now)
{
    static const char text[] = "HTTP/1.0 400 Bad Request\r\nConnection: close\r\n\r\n";
    (void)!write(v->source.fd, text, sizeof text - 1);
    visit_close_soon(v, now);
}

static void start_reset(struct visit *v, struct mono now)
{
    const struct linger at_once = {1, 0};
    (void)now;
    (void)setsockopt(v->source.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    visit_end(v);
}

static void start_chatter(struct visit *v, struct mono now)
{
    v->state = VISIT_CHATTER;
    v->due = now;
}

static void start_stalled_kex(struct visit *v, struct mono now)
{
    char line[128];
    int n = snprintf(line, sizeof line, "SSH-2.0-%.100s\r\n", v->device.persona->ssh.version);
    (void)!write(v->source.fd, line, (size_t)n);
    hold(v, now);
}

static void chatter(struct visit *v, struct mono now)
{
    static const char line[] = "this line is not the SSH version\r\n";
    (void)!write(v->source.fd, line, sizeof line - 1);
    v->due = (struct mono){now.ns + CHATTER_NS};
}

/* True where the device gets no further than this. */
static bool goes_wrong(struct visit *v, struct mono now)
{
    static void (*const starts[MIS_COUNT])(struct visit *, struct mono) = {
        [MIS_SILENT] = hold,
        [MIS_NOT_SSH] = start_not_ssh,
        [MIS_RESETS] = start_reset,
        [MIS_CHATTER] = start_chatter,
        [MIS_STALLS_KEX] = start_stalled_kex,
    };
    enum misbehaviour m = v->device.misbehaviour;
    if (m == MIS_LOGIN_LIMIT && stats_is_storm(v->shard->stats, v->device.index, now)) {
        visit_end(v);
        return true;
    }
    if (!starts[m] || (v->is_telnet && !misbehave_entry(m)->telnet))
        return false;
    starts[m](v, now);
    return true;
}

/* --- its life --- */

static void ready(struct source *source, uint32_t events, struct mono now)
{
    struct visit *v = (struct visit *)source;
    if (v->state == VISIT_OVER)
        return;
    if (v->state == VISIT_HELD || v->state == VISIT_CHATTER || v->state == VISIT_CLOSING) {
        if (!visit_drain(v))
            visit_end(v);
        return;
    }
    if (v->is_telnet)
        visit_telnet_ready(v, events, now);
    else
        visit_ssh_ready(v, events, now);
    visit_set_timer(v);
}

static void join(struct visit *v)
{
    struct shard *shard = v->shard;
    v->next = shard->visits;
    if (v->next)
        v->next->previous = v;
    shard->visits = v;
    shard->n_visits++;
}

static void leave(struct visit *v)
{
    struct shard *shard = v->shard;
    if (v->next)
        v->next->previous = v->previous;
    *(v->previous ? &v->previous->next : &shard->visits) = v->next;
    shard->n_visits--;
    v->next = shard->over;
    shard->over = v;
}

static uint32_t persona_number(const struct visit *v)
{
    const struct persona_set *all = &v->shard->config->fleet.personas;
    uint32_t i = 0;
    while (i < all->n && all->items[i] != v->device.persona)
        i++;
    return i;
}

void visit_start(struct shard *shard, int fd, uint32_t index, bool is_telnet, const char *client,
                 struct mono now)
{
    struct visit *v = calloc(1, sizeof *v);
    if (!v) {
        close(fd);
        return;
    }
    v->source = (struct source){fd, 0, ready};
    v->timer.at = TIMER_IDLE;
    v->shard = shard;
    v->is_telnet = is_telnet;
    v->limit = (struct mono){now.ns + shard->config->grace_ns};
    v->due = MONO_NEVER;
    buf_init(&v->unsent, CLI_OUT_MAX);
    snprintf(v->client, sizeof v->client, "%s", client);
    fleet_device(&shard->config->fleet, index, &v->device);
    v->nth = stats_connected(shard->stats, index, persona_number(v), now);
    v->place = roll_enter(shard->roll, index);
    join(v);
    if (!goes_wrong(v, now) && v->state != VISIT_OVER) {
        if (is_telnet)
            visit_telnet_start(v, now);
        else
            visit_ssh_start(v, now);
    }
    if (v->state != VISIT_OVER && v->source.watched == 0 &&
        shard_watch(shard, &v->source, EPOLLIN) != 0)
        visit_end(v);
    visit_set_timer(v);
}

void visit_end(struct visit *v)
{
    struct shard *shard = v->shard;
    if (v->state == VISIT_OVER)
        return;
    v->state = VISIT_OVER;
    timers_set(&shard->timers, &v->timer, MONO_NEVER);
    stats_disconnected(shard->stats, v->device.index,
                       !v->is_logged_in    ? STATS_NO_LOGIN
                       : v->has_ended_well ? STATS_LOGGED_OUT
                                           : STATS_DROPPED);
    roll_leave(shard->roll, v->place);
    leave(v);
}

void visit_free(struct visit *v)
{
    /* Both close the descriptor, if it is still open. */
    if (v->is_telnet)
        visit_telnet_free(v);
    else
        visit_ssh_free(v);
    if (v->cli)
        cli_free(v->cli);
    free(v->cli);
    buf_free(&v->unsent);
    free(v);
}

bool visit_drain(struct visit *v)
{
    char scratch[DRAIN_CHUNK];
    for (int i = 0; i < DRAIN_READS; i++) {
        ssize_t n = recv(v->source.fd, scratch, sizeof scratch, MSG_DONTWAIT);
        if (n == 0)
            return false;
        if (n < 0)
            return errno == EAGAIN || errno == EINTR;
    }
    return true;
}

void visit_close_soon(struct visit *v, struct mono now)
{
    if (v->state == VISIT_OVER)
        return;
    (void)shutdown(v->source.fd, SHUT_WR);
    v->state = VISIT_CLOSING;
    v->limit = (struct mono){now.ns + CLOSE_NS};
    if (shard_watch(v->shard, &v->source, EPOLLIN) != 0)
        visit_end(v);
}

/* --- the dialogue --- */

static bool check(void *ctx, const char *user, const char *password, struct mono now)
{
    struct visit *v = ctx;
    if (!door_check(v, user, password, now))
        return false;
    visit_logged_in(v, user, now);
    return true;
}

static void command(void *ctx, const char *line)
{
    struct visit *v = ctx;
    stats_command(v->shard->stats, line);
}

bool visit_make_cli(struct visit *v)
{
    const struct cli_hooks hooks = {v, check, command};
    v->cli = malloc(sizeof *v->cli);
    if (!v->cli) {
        visit_end(v);
        return false;
    }
    cli_init(v->cli, &v->device, v->client, &hooks);
    return true;
}

void visit_logged_in(struct visit *v, const char *user, struct mono now)
{
    uint32_t sessions = stats_logged_in(v->shard->stats, v->device.index, now);
    v->is_logged_in = true;
    roll_log_in(v->shard->roll, v->place);
    v->limit = (struct mono){now.ns + v->shard->config->idle_ns};
    if (user != v->user)
        snprintf(v->user, sizeof v->user, "%s", user);
    if (!door_has_line(v, sessions))
        v->device.misbehaviour = MIS_NO_FREE_LINE;
}

void visit_set_timer(struct visit *v)
{
    if (v->state == VISIT_OVER)
        return;
    struct mono due = mono_min(v->limit, v->due);
    if (v->cli)
        due = mono_min(due, v->cli->due);
    timers_set(&v->shard->timers, &v->timer, due);
}

void visit_tick(struct visit *v, struct mono now)
{
    if (mono_reached(now, v->limit)) {
        if (v->state != VISIT_CLOSING)
            stats_shed(v->shard->stats);
        visit_end(v);
    } else if (v->state == VISIT_CHATTER) {
        chatter(v, now);
    } else if (v->is_telnet) {
        visit_telnet_tick(v, now);
    } else {
        visit_ssh_tick(v, now);
    }
    visit_set_timer(v);
}
