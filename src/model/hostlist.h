/* Host lists and their ranges: `sw[01-99],r[1-3,7]-x`, `^file`, `-`.
 *
 * A pattern is a text with up to HOST_RANGES_MAX ranges in brackets; its names are numbered, the
 * last range turning fastest, so that two patterns of equal counts can be walked in step. Zeros in
 * front are kept: a range is as wide as its first number where that begins with a zero. Brackets
 * that hold a colon are an IPv6 address, not a range. */
#ifndef POLLER_MODEL_HOSTLIST_H
#define POLLER_MODEL_HOSTLIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

#define HOST_NAME_MAX_BYTES    255    /* of one name */
#define HOST_PATTERN_NAMES_MAX 100000 /* names of one pattern */
#define HOST_RANGES_MAX        4      /* in one pattern */
#define HOST_SPANS_MAX         32     /* first-last pairs in one range */

struct host_span {
    uint64_t first, last;
    int width; /* zeros in front up to this; 0: none */
};

struct host_range {
    size_t prefix_at, prefix_len; /* of the text before it, in the pattern */
    struct host_span spans[HOST_SPANS_MAX];
    size_t n_spans;
    size_t count;
};

struct host_pattern {
    const char *text; /* borrowed */
    struct host_range ranges[HOST_RANGES_MAX];
    size_t n_ranges;
    size_t suffix_at, suffix_len;
    size_t count; /* names; 1 without a range */
};

/* 0, or -1 with err (FAIL_USAGE, no position): an empty or backward range, one without its end, too
 * many names, a name that could be too long. */
int host_pattern_parse(const char *text, size_t len, struct host_pattern *p, struct err *e);

/* The name of that number (0 ≤ index < count) into out; returns out. */
const char *host_pattern_name(const struct host_pattern *p, size_t index,
                              char out[HOST_NAME_MAX_BYTES + 1]);

/* Calls each for every entry of a list, `^file` and `-` read and their entries in place, ranges not
 * expanded yet. Empty entries are passed over. Files hold one entry a line (or lists), # comments,
 * and no further files. -1 with err, or the first result of each that is not 0. */
typedef int hostlist_entry_fn(void *ctx, const char *entry, size_t len, struct err *e);
int hostlist_each(const char *list, hostlist_entry_fn *each, void *ctx, struct err *e);

/* One entry taken apart: `user@host:port`, `host`, `[v6]:port`, `v6`. The texts are parts of entry.
 * port 0: none. -1 with err: no host, a bad port. */
struct host_address {
    const char *user, *host;
    size_t user_len, host_len;
    uint16_t port;
};
int host_address_parse(const char *entry, size_t len, struct host_address *a, struct err *e);

#endif
