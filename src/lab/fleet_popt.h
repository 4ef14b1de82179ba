/* The options that say which devices there are: the same for every command that speaks of them, so
 * that the inventory fits the simulator when both are given the same. */
#ifndef POLLER_LAB_FLEET_POPT_H
#define POLLER_LAB_FLEET_POPT_H

#include "lab/devices/fleet.h"

#include <popt.h>

#define FLEET_POPT_SIZE 19

/* Fills table (the last entry ends it); the options write into o, which outlives the parsing. */
void fleet_popt(struct poptOption table[FLEET_POPT_SIZE], struct fleet_options *o);

/* Reads all options; nothing may be left over. 0, or -1 with err (FAIL_USAGE). Strings that popt
 * allocated live until lab_popt_free(), which main calls. */
int lab_popt_parse(int argc, const char **argv, const struct poptOption *table, struct err *e);
void lab_popt_free(void);

/* For a command with arguments: usage as --help shows it; one is called for each, and what sets err
 * is the last. */
struct lab_popt_arguments {
    const char *usage;
    void (*one)(void *ctx, const char *argument, struct err *e);
};
int lab_popt_parse_with(int argc, const char **argv, const struct poptOption *table,
                        const struct lab_popt_arguments *take, void *ctx, struct err *e);

#endif
