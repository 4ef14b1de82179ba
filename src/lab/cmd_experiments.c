/* poller-lab experiments: which to run, each in a process of its own, and what they found. */
#include "lab/command.h"
#include "lab/fleet_popt.h"
#include "lab/show.h"

#include "base/text.h"
#include "report/html.h"

#include <dirent.h>
#include <errno.h>
#include <poller/clock.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXPERIMENTS_MAX 64

struct request {
    struct experiment_env env;
    const struct experiment *chosen[EXPERIMENTS_MAX];
    size_t n;
    const char *lab, *output, *html;
    int list, thorough;
    char self[4096], place[64];
};

/* What a child leaves behind. */
struct left {
    struct finding finding;
    struct err err;
    bool is_done;
};

/* --- which --- */

static int choose(struct request *r, const char *id, struct err *e)
{
    const char *names[EXPERIMENTS_MAX];
    for (size_t i = 0; i < experiments_n; i++) {
        names[i] = experiments[i]->id;
        if (strcmp(names[i], id) == 0 && r->n < EXPERIMENTS_MAX) {
            r->chosen[r->n++] = experiments[i];
            return 0;
        }
    }
    const char *near = text_nearest(id, names, experiments_n);
    return err_set(e, FAIL_USAGE, "there is no experiment '%.60s'%s%s%s: --list shows them", id,
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
        POPT_AUTOHELP POPT_TABLEEND};
    poptContext context = poptGetContext(argv[0], argc, argv, table, 0);
    poptSetOtherOptionHelp(context, "[ID...]");
    int rc = poptGetNextOpt(context);
    if (rc < -1)
        err_set(e, FAIL_USAGE, "%s: %s", poptBadOption(context, POPT_BADOPTION_NOALIAS),
                poptStrerror(rc));
    const char *id;
    while (!err_is_set(e) && (id = poptGetArg(context)))
        choose(r, id, e);
    poptFreeContext(context);
    for (size_t i = 0; r->n == 0 && i < experiments_n; i++)
        r->chosen[i] = experiments[i];
    r->n = r->n ? r->n : experiments_n;
    return err_is_set(e) ? -1 : 0;
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
    return 0;
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
    snprintf(r->place, sizeof r->place, "%.40s/poller-lab-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (n <= 0 || !mkdtemp(r->place))
        return err_set(e, FAIL_INTERNAL, "no directory for the experiments: %s", strerror(errno));
    r->self[n] = '\0';
    r->env.self = r->self;
    r->env.place = r->place;
    r->env.cores = usable_cores();
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

static void run_child(const struct request *r, const struct experiment *x, struct left *left)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    struct mono start = mono_now();
    int rc = x->run(&r->env, &left->finding, &left->err);
    left->finding.seconds = mono_ms_between(start, mono_now()) / 1000;
    left->is_done = rc == 0;
    _Exit(0);
}

static int run_one(const struct request *r, const struct experiment *x, struct left *left,
                   struct err *e)
{
    int status;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        run_child(r, x, left);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (left->is_done)
        return 0;
    if (err_is_set(&left->err))
        err_set(e, left->err.class, "%s: %s", x->id, left->err.text);
    return err_set(e, FAIL_INTERNAL, "%s: its process ended without a verdict", x->id);
}

/* One that could not be run is told, and the others go on. */
static int run_all(struct request *r, struct err *e)
{
    bool is_json = r->output && strcmp(r->output, "json") == 0;
    struct left *all =
        mmap(NULL, r->n * sizeof *all, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const struct finding *findings[EXPERIMENTS_MAX] = {NULL};
    int failed = 0;
    if (all == MAP_FAILED)
        return err_set(e, FAIL_INTERNAL, "out of memory");
    for (size_t i = 0; i < r->n; i++) {
        struct err own = {0};
        if (run_one(r, r->chosen[i], &all[i], &own) == 0) {
            findings[i] = &all[i].finding;
            if (!is_json)
                show_text(r->chosen[i], findings[i]);
            continue;
        }
        failed++;
        fprintf(stderr, "poller-lab: %s\n", own.text);
    }
    int rc = show_all(r->chosen, findings, r->n, &r->env, is_json, r->html, e);
    munmap(all, r->n * sizeof *all);
    return rc != 0 || failed == 0
               ? rc
               : err_set(e, FAIL_INTERNAL, "%d of %zu experiments gave no verdict", failed, r->n);
}

static int run(int argc, const char **argv, struct err *e)
{
    struct request *r = calloc(1, sizeof *r);
    int rc = r ? 0 : err_set(e, FAIL_INTERNAL, "out of memory");
    if (rc == 0)
        rc = parse(r, argc, argv, e) != 0 ? -1 : check(r, e);
    if (rc == 0 && r->list) {
        for (size_t i = 0; i < experiments_n; i++)
            printf("%-17s %s\n", experiments[i]->id, experiments[i]->claim);
    } else if (rc == 0) {
        rc = prepare(r, e) != 0 ? -1 : run_all(r, e);
        clear_away(r);
    }
    free(r);
    return rc == 0 ? 0 : fail_exit_code(e->class, false);
}

const struct lab_command lab_command_experiments = {
    "experiments", "the notes' claims, tested on this machine", run};
