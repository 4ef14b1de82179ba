/* The collector: the only place that sees engine and output. It has the plan's jobs handed out
 * (cli/handout.h), takes results through one queue bounded in bytes, and gives them to the sinks,
 * one writer. Every attempt is written; a device is counted once, by its last.
 *
 * Where the engine runs sessions in this process, a writer thread empties the queue, so that a slow
 * disk never stalls stepping; when the queue is full, handing out stops. Where there are worker
 * processes this process must stay single-threaded, and results are written as they come. */
#ifndef POLLER_CLI_COLLECTOR_H
#define POLLER_CLI_COLLECTOR_H

#include "cli/handout.h"
#include "cli/progress.h"
#include "cli/world.h"
#include "output/sink.h"
#include "report/stats.h"

#define COLLECTOR_QUEUE_BYTES (64u << 20)

struct collector_options {
    const struct world *world;
    struct sink **sinks;
    size_t n_sinks;
    struct progress *progress; /* or NULL */
    bool threaded;             /* a writer thread */
    size_t max_bytes;          /* of the queue */
    struct handout_options handout;
};

struct collector;

/* Starts the writer thread where options say so. NULL with err. */
struct collector *collector_new(const struct collector_options *options, struct err *e);

/* What engine_run is given. */
struct engine_client collector_client(struct collector *c);

/* After engine_run: reports jobs never handed out, or never answered, as cancelled; writes what is
 * queued; joins the thread; says so where failures in a row ended the run. 0, or -1 with err: what
 * could not be written. */
int collector_finish(struct collector *c, struct err *e);

/* What -n auto chose, after collector_finish. */
void collector_summary(const struct collector *c, struct run_summary *run);

/* The counts, after collector_finish. */
struct stats *collector_stats(struct collector *c);

void collector_free(struct collector *c);

#endif
