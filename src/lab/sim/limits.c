#include "lab/sim/limits.h"

#include <sys/resource.h>
#include <unistd.h>

/* Descriptors that are no connection's: listeners, pipes, epoll, what libraries open. */
#define OWN_FDS 96
/* The same in a shard. */
#define SPARE_FDS 64
/* Where descriptors have no limit to speak of, room for connections has. */
#define VISITS_MAX 262144u
/* The kernel spreads connections over the shards by chance: some get more than their part. */
#define UNEVEN 1.25

static unsigned long raise_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 1024;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        (void)getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

/* With one session to each device at once. */
static unsigned long needed(const struct sim_config *config, int shards)
{
    double each = fleet_has_wires(&config->fleet) ? 3 : 1;
    double part = (double)config->fleet.n / shards * (shards > 1 ? UNEVEN : 1);
    unsigned long listeners = config->listen ? 2ul * config->fleet.n : 2;
    return OWN_FDS + listeners + (unsigned long)(each * part + 0.999);
}

uint32_t limits_visits(const struct sim_config *config)
{
    struct rlimit limit;
    rlim_t each = fleet_has_wires(&config->fleet) ? 3 : 1;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < SPARE_FDS + each)
        return 1;
    rlim_t most = (limit.rlim_cur - SPARE_FDS) / each;
    return most < VISITS_MAX ? (uint32_t)most : VISITS_MAX;
}

static int cores(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > SIM_SHARDS_MAX ? SIM_SHARDS_MAX : (int)n;
}

int limits_check(struct sim_config *config, struct err *e)
{
    unsigned long have = raise_limit();
    bool is_free = config->shards == 0;
    int shards = is_free ? cores() : config->shards;
    while (is_free && needed(config, shards) > have && shards < SIM_SHARDS_MAX)
        shards++;
    config->shards = shards;
    if (needed(config, shards) <= have)
        return 0;
    return err_set(e, FAIL_USAGE,
                   "%u devices at once need %lu descriptors in each of %d shards, and the limit is "
                   "%lu: raise it (ulimit -n), take more --shards or fewer --devices",
                   config->fleet.n, needed(config, shards), shards, have);
}
