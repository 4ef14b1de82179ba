/* Which devices a run visits: -x lists and -l expressions. */
#ifndef POLLER_MODEL_LIMIT_H
#define POLLER_MODEL_LIMIT_H

#include "base/strmap.h"

#include <poller/inventory.h>

/* What is chosen from. names: each device's name, with a value that is not NULL. */
struct limit_scope {
    const struct device *devices;
    size_t n;
    const struct strmap *names;
};

/* Clears keep[i] of each device that a -x list names: by name, host, group, glob or range. What
 * names nothing is a warning: a standing list may be longer than the inventory. */
int limit_exclude(const struct limit_scope *scope, const char *list, bool *keep, struct err *e);

/* Clears keep[i] of each device that a -l expression leaves out: names, hosts, globs, ranges,
 * groups, /regex/ (PCRE2, on names) and `all`, separated by commas or colons. Those of all plain
 * terms together, less those that lack a term with `&`, less those that a term with `!` names,
 * whatever the order (as Ansible has it). A term that names nothing is an error with the nearest
 * name: with `!` too, where a slip would visit what was to be spared. */
int limit_apply(const struct limit_scope *scope, const char *expression, bool *keep, struct err *e);

#endif
