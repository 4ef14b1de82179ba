/* poller-lab experiments: which to run, each in a process of its own, and what they found. */
#include "lab/apart.h"
#include "lab/command.h"
#include "lab/experiments/target.h"
#include "lab/fleet_popt.h"
#include "lab/show.h"

#include "base/text.h"
#include "report/html.h"

#include <dirent.h>
#include <errno.h>
#include <poller/clock.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define EXPERIMENTS_MAX 64
#define TEXT_MAX        (1u << 20) /* that one of them is told in */

struct request {
    struct experiment_env env;
    const struct experiment *chosen[EXPERIMENTS_MAX];
    size_t n;
    const char *lab, *output, *html, *python;
    int list, thorough;
    bool is_json;
    char self[4096], place[3072];
    struct apart apart;
};

/* What a child leaves behind. */
struct left {
    struct finding finding;
    struct err err;
    bool is_done;
};

/* --- which --- */

static void choose(void *ctx, const char *id, struct err *e)
{
    struct request *r = ctx;
    const char *names[EXPERIMENTS_MAX];
    for (size_t i = 0; i < experiments_n; i++) {
        names[i] = experiments[i]->id;
        if (strcmp(names[i], id) == 0 && r->n < EXPERIMENTS_MAX) {
            r->chosen[r->n++] = experiments[i];
            return;
        }
    }
    const char *near = text_nearest(id, names, experiments_n);
    err_set(e, FAIL_USAGE, "there is no experiment '%.60s'%s%s%s (--list shows all)", id,
            near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static int parse(struct request *r, int argc, const char **argv, struct err *e)
{
    const struct poptOption table[] = {
        {"list", 0, POPT_ARG_NONE, &r->list, 0, "what there is", NULL},
        {"thorough", 0, POPT_ARG_NONE, &r->thorough, 0, "more repeats, longer curves", NULL},
        {"lab", 0, POPT_ARG_STRING, &r->lab, 0, "sim (default) or docker (make lab-up)", "NAME"},
        {"output", 'o', POPT_ARG_STRING, &r->output, 0, "text (default) or json", "FORMAT"},
        {"html", 0, POPT_ARG_STRING, &r->html, 0, "a report as one page", "FILE"},
        {"python", 0, POPT_ARG_STRING, &r->python, 0, "the interpreter to run beside", "PATH"},
        POPT_AUTOHELP POPT_TABLEEND};
    static const struct lab_popt_arguments ids = {"[ID...]", choose};
    if (lab_popt_parse_with(argc, argv, table, &ids, r, e) != 0)
        return -1;
    for (size_t i = 0; r->n == 0 && i < experiments_n; i++)
        r->chosen[i] = experiments[i];
    r->n = r->n ? r->n : experiments_n;
    return 0;
}

static int check(struct request *r, struct err *e)
{
    if (r->lab && strcmp(r->lab, "sim") != 0 && strcmp(r->lab, "docker") != 0)
        return err_set(e, FAIL_USAGE, "--lab '%.60s' is neither sim nor docker", r->lab);
    if (r->output && strcmp(r->output, "text") != 0 && strcmp(r->output, "json") != 0)
        return err_set(e, FAIL_USAGE, "-o '%.60s' is neither text nor json", r->output);
    if (r->html && html_check_path(r->html, e) != 0)
        return -1;
    r->env.is_docker = r->lab && strcmp(r->lab, "docker") == 0;
    r->env.thorough = r->thorough;
    r->is_json = r->output && strcmp(r->output, "json") == 0;
    return r->list ? 0 : target_check(&r->env, e);
}

/* --- where --- */

static unsigned usable_cores(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

static int prepare(struct request *r, struct err *e)
{
    static const char *const pythons[] = {"/usr/bin/python3", "/usr/local/bin/python3"};
    ssize_t n = readlink("/proc/self/exe", r->self, sizeof r->self - 1);
    const char *tmp = getenv("TMPDIR");
    int len =
        snprintf(r->place, sizeof r->place, "%s/poller-lab-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (n <= 0 || len >= (int)sizeof r->place || !mkdtemp(r->place)) {
        r->place[0] = '\0';
        return err_set(e, FAIL_INTERNAL, "no directory for the experiments in %.200s: %s",
                       tmp && *tmp ? tmp : "/tmp", strerror(errno));
    }
    r->self[n] = '\0';
    r->env.self = r->self;
    r->env.place = r->place;
    r->env.cores = usable_cores();
    r->env.python = r->python;
    for (size_t i = 0; !r->env.python && i < sizeof pythons / sizeof *pythons; i++)
        if (access(pythons[i], X_OK) == 0)
            r->env.python = pythons[i];
    return 0;
}

/* What the experiments left in it are plain files. */
static void clear_away(const struct request *r)
{
    DIR *dir = r->place[0] ? opendir(r->place) : NULL;
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        (void)unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir)
        closedir(dir);
    if (r->place[0])
        (void)rmdir(r->place);
}

/* --- run --- */

struct work {
    const struct request *request;
    const struct experiment *experiment;
    struct left *left;
};

static void work(void *ctx)
{
    struct work *w = ctx;
    struct mono start = mono_now();
    int rc = w->experiment->run(&w->request->env, &w->left->finding, &w->left->err);
    w->left->finding.seconds = mono_ms_between(start, mono_now()) / 1000;
    w->left->is_done = rc == 0;
}

/* One that could not be run is told, and the others go on. -1 with err where they do not. */
static int run_one(const struct request *r, const struct experiment *x, struct left *left,
                   struct err *e)
{
    struct work w = {r, x, left};
    int came = apart_run(&r->apart, work, &w);
    if (came > 0)
        return err_set(e, FAIL_CANCELLED, "interrupted in %s", x->id);
    if (came < 0)
        return err_set(e, FAIL_INTERNAL, "%s: no process could be made", x->id);
    if (!left->is_done)
        fprintf(stderr, "poller-lab: %s: %s\n", x->id,
                err_is_set(&left->err) ? left->err.text : "its process ended without a verdict");
    return 0;
}

static int print(struct buf *text, int rc, struct err *e)
{
    if (rc == 0)
        fputs(buf_bytes(text), stdout);
    buf_free(text);
    (void)fflush(stdout); /* main looks whether all was written */
    return rc == 0 ? 0 : err_set(e, FAIL_INTERNAL, "out of memory");
}

static int tell_one(const struct experiment *x, const struct finding *f, struct err *e)
{
    struct bars_style style = bars_style_for("auto", STDOUT_FILENO);
    struct buf text;
    buf_init(&text, TEXT_MAX);
    return print(&text, show_finding(x, f, &style, &text), e);
}

static int tell_json(const json_t *all, struct err *e)
{
    char *text = json_dumps(all, JSON_INDENT(1) | JSON_REAL_PRECISION(10));
    if (!text)
        return err_set(e, FAIL_INTERNAL, "out of memory");
    puts(text);
    free(text);
    return 0;
}

static int tell_all(const struct request *r, const struct finding *const *findings, struct err *e)
{
    struct buf text;
    json_t *all = r->is_json || r->html ? show_json(r->chosen, findings, r->n, &r->env) : NULL;
    int rc = 0;
    if ((r->is_json || r->html) && !all)
        return err_set(e, FAIL_INTERNAL, "out of memory");
    buf_init(&text, TEXT_MAX);
    if (r->is_json)
        rc = tell_json(all, e);
    else if (r->n > 1)
        rc = print(&text, show_verdicts(r->chosen, findings, r->n, &text), e);
    if (rc == 0 && r->html)
        rc = html_write_document(r->html, all, e);
    json_decref(all);
    return rc;
}

static int run_all(struct request *r, struct left *all, struct err *e)
{
    const struct finding *findings[EXPERIMENTS_MAX] = {NULL};
    size_t failed = 0;
    for (size_t i = 0; i < r->n; i++) {
        if (run_one(r, r->chosen[i], &all[i], e) != 0)
            return -1;
        findings[i] = all[i].is_done ? &all[i].finding : NULL;
        failed += !findings[i];
        if (findings[i] && !r->is_json && tell_one(r->chosen[i], findings[i], e) != 0)
            return -1;
    }
    int rc = tell_all(r, findings, e);
    return rc != 0 || failed == 0
               ? rc
               : err_set(e, FAIL_INTERNAL, "%zu of %zu experiments gave no verdict", failed, r->n);
}

static int run_in_place(struct request *r, struct err *e)
{
    size_t size = r->n * sizeof(struct left);
    struct left *all = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED)
        return err_set(e, FAIL_INTERNAL, "out of memory");
    apart_begin(&r->apart);
    int rc = prepare(r, e) == 0 ? run_all(r, all, e) : -1;
    clear_away(r);
    munmap(all, size);
    return rc;
}

static void list(void)
{
    for (size_t i = 0; i < experiments_n; i++) {
        char heading[32];
        struct buf line;
        buf_init(&line, TEXT_MAX);
        snprintf(heading, sizeof heading, "%-17s ", experiments[i]->id);
        if (show_wrapped(heading, experiments[i]->claim, 0, &line) == 0)
            fputs(buf_bytes(&line), stdout);
        buf_free(&line);
    }
}

static int run(int argc, const char **argv, struct err *e)
{
    struct request *r = calloc(1, sizeof *r);
    if (!r) {
        err_set(e, FAIL_INTERNAL, "out of memory");
        return 1;
    }
    int rc = parse(r, argc, argv, e) != 0 ? -1 : check(r, e);
    if (rc == 0 && r->list)
        list();
    else if (rc == 0)
        rc = run_in_place(r, e);
    free(r);
    return rc == 0 ? 0 : fail_exit_code(e->class, false);
}

const struct lab_command lab_command_experiments = {
    "experiments", "the notes' claims, tested on this machine", run};
