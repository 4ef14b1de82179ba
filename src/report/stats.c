#include "report/stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define HELD_BACK_MAX 3 /* groups named in one line */
#define COLUMNS       80
#define INDENT        2

void stats_init(struct stats *s)
{
    *s = (struct stats){0};
}

void stats_free(struct stats *s)
{
    free(s->device_ms);
    stats_init(s);
}

static int grow(struct stats *s)
{
    size_t cap = s->cap ? s->cap * 2 : 256;
    double *more = realloc(s->device_ms, cap * sizeof *more);
    if (!more)
        return -1;
    s->device_ms = more;
    s->cap = cap;
    return 0;
}

static int add_time(struct stats *s, const struct device *device, double ms)
{
    if (s->n == s->cap && grow(s) != 0)
        return -1;
    s->device_ms[s->n++] = ms;
    s->sum_ms += ms;
    if (!s->slowest || ms > s->max_ms) {
        s->max_ms = ms;
        s->slowest = device->name;
    }
    return 0;
}

int stats_add(struct stats *s, const struct device *device, const struct result *result)
{
    bool visited = result_was_visited(result);
    if (visited && add_time(s, device, result_device_ms(result)) != 0)
        return -1;
    s->devices++;
    s->not_visited += !visited && result->class == FAIL_CANCELLED;
    s->classes[result->class]++;
    s->retried += result->attempt > 1;
    s->doubts += result_doubts(result);
    s->exit_code = fail_exit_merge(s->exit_code, fail_exit_code(result->class, result->was_ready));
    return 0;
}

double stats_percentile(const double *sorted, size_t n, double q)
{
    if (n == 0)
        return 0;
    double rank = ceil(q * (double)n);
    size_t i = rank < 1 ? 0 : (size_t)rank - 1;
    return sorted[i < n ? i : n - 1];
}

static double timeval_ms(struct timeval t)
{
    return (double)t.tv_sec * 1000 + (double)t.tv_usec / 1000;
}

struct usage usage_now(void)
{
    struct rusage self, children;
    getrusage(RUSAGE_SELF, &self);
    getrusage(RUSAGE_CHILDREN, &children);
    return (struct usage){
        .user_ms = timeval_ms(self.ru_utime) + timeval_ms(children.ru_utime),
        .system_ms = timeval_ms(self.ru_stime) + timeval_ms(children.ru_stime),
        .max_rss_kib = self.ru_maxrss > children.ru_maxrss ? self.ru_maxrss : children.ru_maxrss,
    };
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void stats_summary(struct stats *s, const struct usage *before, struct run_summary *run)
{
    struct usage now = usage_now();
    if (s->n > 0) /* qsort(3) wants an array even for none */
        qsort(s->device_ms, s->n, sizeof *s->device_ms, compare_doubles);
    run->devices = s->devices;
    run->ok = s->classes[FAIL_NONE];
    run->failed = s->devices - run->ok;
    run->not_visited = s->not_visited;
    run->retried = s->retried;
    run->doubts = s->doubts;
    memcpy(run->classes, s->classes, sizeof run->classes);
    run->device_ms_sum = s->sum_ms;
    run->speedup_estimate = run->elapsed_ms > 0 ? s->sum_ms / run->elapsed_ms : 0;
    run->p50 = stats_percentile(s->device_ms, s->n, 0.50);
    run->p95 = stats_percentile(s->device_ms, s->n, 0.95);
    run->p99 = stats_percentile(s->device_ms, s->n, 0.99);
    run->max = s->max_ms;
    run->slowest = s->slowest;
    run->cpu_user_ms = now.user_ms - before->user_ms;
    run->cpu_system_ms = now.system_ms - before->system_ms;
    run->max_rss_kib = now.max_rss_kib;
}

const char *stats_time(double ms, char out[32])
{
    if (ms < 0 || !isfinite(ms))
        snprintf(out, 32, "-");
    else
        snprintf(out, 32, "%.*f s", ms < 99.5 ? 3 : ms < 9995 ? 2 : 1, ms / 1000);
    return out;
}

void wrapped_put(struct wrapped *line, const char *piece, size_t n)
{
    size_t blank = line->column > 0, indent = line->indent ? line->indent : INDENT;
    bool fits = line->column + blank + n <= COLUMNS;
    if (blank)
        line->rc |=
            fits ? buf_add_char(line->out, ' ') : buf_addf(line->out, "\n%*s", (int)indent, "");
    line->rc |= buf_add(line->out, piece, n);
    line->column = fits ? line->column + blank + n : indent + n;
}

int wrapped_words(struct wrapped *line, const char *text)
{
    while (*text && line->rc == 0) {
        size_t n = strcspn(text, " ");
        wrapped_put(line, text, n);
        text += n;
        text += strspn(text, " ");
    }
    return line->rc ? line->rc : buf_add_char(line->out, '\n');
}

static void put_piece(struct wrapped *line, const char *piece)
{
    wrapped_put(line, piece, strlen(piece));
}

/* Those that failed when they were visited, by class: "(auth 1, dns 2)". */
static void put_classes(const struct run_summary *run, struct wrapped *line)
{
    char piece[64];
    size_t classes[FAIL_COUNT], left = run->failed - run->not_visited;
    memcpy(classes, run->classes, sizeof classes);
    classes[FAIL_CANCELLED] -= run->not_visited;
    const char *before = "(", *last = run->not_visited ? ")," : ")";
    for (int c = FAIL_NONE + 1; c < FAIL_COUNT; c++) {
        if (classes[c] == 0)
            continue;
        left -= classes[c];
        snprintf(piece, sizeof piece, "%s%s %zu%s", before, fail_name((enum fail_class)c),
                 classes[c], left > 0 ? "," : last);
        put_piece(line, piece);
        before = "";
    }
}

static void put_workers(const struct run_summary *run, struct wrapped *line)
{
    char piece[64];
    if (run->windows.is_auto)
        snprintf(piece, sizeof piece, "| %s, auto (at most %u at once)", run->mode, run->workers);
    else
        snprintf(piece, sizeof piece, "| %s, %u worker%s", run->mode, run->workers,
                 run->workers == 1 ? "" : "s");
    put_piece(line, piece);
}

static int put_counts(const struct run_summary *run, struct buf *out)
{
    char piece[128];
    struct wrapped line = {.out = out};
    size_t failed = run->failed - run->not_visited;
    snprintf(piece, sizeof piece, "%zu device%s: %zu ok, %zu failed%s", run->devices,
             run->devices == 1 ? "" : "s", run->ok, failed,
             run->not_visited && failed == 0 ? "," : "");
    put_piece(&line, piece);
    put_classes(run, &line);
    if (run->not_visited > 0) {
        snprintf(piece, sizeof piece, "%zu not visited", run->not_visited);
        put_piece(&line, piece);
    }
    put_workers(run, &line);
    return line.rc | buf_add_str(out, "\n");
}

/* "grew 3 times", "backed off once", with what stands before it. */
static int put_times(struct buf *out, const char *before, const char *what, unsigned n)
{
    if (n <= 2)
        return buf_addf(out, "%s%s %s", before, what, n == 1 ? "once" : "twice");
    return buf_addf(out, "%s%s %u times", before, what, n);
}

static int put_held_back(const struct windows_summary *w, struct buf *out)
{
    const char *before = " | held back: ";
    int rc = 0;
    for (size_t i = 0; i < w->n_groups && i < HELD_BACK_MAX; i++) {
        if (w->groups[i].backed_off == 0)
            break; /* those that did come first */
        rc |= buf_addf(out, "%s%s at %u", before, w->groups[i].group, w->groups[i].final);
        before = ", ";
    }
    return rc;
}

/* What -n auto did, where it did anything. */
static int put_windows(const struct windows_summary *w, struct buf *out)
{
    const struct window_summary *run = &w->run;
    const char *before = " (";
    if (!w->is_auto || (run->grew == 0 && run->backed_off == 0 && run->most <= run->start))
        return 0;
    int rc = run->most > run->start ? buf_addf(out, "auto: %u to %u at once", run->start, run->most)
                                    : buf_addf(out, "auto: %u at once", run->start);
    if (run->final < run->most)
        rc |= buf_addf(out, ", %u at the end", run->final);
    if (run->grew > 0) {
        rc |= put_times(out, before, "grew", run->grew);
        before = ", ";
    }
    if (run->backed_off > 0) {
        rc |= put_times(out, before, "backed off", run->backed_off);
        before = ", ";
    }
    if (*before == ',')
        rc |= buf_add_str(out, ")");
    rc |= put_held_back(w, out);
    return rc | buf_add_str(out, "\n");
}

static int put_times_of_devices(const struct run_summary *run, double compared_ms, struct buf *out)
{
    char a[32], b[32], c[32];
    bool measured = compared_ms > 0;
    double alone_ms = measured ? compared_ms : run->device_ms_sum;
    double speedup = run->elapsed_ms > 0 ? alone_ms / run->elapsed_ms : 0;
    int rc =
        buf_addf(out, "elapsed %s | one by one %s%s (%s) | %.1fx\n", stats_time(run->elapsed_ms, a),
                 measured ? "" : "about ", stats_time(alone_ms, b),
                 measured ? "measured" : "sum of device times, estimated", speedup);
    rc |= buf_addf(out, "per device: median %s, p95 %s, slowest %s", stats_time(run->p50, a),
                   stats_time(run->p95, b), stats_time(run->max, c));
    if (run->slowest)
        rc |= buf_addf(out, " (%s)", run->slowest);
    return rc | buf_add_str(out, "\n");
}

enum pace_hold stats_longest_hold(const double held_ms[HOLD_COUNT])
{
    size_t longest = 0;
    for (size_t hold = 1; hold < HOLD_COUNT; hold++)
        longest = held_ms[hold] > held_ms[longest] ? hold : longest;
    return (enum pace_hold)longest;
}

const char *stats_hold_text(enum pace_hold hold)
{
    static const char *const texts[HOLD_COUNT] = {
        [HOLD_LOGIN_RATE] = "--login-rate",          [HOLD_HANDSHAKES] = "--handshakes",
        [HOLD_STOP_AFTER] = "--stop-after",          [HOLD_JITTER_START] = "--jitter-start",
        [HOLD_LIMITS] = "limits of groups or hosts", [HOLD_RETRY_DELAY] = "--retry-delay"};
    return texts[hold];
}

/* Of the elapsed time: less is not worth a line. */
#define HELD_WORTH_TELLING 0.05

/* The limits that left places empty, the longest time first; nothing where that was short. */
static int put_holds(const struct run_summary *run, struct buf *out)
{
    double left[HOLD_COUNT], least = run->elapsed_ms * HELD_WORTH_TELLING;
    const char *before = "places stood empty for ";
    char time[32];
    int rc = 0;
    memcpy(left, run->held_ms, sizeof left);
    for (;; before = ", ") {
        enum pace_hold most = stats_longest_hold(left);
        if (left[most] <= least)
            return *before == ',' ? rc | buf_add_str(out, "\n") : rc;
        rc |=
            buf_addf(out, "%s%s (%s)", before, stats_time(left[most], time), stats_hold_text(most));
        left[most] = 0;
    }
}

int stats_closing_lines(const struct run_summary *run, double compared_ms, struct buf *out)
{
    char elapsed[32];
    bool none = run->devices > 0 && run->not_visited == run->devices;
    int rc = put_counts(run, out);
    if (run->doubts > 0)
        rc |= buf_addf(out, "%zu output%s in doubt\n", run->doubts, run->doubts == 1 ? "" : "s");
    rc |= none ? buf_addf(out, "elapsed %s\n", stats_time(run->elapsed_ms, elapsed))
               : put_times_of_devices(run, compared_ms, out);
    rc |= put_windows(&run->windows, out);
    rc |= put_holds(run, out);
    if (run->retried > 0)
        rc |= buf_addf(out, "%zu device%s needed more than one attempt\n", run->retried,
                       run->retried == 1 ? "" : "s");
    return rc;
}
