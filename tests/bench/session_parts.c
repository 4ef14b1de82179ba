/* Processor time of a session by the phase that it is in: visits the devices of an inventory, one
 * after another, stepping each session as a mode does.
 * usage: session_parts INVENTORY VISITS; prints a JSON object, milliseconds a session. */
#include "lab/experiments/poll.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define VISITS_MAX 1000000

/* Milliseconds of this thread. */
static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void wait_for(const struct session *s)
{
    struct pollfd fds[SESSION_WANT_MAX];
    size_t n;
    session_want(s, fds, &n);
    (void)poll(fds, n, mono_poll_timeout(mono_now(), session_deadline(s)));
}

/* What a step costs counts for the phase that it began in, the wait before it too. */
static void step_through(struct session *s, double by_phase[PHASE_COUNT])
{
    enum session_state state = SESSION_WANT;
    while (state != SESSION_DONE) {
        enum phase phase = session_phase(s);
        double began = cpu_ms();
        if (state == SESSION_WANT)
            wait_for(s);
        state = session_step(s, mono_now());
        by_phase[phase] += cpu_ms() - began;
    }
}

static bool visit(const struct poll_world *w, size_t index, double by_phase[PHASE_COUNT],
                  double *ends)
{
    double began = cpu_ms();
    struct session *s = poll_session(w, index);
    *ends += cpu_ms() - began;
    if (!s)
        return false;
    step_through(s, by_phase);
    began = cpu_ms();
    struct result *r = session_finish(s);
    bool ok = r && r->class == FAIL_NONE;
    result_free(r);
    *ends += cpu_ms() - began;
    return ok;
}

static void print(const double by_phase[PHASE_COUNT], double ends, long visits, long failed)
{
    printf("{\"visits\": %ld, \"failed\": %ld, \"made_and_freed\": %.5f", visits, failed,
           ends / (double)visits);
    for (int p = PHASE_RESOLVE; p < PHASE_COUNT; p++)
        printf(", \"%s\": %.5f", phase_name((enum phase)p), by_phase[p] / (double)visits);
    printf("}\n");
}

int main(int argc, char **argv)
{
    struct err e = {0};
    double by_phase[PHASE_COUNT] = {0}, ends = 0;
    long visits = argc == 3 ? strtol(argv[2], NULL, 10) : 0, failed = 0;
    if (visits < 1 || visits > VISITS_MAX) {
        fprintf(stderr, "usage: session_parts INVENTORY VISITS\n");
        return 2;
    }
    struct poll_world *w = poll_new(argv[1], &e);
    if (!w) {
        fprintf(stderr, "session_parts: %s\n", e.text);
        return 2;
    }
    for (long i = 0; i < visits; i++)
        failed += !visit(w, (size_t)i % poll_devices(w), by_phase, &ends);
    print(by_phase, ends, visits, failed);
    poll_free(w);
    return failed ? 1 : 0;
}
