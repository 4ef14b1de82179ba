#include "cli/measure.h"

#include "base/log.h"
#include "cli/command.h"
#include "cli/options_idle.h"
#include "cli/pace.h"
#include "output/out.h"
#include "output/record.h"
#include "report/html.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

size_t measure_unique(struct measure *list, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        bool known = false;
        for (size_t k = 0; k < kept; k++)
            known |= list[k].mode == list[i].mode && list[k].workers == list[i].workers;
        if (!known)
            list[kept++] = list[i];
    }
    return kept;
}

static bool shows_progress(const struct measurements *m)
{
    return m->options->verbose >= 0 && !m->options->no_progress && isatty(STDERR_FILENO);
}

static void say_progress(const struct measurements *m, const struct measure *what, unsigned repeat)
{
    if (!shows_progress(m))
        return;
    fprintf(stderr, "\r\033[K%s, %u workers (", engine_mode_name(what->mode), what->workers);
    if (repeat)
        fprintf(stderr, "%u of %u)", repeat, m->options->repeat);
    else
        fputs("warm-up)", stderr);
}

/* repeat 0 is a warm-up: nothing of it is kept. */
static int measure_one(struct measurements *m, const struct measure *what, unsigned repeat,
                       struct err *e)
{
    char run_id[27];
    struct run_measured out;
    runner_make_id(run_id);
    struct run_request request = {.mode = what->mode,
                                  .workers = what->workers,
                                  .processes = m->options->processes,
                                  .shards = m->options->shards,
                                  .run_id = run_id,
                                  .pace = pace_of(m->options)};
    say_progress(m, what, repeat);
    /* The run before may have stored host keys. */
    if (world_load_hostkeys(&m->world, e) != 0 || runner_measure(&m->world, &request, &out, e) != 0)
        return -1;
    /* Half a run is no measure of anything. */
    if (cancel_raised(m->world.cancel))
        return 0;
    if (err_is_set(&out.err))
        return err_set(e, out.err.class, "%s", out.err.text);
    if (repeat == 0)
        return 0;
    m->exit_code = fail_exit_merge(m->exit_code, out.exit_code);
    m->rows[m->n_rows++] = (struct compare_row){out.run, repeat};
    return 0;
}

/* The shortest: most workers. */
static const struct measure *warm_up_measure(const struct measurements *m)
{
    const struct measure *most = &m->list[0];
    for (size_t i = 1; i < m->n_list; i++)
        if (m->list[i].workers > most->workers)
            most = &m->list[i];
    return most;
}

/* What only the first run pays (names looked up, host keys stored, caches filled on the way) must
 * not be counted against whichever is measured first. */
static int warm_up(struct measurements *m, struct err *e)
{
    for (unsigned i = 0; i < m->options->warm_up && !cancel_raised(m->world.cancel); i++)
        if (measure_one(m, warm_up_measure(m), 0, e) != 0)
            return -1;
    return 0;
}

/* Every second round goes backwards, so that what drifts does not favour a mode. */
static int measure_all(struct measurements *m, struct err *e)
{
    if (warm_up(m, e) != 0)
        return -1;
    for (unsigned repeat = 1; repeat <= m->options->repeat; repeat++)
        for (size_t i = 0; i < m->n_list; i++) {
            size_t at = repeat % 2 ? i : m->n_list - 1 - i;
            if (cancel_raised(m->world.cancel))
                return 0;
            if (measure_one(m, &m->list[at], repeat, e) != 0)
                return -1;
        }
    return 0;
}

static int list_and_measure(struct measurements *m, measure_lister *lister, void *ctx,
                            struct err *e)
{
    if (lister(m, ctx, e) != 0)
        return -1;
    m->rows = calloc(m->n_list * m->options->repeat + 1, sizeof *m->rows);
    if (!m->rows)
        return err_set(e, FAIL_INTERNAL, "out of memory");
    command_set_cancel(m->world.cancel);
    int rc = measure_all(m, e);
    command_set_cancel(NULL);
    if (rc == 0 && cancel_raised(m->world.cancel)) {
        m->exit_code = 130;
        err_set(e, FAIL_CANCELLED, "interrupted: %zu of %zu runs were measured", m->n_rows,
                m->n_list * m->options->repeat);
    }
    if (shows_progress(m))
        fputs("\r\033[K", stderr);
    return rc;
}

int measure_run(struct measurements *m, const struct options *o, measure_lister *lister, void *ctx,
                struct err *e)
{
    *m = (struct measurements){.options = o};
    log_set_level(o->verbose < 0 ? LOG_QUIET : LOG_WARN);
    options_note_shards(o);
    if (world_load(&m->world, o, e) != 0 || world_prepare(&m->world, o, e) != 0 ||
        (m->world.cancel = cancel_new(e)) == NULL)
        return -1;
    return list_and_measure(m, lister, ctx, e);
}

void measure_free(struct measurements *m)
{
    free(m->list);
    free(m->rows);
    world_free(&m->world);
}

json_t *measure_json(const struct measurements *m, const char *kind)
{
    double baseline_ms = compare_baseline_ms(m->rows, m->n_rows);
    json_t *rows = json_array();
    for (size_t i = 0; i < m->n_rows; i++) {
        json_t *row = run_summary_json(&m->rows[i].run);
        json_object_set_new(row, "repeat", json_integer(m->rows[i].repeat));
        json_array_append_new(rows, row);
    }
    return json_pack("{s:i, s:s, s:o, s:o}", "schema", RECORD_SCHEMA, "kind", kind, "baseline_ms",
                     record_ms(baseline_ms > 0 ? baseline_ms : -1), "rows", rows);
}

int measure_print_json(json_t *json, struct err *e)
{
    struct out out;
    out_init(&out, STDOUT_FILENO);
    int rc = json ? record_write(&out, json) : -1;
    out_str(&out, "\n");
    json_decref(json);
    if (rc == 0)
        rc = out_flush(&out, "standard output", e);
    else
        err_set(e, FAIL_INTERNAL, "out of memory");
    out_free(&out);
    return rc;
}

int measure_print_text(const struct buf *text, struct err *e)
{
    struct out out;
    out_init(&out, STDOUT_FILENO);
    out_bytes(&out, buf_bytes(text), text->len);
    int rc = out_flush(&out, "standard output", e);
    out_free(&out);
    return rc;
}

int measure_write_html(const struct options *o, json_t *json, struct err *e)
{
    int rc =
        json ? html_write_document(o->html, json, e) : err_set(e, FAIL_INTERNAL, "out of memory");
    json_decref(json);
    return rc;
}

int measure_exit_code(const struct measurements *m, int rc, const struct err *e)
{
    if (rc != 0)
        return e->class == FAIL_USAGE ? 2 : 1;
    return m->exit_code;
}

int measure_check_output(const struct options *o, const char *subcommand, struct err *e)
{
    if (strcmp(o->output, "csv") == 0 || strcmp(o->output, "jsonl") == 0)
        return err_set(e, FAIL_USAGE, "-o %s: poller %s writes text, json or none", o->output,
                       subcommand);
    return o->html ? html_check_path(o->html, e) : 0;
}
