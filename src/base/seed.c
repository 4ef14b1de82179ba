#include "base/seed.h"

#define FEISTEL_ROUNDS 4

uint64_t seed_mix(uint64_t seed, uint64_t what)
{
    uint64_t z = seed + what * 0x9e3779b97f4a7c15u + 0x632be59bd9b4e019u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t seed_text(const char *text, size_t len)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3u;
    return hash;
}

uint64_t seed_next(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    return seed_mix(*state, 0);
}

double seed_unit(uint64_t value)
{
    return (double)(value >> 11) * 0x1p-53;
}

int64_t seed_between(uint64_t value, int64_t low, int64_t high)
{
    if (high <= low)
        return low;
    uint64_t width = (uint64_t)high - (uint64_t)low + 1;
    return width == 0 ? (int64_t)value : (int64_t)((uint64_t)low + value % width);
}

/* One pass over numbers of 2 x half bits. */
static uint32_t feistel(uint64_t key, uint32_t value, unsigned half)
{
    uint32_t mask = (1u << half) - 1, left = value >> half, right = value & mask;
    for (unsigned round = 0; round < FEISTEL_ROUNDS; round++) {
        uint32_t next = left ^ ((uint32_t)seed_mix(key + round, right) & mask);
        left = right;
        right = next;
    }
    return left << half | right;
}

uint32_t seed_place(uint64_t key, uint32_t index, uint32_t n)
{
    unsigned half = 1;
    if (n < 2 || index >= n)
        return index;
    while (half < 16 && (1u << (2 * half)) < n)
        half++;
    /* A permutation of the larger set, walked until it is back inside: at most four steps on
     * average, since that set is at most four times as large. */
    uint32_t place = feistel(key, index, half);
    while (place >= n)
        place = feistel(key, place, half);
    return place;
}
