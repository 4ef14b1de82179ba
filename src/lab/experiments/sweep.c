#include "lab/experiments/sweep.h"

#include "lab/experiments/tree.h"

#include <stdio.h>

const enum engine_mode sweep_modes[3] = {ENGINE_THREADS, ENGINE_PROCESSES, ENGINE_EVENTS};

int sweep_measure(struct poll_world *w, const struct target *t, const struct experiment_env *env,
                  const struct poll_request *request, struct sweep_point *point, struct err *e)
{
    struct poll_outcome out;
    double before_ms = tree_look(t->pid, TREE_CPU).cpu_ms;
    if (poll_run(w, request, &out, e) != 0)
        return -1;
    double cpu_ms = out.cpu_ms + tree_look(t->pid, TREE_CPU).cpu_ms - before_ms;
    size_t devices = out.ok + out.failed;
    if (devices == 0)
        return err_set(e, FAIL_INTERNAL, "no device was polled");
    point->workers = request->workers;
    point->failed += out.failed;
    samples_add(&point->elapsed_ms, out.elapsed_ms);
    samples_add(&point->per_second, (double)out.ok / out.elapsed_ms * 1000);
    samples_add(&point->device_ms, out.device_ms_sum / (double)devices);
    samples_add(&point->cpu, cpu_ms / (out.elapsed_ms * env->cores));
    return 0;
}

void sweep_find_bend(struct sweep *s)
{
    double best = 0;
    for (unsigned i = 0; i < s->n; i++) {
        double rate = samples_median(&s->points[i].per_second);
        best = rate > best ? rate : best;
    }
    s->bend = 0;
    while (s->bend + 1 < s->n &&
           samples_median(&s->points[s->bend].per_second) < best * (1 - SWEEP_NEAR))
        s->bend++;
}

const struct sweep_point *sweep_at(const struct sweep *s, unsigned workers)
{
    for (unsigned i = 0; i < s->n; i++)
        if (s->points[i].workers == workers)
            return &s->points[i];
    return NULL;
}

/* How many of its workers were at work, on average: a part of 1. */
static double at_work(const struct sweep_point *p)
{
    return samples_median(&p->per_second) * samples_median(&p->device_ms) / 1000 / p->workers;
}

const char *sweep_cause(const struct sweep *s)
{
    const struct sweep_point *bend = &s->points[s->bend];
    if (s->bend + 1 < s->n && s->points[s->bend + 1].failed > bend->failed)
        return "more would fail";
    if (samples_median(&bend->cpu) >= SWEEP_CPU_FULL)
        return "the cores are busy";
    if (s->bend + 1 == s->n)
        return "none, the most that was tried";
    return at_work(bend) < SWEEP_IDLE ? "to start them takes long" : "the devices' own time";
}

void sweep_tell(const struct sweep *s, struct finding *f)
{
    const char *mode = engine_mode_name(s->mode);
    struct series *rate = finding_series(f, mode, "workers", "devices a second", "1/s");
    for (unsigned i = 0; i < s->n; i++) {
        const struct sweep_point *p = &s->points[i];
        finding_number(f, &p->per_second, "1/s", "%s, %u at once: devices a second", mode,
                       p->workers);
        series_add(rate, p->workers, samples_median(&p->per_second));
    }
    const struct sweep_point *bend = &s->points[s->bend];
    finding_value(f, bend->workers, "", "%s: bend; cause: %s", mode, sweep_cause(s));
    finding_number(f, &bend->cpu, "of 1", "%s: cores in use at the bend", mode);
}
