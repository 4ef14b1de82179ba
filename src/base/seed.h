/* Numbers that follow from a seed: what is made of them is the same in every process and order.
 * Pure. */
#ifndef POLLER_BASE_SEED_H
#define POLLER_BASE_SEED_H

#include <stddef.h>
#include <stdint.h>

/* A 64-bit value for (seed, what): the finaliser of splitmix64 (Steele, Lea, Flood: "Fast
 * Splittable Pseudorandom Number Generators", 2014) over both. */
uint64_t seed_mix(uint64_t seed, uint64_t what);

/* FNV-1a of a text, as a `what`. */
uint64_t seed_text(const char *text, size_t len);

/* The next of a sequence whose state is *state. */
uint64_t seed_next(uint64_t *state);

/* In [0, 1). */
double seed_unit(uint64_t value);

/* Evenly in [low, high]. */
int64_t seed_between(uint64_t value, int64_t low, int64_t high);

/* The place of index in a shuffled order of 0 … n-1 (a keyed permutation: a Feistel network whose
 * walk stays below n), so that a share of exactly k devices is those whose place is below k. */
uint32_t seed_place(uint64_t key, uint32_t index, uint32_t n);

#endif
