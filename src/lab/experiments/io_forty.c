#include "lab/experiments/io_bound.h"

#include <stdio.h>
#include <sys/mman.h>

#define DEVICES 40
#define COUNTS  4
/* About a fiftieth of the published times. The seed decides whose times are long and so what a
 * schedule without any loss gives, which is told beside what was measured. */
static const char *const options[] = {
    "--devices", "40", "--seed", "444", "--rtt", "2ms", "--think", "lognormal:115ms,0.36", NULL};

static const double published_alone_s = 303.2;
static const struct {
    unsigned workers;
    double seconds;
    unsigned repeats; /* in a round: short runs differ more */
} published[COUNTS] = {{5, 63.4, 1}, {10, 36.3, 1}, {20, 20.7, 2}, {40, 15.6, 3}};

struct forty {
    struct poll_world *world;
    double *device_ms; /* shared memory */
    struct samples alone_ms, elapsed_ms[3][COUNTS];
};

static int measure_count(struct forty *x, size_t c, struct err *e)
{
    for (unsigned i = 0; i < published[c].repeats; i++)
        for (size_t m = 0; m < 3; m++) {
            const struct poll_request request = {.mode = io_modes[m],
                                                 .workers = published[c].workers};
            if (io_run(x->world, &request, &x->elapsed_ms[m][c], e) != 0)
                return -1;
        }
    return 0;
}

static int measure_round(struct forty *x, struct err *e)
{
    const struct poll_request alone = {
        .mode = ENGINE_SEQUENTIAL, .workers = 1, .device_ms = x->device_ms};
    if (io_run(x->world, &alone, &x->alone_ms, e) != 0)
        return -1;
    for (size_t c = 0; c < COUNTS; c++)
        if (measure_count(x, c, e) != 0)
            return -1;
    return 0;
}

static double speedup(const struct forty *x, size_t mode, size_t count)
{
    return samples_median(&x->alone_ms) / samples_median(&x->elapsed_ms[mode][count]);
}

static double published_speedup(size_t count)
{
    return published_alone_s / published[count].seconds;
}

static void tell(const struct forty *x, struct finding *f)
{
    double sum = 0, most = 0;
    for (size_t i = 0; i < DEVICES; i++) {
        sum += x->device_ms[i];
        most = x->device_ms[i] > most ? x->device_ms[i] : most;
    }
    finding_value(f, sum / most, "", "40 devices: sum to slowest (published 19.4)");
    finding_number(f, &x->alone_ms, "ms", "40 devices, one after another");
    struct series *s = finding_series(f, "published (netmiko)", "workers", "speed-up", "times");
    for (size_t c = 0; c < COUNTS; c++)
        series_add(s, published[c].workers, published_speedup(c));
    s = finding_series(f, "without any loss", "workers", "speed-up", "times");
    for (size_t c = 0; c < COUNTS; c++)
        series_add(s, published[c].workers,
                   sum / io_lossless_ms(x->device_ms, DEVICES, published[c].workers));
    for (size_t m = 0; m < 3; m++) {
        s = finding_series(f, engine_mode_name(io_modes[m]), "workers", "speed-up", "times");
        for (size_t c = 0; c < COUNTS; c++)
            series_add(s, published[c].workers, speedup(x, m, c));
    }
    for (size_t c = 0; c < COUNTS; c++) {
        for (size_t m = 0; m < 3; m++)
            finding_number(f, &x->elapsed_ms[m][c], "ms", "40 devices, %u %s", published[c].workers,
                           m == 2 ? "in a loop" : engine_mode_name(io_modes[m]));
        finding_value(f, speedup(x, 0, c), "times",
                      "speed-up of %u (published %.1f, lossless %.1f)", published[c].workers,
                      published_speedup(c),
                      sum / io_lossless_ms(x->device_ms, DEVICES, published[c].workers));
    }
}

/* Published speed-ups are given with one digit behind the point. */
static void judge(const struct forty *x, struct io_part *out)
{
    double least = 0, worst = 0;
    int n = snprintf(out->text, sizeof out->text,
                     "holds where the speed-up of threads is at least the published with 5, 10, 20 "
                     "and 40:");
    out->holds = true;
    for (size_t c = 0; c < COUNTS; c++) {
        double other = samples_median(&x->elapsed_ms[1][c]),
               loop = samples_median(&x->elapsed_ms[2][c]);
        double times = samples_median(&x->elapsed_ms[0][c]) / (loop < other ? loop : other);
        double part = speedup(x, 0, c) / published_speedup(c);
        least = c == 0 || part < least ? part : least;
        worst = times > worst ? times : worst;
        if (n > 0 && (size_t)n < sizeof out->text)
            n += snprintf(out->text + n, sizeof out->text - (size_t)n, " %.2f (%.1f)%s",
                          speedup(x, 0, c), published_speedup(c), c + 1 < COUNTS ? "," : "");
    }
    if (n > 0 && (size_t)n < sizeof out->text)
        snprintf(out->text + n, sizeof out->text - (size_t)n,
                 ", threads take at most %.2f times as long as the best other: %.2f", IO_AS_GOOD,
                 worst);
    out->holds = least >= 1 && worst <= IO_AS_GOOD;
    out->gains = speedup(x, 0, 2) >= 2;
}

static int measure(struct forty *x, const struct experiment_env *env, struct err *e)
{
    unsigned rounds = env->thorough ? 6 : 2;
    for (unsigned i = 0; i < rounds; i++)
        if (measure_round(x, e) != 0)
            return -1;
    return 0;
}

int io_forty(const struct experiment_env *env, struct finding *f, struct io_part *out,
             struct err *e)
{
    struct target target;
    struct forty x = {0};
    if (target_start(&target, env, options, e) != 0)
        return -1;
    x.world = poll_new(target.inventory, e);
    x.device_ms = mmap(NULL, DEVICES * sizeof *x.device_ms, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int rc = x.world && x.device_ms != MAP_FAILED ? measure(&x, env, e) : -1;
    if (rc == 0) {
        tell(&x, f);
        judge(&x, out);
        rc = io_netmiko(env, &target, options, f, e);
    }
    if (x.device_ms != MAP_FAILED)
        munmap(x.device_ms, DEVICES * sizeof *x.device_ms);
    poll_free(x.world);
    target_stop(&target);
    return rc == 0 || err_is_set(e) ? rc : err_set(e, FAIL_INTERNAL, "out of memory");
}
