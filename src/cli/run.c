/* `poller run`, the default: visit the devices once. */
#include "base/log.h"
#include "base/term.h"
#include "cli/command.h"
#include "cli/runner.h"
#include "output/out.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SINKS_MAX 2

struct output_set {
    struct out out;
    struct sink sinks[SINKS_MAX];
    struct sink *list[SINKS_MAX];
    size_t n;
};

static void add_sink(struct output_set *set, const struct sink_ops *ops, const struct options *o,
                     const char *run_id)
{
    set->sinks[set->n] = (struct sink){.ops = ops,
                                       .out = &set->out,
                                       .options = {.run_id = run_id,
                                                   .mode = engine_mode_name(o->mode),
                                                   .color = term_color(o->color, STDOUT_FILENO),
                                                   .outdir = o->outdir}};
    set->list[set->n] = &set->sinks[set->n];
    set->n++;
}

static void open_output(struct output_set *set, const struct options *o, const char *run_id)
{
    *set = (struct output_set){0};
    out_init(&set->out, STDOUT_FILENO);
    add_sink(set, sink_find(o->output), o, run_id);
    if (o->outdir)
        add_sink(set, &sink_outdir, o, run_id);
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

static int show_plan(const struct world *w, const struct options *o, struct err *e)
{
    for (size_t i = 0; i < plan_count(w->plan); i++) {
        struct job job = plan_job(w->plan, i);
        print_plan_line(&job);
    }
    if (fflush(stdout) != 0)
        return err_set(e, FAIL_INTERNAL, "standard output could not be written"), 1;
    if (o->verbose >= 0)
        fprintf(stderr, "%zu devices | %s, %u workers | nothing was connected to (--check)\n",
                plan_count(w->plan), engine_mode_name(o->mode), o->workers);
    return 0;
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

static int visit(struct world *w, const struct options *o, struct err *e)
{
    char run_id[27];
    struct output_set output;
    struct progress progress;
    struct run_summary run = {0};
    bool show = !o->no_progress && o->verbose >= 0 && isatty(STDERR_FILENO);
    int exit_code = 0;
    runner_make_id(run_id);
    open_output(&output, o, run_id);
    struct run_request request = {.mode = o->mode,
                                  .workers = o->workers,
                                  .processes = o->processes,
                                  .shards = o->shards,
                                  .sinks = output.list,
                                  .n_sinks = output.n,
                                  .progress = show ? &progress : NULL,
                                  .run_id = run_id};
    if (show)
        progress_start(&progress, plan_count(w->plan), mono_now());
    int rc = runner_run(w, &request, &run, &exit_code, e);
    if (show)
        progress_stop(&progress);
    out_free(&output.out);
    double compared_ms =
        o->compare && rc == 0 && !cancel_raised(w->cancel) ? measure_sequential(w, &request) : 0;
    if (o->verbose >= 0 && run.mode)
        print_closing(&run, compared_ms);
    if (o->exit_zero && exit_code != 130 && exit_code != 1)
        exit_code = 0;
    if (rc != 0)
        return fail_exit_merge(exit_code == 130 ? 0 : exit_code, e->class == FAIL_USAGE ? 2 : 1);
    return exit_code;
}

static int run_with(const struct options *o, struct err *e)
{
    struct world w;
    int code = 2;
    log_set_level(o->verbose < 0 ? LOG_QUIET : (enum log_level)(o->verbose > 2 ? 2 : o->verbose));
    if (world_load(&w, o, e) == 0) {
        if (o->check)
            code = show_plan(&w, o, e);
        else if (world_prepare(&w, o, e) == 0 && (w.cancel = cancel_new(e)) != NULL) {
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
         "Visits devices over SSH and Telnet, many at once, and brings back what each said.\n");
    options_help(OPTIONS_RUN, stdout);
    puts("\nOther commands: poller compare, poller platforms, poller version; see poller(1).\n"
         "Exit code: 0 good, 1 internal or unwritable output, 2 usage or inventory, 3 timed out,\n"
         "4 unreachable or refused, 5 a command failed, 130 interrupted.");
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
