/* One direction of a simulated wire: bytes go in, and come out a delay later, in their order.
 *
 * Pure: no descriptor and no clock; time is an argument. One thread. What waits is bounded: a full
 * line takes no more, and its user stops reading, as a full TCP window would make it. */
#ifndef POLLER_LAB_WIRE_DELAY_LINE_H
#define POLLER_LAB_WIRE_DELAY_LINE_H

#include <poller/clock.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that one line holds at most. */
#define DELAY_LINE_MAX (256u << 10)

struct wire_settings {
    int64_t delay_ns;  /* one way */
    int64_t jitter_ns; /* each segment up to this much later; the order stays */
    uint64_t rate;     /* bytes per second; 0: as fast as it goes */
};

struct delay_segment;

struct delay_line {
    struct wire_settings settings;
    struct delay_segment *first, *last;
    size_t held;            /* bytes that wait */
    size_t segments;        /* how many they are in */
    struct mono not_before; /* nothing put in from now on comes out earlier: the TCP handshake */
    struct mono busy_until; /* where rate is set: when the last byte will have gone */
    struct mono last_due;
    uint64_t random; /* state of the jitter */
};

/* Allocates nothing. seed decides the jitter. */
void delay_line_init(struct delay_line *line, const struct wire_settings *settings, uint64_t seed);
void delay_line_free(struct delay_line *line);

/* Room for how many more bytes. Each segment takes a little of it beside its bytes. */
size_t delay_line_room(const struct delay_line *line);

/* Takes a segment (n ≤ room) at now. 0, or -1: memory is out. */
int delay_line_put(struct delay_line *line, const void *bytes, size_t n, struct mono now);

/* When the next bytes come out; MONO_NEVER when none wait. */
struct mono delay_line_due(const struct delay_line *line);

/* The bytes of the first segment, where it is due; NULL where none is. *n gets how many. They stay
 * until delay_line_drop() takes n of them (or fewer) away. */
const void *delay_line_peek(const struct delay_line *line, struct mono now, size_t *n);
void delay_line_drop(struct delay_line *line, size_t n);

#endif
