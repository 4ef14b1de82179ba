/* Subcommands of poller-lab: a file each, a table in main.c that lists them. */
#ifndef POLLER_LAB_COMMAND_H
#define POLLER_LAB_COMMAND_H

#include <poller/err.h>

struct lab_command {
    const char *name, *summary;
    /* argv[0] is the subcommand's name. Returns the exit code; where err is set, main prints it. */
    int (*run)(int argc, const char **argv, struct err *e);
};

extern const struct lab_command lab_command_sim;
extern const struct lab_command lab_command_inventory;
extern const struct lab_command lab_command_outputs;
extern const struct lab_command lab_command_personas;
extern const struct lab_command lab_command_misbehaviours;
extern const struct lab_command lab_command_relay;
extern const struct lab_command lab_command_experiments;

#endif
