#include "tests/trust/random.h"

/* splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators). */
uint64_t random_next(struct random *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

struct random random_from(uint64_t seed)
{
    struct random r = {seed * 0xd1342543de82ef95u + 1};
    r.state = random_next(&r);
    return r;
}

unsigned random_below(struct random *r, unsigned n)
{
    return n ? (unsigned)(random_next(r) >> 32) % n : 0;
}

int random_between(struct random *r, int from, int to)
{
    return from + (int)random_below(r, (unsigned)(to - from) + 1);
}

bool random_chance(struct random *r, unsigned per_mille)
{
    return random_below(r, 1000) < per_mille;
}

unsigned random_often(unsigned per_mille, unsigned times)
{
    return times > 500 / per_mille ? 500 : per_mille * times;
}
