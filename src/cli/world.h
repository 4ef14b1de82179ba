/* Everything a run needs before its first session: loaded, checked, const afterwards. */
#ifndef POLLER_CLI_WORLD_H
#define POLLER_CLI_WORLD_H

#include "cli/options.h"

#include <poller/poller.h>

struct hostkeys_file {
    const char *path;
    struct hostkeys *keys;
};

struct world {
    struct platform_set *platforms;
    struct inventory *inventory;
    struct plan *plan;
    struct keyring *keyring;
    struct dialogue_rules **rules; /* by platform->index */
    char *known_hosts;             /* the run's file */
    struct hostkeys *hostkeys;
    struct hostkeys_file *device_hostkeys; /* devices' own files */
    size_t n_device_hostkeys;
    bool *done;                /* --resume: by device index, what is not visited again; or NULL */
    size_t n_left;             /* devices that are to be visited */
    size_t let_be[FAIL_COUNT]; /* --resume-on: failed there, by class, and are not visited again */
    int let_be_exit;           /* their exit codes, merged */
    atomic_bool *no_erase;     /* by platform->index, shared with worker processes */
    struct session_env env;
    struct cancel *cancel;
};

/* Loads platforms, inventory and plan, compiles patterns, checks commands and reads what an earlier
 * run left (--resume): all that --check needs. 0, or -1 with err (FAIL_USAGE). world is to be freed
 * either way. */
int world_load(struct world *w, const struct options *o, struct err *e);

/* What connecting needs besides: secrets (asking where they say so), keys, known hosts, descriptor
 * limits for each of the engine options given. */
int world_prepare(struct world *w, const struct options *o, struct err *e);

/* To stderr, where there is anything to tell: the platforms of which a device did not wipe out
 * digits.
 */
void world_print_no_erase(const struct world *w);

/* Reads the known hosts again: after a run that stored some. */
int world_load_hostkeys(struct world *w, struct err *e);

/* The known_hosts file that keys of this device go to. */
const char *world_known_hosts_of(const struct world *w, const struct device *device);

/* Raises the soft limit of descriptors; -1 with err when the engine would need more. fewer, for a
 * number that nobody gave: it gets as many workers as fit; -1 only if not even one does. */
int world_check_descriptors(struct engine_options *engine, bool fewer, struct err *e);

void world_free(struct world *w);

#endif
