/* Sinks: where results go. One writer, on one thread; whole records; a table of them.
 *
 * A sink writes through struct out, which remembers the first failed write: a full disk or a closed
 * pipe is never a lost record that nobody mentions. */
#ifndef POLLER_OUTPUT_SINK_H
#define POLLER_OUTPUT_SINK_H

#include "base/buf.h"

#include <poller/inventory.h>
#include <poller/result.h>

/* A descriptor with a buffer; errors stick. */
struct out {
    int fd;
    struct buf pending;
    int error; /* errno of the first failed write, or 0 */
};

/* Who wants the records as JSON values (output/record.h) while the run goes on. Called on the
 * writer's thread; the values are borrowed. 0, or -1 with err. */
struct json_t;
struct record_taker {
    void *ctx;
    int (*record)(void *ctx, const struct json_t *record, struct err *e);
    int (*run)(void *ctx, const struct json_t *run, struct err *e);
};

struct sink_options {
    const char *run_id;
    const char *mode; /* for the records */
    bool color;
    const char *outdir;               /* of the directory sink */
    const struct record_taker *taker; /* of sink_record */
};

struct sink {
    const struct sink_ops *ops;
    struct out *out;
    struct sink_options options;
    void *state; /* the sink's own */
    size_t written;
};

struct sink_ops {
    const char *name; /* as -o has it */
    /* Any may be NULL. 0, or -1 with err (FAIL_INTERNAL). */
    int (*begin)(struct sink *s, struct err *e);
    int (*result)(struct sink *s, const struct device *device, const struct job *job,
                  const struct result *result, struct err *e);
    int (*end)(struct sink *s, const struct run_summary *run, struct err *e);
    void (*free)(struct sink *s);
};

/* text, json, jsonl, csv, none; by name, or NULL. */
const struct sink_ops *sink_find(const char *name);
/* The -O directory: beside the one above, not instead of it. */
extern const struct sink_ops sink_outdir;
/* Text with identical outputs once, at the end: in place of text. */
extern const struct sink_ops sink_group;
/* Beside the others too: hands each record to options.taker. */
extern const struct sink_ops sink_record;

#endif
