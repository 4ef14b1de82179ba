#include "lab/experiments/sweep.h"

#include <stdio.h>

#define RTT   "2ms"
#define THINK "100ms"
/* A device's mean time counts as worse from this many times that of a lone one. */
#define WORSE 1.5
/* Waves of sessions at a point, as far as there are devices, so that few workers end in time. */
#define WAVES 6
#define LEAST 6

static const unsigned counts[] = {1, 10, 30, 100, 300, 1000, 3000, 10000};
/* A process each: more would not leave the machine its own. */
#define PROCESSES_MAX 3000

struct scaling {
    const struct experiment_env *env;
    struct target target;
    struct poll_world *world;
    struct sweep sweeps[3];
};

static bool is_in_reach(const struct scaling *x, enum engine_mode mode, unsigned workers)
{
    return workers <= poll_devices(x->world) &&
           (mode != ENGINE_PROCESSES || workers <= PROCESSES_MAX);
}

static int measure_point(struct scaling *x, struct sweep *s, unsigned workers, struct err *e)
{
    size_t all = poll_devices(x->world), most = (size_t)workers * WAVES;
    struct poll_request request = {.mode = s->mode, .workers = workers};
    request.most = most < LEAST ? LEAST : most > all ? all : most;
    struct sweep_point *point = &s->points[s->n++];
    bool decides = workers == 1 || workers == all;
    unsigned least = decides || x->env->thorough ? 2 : 1, many = x->env->thorough ? 5 : 2;
    while (!samples_suffice(&point->elapsed_ms, least, many, 0.1))
        if (sweep_measure(x->world, &x->target, x->env, &request, point, e) != 0)
            return -1;
    return 0;
}

static int measure_all(struct scaling *x, struct err *e)
{
    for (size_t m = 0; m < 3; m++) {
        struct sweep *s = &x->sweeps[m];
        s->mode = sweep_modes[m];
        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
            if (is_in_reach(x, s->mode, counts[i]) && measure_point(x, s, counts[i], e) != 0)
                return -1;
        sweep_find_bend(s);
    }
    return 0;
}

static double times_slower(const struct sweep *s)
{
    double alone = samples_median(&s->points[0].device_ms);
    return samples_median(&s->points[s->n - 1].device_ms) / alone;
}

static int judge(const struct scaling *x, struct finding *f)
{
    unsigned worse = 0;
    char text[200];
    size_t len = 0;
    for (size_t m = 0; m < 3; m++) {
        const struct sweep *s = &x->sweeps[m];
        double times = times_slower(s);
        worse += times >= WORSE;
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s %.2f (%u)", m ? ", " : "",
                                engine_mode_name(s->mode), times, s->points[s->n - 1].workers);
    }
    if (worse > 0 && worse < 3)
        return finding_depends(f, "the mode",
                               "a device's mean time with the most sessions, in times that of a "
                               "lone one: %s; from %.1f it is worse",
                               text, WORSE);
    return finding_decide(f, worse ? VERDICT_HOLDS : VERDICT_NOT,
                          "holds where a device's mean time with the most sessions is at least "
                          "%.1f times that of a lone one, in every mode: %s",
                          WORSE, text);
}

static void tell(const struct scaling *x, struct finding *f)
{
    for (size_t m = 0; m < 3; m++) {
        const struct sweep *s = &x->sweeps[m];
        const char *mode = engine_mode_name(s->mode);
        sweep_tell(s, f);
        finding_number(f, &s->points[0].device_ms, "ms", "%s: a device's time, alone", mode);
        finding_number(f, &s->points[s->n - 1].device_ms, "ms", "%s: the same among %u", mode,
                       s->points[s->n - 1].workers);
        if (s->points[s->n - 1].failed)
            finding_value(f, (double)s->points[s->n - 1].failed, "", "%s: failed among %u", mode,
                          s->points[s->n - 1].workers);
    }
    if (x->env->thorough)
        finding_skip(f, "more than %d processes: they would not leave the machine its own",
                     PROCESSES_MAX);
}

static int run(const struct experiment_env *env, struct finding *f, struct err *e)
{
    struct scaling x = {.env = env};
    const char *const options[] = {
        "--devices", env->thorough ? "10000" : "1000", "--rtt", RTT, "--think", THINK, NULL};
    if (target_start(&x.target, env, options, e) != 0)
        return -1;
    x.world = poll_new(x.target.inventory, e);
    int rc = x.world ? measure_all(&x, e) : -1;
    if (rc == 0) {
        tell(&x, f);
        rc = judge(&x, f);
    }
    poll_free(x.world);
    target_stop(&x.target);
    return rc;
}

const struct experiment experiment_scaling = {
    "scaling", "What is seen with few sessions can get worse with many.",
    "1 to 1,000 (thorough: 10,000) sessions at once in every mode, six waves of them as far as "
    "there are devices; rate, a device's own time and the cores in use are taken. The bend is the "
    "first number of workers within 10 % of the best rate, and its cause follows from the cores in "
    "use and from failures.",
    run};
