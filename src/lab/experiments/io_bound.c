#include "lab/experiments/io_bound.h"

#define WORKERS_MAX 64

const enum engine_mode io_modes[3] = {ENGINE_THREADS, ENGINE_PROCESSES, ENGINE_EVENTS};

int io_run(struct poll_world *w, const struct poll_request *request, struct samples *s,
           struct err *e)
{
    struct poll_outcome out;
    if (poll_run(w, request, &out, e) != 0)
        return -1;
    if (out.failed)
        return err_set(e, FAIL_INTERNAL, "%zu of %zu devices failed, so the times say nothing",
                       out.failed, out.ok + out.failed);
    samples_add(s, out.elapsed_ms);
    return 0;
}

double io_lossless_ms(const double *device_ms, size_t n, unsigned workers)
{
    double busy[WORKERS_MAX] = {0}, end = 0;
    for (size_t i = 0; i < n; i++) {
        size_t first = 0;
        for (size_t k = 1; k < workers && k < WORKERS_MAX; k++)
            first = busy[k] < busy[first] ? k : first;
        busy[first] += device_ms[i];
        end = busy[first] > end ? busy[first] : end;
    }
    return end;
}

static int judge(const struct io_part *parts, size_t n, struct finding *f)
{
    const char *second = n > 1 ? "; " : "", *text = n > 1 ? parts[1].text : "";
    bool holds = parts[0].holds && (n < 2 || parts[1].holds);
    if (holds || !parts[0].gains)
        return finding_decide(f, holds ? VERDICT_HOLDS : VERDICT_NOT, "%s%s%s", parts[0].text,
                              second, text);
    return finding_depends(f,
                           parts[0].on ? parts[0].on
                                       : "the number of workers and devices: threads gain, but not "
                                         "as much as the rule asks",
                           "%s%s%s", parts[0].text, second, text);
}

static int run(const struct experiment_env *env, struct finding *f, struct err *e)
{
    struct io_part parts[2] = {0};
    if (env->is_docker) {
        finding_skip(f, "the published tables, 5,460 devices and netmiko: the container lab has "
                        "devices and times of its own");
        return io_docker(env, f, &parts[0], e) == 0 ? judge(parts, 1, f) : -1;
    }
    if (io_forty(env, f, &parts[0], e) != 0 || io_many(env, f, &parts[1], e) != 0)
        return -1;
    return judge(parts, 2, f);
}

const struct experiment experiment_io_bound = {
    "io-bound",
    "Where a task waits (network, sleep), threads run as if in parallel; connecting to equipment "
    "over SSH or Telnet is such a task.",
    "40 simulated devices, whose times together and whose slowest stand as 303.2 s to at most "
    "15.6 s in the published table, are polled one after another and with 5 to 40 workers in every "
    "mode, in turns; so are 5,460, a twentieth refusing, with 140 and 300 (thorough: 30 to 300). "
    "With --lab docker: the container lab as it is, one after another and with 20 workers.",
    run};
