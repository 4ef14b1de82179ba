#include "model/hostlist.h"

#include <ctype.h>
#include <inttypes.h>
#include <poller/err.h>
#include <stdio.h>
#include <string.h>

#define NUMBER_DIGITS_MAX 18

static const char *shown(size_t len)
{
    return len > 60 ? "…" : "";
}

static int fail(struct err *e, const char *text, size_t len, const char *why)
{
    return err_set(e, FAIL_USAGE, "'%.*s%s': %s", (int)(len > 60 ? 60 : len), text, shown(len),
                   why);
}

/* Digits at text[*at]; moves *at behind them. -1: none, or too many. */
static int read_number(const char *text, size_t len, size_t *at, uint64_t *number, int *digits)
{
    size_t start = *at;
    *number = 0;
    while (*at < len && isdigit((unsigned char)text[*at]) && *at - start < NUMBER_DIGITS_MAX)
        *number = *number * 10 + (uint64_t)(text[(*at)++] - '0');
    *digits = (int)(*at - start);
    return *digits == 0 || (*at < len && isdigit((unsigned char)text[*at])) ? -1 : 0;
}

/* `3` or `01-99` at text[*at]. -1: not that. */
static int read_span(const char *text, size_t len, size_t *at, struct host_span *span)
{
    int digits, last_digits;
    size_t start = *at;
    if (read_number(text, len, at, &span->first, &digits) != 0)
        return -1;
    span->width = text[start] == '0' ? digits : 0;
    span->last = span->first;
    if (*at == len || text[*at] != '-')
        return 0;
    (*at)++;
    return read_number(text, len, at, &span->last, &last_digits);
}

/* What stands between the brackets. */
static int read_range(const char *text, size_t len, struct host_range *range, struct err *e)
{
    static const char form[] = "a range is written [1-9], [01-20] or [1,3,7-9]";
    range->n_spans = 0;
    range->count = 0;
    for (size_t at = 0;; at++) {
        if (range->n_spans == HOST_SPANS_MAX)
            return fail(e, text, len, "too many parts in one range");
        struct host_span *span = &range->spans[range->n_spans++];
        if (read_span(text, len, &at, span) != 0)
            return fail(e, text, len, form);
        if (span->last < span->first)
            return fail(e, text, len, "a range that runs backwards");
        uint64_t more = span->last - span->first + 1;
        if (more > HOST_PATTERN_NAMES_MAX || range->count + more > HOST_PATTERN_NAMES_MAX)
            return fail(e, text, len, "a range of over 100,000 names");
        range->count += (size_t)more;
        if (at == len)
            return 0;
        if (text[at] != ',')
            return fail(e, text, len, form);
    }
}

/* The next bracket that opens a range, at or behind at; len: none. *end is its other bracket. */
static size_t find_range(const char *text, size_t len, size_t at, size_t *end)
{
    for (; at < len; at++) {
        if (text[at] != '[')
            continue;
        const char *close = memchr(text + at, ']', len - at);
        *end = close ? (size_t)(close - text) : len;
        if (!memchr(text + at, ':', *end - at))
            return at;
        at = *end;
    }
    return len;
}

static size_t longest_number(const struct host_range *range)
{
    size_t longest = 0;
    for (size_t i = 0; i < range->n_spans; i++) {
        int n = snprintf(NULL, 0, "%0*" PRIu64, range->spans[i].width, range->spans[i].last);
        longest = (size_t)n > longest ? (size_t)n : longest;
    }
    return longest;
}

int host_pattern_parse(const char *text, size_t len, struct host_pattern *p, struct err *e)
{
    size_t at = 0, end = 0, longest = 0;
    p->text = text;
    p->n_ranges = 0;
    p->count = 1;
    for (size_t open = find_range(text, len, 0, &end); open < len;
         open = find_range(text, len, at, &end)) {
        if (end == len)
            return fail(e, text, len, "a '[' without its ']'");
        if (p->n_ranges == HOST_RANGES_MAX)
            return fail(e, text, len, "too many ranges in one name");
        struct host_range *range = &p->ranges[p->n_ranges++];
        range->prefix_at = at;
        range->prefix_len = open - at;
        if (read_range(text + open + 1, end - open - 1, range, e) != 0)
            return -1;
        if (p->count > HOST_PATTERN_NAMES_MAX / range->count)
            return fail(e, text, len, "ranges of over 100,000 names together");
        p->count *= range->count;
        longest += range->prefix_len + longest_number(range);
        at = end + 1;
    }
    p->suffix_at = at;
    p->suffix_len = len - at;
    if (longest + p->suffix_len > HOST_NAME_MAX_BYTES)
        return fail(e, text, len, "a name of over 255 bytes");
    return 0;
}

static int put_number(const struct host_range *range, size_t index, char *out, size_t size)
{
    const struct host_span *span = range->spans;
    while (index > span->last - span->first) {
        index -= (size_t)(span->last - span->first + 1);
        span++;
    }
    return snprintf(out, size, "%0*" PRIu64, span->width, span->first + index);
}

const char *host_pattern_name(const struct host_pattern *p, size_t index,
                              char out[HOST_NAME_MAX_BYTES + 1])
{
    size_t turn = p->count, n = 0;
    for (size_t i = 0; i < p->n_ranges; i++) {
        const struct host_range *range = &p->ranges[i];
        turn /= range->count;
        memcpy(out + n, p->text + range->prefix_at, range->prefix_len);
        n += range->prefix_len;
        n += (size_t)put_number(range, index / turn % range->count, out + n,
                                HOST_NAME_MAX_BYTES + 1 - n);
    }
    memcpy(out + n, p->text + p->suffix_at, p->suffix_len);
    out[n + p->suffix_len] = '\0';
    return out;
}

/* ":22" behind a host, or nothing. */
static int read_port(const char *text, size_t len, struct host_address *a)
{
    uint64_t port = 0;
    int digits;
    size_t at = 1;
    a->port = 0;
    if (len == 0)
        return 0;
    if (text[0] != ':' || read_number(text, len, &at, &port, &digits) != 0 || at != len ||
        port == 0 || port > UINT16_MAX)
        return -1;
    a->port = (uint16_t)port;
    return 0;
}

int host_address_parse(const char *entry, size_t len, struct host_address *a, struct err *e)
{
    const char *at = memrchr(entry, '@', len);
    a->user = entry;
    a->user_len = at ? (size_t)(at - entry) : 0;
    a->host = at ? at + 1 : entry;
    size_t left = len - (size_t)(a->host - entry);
    const char *colon = memchr(a->host, ':', left);
    const char *close = left > 0 && a->host[0] == '[' ? memchr(a->host, ']', left) : NULL;
    /* Brackets without a colon are a range. */
    if (close && colon && colon < close) {
        a->host++;
        left--;
        a->host_len = (size_t)(close - a->host);
        left -= a->host_len + 1;
        close++;
    } else {
        /* Two colons and no brackets: an address of IPv6, which has no port then. */
        bool is_v6 = colon && memchr(colon + 1, ':', left - (size_t)(colon + 1 - a->host));
        a->host_len = colon && !is_v6 ? (size_t)(colon - a->host) : left;
        close = a->host + a->host_len;
        left -= a->host_len;
    }
    if (a->host_len == 0)
        return fail(e, entry, len, "no host in it");
    if (at && a->user_len == 0)
        return fail(e, entry, len, "no user before the '@'");
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)entry[i] <= ' ' || entry[i] == 0x7f)
            return fail(e, entry, len, "a host has no blanks or control characters");
    if (read_port(close, left, a) != 0)
        return fail(e, entry, len, "a port is a number from 1 to 65535");
    return 0;
}
