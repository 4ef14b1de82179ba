#include "lab/experiments/cores.h"
#include "lab/experiments/io_bound.h"

#include <stdio.h>
#include <sys/mman.h>

#define WORKERS 20
/* Of what the devices' own times allow; the containers share this machine's cores. */
#define PART 0.6
/* Of the whole machine's time: above it computing decides, whoever it is that computes. */
#define BUSY 0.6

struct lab {
    struct poll_world *world;
    double *device_ms; /* shared memory; of the last sequential run */
    size_t devices;
    struct samples alone_ms, elapsed_ms[3];
    struct samples busy; /* part of all cores' time, while threads ran */
};

static int measure_round(struct lab *x, struct err *e)
{
    struct poll_request request = {
        .mode = ENGINE_SEQUENTIAL, .workers = 1, .device_ms = x->device_ms};
    if (io_run(x->world, &request, &x->alone_ms, e) != 0)
        return -1;
    for (size_t m = 0; m < 3; m++) {
        request = (struct poll_request){.mode = io_modes[m], .workers = WORKERS};
        struct cores_time before = cores_look();
        if (io_run(x->world, &request, &x->elapsed_ms[m], e) != 0)
            return -1;
        if (io_modes[m] == ENGINE_THREADS)
            samples_add(&x->busy, cores_busy(before, cores_look()));
    }
    return 0;
}

static double lossless_gain(const struct lab *x)
{
    double sum = 0;
    for (size_t i = 0; i < x->devices; i++)
        sum += x->device_ms[i];
    return sum / io_lossless_ms(x->device_ms, x->devices, WORKERS);
}

static void judge(const struct lab *x, struct io_part *out)
{
    double others = samples_median(&x->elapsed_ms[1]), loop = samples_median(&x->elapsed_ms[2]);
    double threads = samples_median(&x->elapsed_ms[0]);
    double times = threads / (loop < others ? loop : others);
    double gain = samples_median(&x->alone_ms) / threads, most = lossless_gain(x);
    out->holds = gain >= PART * most && times <= IO_AS_GOOD;
    double busy = samples_median(&x->busy);
    out->gains = gain >= 2;
    if (busy >= BUSY)
        out->on =
            "who waits: the targets share this machine's cores, and these compute rather than "
            "wait; give the targets time of their own (make lab-up THINK=2) or a machine of "
            "their own";
    snprintf(out->text, sizeof out->text,
             "holds where %d threads gain at least %.1f of what the times of the %zu targets allow "
             "(%.1f): %.2f; and take at most %.2f times as long as the best other: %.2f; all cores "
             "were %.0f %% busy meanwhile",
             WORKERS, PART, x->devices, most, gain, IO_AS_GOOD, times, 100 * busy);
}

static void tell(const struct lab *x, struct finding *f)
{
    finding_number(f, &x->alone_ms, "ms", "%zu targets, one after another", x->devices);
    struct series *s = finding_series(f, "one after another", "workers", "elapsed", "ms");
    series_add(s, 1, samples_median(&x->alone_ms));
    for (size_t m = 0; m < 3; m++) {
        const char *mode = engine_mode_name(io_modes[m]);
        const struct samples *ms = &x->elapsed_ms[m];
        finding_number(f, ms, "ms", "%s, %d at once", mode, WORKERS);
        finding_value(f, samples_median(&x->alone_ms) / samples_median(ms), "times",
                      "%s, %d at once: speed-up", mode, WORKERS);
        s = finding_series(f, mode, "workers", "elapsed", "ms");
        series_add(s, WORKERS, samples_median(ms));
    }
    finding_number(f, &x->busy, "of all cores", "busy while threads ran, targets included");
}

static int run_on(struct lab *x, const struct experiment_env *env, struct finding *f,
                  struct io_part *out, struct err *e)
{
    x->devices = poll_devices(x->world);
    x->device_ms = mmap(NULL, x->devices * sizeof *x->device_ms, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (x->device_ms == MAP_FAILED)
        return err_set(e, FAIL_INTERNAL, "out of memory");
    int rc = 0;
    while (rc == 0 && !samples_suffice(&x->elapsed_ms[0], 3, env->thorough ? 10 : 3, 0.05))
        rc = measure_round(x, e);
    if (rc == 0) {
        tell(x, f);
        judge(x, out);
    }
    munmap(x->device_ms, x->devices * sizeof *x->device_ms);
    return rc;
}

int io_docker(const struct experiment_env *env, struct finding *f, struct io_part *out,
              struct err *e)
{
    struct target target;
    struct lab x = {0};
    if (target_start(&target, env, (const char *const[]){NULL}, e) != 0)
        return -1;
    x.world = poll_new(target.inventory, e);
    int rc = x.world ? run_on(&x, env, f, out, e) : -1;
    poll_free(x.world);
    target_stop(&target);
    return rc;
}
