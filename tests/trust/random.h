/* Numbers from a seed: the same on every machine. Plain data. */
#ifndef TRUST_RANDOM_H
#define TRUST_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct random {
    uint64_t state;
};

/* Seeds that follow one another give unrelated numbers. */
struct random random_from(uint64_t seed);
uint64_t random_next(struct random *r);
/* 0 to n-1; 0 for n 0. */
unsigned random_below(struct random *r, unsigned n);
/* from to to, both included. */
int random_between(struct random *r, int from, int to);
/* True so many times in a thousand. */
bool random_chance(struct random *r, unsigned per_mille);
/* per_mille of something rare, multiplied by `rare`; at most half. */
unsigned random_often(unsigned per_mille, unsigned times);

#endif
