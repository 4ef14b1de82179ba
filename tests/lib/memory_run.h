/* What a session or an engine needs around memory devices: an inventory from a host list, rules, an
 * environment and a plan. */
#ifndef TESTS_LIB_MEMORY_RUN_H
#define TESTS_LIB_MEMORY_RUN_H

#include "tests/lib/memory_device.h"

#include <poller/engine.h>

struct memory_run {
    struct platform_set *platforms;
    struct inventory *inventory;
    struct dialogue_rules **rules;
    struct plan *plan;
    struct session_env env; /* to be changed before the run */
};

/* hosts as -w takes them, their platform cisco_ios, each to run these commands. Fails the test
 * where it cannot. */
void memory_run_open(struct memory_run *run, const char *hosts, const char *const *commands,
                     size_t n);
void memory_run_close(struct memory_run *run);

#endif
