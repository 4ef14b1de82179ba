/* `poller report`: the page of what earlier runs wrote as JSON. */
#include "cli/command.h"
#include "report/html.h"

#include <popt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct report_options {
    char *html;
    int help;
};

static void print_help(void)
{
    puts("Usage: poller report FILE... --html FILE\n"
         "Makes one page with charts and tables of what poller wrote with -o json or\n"
         "-o jsonl: runs, compare, sweep, and poller-lab's experiments (- is standard\n"
         "input).\n\n"
         "      --html=FILE              where the page goes\n"
         "  -h, --help                   this help");
}

static int make_report(const char *const *files, const char *html, struct err *e)
{
    struct html *h = html_new();
    int rc = h ? html_check_path(html, e) : err_set(e, FAIL_INTERNAL, "out of memory");
    for (size_t i = 0; rc == 0 && files[i]; i++)
        rc = html_add_file(h, files[i], e);
    if (rc == 0)
        rc = html_write(h, html, e);
    html_free(h);
    return rc;
}

static int check_files(const char *const *files, struct err *e)
{
    size_t inputs = 0;
    if (!files || !files[0])
        return err_set(e, FAIL_USAGE,
                       "poller report needs the JSON of a run: poller report run.json --html FILE");
    for (size_t i = 0; files[i]; i++)
        inputs += strcmp(files[i], "-") == 0;
    return inputs > 1 ? err_set(e, FAIL_USAGE, "-: standard input can be read once") : 0;
}

static int run_parsed(const struct report_options *o, poptContext popt, struct err *e)
{
    const char *const *files = (const char *const *)poptGetArgs(popt);
    if (o->help) {
        print_help();
        return 0;
    }
    if (check_files(files, e) == 0) {
        if (!o->html)
            err_set(e, FAIL_USAGE, "poller report needs --html FILE: where the page goes");
        else if (make_report(files, o->html, e) == 0)
            return 0;
    }
    return e->class == FAIL_USAGE ? 2 : 1;
}

static int report_main(int argc, const char **argv, struct err *e)
{
    struct report_options o = {0};
    const struct poptOption table[] = {
        {"html", 0, POPT_ARG_STRING, &o.html, 0, NULL, NULL},
        {"help", 'h', POPT_ARG_NONE, &o.help, 0, NULL, NULL},
        POPT_TABLEEND,
    };
    poptContext popt = poptGetContext("poller", argc, argv, table, 0);
    if (!popt)
        return err_set(e, FAIL_INTERNAL, "out of memory"), 1;
    int code = 2, value = poptGetNextOpt(popt);
    if (value < -1)
        err_set(e, FAIL_USAGE, "%s: %s; see --help", poptBadOption(popt, POPT_BADOPTION_NOALIAS),
                poptStrerror(value));
    else
        code = run_parsed(&o, popt, e);
    poptFreeContext(popt);
    free(o.html);
    return code;
}

const struct subcommand command_report = {"report", "a page of what was written as JSON",
                                          report_main};
