/* One run of the plan in one mode: engine, collector and summary joined. */
#ifndef POLLER_CLI_RUNNER_H
#define POLLER_CLI_RUNNER_H

#include "cli/collector.h"

struct run_request {
    enum engine_mode mode;
    unsigned workers; /* 0: -n auto */
    unsigned processes, shards;
    struct sink **sinks;
    size_t n_sinks;
    struct progress *progress; /* started by the caller; or NULL */
    const char *run_id;
    struct retry_policy retry;
    struct budget_pace pace;
};

/* The engine's options for a request; mode sequential has one worker, and -n auto the most that it
 * may come to. */
struct engine_options runner_engine_options(const struct world *w, const struct run_request *r);

/* Runs it. *run is filled and *exit_code merged (130 where interrupted). Begins and ends the
 * sinks. 0, or -1 with err: something could not be written or the engine failed; *run holds what
 * there is then, too. */
int runner_run(struct world *w, const struct run_request *request, struct run_summary *run,
               int *exit_code, struct err *e);

/* What travels from a run in a child process. */
struct run_measured {
    struct run_summary run; /* without its pointers */
    int exit_code;
    struct err err;
};

/* The same without sinks and in a forked child, so that CPU and memory are its own. The calling
 * process must be single-threaded. 0, or -1 with err. */
int runner_measure(struct world *w, const struct run_request *request, struct run_measured *out,
                   struct err *e);

/* A ULID: 26 characters and a NUL. */
void runner_make_id(char out[27]);

#endif
