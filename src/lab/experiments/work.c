#include "lab/experiments/work.h"

#include <poller/clock.h>
#include <stdint.h>
#include <time.h>

#define PIECES_PER_MS 10
#define TRY_ROUNDS    200000
#define TRIES         9

static long rounds_per_piece = 20000;
/* Keeps the compiler from leaving the work out. */
static _Thread_local volatile uint64_t sink;

static void compute(long rounds)
{
    uint64_t x = sink | 1;
    for (long i = 0; i < rounds; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
    }
    sink = x;
}

void work_calibrate(void)
{
    double best = 1e9;
    for (int i = 0; i < TRIES; i++) {
        struct mono start = mono_now();
        compute(TRY_ROUNDS);
        double ms = mono_ms_between(start, mono_now());
        best = ms < best ? ms : best;
    }
    long rounds = (long)(TRY_ROUNDS / best / PIECES_PER_MS);
    rounds_per_piece = rounds > 0 ? rounds : 1;
}

void work_for(double ms, struct interpreter_lock *lock)
{
    for (long pieces = (long)(ms * PIECES_PER_MS + 0.5); pieces > 0; pieces--) {
        compute(rounds_per_piece);
        if (lock)
            interpreter_lock_check(lock);
    }
}

double work_cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}
