/* Modes and numbers of workers measured on the same devices: what compare and sweep share. */
#ifndef POLLER_CLI_MEASURE_H
#define POLLER_CLI_MEASURE_H

#include "cli/runner.h"
#include "report/compare.h"

#include <jansson.h>

struct measure {
    enum engine_mode mode;
    unsigned workers;
};

struct measurements {
    struct world world;
    const struct options *options;
    struct measure *list; /* in the order of the first round */
    size_t n_list;
    struct compare_row *rows; /* in the order they were measured */
    size_t n_rows;
    int exit_code; /* merged over the measured runs */
};

/* Which measures, once the inventory is known: fills m->list (malloc). 0, or -1 with err. */
typedef int measure_lister(struct measurements *m, void *ctx, struct err *e);

/* Loads and prepares the world, lists, warms up, measures. An interrupt is no failure: there are
 * fewer rows, and exit_code is 130. 0, or -1 with err; measure_free() either way. */
int measure_run(struct measurements *m, const struct options *o, measure_lister *lister, void *ctx,
                struct err *e);
void measure_free(struct measurements *m);

/* list[0..n) without what stands there before; returns the new n. */
size_t measure_unique(struct measure *list, size_t n);

/* {"schema", "kind", "baseline_ms" (null: no sequential run), "rows"}: a new value, or NULL. */
json_t *measure_json(const struct measurements *m, const char *kind);

/* Either to standard output. 0, or -1 with err. json is taken over; NULL: memory was out. */
int measure_print_json(json_t *json, struct err *e);
int measure_print_text(const struct buf *text, struct err *e);

/* --html, where it was given: the report of this document. 0, or -1 with err. json is taken over;
 * NULL: memory was out. */
int measure_write_html(const struct options *o, json_t *json, struct err *e);

/* The exit code of a subcommand whose work ended with rc. */
int measure_exit_code(const struct measurements *m, int rc, const struct err *e);

/* -o must be text, json or none; --html a file that can be written. 0, or -1 with err that names
 * the subcommand. */
int measure_check_output(const struct options *o, const char *subcommand, struct err *e);

#endif
