#include "lab/wire/delay_line.h"

#include <stdlib.h>
#include <string.h>

#define NS_PER_S 1000000000u

/* Where the rate is set, a segment comes out in pieces: the bytes of 10 ms, and no more than a TCP
 * segment on Ethernet carries. */
#define PIECES_PER_S 100u
#define PIECE_MAX    1448u

/* What a segment costs beside its bytes. It counts, so that single bytes cannot take many times the
 * memory that the line may hold. */
#define SEGMENT_COST 64u

struct delay_segment {
    struct delay_segment *next;
    struct mono base; /* when its first byte would come out at an endless rate */
    size_t n, start;  /* bytes[start .. n) wait */
    char bytes[];
};

static struct mono later(struct mono a, struct mono b)
{
    return a.ns > b.ns ? a : b;
}

static struct mono plus(struct mono t, int64_t ns)
{
    return (struct mono){t.ns + ns};
}

void delay_line_init(struct delay_line *line, const struct wire_settings *settings, uint64_t seed)
{
    *line = (struct delay_line){
        .settings = *settings,
        .not_before = MONO_UNSET,
        .busy_until = MONO_UNSET,
        .last_due = MONO_UNSET,
        .random = seed,
    };
}

static void drop_first(struct delay_line *line)
{
    struct delay_segment *segment = line->first;
    line->first = segment->next;
    if (!line->first)
        line->last = NULL;
    line->segments--;
    free(segment);
}

void delay_line_free(struct delay_line *line)
{
    while (line->first)
        drop_first(line);
    line->held = 0;
}

size_t delay_line_room(const struct delay_line *line)
{
    size_t taken = line->held + line->segments * SEGMENT_COST;
    return taken < DELAY_LINE_MAX ? DELAY_LINE_MAX - taken : 0;
}

/* SplitMix64 (Steele, Lea, Flood 2014): any seed will do, also 0. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static int64_t jitter(struct delay_line *line)
{
    int64_t most = line->settings.jitter_ns;
    return most > 0 ? (int64_t)(next_random(&line->random) % ((uint64_t)most + 1)) : 0;
}

/* How long n bytes take to go. */
static int64_t time_of(const struct delay_line *line, size_t n)
{
    return line->settings.rate ? (int64_t)(n * (uint64_t)NS_PER_S / line->settings.rate) : 0;
}

int delay_line_put(struct delay_line *line, const void *bytes, size_t n, struct mono now)
{
    if (n == 0)
        return 0;
    struct delay_segment *segment = malloc(sizeof(*segment) + n);
    if (!segment)
        return -1;
    struct mono begin = later(now, line->busy_until);
    struct mono base = plus(begin, line->settings.delay_ns + jitter(line));
    base = later(base, later(line->not_before, line->last_due));
    *segment = (struct delay_segment){.base = base, .n = n};
    memcpy(segment->bytes, bytes, n);
    line->busy_until = plus(begin, time_of(line, n));
    line->last_due = plus(base, time_of(line, n));
    if (line->last)
        line->last->next = segment;
    else
        line->first = segment;
    line->last = segment;
    line->held += n;
    line->segments++;
    return 0;
}

/* Up to where the bytes of the first segment come out together. */
static size_t piece_end(const struct delay_line *line)
{
    const struct delay_segment *segment = line->first;
    uint64_t rate = line->settings.rate;
    if (rate == 0)
        return segment->n;
    uint64_t piece = rate / PIECES_PER_S;
    piece = piece < 1 ? 1 : piece > PIECE_MAX ? PIECE_MAX : piece;
    size_t end = (segment->start / piece + 1) * piece;
    return end < segment->n ? end : segment->n;
}

struct mono delay_line_due(const struct delay_line *line)
{
    if (!line->first)
        return MONO_NEVER;
    return plus(line->first->base, time_of(line, piece_end(line)));
}

const void *delay_line_peek(const struct delay_line *line, struct mono now, size_t *n)
{
    *n = 0;
    if (!mono_reached(now, delay_line_due(line)))
        return NULL;
    *n = piece_end(line) - line->first->start;
    return line->first->bytes + line->first->start;
}

void delay_line_drop(struct delay_line *line, size_t n)
{
    struct delay_segment *segment = line->first;
    if (!segment)
        return;
    if (n > segment->n - segment->start)
        n = segment->n - segment->start;
    segment->start += n;
    line->held -= n;
    if (segment->start == segment->n)
        drop_first(line);
}
