/* `poller sweep`: numbers of workers tried on the same devices, to find where more stop helping. */
#include "report/sweep.h"
#include "cli/command.h"
#include "cli/measure.h"
#include "report/chart.h"

#include "output/record.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNTS_MAX 32

struct refusals {
    struct sweep_refused *list; /* say is ours */
    size_t n;
};

static const enum engine_mode default_modes[] = {ENGINE_THREADS, ENGINE_EVENTS};
#define N_DEFAULT_MODES (sizeof default_modes / sizeof *default_modes)

static int add_refusal(struct refusals *r, enum engine_mode mode, const struct err *why)
{
    struct sweep_refused *more = realloc(r->list, (r->n + 1) * sizeof *more);
    char *say = strdup(why->text);
    if (more)
        r->list = more;
    if (!more || !say) {
        free(say);
        return -1;
    }
    r->list[r->n++] = (struct sweep_refused){engine_mode_name(mode), say};
    return 0;
}

/* A number that needs too many descriptors is left out, so that the others are measured. */
static int add_measure(struct measurements *m, struct refusals *r, struct measure what)
{
    struct err why = {0};
    const struct run_request request = {.mode = what.mode,
                                        .workers = what.workers,
                                        .processes = m->options->processes,
                                        .shards = m->options->shards};
    struct engine_options engine = runner_engine_options(&m->world, &request);
    if (world_check_descriptors(&engine, false, &why) != 0)
        return add_refusal(r, what.mode, &why);
    m->list[m->n_list++] = what;
    return 0;
}

static int add_mode(struct measurements *m, struct refusals *r, enum engine_mode mode,
                    const unsigned *counts, size_t n_counts)
{
    if (mode == ENGINE_SEQUENTIAL)
        return add_measure(m, r, (struct measure){mode, 1});
    for (size_t i = 0; i < n_counts; i++)
        if (add_measure(m, r, (struct measure){mode, counts[i]}) != 0)
            return -1;
    return 0;
}

static int list_measures(struct measurements *m, void *ctx, struct err *e)
{
    struct refusals *r = ctx;
    const struct options *o = m->options;
    unsigned own[COUNTS_MAX];
    const unsigned *counts = o->n_worker_counts ? o->worker_counts : own;
    size_t n_counts = o->n_worker_counts
                          ? o->n_worker_counts
                          : sweep_default_workers(plan_count(m->world.plan), own, COUNTS_MAX);
    size_t n_modes = o->modes.n ? o->modes.n : N_DEFAULT_MODES;
    m->list = calloc(n_modes * n_counts + n_modes, sizeof *m->list);
    int rc = m->list ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < n_modes; i++)
        rc = add_mode(m, r,
                      o->modes.n ? (enum engine_mode)engine_mode_by_name(o->modes.items[i])
                                 : default_modes[i],
                      counts, n_counts);
    if (rc != 0)
        return err_set(e, FAIL_INTERNAL, "out of memory");
    m->n_list = measure_unique(m->list, m->n_list);
    if (m->n_list == 0)
        return err_set(e, FAIL_USAGE, "%s",
                       r->n ? r->list[0].say : "no devices are left to be measured");
    return 0;
}

static json_t *bends_json(const struct sweep *s)
{
    json_t *bends = json_array();
    for (size_t i = 0; i < s->n_bends; i++) {
        const struct sweep_bend *b = &s->bends[i];
        json_array_append_new(bends, json_pack("{s:s, s:i, s:o, s:s, s:s}", "mode", b->mode,
                                               "workers", (int)b->workers, "elapsed_ms",
                                               record_ms(b->elapsed_ms), "cause",
                                               sweep_cause_name(b->cause), "because", b->because));
    }
    return bends;
}

static json_t *bounds_json(const struct sweep *s)
{
    json_t *bounds = json_array();
    for (size_t i = 0; i < s->n_points; i++) {
        const struct sweep_bound *b = &s->bounds[i];
        json_array_append_new(bounds,
                              json_pack("{s:s, s:i, s:o, s:o}", "mode", b->mode, "workers",
                                        (int)b->workers, "waiting_ms", record_ms(b->waiting_ms),
                                        "amdahl_ms", record_ms(b->amdahl_ms)));
    }
    return bounds;
}

static json_t *sweep_json(const struct measurements *m, const struct sweep *s)
{
    json_t *all = measure_json(m, "sweep");
    int rc = json_object_set_new(all, "bends", bends_json(s));
    rc |= json_object_set_new(all, "bounds", bounds_json(s));
    if (rc == 0)
        return all;
    json_decref(all);
    return NULL;
}

static int print_text(const struct options *o, const struct sweep *s, struct err *e)
{
    struct bars_style style = bars_style_for(o->color, STDOUT_FILENO);
    struct buf text;
    buf_init(&text, 1u << 20);
    int rc = sweep_table(s, &text);
    rc = rc ? rc : chart_points(s->points, s->n_points, &style, &text);
    rc = rc ? err_set(e, FAIL_INTERNAL, "out of memory") : measure_print_text(&text, e);
    buf_free(&text);
    return rc;
}

/* The run's rate, and what groups limit; the caller's (free). NULL: memory is out. */
static struct sweep_pace *list_paces(const struct measurements *m, size_t *n)
{
    const struct inventory *inventory = m->world.inventory;
    size_t n_groups = inventory ? inventory_group_count(inventory) : 0,
           n_devices = inventory ? inventory_count(inventory) : 0;
    struct sweep_pace *paces = calloc(1 + n_groups, sizeof *paces);
    if (!paces)
        return NULL;
    paces[0] = (struct sweep_pace){.devices = n_devices, .login_rate = m->options->login_rate};
    for (uint32_t i = 0; i < n_groups; i++) {
        const struct device_group *group = inventory_group_at(inventory, i);
        paces[1 + i] = (struct sweep_pace){
            .group = group->name, .login_rate = group->login_rate, .limit = group->limit};
    }
    for (size_t i = 0; i < n_devices; i++) {
        const struct device *d = inventory_at(inventory, i);
        for (size_t k = 0; k < d->n_limits; k++)
            paces[1 + d->limits[k]].devices++;
    }
    *n = 1 + n_groups;
    return paces;
}

static int print_sweep(const struct measurements *m, const struct refusals *r, struct err *e)
{
    const struct options *o = m->options;
    size_t n_paces = 0;
    struct sweep_pace *paces = list_paces(m, &n_paces);
    const struct sweep_input input = {.rows = m->rows,
                                      .n_rows = m->n_rows,
                                      .cores = engine_cores(),
                                      .shards = o->shards,
                                      .refused = r->list,
                                      .n_refused = r->n,
                                      .paces = paces,
                                      .n_paces = n_paces};
    struct sweep s = {0};
    int rc = paces ? sweep_read(&s, &input) : -1;
    if (rc != 0)
        err_set(e, FAIL_INTERNAL, "out of memory");
    else if (strcmp(o->output, "json") == 0)
        rc = measure_print_json(sweep_json(m, &s), e);
    else if (strcmp(o->output, "none") != 0)
        rc = print_text(o, &s, e);
    if (rc == 0 && o->html && m->n_rows > 0)
        rc = measure_write_html(o, sweep_json(m, &s), e);
    sweep_free(&s);
    free(paces);
    return rc;
}

static int sweep_with(const struct options *o, struct err *e)
{
    struct measurements m = {0};
    struct refusals refusals = {0};
    int rc = measure_check_output(o, "sweep", e);
    if (rc == 0) {
        rc = measure_run(&m, o, list_measures, &refusals, e);
        if ((rc == 0 || m.n_rows > 0) && print_sweep(&m, &refusals, e) != 0)
            rc = -1;
    }
    int code = measure_exit_code(&m, rc, e);
    for (size_t i = 0; i < refusals.n; i++)
        free((char *)refusals.list[i].say);
    free(refusals.list);
    measure_free(&m);
    return code;
}

static int sweep_main(int argc, const char **argv, struct err *e)
{
    struct options o;
    int code = 2;
    if (options_parse(&o, OPTIONS_SWEEP, argc, argv, e) == 0) {
        if (o.help) {
            puts("Usage: poller sweep -f FILE [--modes LIST] [-n LIST] [--repeat N]\n"
                 "Tries numbers of workers on the same devices, and says where more stop helping,\n"
                 "and why.\n");
            options_help(OPTIONS_SWEEP, stdout);
            code = 0;
        } else {
            code = sweep_with(&o, e);
        }
    }
    options_free(&o);
    return code;
}

const struct subcommand command_sweep = {"sweep", "find where more workers stop helping",
                                         sweep_main};
