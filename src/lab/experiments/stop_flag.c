#include "lab/experiments/poll.h"
#include "lab/experiments/target.h"

#include <stdio.h>

#define DEVICES  "60"
#define SESSIONS 60
/* A device answers in this; a run that waited for it would be found out. */
#define THINK    "30s"
#define THINK_MS 30000
#define AFTER_MS 350
/* The engine's promise. */
#define SOON_MS 2000

static const enum engine_mode modes[] = {ENGINE_SEQUENTIAL, ENGINE_THREADS, ENGINE_PROCESSES,
                                         ENGINE_HYBRID, ENGINE_EVENTS};
#define MODES (sizeof modes / sizeof *modes)

struct stop {
    struct samples cancel_ms;
    size_t answered, wrong; /* devices that were handed out; of them, those not cancelled */
};

static int measure_round(struct poll_world *w, struct stop all[MODES], struct err *e)
{
    for (size_t i = 0; i < MODES; i++) {
        struct poll_outcome out;
        struct poll_request request = {.mode = modes[i], .workers = SESSIONS};
        if (poll_run_cancelled(w, &request, AFTER_MS, &out, e) != 0)
            return -1;
        /* Without a cancel in between, the whole run counts: it was not stopped. */
        samples_add(&all[i].cancel_ms, out.cancel_ms >= 0 ? out.cancel_ms : out.elapsed_ms);
        size_t expected = modes[i] == ENGINE_SEQUENTIAL ? 1 : SESSIONS;
        all[i].answered = out.failed + out.ok;
        all[i].wrong += out.ok + (out.failed < expected ? expected - out.failed : 0);
    }
    return 0;
}

static int judge(const struct stop all[MODES], struct finding *f)
{
    double worst = 0;
    size_t wrong = 0, at = 0;
    for (size_t i = 0; i < MODES; i++) {
        wrong += all[i].wrong;
        if (samples_high(&all[i].cancel_ms) >= worst) {
            worst = samples_high(&all[i].cancel_ms);
            at = i;
        }
    }
    return finding_decide(
        f, worst <= SOON_MS && wrong == 0 ? VERDICT_HOLDS : VERDICT_NOT,
        "holds where every mode has ended within %d ms of the signal, although its devices would "
        "have answered only after %d ms, and each session has left one result: at most %.0f ms "
        "(%s), %zu results wrong or missing",
        SOON_MS, THINK_MS, worst, engine_mode_name(modes[at]), wrong);
}

static int measure(struct poll_world *w, const struct experiment_env *env, struct finding *f,
                   struct err *e)
{
    struct stop all[MODES] = {0};
    unsigned most = env->thorough ? 15 : 3;
    while (!samples_suffice(&all[1].cancel_ms, env->thorough ? 5 : 3, most, 0.05))
        if (measure_round(w, all, e) != 0)
            return -1;
    for (size_t i = 0; i < MODES; i++)
        finding_number(f, &all[i].cancel_ms, "ms", "%s: signal to the end of %zu sessions",
                       engine_mode_name(modes[i]), all[i].answered);
    return judge(all, f);
}

static int run(const struct experiment_env *env, struct finding *f, struct err *e)
{
    const char *const options[] = {"--devices", DEVICES, "--think", THINK, NULL};
    struct target target;
    struct experiment_env own = *env;
    if (env->is_docker)
        finding_skip(f, "the container lab: its devices answer too soon to be stopped; the "
                        "simulator's are taken");
    own.is_docker = false;
    if (target_start(&target, &own, options, e) != 0)
        return -1;
    struct poll_world *w = poll_new(target.inventory, e);
    int rc = w ? measure(w, env, f, e) : -1;
    poll_free(w);
    target_stop(&target);
    return rc;
}

const struct experiment experiment_stop_flag = {
    "stop-flag", "A thread ends when another clears a flag and joins it.",
    "60 sessions wait for devices that answer after 30 s; a third of a second after the start a "
    "signal "
    "raises the run's cancel flag, in every mode. The time from the signal to the last session "
    "closed and the last worker joined is taken.",
    run};
