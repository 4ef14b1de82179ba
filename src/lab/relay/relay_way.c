#include "lab/relay/relay_way.h"

#include <errno.h>
#include <sys/socket.h>

/* So that one connection does not hold up the others. */
#define SENDS_AT_ONCE 64

/* With a segment for each byte: so many read at once that their cost passes the line's room by
 * little. */
#define SINGLE_BYTES_AT_ONCE 256

static bool one_byte(const struct relay_way *way)
{
    return way->options->one_byte && way->options->spoils[way->direction];
}

static struct relay_depth *bytes_of(const struct relay_way *way)
{
    return &way->count->way[way->direction];
}

bool relay_way_wants(const struct relay_way *way)
{
    return !way->ended && way->from->fd >= 0 && (way->closed || delay_line_room(&way->line) > 0);
}

static size_t most_to_take(const struct relay_way *way, size_t size)
{
    size_t most = way->closed ? size : delay_line_room(&way->line);
    if (one_byte(way) && most > SINGLE_BYTES_AT_ONCE)
        most = SINGLE_BYTES_AT_ONCE;
    return most < size ? most : size;
}

static void corrupt(const struct relay_way *way, char *bytes, size_t n)
{
    uint64_t at = way->options->corrupt_at, first = bytes_of(way)->taken;
    if (way->options->spoils[way->direction] && at >= first && at - first < n)
        bytes[at - first] ^= 1;
}

static enum way_news put(struct relay_way *way, const char *bytes, size_t n, struct mono now)
{
    size_t step = one_byte(way) ? 1 : n;
    for (size_t at = 0; at < n; at += step) {
        if (delay_line_put(&way->line, bytes + at, step, now) != 0)
            return WAY_NO_MEMORY;
        relay_count_taken(way->count, way->direction, step);
    }
    return WAY_NOTHING;
}

/* The end comes behind all bytes, and travels as long as they do. */
static void end(struct relay_way *way, struct mono now)
{
    struct mono due = {now.ns + way->options->wire.delay_ns};
    way->end_due = way->line.last_due.ns > due.ns ? way->line.last_due : due;
    way->ended = true;
    if (way->direction == TO_SERVER)
        relay_count_client_left(way->count);
}

enum way_news relay_way_take(struct relay_way *way, char *scratch, size_t size, struct mono now)
{
    if (!way->from->readable || !relay_way_wants(way))
        return WAY_NOTHING;
    way->from->readable = false;
    ssize_t n = recv(way->from->fd, scratch, most_to_take(way, size), 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return WAY_NOTHING;
    if (n <= 0) {
        end(way, now);
        return n < 0 ? WAY_LOST : WAY_NOTHING;
    }
    if (way->closed)
        return WAY_NOTHING;
    corrupt(way, scratch, (size_t)n);
    return put(way, scratch, (size_t)n, now);
}

static uint64_t until_fault(const struct relay_way *way)
{
    const struct relay_options *options = way->options;
    if (options->fault == FAULT_NONE || !options->spoils[way->direction])
        return RELAY_NEVER;
    return options->fault_after - bytes_of(way)->delivered;
}

enum way_news relay_way_deliver(struct relay_way *way, struct mono now)
{
    for (int sends = 0; !way->closed; sends++) {
        uint64_t left = until_fault(way);
        size_t n;
        if (left == 0)
            return WAY_FAULT;
        const void *bytes = delay_line_peek(&way->line, now, &n);
        if (!bytes || sends == SENDS_AT_ONCE)
            break;
        ssize_t sent = send(way->to->fd, bytes, n < left ? n : (size_t)left, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) {
            way->to->writable = false;
            return WAY_NOTHING;
        }
        if (sent < 0 && errno != EINTR)
            return WAY_BROKEN;
        if (sent > 0) {
            delay_line_drop(&way->line, (size_t)sent);
            relay_count_delivered(way->count, way->direction, (size_t)sent);
        }
    }
    if (!way->closed && !way->line.first && mono_reached(now, way->end_due))
        relay_way_close(way);
    return WAY_NOTHING;
}

void relay_way_close(struct relay_way *way)
{
    (void)shutdown(way->to->fd, SHUT_WR);
    delay_line_free(&way->line);
    way->closed = true;
}

struct mono relay_way_due(const struct relay_way *way)
{
    if (way->closed)
        return MONO_NEVER;
    if (!way->line.first)
        return way->end_due;
    return way->to->writable ? delay_line_due(&way->line) : MONO_NEVER;
}
