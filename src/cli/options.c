#include "cli/options.h"

#include "cli/options_values.h"
#include "output/sink.h"
#include "report/stats.h"

#include <popt.h>
#include <stdlib.h>
#include <string.h>

/* One row of the table: where an option's value goes. Rows that share `set` share a meaning. */
struct option_row {
    const char *name;
    char letter; /* or 0 */
    enum options_for which;
    const char *argument; /* NULL: a switch */
    const char *help;
    int (*set)(struct options *o, const char *option, const char *value, struct err *e);
};

static int no_memory(struct err *e)
{
    return err_set(e, FAIL_USAGE, "out of memory");
}

#define SET_LIST(field)                                                                            \
    static int set_##field(struct options *o, const char *option, const char *value,               \
                           struct err *e)                                                          \
    {                                                                                              \
        (void)option;                                                                              \
        return list_add(&o->field, value) == 0 ? 0 : no_memory(e);                                 \
    }
#define SET_TEXT(field)                                                                            \
    static int set_##field(struct options *o, const char *option, const char *value,               \
                           struct err *e)                                                          \
    {                                                                                              \
        (void)option;                                                                              \
        free((char *)o->field);                                                                    \
        o->field = strdup(value);                                                                  \
        return o->field ? 0 : no_memory(e);                                                        \
    }
#define SET_SWITCH(field)                                                                          \
    static int set_##field(struct options *o, const char *option, const char *value,               \
                           struct err *e)                                                          \
    {                                                                                              \
        (void)option, (void)value, (void)e;                                                        \
        o->field = true;                                                                           \
        return 0;                                                                                  \
    }
#define SET_SECONDS(field)                                                                         \
    static int set_##field(struct options *o, const char *option, const char *value,               \
                           struct err *e)                                                          \
    {                                                                                              \
        return value_seconds(option, value, &o->field, e);                                         \
    }
/* One of several words: its number, or the word itself. */
#define SET_ONE_OF(field, kept, ...)                                                               \
    static int set_##field(struct options *o, const char *option, const char *value,               \
                           struct err *e)                                                          \
    {                                                                                              \
        static const char *const words[] = {__VA_ARGS__};                                          \
        size_t choice = 0;                                                                         \
        if (value_choice(option, value, words, sizeof words / sizeof *words, &choice, e) != 0)     \
            return -1;                                                                             \
        o->field = kept;                                                                           \
        return 0;                                                                                  \
    }
#define SET_CHOICE(type, field, ...) SET_ONE_OF(field, (type)choice, __VA_ARGS__)
#define SET_WORD(field, ...)         SET_ONE_OF(field, words[choice], __VA_ARGS__)
#define SET_COUNT(field, max)                                                                      \
    static int set_##field(struct options *o, const char *option, const char *value,               \
                           struct err *e)                                                          \
    {                                                                                              \
        return value_count(option, value, max, &o->field, e);                                      \
    }

SET_LIST(files)
SET_LIST(hosts)
SET_LIST(excludes)
SET_LIST(commands)
SET_LIST(command_files)
SET_LIST(platform_dirs)
SET_TEXT(limit)
SET_TEXT(privilege)
SET_TEXT(default_platform)
SET_TEXT(user)
SET_TEXT(known_hosts)
SET_TEXT(session_log)
SET_TEXT(outdir)
SET_TEXT(html)
SET_SWITCH(ask_pass)
SET_SWITCH(ask_enable)
SET_SWITCH(skip_unknown)
SET_SWITCH(check)
SET_SWITCH(compare)
SET_SWITCH(exit_zero)
SET_SWITCH(group)
SET_SWITCH(no_progress)
SET_SWITCH(help)
SET_SECONDS(connect_timeout_s)
SET_SECONDS(silence_timeout_s)
SET_SECONDS(total_timeout_s)
SET_SECONDS(retry_delay_s)
SET_SECONDS(jitter_start_s)
SET_COUNT(retry, RETRY_MAX)
SET_COUNT(processes, 4096)
SET_COUNT(shards, 256)
SET_COUNT(handshakes, OPTIONS_WORKERS_MAX)
SET_COUNT(per_host, OPTIONS_WORKERS_MAX)
SET_COUNT(repeat, 1000)
SET_CHOICE(enum hostkey_policy, host_key, [HOSTKEY_ACCEPT_NEW] = "accept-new",
           [HOSTKEY_STRICT] = "strict", [HOSTKEY_OFF] = "off")
SET_CHOICE(bool, doubt_fails, [false] = "ok", [true] = "fail")
SET_CHOICE(bool, nonce, [false] = "off", [true] = "on")
SET_WORD(output, "text", "json", "jsonl", "csv", "none")
SET_WORD(color, "auto", "always", "never")

static int set_workers(struct options *o, const char *option, const char *value, struct err *e)
{
    struct err ignored = {0};
    o->workers = 0;
    if (strcmp(value, "auto") == 0 ||
        value_count(option, value, OPTIONS_WORKERS_MAX, &o->workers, &ignored) == 0)
        return 0;
    return err_set(e, FAIL_USAGE, "%s %s: expected auto, or a number from 1 to %d", option, value,
                   OPTIONS_WORKERS_MAX);
}

static int set_warm_up(struct options *o, const char *option, const char *value, struct err *e)
{
    return value_number(option, value, 0, 1000, &o->warm_up, e);
}

static int set_login_rate(struct options *o, const char *option, const char *value, struct err *e)
{
    return value_rate(option, value, &o->login_rate, e);
}

/* Where a second value would not be a correction, but be meant to add to the first. */
static int given_twice(const char *option, struct err *e)
{
    return err_set(e, FAIL_USAGE, "%s is given twice, and takes one value", option);
}

static int set_resume(struct options *o, const char *option, const char *value, struct err *e)
{
    if (o->resume)
        return given_twice(option, e);
    o->resume = strdup(value);
    return o->resume ? 0 : no_memory(e);
}

static int set_stop_after(struct options *o, const char *option, const char *value, struct err *e)
{
    if (o->stop_after.after > 0)
        return given_twice(option, e);
    return value_stop_rule(option, value, &o->stop_after, e);
}

static int set_mode(struct options *o, const char *option, const char *value, struct err *e)
{
    return value_mode(option, value, &o->mode, e);
}

static int set_modes(struct options *o, const char *option, const char *value, struct err *e)
{
    enum engine_mode mode;
    size_t before = o->modes.n;
    if (list_add_split(&o->modes, value) != 0)
        return no_memory(e);
    if (o->modes.n == before)
        return err_set(e, FAIL_USAGE, "%s: expected modes with commas between", option);
    for (size_t i = before; i < o->modes.n; i++)
        if (value_mode(option, o->modes.items[i], &mode, e) != 0)
            return -1;
    return 0;
}

static int set_worker_counts(struct options *o, const char *option, const char *value,
                             struct err *e)
{
    return value_counts(option, value, o, e);
}

static int set_retry_on(struct options *o, const char *option, const char *value, struct err *e)
{
    if (value_classes(option, value, &o->retry_on, e) != 0)
        return -1;
    fail_set refused = o->retry_on & retry_forbidden_set();
    if (refused)
        return err_set(e, FAIL_USAGE,
                       "%s %s: a secret that was refused is never sent again by itself: it would "
                       "lock the account; mend it, then --resume FILE visits those devices",
                       option, refused & fail_bit(FAIL_AUTH) ? "auth" : "enable");
    return 0;
}

static int set_resume_on(struct options *o, const char *option, const char *value, struct err *e)
{
    return value_classes(option, value, &o->resume_on, e);
}

static int set_verbose(struct options *o, const char *option, const char *value, struct err *e)
{
    (void)option, (void)value, (void)e;
    o->verbose++;
    return 0;
}

static int set_quiet(struct options *o, const char *option, const char *value, struct err *e)
{
    (void)option, (void)value, (void)e;
    o->verbose = -1;
    return 0;
}

#define RUN     OPTIONS_RUN
#define COMPARE OPTIONS_COMPARE
#define SWEEP   OPTIONS_SWEEP
#define MEASURE OPTIONS_MEASURE
#define ALL     OPTIONS_ALL

static const struct option_row rows[] = {
    {"file", 'f', ALL, "FILE", "inventory (repeatable; - is standard input)", set_files},
    {"inventory", 'i', ALL, "FILE", "the same as --file", set_files},
    {"hosts", 'w', ALL, "LIST", "hosts without a file: sw[01-99],user@host:port,^file,-",
     set_hosts},
    {"exclude", 'x', ALL, "LIST", "leave these devices out", set_excludes},
    {"limit", 'l', ALL, "EXPR", "only these: names, globs, groups, /regex/, ! excludes", set_limit},
    {"command", 'c', ALL, "CMD", "what to run (repeatable); replaces the inventory's",
     set_commands},
    {"commands", 0, ALL, "FILE", "commands from a file, one a line", set_command_files},
    {"mode", 'm', RUN, "MODE", "sequential, threads, processes, hybrid or events (threads)",
     set_mode},
    {"modes", 'm', COMPARE, "LIST", "modes with commas between (all five)", set_modes},
    {"modes", 'm', SWEEP, "LIST", "modes with commas between (threads,events)", set_modes},
    {"workers", 'n', RUN, "N", "devices visited at once; auto: as many as do good (auto)",
     set_workers},
    {"fanout", 0, RUN, "N", "the same as --workers", set_workers},
    {"forks", 0, RUN, "N", "the same as --workers", set_workers},
    {"workers", 'n', COMPARE, "LIST", "numbers of workers with commas between (20)",
     set_worker_counts},
    {"workers", 'n', SWEEP, "LIST", "numbers of workers (1,2,5,10,20,40,... up to all)",
     set_worker_counts},
    {"repeat", 0, COMPARE, "N", "measure each that often, in alternating order (1)", set_repeat},
    {"repeat", 0, SWEEP, "N", "measure each that often, in alternating order (3)", set_repeat},
    {"warm-up", 0, MEASURE, "N", "runs before, that are not measured (1)", set_warm_up},
    {"processes", 0, ALL, "P", "worker processes of hybrid (one per core)", set_processes},
    {"shards", 0, ALL, "S", "forked loops of events (one per core)", set_shards},
    {"login-rate", 0, ALL, "R", "logins a second for the whole run, such as 50 or 0.5 (any)",
     set_login_rate},
    {"handshakes", 0, ALL, "N", "devices between hand-out and log-in (500 per core)",
     set_handshakes},
    {"per-host", 0, ALL, "N", "devices visited at once that share one host (any)", set_per_host},
    {"jitter-start", 0, ALL, "S", "the workers begin at random within so many seconds (at once)",
     set_jitter_start_s},
    {"stop-after", 0, RUN, "CLASS:N",
     "end the run after N failures of this class in a row, such as auth:3", set_stop_after},
    {"platform", 'p', ALL, "NAME", "platform where the inventory names none (generic)",
     set_default_platform},
    {"platforms", 0, ALL, "DIR", "definitions that add to and override the built-in ones",
     set_platform_dirs},
    {"privilege", 0, ALL, "NAME", "the platform's mode to be in, such as privileged_exec",
     set_privilege},
    {"user", 'u', ALL, "NAME", "user name where the inventory has none", set_user},
    {"ask-pass", 'k', ALL, NULL, "ask for the password", set_ask_pass},
    {"ask-enable", 'K', ALL, NULL, "ask for the enable secret", set_ask_enable},
    {"host-key", 0, ALL, "POLICY", "accept-new (default), strict or off", set_host_key},
    {"known-hosts", 0, ALL, "FILE", "known host keys, in OpenSSH's format", set_known_hosts},
    {"connect-timeout", 't', ALL, "S", "seconds from connect to ready (15)", set_connect_timeout_s},
    {"timeout", 0, ALL, "S", "seconds of silence (30)", set_silence_timeout_s},
    {"total-timeout", 0, ALL, "S", "seconds for a whole device (300)", set_total_timeout_s},
    {"doubt", 0, ALL, "WORD", "what an output in doubt is: ok (default) or fail", set_doubt_fails},
    {"nonce", 0, ALL, "WORD", "prove ends by random digits, typed and erased: on (default) or off",
     set_nonce},
    {"skip-unknown", 0, ALL, NULL, "an unknown platform fails its device, not the run",
     set_skip_unknown},
    {"retry", 0, RUN, "N", "further attempts at a device that failed (none)", set_retry},
    {"retry-on", 0, RUN, "LIST",
     "by these classes (dns, refused, unreachable, connect_timeout, no_session)", set_retry_on},
    {"retry-delay", 0, RUN, "S", "seconds before the second attempt (1), then doubled, up to 30",
     set_retry_delay_s},
    {"resume", 0, RUN, "FILE", "only what is missing or failed in these records of -o jsonl",
     set_resume},
    {"resume-on", 0, RUN, "LIST", "of what failed there only these classes", set_resume_on},
    {"output", 'o', RUN, "FORMAT", "text, json, jsonl, csv or none (text)", set_output},
    {"output", 'o', MEASURE, "FORMAT", "of the table: text, json or none (text)", set_output},
    {"group", 0, RUN, NULL, "with -o text: identical outputs once, at the end of the run",
     set_group},
    {"html", 0, ALL, "FILE", "a report with charts as one page, for a browser", set_html},
    {"outdir", 'O', RUN, "DIR", "each command's bytes in DIR/<device>/", set_outdir},
    {"session-log", 0, RUN, "DIR", "each dialogue as it went, secrets masked", set_session_log},
    {"compare", 0, RUN, NULL, "measure the same devices one by one afterwards", set_compare},
    {"check", 'C', RUN, NULL, "validate and show the plan; connect to nothing", set_check},
    {"exit-zero", 0, RUN, NULL, "failed devices do not change the exit code", set_exit_zero},
    {"no-progress", 0, ALL, NULL, "no progress line", set_no_progress},
    {"color", 0, ALL, "WHEN", "auto, always or never (NO_COLOR is respected)", set_color},
    {"verbose", 'v', ALL, NULL, "say more; twice: the dialogues, secrets masked", set_verbose},
    {"quiet", 'q', ALL, NULL, "results only", set_quiet},
    {"help", 'h', ALL, NULL, "this help", set_help},
};
#define N_ROWS (sizeof rows / sizeof *rows)

/* popt's table from ours: each row's value is its number + 1. */
static void fill_popt(enum options_for which, struct poptOption *table)
{
    size_t n = 0;
    for (size_t i = 0; i < N_ROWS; i++) {
        if (!(rows[i].which & which))
            continue;
        table[n++] = (struct poptOption){
            .longName = rows[i].name,
            .shortName = rows[i].letter,
            .argInfo = rows[i].argument ? POPT_ARG_STRING : POPT_ARG_NONE,
            .val = (int)i + 1,
        };
    }
    table[n] = (struct poptOption)POPT_TABLEEND;
}

static void option_spelling(const struct option_row *row, char *out, size_t size)
{
    if (row->letter)
        snprintf(out, size, "-%c/--%s", row->letter, row->name);
    else
        snprintf(out, size, "--%s", row->name);
}

static int parse_rows(struct options *o, poptContext popt, struct err *e)
{
    int value;
    while ((value = poptGetNextOpt(popt)) > 0) {
        const struct option_row *row = &rows[value - 1];
        char spelling[64];
        char *argument = row->argument ? poptGetOptArg(popt) : NULL;
        option_spelling(row, spelling, sizeof spelling);
        int rc = row->set(o, spelling, argument, e);
        free(argument);
        if (rc != 0)
            return -1;
    }
    if (value < -1)
        return err_set(e, FAIL_USAGE, "%s: %s; see --help",
                       poptBadOption(popt, POPT_BADOPTION_NOALIAS), poptStrerror(value));
    const char *extra = poptGetArg(popt);
    if (extra)
        return err_set(e, FAIL_USAGE,
                       "'%s' stands without an option; an inventory is -f FILE, a host -w LIST, a "
                       "command -c CMD (see --help)",
                       extra);
    return 0;
}

/* Options that need each other. */
static int check_together(const struct options *o, struct err *e)
{
    if (o->group && strcmp(o->output, "text") != 0)
        return err_set(e, FAIL_USAGE, "--group goes with -o text, not with -o %s", o->output);
    if (o->retry == 0 && (o->retry_on || o->retry_delay_s > 0))
        return err_set(e, FAIL_USAGE, "%s goes with --retry N",
                       o->retry_on ? "--retry-on" : "--retry-delay");
    if (o->resume_on && !o->resume)
        return err_set(e, FAIL_USAGE, "--resume-on goes with --resume FILE");
    for (size_t i = 0; o->resume && strcmp(o->resume, "-") == 0 && i < o->files.n; i++)
        if (strcmp(o->files.items[i], "-") == 0)
            return err_set(e, FAIL_USAGE,
                           "standard input is read once: it cannot be both -f - and --resume -");
    return 0;
}

int options_parse(struct options *out, enum options_for which, int argc, const char **argv,
                  struct err *e)
{
    struct poptOption table[N_ROWS + 1];
    *out = (struct options){.mode = ENGINE_THREADS,
                            .output = "text",
                            .color = "auto",
                            .nonce = true,
                            .repeat = which == OPTIONS_SWEEP ? SWEEP_REPEAT_DEFAULT : 1,
                            .warm_up = 1};
    fill_popt(which, table);
    poptContext popt = poptGetContext("poller", argc, argv, table, 0);
    if (!popt)
        return no_memory(e);
    int rc = parse_rows(out, popt, e);
    poptFreeContext(popt);
    return rc == 0 ? check_together(out, e) : -1;
}

void options_free(struct options *o)
{
    struct string_list *lists[] = {&o->files,         &o->hosts,         &o->excludes, &o->commands,
                                   &o->command_files, &o->platform_dirs, &o->modes};
    const char *texts[] = {o->limit,  o->privilege,   o->default_platform,
                           o->user,   o->known_hosts, o->session_log,
                           o->outdir, o->html,        o->resume};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        list_free(lists[i]);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free((char *)texts[i]);
    free(o->worker_counts);
}

#define HELP_MAX    4096 /* of one option */
#define HELP_COLUMN 28   /* where what an option does is told; a blank stands before it */

void options_help(enum options_for which, FILE *to)
{
    for (size_t i = 0; i < N_ROWS; i++) {
        const struct option_row *row = &rows[i];
        char spelling[64];
        struct buf text;
        struct wrapped line = {.out = &text, .column = HELP_COLUMN - 1, .indent = HELP_COLUMN};
        if (!(row->which & which))
            continue;
        snprintf(spelling, sizeof spelling, "--%s%s%s", row->name, row->argument ? "=" : "",
                 row->argument ? row->argument : "");
        buf_init(&text, HELP_MAX);
        int rc = row->letter ? buf_addf(&text, "  -%c, %-21s", row->letter, spelling)
                             : buf_addf(&text, "      %-21s", spelling);
        if (rc == 0 && wrapped_words(&line, row->help) == 0)
            fputs(buf_bytes(&text), to);
        buf_free(&text);
    }
}
