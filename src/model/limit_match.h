/* Terms of a limit against devices: private to the rooms limit*. */
#ifndef POLLER_MODEL_LIMIT_MATCH_H
#define POLLER_MODEL_LIMIT_MATCH_H

#include "base/arena.h"
#include "model/limit.h"

#include <poller/err.h>

/* A term as it was written. */
struct limit_term {
    struct limit_term *next;
    const char *text;
    bool has_matched;
};

struct limit_glob;
struct limit_regex;

/* Several terms, of which a device must match one. Names are looked up by hash, so that a list of
 * thousands costs one walk over the devices. Zero-initialised is empty. */
struct limit_matcher {
    struct arena arena;
    struct strmap plain; /* name to its term */
    struct limit_glob *globs;
    struct limit_regex *regexes;
    struct limit_term *terms, *last;
    struct limit_term *all; /* the term `all` or `*`, if there is one */
    size_t n_globs;
};

/* A name, a glob, a range of either, or `all`. */
int limit_add_name(struct limit_matcher *m, const char *text, size_t len, struct err *e);
/* The pattern between the slashes. */
int limit_add_regex(struct limit_matcher *m, const char *text, size_t len, struct err *e);

/* hits[i] |= devices[i] matches; marks the terms that have matched. */
int limit_match(struct limit_matcher *m, const struct limit_scope *scope, bool *hits,
                struct err *e);

void limit_matcher_free(struct limit_matcher *m);

#endif
