/* Measured rows, as the tests of the sweep need them. */
#ifndef TESTS_LIB_SWEEP_ROWS_H
#define TESTS_LIB_SWEEP_ROWS_H

#include "report/sweep.h"

#define ROWS(rows) (rows), sizeof(rows) / sizeof *(rows)

/* 40 devices that take device_ms each. */
static inline struct compare_row row(const char *mode, unsigned workers, double ms,
                                     double device_ms, double cpu_ms)
{
    return (struct compare_row){.run = {.mode = mode,
                                        .workers = workers,
                                        .devices = 40,
                                        .ok = 40,
                                        .elapsed_ms = ms,
                                        .device_ms_sum = 40 * device_ms,
                                        .max = device_ms,
                                        .cpu_user_ms = cpu_ms},
                                .repeat = 1};
}

#endif
