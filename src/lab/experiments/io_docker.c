#include "lab/experiments/io_bound.h"

#include <stdio.h>

#define WORKERS 20
/* Of what as many workers as there are devices could gain at most. */
#define PART 0.6

static int measure(struct poll_world *w, struct samples all[4], struct err *e)
{
    struct poll_request request = {.mode = ENGINE_SEQUENTIAL, .workers = 1};
    if (io_run(w, &request, &all[3], e) != 0)
        return -1;
    for (size_t m = 0; m < 3; m++) {
        request = (struct poll_request){.mode = io_modes[m], .workers = WORKERS};
        if (io_run(w, &request, &all[m], e) != 0)
            return -1;
    }
    return 0;
}

static void judge(const struct samples all[4], size_t devices, struct io_part *out)
{
    double others = samples_median(&all[1]), loop = samples_median(&all[2]);
    double times = samples_median(&all[0]) / (loop < others ? loop : others);
    double gain = samples_median(&all[3]) / samples_median(&all[0]);
    double asked = PART * (double)(devices < WORKERS ? devices : WORKERS);
    out->holds = gain >= asked && times <= IO_AS_GOOD;
    out->gains = gain >= 2;
    snprintf(out->text, sizeof out->text,
             "holds where %d threads are at least %.1f times as fast as one after another, on %zu "
             "targets: %.2f; and take at most %.2f times as long as the best other: %.2f",
             WORKERS, asked, devices, gain, IO_AS_GOOD, times);
}

int io_docker(const struct experiment_env *env, struct finding *f, struct io_part *out,
              struct err *e)
{
    struct target target;
    struct samples all[4] = {0};
    if (target_start(&target, env, (const char *const[]){NULL}, e) != 0)
        return -1;
    struct poll_world *w = poll_new(target.inventory, e);
    int rc = w ? 0 : -1;
    while (rc == 0 && !samples_suffice(&all[0], 3, env->thorough ? 10 : 3, 0.05))
        rc = measure(w, all, e);
    if (rc == 0) {
        finding_number(f, &all[3], "ms", "%zu targets, one after another", poll_devices(w));
        for (size_t m = 0; m < 3; m++) {
            finding_number(f, &all[m], "ms", "%s, %d at once", engine_mode_name(io_modes[m]),
                           WORKERS);
            finding_value(f, samples_median(&all[3]) / samples_median(&all[m]), "times",
                          "%s, %d at once: speed-up", engine_mode_name(io_modes[m]), WORKERS);
        }
        judge(all, poll_devices(w), out);
    }
    poll_free(w);
    target_stop(&target);
    return rc;
}
