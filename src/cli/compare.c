/* `poller compare`: the modes on the same devices, against a real sequential run. */
#include "cli/command.h"
#include "cli/measure.h"
#include "report/chart.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The first is the sequential run. */
static int list_measures(struct measurements *m, void *ctx, struct err *e)
{
    static const unsigned default_workers[] = {OPTIONS_WORKERS_DEFAULT};
    const struct options *o = m->options;
    const unsigned *counts = o->n_worker_counts ? o->worker_counts : default_workers;
    size_t n_counts = o->n_worker_counts ? o->n_worker_counts : 1;
    size_t n_modes = o->modes.n ? o->modes.n : ENGINE_MODES;
    (void)ctx;
    m->list = calloc(1 + n_modes * n_counts, sizeof *m->list);
    if (!m->list)
        return err_set(e, FAIL_INTERNAL, "out of memory");
    m->list[m->n_list++] = (struct measure){ENGINE_SEQUENTIAL, 1};
    for (size_t i = 0; i < n_modes; i++) {
        enum engine_mode mode = o->modes.n
                                    ? (enum engine_mode)engine_mode_by_name(o->modes.items[i])
                                    : (enum engine_mode)i;
        for (size_t k = 0; mode != ENGINE_SEQUENTIAL && k < n_counts; k++)
            m->list[m->n_list++] = (struct measure){mode, counts[k]};
    }
    m->n_list = measure_unique(m->list, m->n_list);
    return 0;
}

static int print_table(const struct measurements *m, struct err *e)
{
    struct buf text;
    struct bars_style style = bars_style_for(m->options->color, STDOUT_FILENO);
    buf_init(&text, 1u << 20);
    int rc = compare_table(m->rows, m->n_rows, &text) == 0 &&
                     chart_rows(m->rows, m->n_rows, &style, &text) == 0
                 ? measure_print_text(&text, e)
                 : err_set(e, FAIL_INTERNAL, "out of memory");
    buf_free(&text);
    return rc;
}

static int print_rows(const struct measurements *m, struct err *e)
{
    if (strcmp(m->options->output, "json") == 0)
        return measure_print_json(measure_json(m, "compare"), e);
    return strcmp(m->options->output, "none") == 0 ? 0 : print_table(m, e);
}

static int compare_with(const struct options *o, struct err *e)
{
    struct measurements m = {0};
    int rc = measure_check_output(o, "compare", e);
    if (rc == 0) {
        rc = measure_run(&m, o, list_measures, NULL, e);
        if ((rc == 0 || m.n_rows > 0) && print_rows(&m, e) != 0)
            rc = -1;
        if (o->html && m.n_rows > 0 && measure_write_html(o, measure_json(&m, "compare"), e) != 0)
            rc = -1;
    }
    int code = measure_exit_code(&m, rc, e);
    measure_free(&m);
    return code;
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
