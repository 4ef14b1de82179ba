/* Subcommands: one file each, a table in main.c that lists them. */
#ifndef POLLER_CLI_COMMAND_H
#define POLLER_CLI_COMMAND_H

struct err;

struct subcommand {
    const char *name, *summary;
    /* argv[0] is the subcommand's name. Returns the exit code; where err is set, main prints it. */
    int (*run)(int argc, const char **argv, struct err *e);
};

extern const struct subcommand command_run;
extern const struct subcommand command_compare;
extern const struct subcommand command_sweep;
extern const struct subcommand command_report;
extern const struct subcommand command_platforms;
extern const struct subcommand command_version;
extern const struct subcommand command_version_option; /* as the habit has it */

/* The cancel object of the run, for main's signal handlers; NULL: a signal ends the program. */
struct cancel;
void command_set_cancel(struct cancel *c);

#endif
