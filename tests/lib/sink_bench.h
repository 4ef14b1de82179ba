/* A sink over a descriptor, driven as the collector drives it. */
#ifndef TESTS_LIB_SINK_BENCH_H
#define TESTS_LIB_SINK_BENCH_H

#include "output/out.h"
#include "tests/lib/sample_result.h"

struct bench {
    struct out out;
    struct sink sink;
    int fd;
    struct err err;
};

/* The sink of that name: into memory, or to a descriptor that is its own now. */
struct bench *bench_start(const char *name);
struct bench *bench_start_at(const char *name, int fd);
void bench_stop(struct bench *b);

int bench_begin(struct bench *b);
int bench_give(struct bench *b, const struct result *r); /* of the sample device */
/* commands NULL: those of the sample. */
int bench_give_of(struct bench *b, const struct device *device, const struct command *commands,
                  const struct result *r);
int bench_end(struct bench *b);

/* All that was written into memory so far, *n bytes and a NUL; the caller's. */
char *bench_written(struct bench *b, size_t *n);

#endif
