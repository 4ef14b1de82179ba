/* The campaign: many dialogues with a known truth. README.md says what it counts. */
#include "tests/trust/show.h"
#include "tests/trust/shrink.h"
#include "tests/trust/tally.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define JOBS_MAX  64
#define COUNT_MAX 100000000ul
#define RARE_MAX  500ul
#define SHOW_MAX  1000

enum limit {
    LIMIT_WRONG,
    LIMIT_WRONG_HARMLESS,
    LIMIT_WRONG_NONCE,
    LIMIT_NEEDLESS,
    LIMIT_NEEDLESS_HARMLESS,
    LIMIT_DOUBT_HARMLESS,
    LIMIT_WAIT,
    LIMITS
};

struct options {
    unsigned long seed, count, show;
    unsigned jobs;
    struct mix mix;
    enum verdict shown;    /* VERDICT_WRONG, or VERDICT_NEEDLESS */
    bool harmless_only;    /* shown */
    double limits[LIMITS]; /* < 0: none */
    bool one;              /* the seed alone, as it is */
};

static const struct option names[] = {
    {"seed", required_argument, NULL, 's'},
    {"count", required_argument, NULL, 'c'},
    {"platform", required_argument, NULL, 'p'},
    {"nonce", required_argument, NULL, 'n'},
    {"show", required_argument, NULL, 'w'},
    {"show-needless", required_argument, NULL, 'x'},
    {"harmless", no_argument, NULL, 'a'},
    {"rounds", no_argument, NULL, 'd'},
    {"rare", required_argument, NULL, 'r'},
    {"jobs", required_argument, NULL, 'j'},
    {"one", no_argument, NULL, 'o'},
    {"help", no_argument, NULL, 'h'},
    {"limit-wrong", required_argument, NULL, 1000 + LIMIT_WRONG},
    {"limit-wrong-harmless", required_argument, NULL, 1000 + LIMIT_WRONG_HARMLESS},
    {"limit-wrong-nonce", required_argument, NULL, 1000 + LIMIT_WRONG_NONCE},
    {"limit-needless", required_argument, NULL, 1000 + LIMIT_NEEDLESS},
    {"limit-needless-harmless", required_argument, NULL, 1000 + LIMIT_NEEDLESS_HARMLESS},
    {"limit-doubt-harmless", required_argument, NULL, 1000 + LIMIT_DOUBT_HARMLESS},
    {"limit-wait", required_argument, NULL, 1000 + LIMIT_WAIT},
    {0}};

static const char usage[] =
    "usage: trust [OPTION]...\n"
    "Plays dialogues with a known truth against the dialogue engine, in virtual time.\n"
    "  --seed N --count N       seeds N, N+1, ... (1, 100000)\n"
    "  --platform NAME          that one alone\n"
    "  --nonce on|off|mixed     random digits before inputs (mixed)\n"
    "  --rounds                 the session stays open, a round for each command\n"
    "  --rare N                 what is seldom seen is N times as frequent (1)\n"
    "  --jobs N                 processes (2)\n"
    "  --show N                 the first N wrong ones of each process, made small, as "
    "transcripts\n"
    "  --show-needless N        needless failures instead\n"
    "  --harmless               shows those of harmless content only\n"
    "  --one                    prints the one scene of --seed as it is played\n"
    "Exit 1 when a limit is exceeded; percent, ms:\n"
    "  --limit-wrong P --limit-wrong-harmless P --limit-wrong-nonce P\n"
    "  --limit-needless P --limit-needless-harmless P\n"
    "  --limit-doubt-harmless P --limit-wait MS\n";

static int complain(const char *what, const char *value)
{
    fprintf(stderr, "trust: %s: '%s'\n%s", what, value, usage);
    return -1;
}

static int read_number(const char *text, unsigned long max, unsigned long *to)
{
    char *end = NULL;
    *to = strtoul(text, &end, 10);
    return *text && !*end && *to <= max ? 0 : complain("expected a number in its range", text);
}

static int read_platform(const char *name, unsigned *to)
{
    for (*to = 0; *to < PLATFORMS; (*to)++)
        if (strcmp(ways[*to].platform, name) == 0)
            return 0;
    return complain("no such platform here", name);
}

static int read_nonce(const char *text, enum nonce_choice *to)
{
    static const char *const words[] = {"off", "on", "mixed"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(words[i], text) == 0) {
            *to = (enum nonce_choice)i;
            return 0;
        }
    }
    return complain("expected on, off or mixed", text);
}

static int read_limit(const char *text, double *to)
{
    char *end = NULL;
    *to = strtod(text, &end);
    return *text && !*end && *to >= 0 ? 0 : complain("expected a limit", text);
}

static int read_option(struct options *o, int c, const char *value)
{
    unsigned long n = 0;
    switch (c) {
    case 's':
        return read_number(value, UINT64_MAX / 2, &o->seed);
    case 'c':
        return read_number(value, COUNT_MAX, &o->count);
    case 'p':
        return read_platform(value, &o->mix.platform);
    case 'n':
        return read_nonce(value, &o->mix.nonce);
    case 'w':
    case 'x':
        o->shown = c == 'w' ? VERDICT_WRONG : VERDICT_NEEDLESS;
        return read_number(value, SHOW_MAX, &o->show);
    case 'r':
        if (read_number(value, RARE_MAX, &n) != 0 || n == 0)
            return -1;
        o->mix.rare = (unsigned)n;
        return 0;
    case 'd':
        o->mix.rounds = true;
        return 0;
    case 'a':
        o->harmless_only = true;
        return 0;
    case 'o':
        o->one = true;
        return 0;
    case 'j':
        if (read_number(value, JOBS_MAX, &n) != 0 || n == 0)
            return -1;
        o->jobs = (unsigned)n;
        return 0;
    default:
        return c >= 1000 ? read_limit(value, &o->limits[c - 1000]) : -1;
    }
}

static int read_options(struct options *o, int argc, char **argv)
{
    *o = (struct options){.seed = 1,
                          .count = 100000,
                          .mix = {.platform = PLATFORMS, .nonce = NONCE_MIXED, .rare = 1},
                          .jobs = 2,
                          .shown = VERDICT_WRONG};
    for (int i = 0; i < LIMITS; i++)
        o->limits[i] = -1;
    for (int c; (c = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        if (c == 'h') {
            fputs(usage, stdout);
            exit(0);
        }
        if (read_option(o, c, optarg) != 0)
            return -1;
    }
    return optind == argc ? 0 : complain("not expected", argv[optind]);
}

/* --- the work of one process: each jobs-th seed --- */

static bool is_shown(const struct options *o, const struct scene *s, const struct outcome *out)
{
    if (o->harmless_only && s->hostile)
        return false;
    for (unsigned i = 0; i < out->n; i++)
        if (out->commands[i].verdict == o->shown)
            return true;
    return false;
}

static void work(const struct options *o, const struct stage *stage, unsigned job, struct tally *t)
{
    struct player p;
    struct outcome out;
    struct scene s;
    unsigned long shown = 0;
    player_init(&p, stage);
    for (unsigned long i = job; i < o->count; i += o->jobs) {
        scene_make(&s, o->seed + i, &o->mix);
        player_play(&p, &s, NULL, &out);
        tally_add(t, &s, &out);
        if (shown >= o->show || !is_shown(o, &s, &out))
            continue;
        shown++;
        shrink(&p, &s, o->shown);
        show_transcript(&p, &s);
        fflush(stdout);
    }
    player_free(&p);
}

static int write_all(int fd, const void *data, size_t n)
{
    for (const char *at = data; n > 0;) {
        ssize_t k = write(fd, at, n);
        if (k <= 0)
            return -1;
        at += k;
        n -= (size_t)k;
    }
    return 0;
}

static int read_all(int fd, void *data, size_t n)
{
    for (char *at = data; n > 0;) {
        ssize_t k = read(fd, at, n);
        if (k <= 0)
            return -1;
        at += k;
        n -= (size_t)k;
    }
    return 0;
}

/* The end of a pipe on which the child's tally comes; -1. */
static int start(const struct options *o, const struct stage *stage, unsigned job, pid_t *pid)
{
    int ends[2];
    if (pipe(ends) != 0)
        return -1;
    fflush(NULL);
    *pid = fork();
    if (*pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(ends[0]);
        struct tally *t = calloc(1, sizeof *t);
        int rc = t ? 0 : -1;
        if (t)
            work(o, stage, job, t);
        rc = rc == 0 ? write_all(ends[1], t, sizeof *t) : rc;
        free(t);
        _exit(rc == 0 ? 0 : 1);
    }
    close(ends[1]);
    if (*pid < 0) {
        close(ends[0]);
        return -1;
    }
    return ends[0];
}

static int run(const struct options *o, const struct stage *stage, struct tally *all)
{
    int fds[JOBS_MAX], rc = 0;
    pid_t pids[JOBS_MAX];
    struct tally *one = calloc(1, sizeof *one);
    for (unsigned i = 0; i < o->jobs; i++)
        fds[i] = start(o, stage, i, &pids[i]);
    for (unsigned i = 0; i < o->jobs; i++) {
        if (!one || fds[i] < 0 || read_all(fds[i], one, sizeof *one) != 0)
            rc = -1;
        else
            tally_merge(all, one);
        if (fds[i] >= 0) {
            close(fds[i]);
            waitpid(pids[i], NULL, 0);
        }
    }
    free(one);
    if (rc != 0)
        fprintf(stderr, "trust: a process ended before its tally came: run it with --jobs 1\n");
    return rc;
}

static int check_limits(const struct options *o, const struct tally *t)
{
    const double values[LIMITS] = {tally_wrong(t, CONTENTS),
                                   tally_wrong(t, CONTENT_HARMLESS),
                                   tally_wrong_nonce(t),
                                   tally_needless(t, CONTENTS),
                                   tally_needless(t, CONTENT_HARMLESS),
                                   tally_doubt(t, CONTENT_HARMLESS),
                                   tally_wait(t, true)};
    int rc = t->stuck > 0;
    for (int i = 0; i < LIMITS; i++) {
        for (const struct option *n = names; n->name; n++)
            if (o->limits[i] >= 0 && n->val == 1000 + i)
                printf("--%s %g: %.3f%s\n", n->name, o->limits[i], values[i],
                       values[i] > o->limits[i] ? "  EXCEEDED" : "");
        rc |= o->limits[i] >= 0 && values[i] > o->limits[i];
    }
    return rc;
}

static int campaign(const struct options *o, const struct stage *stage)
{
    struct timespec from, to;
    struct tally *t = calloc(1, sizeof *t);
    clock_gettime(CLOCK_MONOTONIC, &from);
    int rc = t ? run(o, stage, t) : -1;
    clock_gettime(CLOCK_MONOTONIC, &to);
    if (rc == 0) {
        tally_print(t);
        printf("%.1f s\n",
               (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9);
        rc = check_limits(o, t);
    }
    free(t);
    return rc == 0 ? 0 : 1;
}

static int show_one(const struct options *o, const struct stage *stage)
{
    struct player p;
    struct scene s;
    player_init(&p, stage);
    scene_make(&s, o->seed, &o->mix);
    show_transcript(&p, &s);
    player_free(&p);
    return 0;
}

int main(int argc, char **argv)
{
    struct options o;
    struct stage stage;
    if (read_options(&o, argc, argv) != 0)
        return 2;
    if (stage_open(&stage) != 0)
        return 1;
    int rc = o.one ? show_one(&o, &stage) : campaign(&o, &stage);
    stage_close(&stage);
    return rc;
}
