#include "lab/experiments/io_bound.h"

#include <stdio.h>
#include <string.h>

#define POINTS 6
/* The published elapsed time grows by half from 140 workers to 300; half of that is a bend. */
#define BENT 1.25

static const char *const options[] = {"--devices",   "5460",       "--seed",  "444",
                                      "--rtt",       "1ms",        "--think", "lognormal:60ms,0.36",
                                      "--misbehave", "refused:5%", NULL};

static const struct {
    unsigned workers;
    double seconds;
    bool by_default;
} published[POINTS] = {{30, 557, false}, {70, 557, false},  {100, 557, false},
                       {140, 557, true}, {200, 673, false}, {300, 844, true}};

#define BEFORE 3 /* 140 workers, where the published curve begins to rise */
#define LAST   (POINTS - 1)

struct many {
    struct poll_world *world;
    const struct experiment_env *env;
    struct samples elapsed_ms[3][POINTS];
    size_t ok, failed;
};

/* Threads are what was published: they are repeated, and processes left for --thorough. */
static bool is_measured(const struct many *x, enum engine_mode mode, unsigned round)
{
    return x->env->thorough || mode == ENGINE_THREADS || (mode == ENGINE_EVENTS && round == 0);
}

static int measure_one(struct many *x, size_t m, size_t p, struct err *e)
{
    const struct poll_request request = {.mode = io_modes[m], .workers = published[p].workers};
    struct poll_outcome out;
    if (poll_run(x->world, &request, &out, e) != 0)
        return -1;
    samples_add(&x->elapsed_ms[m][p], out.elapsed_ms);
    x->ok = out.ok;
    x->failed = out.failed;
    return 0;
}

static bool is_enough(const struct many *x, unsigned least, unsigned most)
{
    return samples_suffice(&x->elapsed_ms[0][BEFORE], least, most, 0.1) &&
           samples_suffice(&x->elapsed_ms[0][LAST], least, most, 0.1);
}

/* Every other round the other way round, so that neither number always comes first. */
static int measure(struct many *x, struct err *e)
{
    unsigned least = x->env->thorough ? 4 : 2, most = x->env->thorough ? 6 : 3;
    for (unsigned r = 0; r < least || !is_enough(x, least, most); r++)
        for (size_t i = 0; i < POINTS; i++) {
            size_t p = r % 2 ? POINTS - 1 - i : i;
            if (!x->env->thorough && !published[p].by_default)
                continue;
            for (size_t m = 0; m < 3; m++)
                if (is_measured(x, io_modes[m], r) && measure_one(x, m, p, e) != 0)
                    return -1;
        }
    return 0;
}

static double relative(const struct samples elapsed_ms[POINTS], size_t p)
{
    return samples_median(&elapsed_ms[p]) / samples_median(&elapsed_ms[BEFORE]);
}

static void tell(const struct many *x, struct finding *f)
{
    const char *y = "elapsed, in that of 140";
    char name[NAME_LEN];
    struct series *s = finding_series(f, "5,460: published (netmiko)", "workers", y, "times");
    for (size_t p = 0; p < POINTS; p++)
        series_add(s, published[p].workers, published[p].seconds / published[BEFORE].seconds);
    for (size_t m = 0; m < 3; m++) {
        if (x->elapsed_ms[m][BEFORE].n == 0)
            continue;
        snprintf(name, sizeof name, "5,460: %s", engine_mode_name(io_modes[m]));
        s = finding_series(f, name, "workers", y, "times");
        for (size_t p = 0; p < POINTS; p++) {
            if (x->elapsed_ms[m][p].n == 0)
                continue;
            series_add(s, published[p].workers, relative(x->elapsed_ms[m], p));
            finding_number(f, &x->elapsed_ms[m][p], "ms", "5,460 devices, %s, %u at once",
                           engine_mode_name(io_modes[m]), published[p].workers);
        }
    }
    finding_value(f, (double)x->ok, "", "5,460 devices: answered");
    finding_value(f, (double)x->failed, "", "5,460 devices: refused");
    if (!x->env->thorough)
        finding_skip(f, "5,460 devices with 30, 70, 100 and 200 workers, and in processes: "
                        "--thorough measures them");
}

int io_many(const struct experiment_env *env, struct finding *f, struct io_part *out, struct err *e)
{
    struct target target;
    struct many x = {.env = env};
    if (target_start(&target, env, options, e) != 0)
        return -1;
    x.world = poll_new(target.inventory, e);
    int rc = x.world ? measure(&x, e) : -1;
    poll_free(x.world);
    target_stop(&target);
    if (rc != 0)
        return -1;
    tell(&x, f);
    /* The best of each: what else the machine does can only make a run longer. */
    double bend = samples_low(&x.elapsed_ms[0][LAST]) / samples_low(&x.elapsed_ms[0][BEFORE]);
    out->holds = bend <= BENT;
    snprintf(
        out->text, sizeof out->text,
        "and 300 threads take for 5,460 devices at most %.2f times what 140 take, in the best run "
        "of each: %.2f (published %.2f)",
        BENT, bend, published[LAST].seconds / published[BEFORE].seconds);
    return 0;
}
