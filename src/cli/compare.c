/* `poller compare`: the modes on the same devices, against a real sequential run. */
#include "report/compare.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/runner.h"
#include "output/out.h"
#include "output/record.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct measure {
    enum engine_mode mode;
    unsigned workers;
};

struct comparison {
    struct world world;
    const struct options *options;
    struct measure *measures; /* the first is the sequential run */
    size_t n_measures;
    struct compare_row *rows;
    size_t n_rows;
    int exit_code;
};

static int list_measures(struct comparison *c, struct err *e)
{
    static const unsigned default_workers[] = {OPTIONS_WORKERS_DEFAULT};
    const struct options *o = c->options;
    const unsigned *counts = o->n_worker_counts ? o->worker_counts : default_workers;
    size_t n_counts = o->n_worker_counts ? o->n_worker_counts : 1;
    size_t n_modes = o->modes.n ? o->modes.n : ENGINE_MODES;
    c->measures = calloc(1 + n_modes * n_counts, sizeof *c->measures);
    c->rows = calloc((1 + n_modes * n_counts) * o->repeat, sizeof *c->rows);
    if (!c->measures || !c->rows)
        return err_set(e, FAIL_INTERNAL, "out of memory");
    c->measures[c->n_measures++] = (struct measure){ENGINE_SEQUENTIAL, 1};
    for (size_t m = 0; m < n_modes; m++) {
        enum engine_mode mode = o->modes.n
                                    ? (enum engine_mode)engine_mode_by_name(o->modes.items[m])
                                    : (enum engine_mode)m;
        for (size_t k = 0; mode != ENGINE_SEQUENTIAL && k < n_counts; k++)
            c->measures[c->n_measures++] = (struct measure){mode, counts[k]};
    }
    return 0;
}

static void say_progress(const struct comparison *c, const struct measure *m, unsigned repeat)
{
    if (c->options->verbose >= 0 && !c->options->no_progress && isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K%s, %u workers (%u of %u)", engine_mode_name(m->mode), m->workers,
                repeat, c->options->repeat);
}

static int measure_one(struct comparison *c, const struct measure *m, unsigned repeat,
                       struct err *e)
{
    char run_id[27];
    struct run_measured out;
    runner_make_id(run_id);
    struct run_request request = {.mode = m->mode,
                                  .workers = m->workers,
                                  .processes = c->options->processes,
                                  .shards = c->options->shards,
                                  .run_id = run_id};
    say_progress(c, m, repeat);
    /* The run before may have stored host keys. */
    if (world_load_hostkeys(&c->world, e) != 0 || runner_measure(&c->world, &request, &out, e) != 0)
        return -1;
    if (err_is_set(&out.err))
        return err_set(e, out.err.class, "%s", out.err.text);
    c->exit_code = fail_exit_merge(c->exit_code, out.exit_code);
    c->rows[c->n_rows++] = (struct compare_row){out.run, repeat};
    return 0;
}

/* Every second round goes backwards, so that what drifts does not favour a mode. */
static int measure_all(struct comparison *c, struct err *e)
{
    for (unsigned repeat = 1; repeat <= c->options->repeat; repeat++)
        for (size_t i = 0; i < c->n_measures; i++) {
            size_t at = repeat % 2 ? i : c->n_measures - 1 - i;
            if (cancel_raised(c->world.cancel))
                return 0;
            if (measure_one(c, &c->measures[at], repeat, e) != 0)
                return -1;
        }
    return 0;
}

static int print_json(const struct comparison *c, struct err *e)
{
    struct out out;
    out_init(&out, STDOUT_FILENO);
    json_t *rows = json_array();
    for (size_t i = 0; i < c->n_rows; i++) {
        json_t *row = run_summary_json(&c->rows[i].run);
        json_object_set_new(row, "repeat", json_integer(c->rows[i].repeat));
        json_array_append_new(rows, row);
    }
    json_t *all = json_pack("{s:i, s:o, s:o}", "schema", RECORD_SCHEMA, "baseline_ms",
                            json_real(compare_baseline_ms(c->rows, c->n_rows)), "rows", rows);
    int rc = all ? record_write(&out, all) : -1;
    out_str(&out, "\n");
    json_decref(all);
    if (rc == 0)
        rc = out_flush(&out, "standard output", e);
    else
        err_set(e, FAIL_INTERNAL, "out of memory");
    out_free(&out);
    return rc;
}

static int print_table(const struct comparison *c, struct err *e)
{
    struct buf text;
    struct out out;
    buf_init(&text, 1u << 20);
    out_init(&out, STDOUT_FILENO);
    int rc = compare_table(c->rows, c->n_rows, &text);
    if (rc == 0) {
        out_bytes(&out, buf_bytes(&text), text.len);
        rc = out_flush(&out, "standard output", e);
    } else {
        err_set(e, FAIL_INTERNAL, "out of memory");
    }
    out_free(&out);
    buf_free(&text);
    return rc;
}

static int print_rows(const struct comparison *c, struct err *e)
{
    if (c->options->verbose >= 0 && !c->options->no_progress && isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
    if (strcmp(c->options->output, "json") == 0)
        return print_json(c, e);
    return strcmp(c->options->output, "none") == 0 ? 0 : print_table(c, e);
}

static int compare_with(const struct options *o, struct err *e)
{
    struct comparison c = {.options = o};
    int rc = -1;
    log_set_level(o->verbose < 0 ? LOG_QUIET : LOG_WARN);
    if (strcmp(o->output, "csv") == 0 || strcmp(o->output, "jsonl") == 0)
        err_set(e, FAIL_USAGE, "-o %s: poller compare writes text, json or none", o->output);
    else if (world_load(&c.world, o, e) == 0 && world_prepare(&c.world, o, e) == 0 &&
             (c.world.cancel = cancel_new(e)) != NULL && list_measures(&c, e) == 0) {
        command_set_cancel(c.world.cancel);
        rc = measure_all(&c, e);
        if (print_rows(&c, e) != 0)
            rc = -1;
        if (cancel_raised(c.world.cancel))
            c.exit_code = 130;
        command_set_cancel(NULL);
    }
    free(c.measures);
    free(c.rows);
    world_free(&c.world);
    if (rc != 0)
        return e->class == FAIL_USAGE ? 2 : 1;
    return c.exit_code;
}

static int compare_main(int argc, const char **argv, struct err *e)
{
    struct options o;
    int code = 2;
    if (options_parse(&o, OPTIONS_COMPARE, argc, argv, e) == 0) {
        if (o.help) {
            puts("Usage: poller compare -f FILE [--modes LIST] [-n LIST] [--repeat N]\n"
                 "Runs the modes on the same devices, beside a real sequential run.\n");
            options_help(OPTIONS_COMPARE, stdout);
            code = 0;
        } else {
            code = compare_with(&o, e);
        }
    }
    options_free(&o);
    return code;
}

const struct subcommand command_compare = {"compare", "run the modes on the same devices",
                                           compare_main};
