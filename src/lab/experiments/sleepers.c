#include "lab/experiments/threads.h"

#include <poller/clock.h>
#include <time.h>

#define SLEEPERS 5
#define SLEEP_MS 300
/* Ended together: all within this part of one wait. */
#define TOGETHER 0.1

static void *wait_once(void *ctx)
{
    const struct timespec time = {0, SLEEP_MS * 1000000L};
    (void)ctx;
    nanosleep(&time, NULL);
    return NULL;
}

static double one_by_one_ms(void)
{
    struct mono start = mono_now();
    for (int i = 0; i < SLEEPERS; i++)
        wait_once(NULL);
    return mono_ms_between(start, mono_now());
}

static int run(const struct experiment_env *env, struct finding *f, struct err *e)
{
    struct samples threads = {0}, one_by_one = {0};
    unsigned most = env->thorough ? 20 : 5;
    while (!samples_suffice(&threads, 3, most, 0.02)) {
        double ms;
        if (threads_run(wait_once, NULL, SLEEPERS, &ms, e) != 0)
            return -1;
        samples_add(&threads, ms);
    }
    samples_add(&one_by_one, one_by_one_ms());
    finding_number(f, &threads, "ms", "%d threads, each waits %d ms", SLEEPERS, SLEEP_MS);
    finding_number(f, &one_by_one, "ms", "the same one by one");
    double ratio = samples_median(&threads) / SLEEP_MS;
    return finding_decide(
        f, ratio < 1 + TOGETHER ? VERDICT_HOLDS : VERDICT_NOT,
        "holds where all end within %.0f %% of one wait: %.3f of one wait; one by "
        "one it is %.2f",
        TOGETHER * 100, ratio, samples_median(&one_by_one) / SLEEP_MS);
}

const struct experiment experiment_sleepers = {
    "sleepers", "Five threads that each wait 3 s end together after about 3 s.",
    "Exactly that, scaled down to 0.3 s: five threads sleep, and the time from the first start to "
    "the last join is taken. The control does the same five waits one by one.",
    run};
