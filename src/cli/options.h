/* The command line of the subcommands that visit devices. */
#ifndef POLLER_CLI_OPTIONS_H
#define POLLER_CLI_OPTIONS_H

#include "pace/budget_stop.h"
#include "pace/retry.h"

#include <poller/engine.h>
#include <poller/err.h>
#include <stdio.h>

#define OPTIONS_WORKERS_DEFAULT 20
#define OPTIONS_WORKERS_MAX     100000
/* A curve is read to a few hundredths: one run of each would not tell. */
#define SWEEP_REPEAT_DEFAULT 3

/* Which subcommand's options a row of the table belongs to. */
enum options_for {
    OPTIONS_RUN = 1,
    OPTIONS_COMPARE = 2,
    OPTIONS_SWEEP = 4,
    OPTIONS_MEASURE = OPTIONS_COMPARE | OPTIONS_SWEEP,
    OPTIONS_ALL = OPTIONS_RUN | OPTIONS_MEASURE
};

struct string_list {
    const char **items;
    size_t n;
};

struct options {
    struct string_list files, hosts, excludes, commands, command_files, platform_dirs;
    const char *limit, *privilege, *default_platform;
    enum engine_mode mode;
    unsigned workers; /* 0: -n auto */
    unsigned processes, shards;
    const char *user;
    bool ask_pass, ask_enable;
    enum hostkey_policy host_key;
    const char *known_hosts; /* NULL: the default place */
    const char *session_log;
    bool doubt_fails; /* --doubt fail */
    bool nonce;       /* but for --nonce off */
    bool skip_unknown, check, compare, exit_zero, no_progress, group;
    double connect_timeout_s, silence_timeout_s, total_timeout_s;
    double login_rate, jitter_start_s; /* 0: none */
    unsigned handshakes, per_host;     /* 0: the default, any number */
    struct stop_rule stop_after;
    unsigned retry;       /* further attempts */
    fail_set retry_on;    /* 0: the default set */
    double retry_delay_s; /* 0: the default */
    const char *resume;   /* --resume: the records of an earlier run, or NULL */
    fail_set resume_on;   /* 0: every class */
    const char *output;   /* a sink's name */
    const char *outdir;
    const char *html;  /* --html: the file of the report, or NULL */
    const char *color; /* auto, always, never */
    int verbose;       /* -v counted; -q is -1 */
    /* compare, sweep */
    struct string_list modes;
    unsigned *worker_counts;
    size_t n_worker_counts;
    unsigned repeat, warm_up;
    bool help;
};

/* Parses argv[1..argc) (argv[0] is the name for messages). 0, or -1 with err (FAIL_USAGE).
 * Everything in out is its own: options_free. */
int options_parse(struct options *out, enum options_for which, int argc, const char **argv,
                  struct err *e);
void options_free(struct options *o);

/* The option table as text, for --help. */
void options_help(enum options_for which, FILE *to);

#endif
