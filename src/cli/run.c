/* `poller run`, the default: visit the devices once. */
#include "base/file.h"
#include "base/log.h"
#include "base/term.h"
#include "cli/command.h"
#include "cli/options_idle.h"
#include "cli/pace.h"
#include "cli/runner.h"
#include "output/out.h"
#include "report/html.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SINKS_MAX 3
#define MS_PER_S  1000.0

struct output_set {
    struct out out;
    struct sink sinks[SINKS_MAX];
    struct sink *list[SINKS_MAX];
    size_t n;
    struct html *html; /* --html: its reader of records; or NULL */
    struct record_taker taker;
};

static void add_sink(struct output_set *set, const struct sink_ops *ops, const struct options *o,
                     const char *run_id)
{
    set->sinks[set->n] = (struct sink){.ops = ops,
                                       .out = &set->out,
                                       .options = {.run_id = run_id,
                                                   .mode = engine_mode_name(o->mode),
                                                   .color = term_color(o->color, STDOUT_FILENO),
                                                   .outdir = o->outdir,
                                                   .taker = &set->taker}};
    set->list[set->n] = &set->sinks[set->n];
    set->n++;
}

static int take_record(void *html, const json_t *record, struct err *e)
{
    return html_add_record(html, record, e);
}

static int take_run(void *html, const json_t *run, struct err *e)
{
    return html_add_run(html, run, e);
}

static int open_report(struct output_set *set, const struct options *o, const char *run_id,
                       struct err *e)
{
    if (html_check_path(o->html, e) != 0)
        return -1;
    if (!(set->html = html_new()))
        return err_set(e, FAIL_INTERNAL, "out of memory");
    set->taker = (struct record_taker){set->html, take_record, take_run};
    add_sink(set, &sink_record, o, run_id);
    return 0;
}

/* 0, or -1 with err; close_output() either way. */
static int open_output(struct output_set *set, const struct options *o, const char *run_id,
                       struct err *e)
{
    *set = (struct output_set){0};
    out_init(&set->out, STDOUT_FILENO);
    add_sink(set, o->group ? &sink_group : sink_find(o->output), o, run_id);
    if (o->outdir)
        add_sink(set, &sink_outdir, o, run_id);
    return o->html ? open_report(set, o, run_id, e) : 0;
}

static void close_output(struct output_set *set)
{
    for (size_t i = 0; i < set->n; i++)
        if (set->list[i]->ops->free)
            set->list[i]->ops->free(set->list[i]);
    html_free(set->html);
    out_free(&set->out);
}

static void print_closing(const struct run_summary *run, double compared_ms)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    if (stats_closing_lines(run, compared_ms, &text) == 0)
        fputs(buf_bytes(&text), stderr);
    buf_free(&text);
}

static void print_plan_line(const struct job *job)
{
    const struct device *d = job->device;
    printf("%s: %s %s:%u, %s%s%s", d->name, transport_kind_name(d->transport), d->host,
           (unsigned)d->port, d->platform_name ? d->platform_name : "-",
           job->privilege ? ", privilege " : "", job->privilege ? job->privilege : "");
    for (size_t i = 0; i < job->commands.n; i++)
        printf("%s %s", i ? " |" : ":", job->commands.items[i].text);
    printf("\n");
}

static const char *workers_text(const struct options *o, char *out, size_t size)
{
    unsigned n = o->mode == ENGINE_SEQUENTIAL ? 1 : o->workers;
    if (n > 0)
        snprintf(out, size, "%u worker%s", n, n == 1 ? "" : "s");
    else
        snprintf(out, size, "auto");
    return out;
}

static int show_pace(const struct world *w, const struct options *o, struct err *e)
{
    struct buf text;
    buf_init(&text, 1 << 16);
    int rc = pace_line(o, w->inventory, &text);
    if (rc == 0 && text.len > 0)
        fputs(buf_bytes(&text), stderr);
    buf_free(&text);
    return rc ? (err_set(e, FAIL_INTERNAL, "out of memory"), 1) : 0;
}

static int show_plan(const struct world *w, const struct options *o, struct err *e)
{
    char workers[32];
    for (size_t i = 0; i < plan_count(w->plan); i++) {
        struct job job = plan_job(w->plan, i);
        if (!w->done || !w->done[i])
            print_plan_line(&job);
    }
    if (fflush(stdout) != 0)
        return err_set(e, FAIL_INTERNAL, "standard output could not be written"), 1;
    if (o->verbose < 0)
        return 0;
    fprintf(stderr, "%zu device%s | %s, %s | nothing was connected to (--check)\n", w->n_left,
            w->n_left == 1 ? "" : "s", engine_mode_name(o->mode),
            workers_text(o, workers, sizeof workers));
    return show_pace(w, o, e);
}

/* The same devices one by one, for a measured speed-up. */
static double measure_sequential(struct world *w, const struct run_request *request)
{
    struct run_request alone = *request;
    struct run_measured m;
    struct err e = {0};
    alone.mode = ENGINE_SEQUENTIAL;
    alone.sinks = NULL;
    alone.n_sinks = 0;
    alone.progress = NULL;
    if (world_load_hostkeys(w, &e) == 0 && runner_measure(w, &alone, &m, &e) == 0)
        return m.run.elapsed_ms;
    log_warn("the sequential run could not be measured: %s", e.text);
    return 0;
}

static int exit_code_of(const struct options *o, int rc, int merged, const struct err *e)
{
    if (o->exit_zero && merged != 130 && merged != 1)
        merged = 0;
    if (rc == 0)
        return merged;
    return fail_exit_merge(merged == 130 ? 0 : merged, e->class == FAIL_USAGE ? 2 : 1);
}

/* The run itself, with its progress line, and the report where one is wanted. */
static int run_shown(struct world *w, const struct options *o, struct run_request *request,
                     struct html *html, struct run_summary *run, int *exit_code, struct err *e)
{
    struct progress progress;
    bool show = !o->no_progress && o->verbose >= 0 && isatty(STDERR_FILENO);
    request->progress = show ? &progress : NULL;
    if (show)
        progress_start(&progress, w->n_left,
                       isatty(STDOUT_FILENO) && strcmp(o->output, "none") != 0, mono_now());
    int rc = runner_run(w, request, run, exit_code, e);
    if (show)
        progress_stop(&progress);
    request->progress = NULL;
    if (html && run->mode && html_write(html, o->html, e) != 0)
        rc = -1;
    return rc;
}

static struct retry_policy retry_policy_of(const struct options *o)
{
    return (struct retry_policy){.max = o->retry,
                                 .on = o->retry_on ? o->retry_on : retry_default_set(),
                                 .delay_ms = (int64_t)(o->retry_delay_s * MS_PER_S + 0.5),
                                 .seed = (uint64_t)wall_ms()};
}

static int visit(struct world *w, const struct options *o, struct err *e)
{
    char run_id[27];
    struct output_set output;
    struct run_summary run = {0};
    /* What failed before is still so where nothing is visited. */
    int exit_code = w->n_left == 0 ? w->let_be_exit : 0;
    runner_make_id(run_id);
    int rc = open_output(&output, o, run_id, e);
    struct run_request request = {.mode = o->mode,
                                  .workers = o->workers,
                                  .processes = o->processes,
                                  .shards = o->shards,
                                  .sinks = output.list,
                                  .n_sinks = output.n,
                                  .run_id = run_id,
                                  .retry = retry_policy_of(o),
                                  .pace = pace_of(o)};
    if (rc == 0)
        rc = run_shown(w, o, &request, output.html, &run, &exit_code, e);
    close_output(&output);
    double compared_ms = o->compare && rc == 0 && w->n_left > 0 && !cancel_raised(w->cancel)
                             ? measure_sequential(w, &request)
                             : 0;
    if (o->verbose >= 0 && run.mode && w->n_left > 0)
        print_closing(&run, compared_ms);
    if (o->verbose >= 0)
        world_print_no_erase(w);
    return exit_code_of(o, rc, exit_code, e);
}

/* --resume with no device to visit: all are good, or failed by classes that were not asked for. */
static void print_nothing_left(const struct world *w, const struct options *o)
{
    size_t n = 0;
    const char *between = "";
    for (size_t c = 0; c < FAIL_COUNT; c++)
        n += w->let_be[c];
    fprintf(stderr, "nothing is left to do: %s has every device of this %s", file_name(o->resume),
            o->limit || o->excludes.n > 0 ? "run" : "inventory");
    if (n > 0)
        fprintf(stderr, "; %zu failed there by classes that --resume-on does not name (", n);
    for (size_t c = 0; c < FAIL_COUNT; c++)
        if (w->let_be[c] > 0) {
            fprintf(stderr, "%s%s %zu", between, fail_name((enum fail_class)c), w->let_be[c]);
            between = ", ";
        }
    fprintf(stderr, "%s\n", n > 0 ? ")" : "");
}

static int run_with(const struct options *o, struct err *e)
{
    struct world w;
    int code = 2;
    log_set_level(o->verbose < 0 ? LOG_QUIET : (enum log_level)(o->verbose > 2 ? 2 : o->verbose));
    options_note_idle(o);
    if (o->mode == ENGINE_EVENTS)
        options_note_shards(o);
    if (world_load(&w, o, e) == 0) {
        if (w.n_left == 0 && o->verbose >= 0)
            print_nothing_left(&w, o);
        if (o->check)
            code =
                secret_check_all(inventory_secrets(w.inventory), e) == 0 ? show_plan(&w, o, e) : 2;
        else if ((w.n_left == 0 || world_prepare(&w, o, e) == 0) &&
                 (w.cancel = cancel_new(e)) != NULL) {
            command_set_cancel(w.cancel);
            code = visit(&w, o, e);
            command_set_cancel(NULL);
        }
    }
    world_free(&w);
    return code;
}

static void print_help(void)
{
    puts("Usage: poller [run] -f FILE [options]\n"
         "Visits devices over SSH and Telnet, many at once, and brings back what each\n"
         "said.\n");
    options_help(OPTIONS_RUN, stdout);
    puts("\nOther commands: poller compare, poller sweep, poller report, poller platforms,\n"
         "poller version; see poller(1).\n"
         "Exit code: 0 good, 1 internal or unwritable output, 2 usage or inventory,\n"
         "3 timed out, 4 unreachable or refused, 5 a command failed, 130 interrupted.");
}

static int run_main(int argc, const char **argv, struct err *e)
{
    struct options o;
    int code = 2;
    if (options_parse(&o, OPTIONS_RUN, argc, argv, e) == 0) {
        if (o.help) {
            print_help();
            code = 0;
        } else {
            code = run_with(&o, e);
        }
    }
    options_free(&o);
    return code;
}

const struct subcommand command_run = {"run", "visit the devices (the default)", run_main};
