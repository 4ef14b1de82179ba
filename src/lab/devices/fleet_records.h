/* What a directory of `poller -O` holds of one device, and the simulated device made of it. */
#ifndef POLLER_LAB_DEVICES_FLEET_RECORDS_H
#define POLLER_LAB_DEVICES_FLEET_RECORDS_H

#include "lab/devices/fleet.h"

#include <poller/err.h>
#include <stdbool.h>
#include <stddef.h>

#define RECORD_COMMANDS_MAX 4096

struct record_command {
    const char *text;   /* without blanks at its end */
    const char *output; /* len bytes, which are no template */
    size_t len;
    bool is_raw; /* output is what came on the wire, line ends and all */
    bool is_refused;
    int exit_status; /* -1: not told */
};

/* Everything lives in the fleet's arena. */
struct record {
    const char *device;
    const char *platform, *prompt; /* NULL: not recorded */
    struct record_command *commands;
    size_t n_commands; /* no text twice */
};

/* Reads dir/record.json and the files it names. 0, or -1 with err: FAIL_USAGE names the file and
 * says what to do. */
int record_read(const char *dir, struct arena *arena, struct record *out, struct err *e);

/* The record's device: a persona of its own beneath what was recorded. NULL with err: memory. */
struct device_override *record_device(struct fleet *fleet, const struct record *record,
                                      struct err *e);

#endif
