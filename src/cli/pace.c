#include "cli/pace.h"

#define MS_PER_S 1000.0

struct budget_pace pace_of(const struct options *o)
{
    return (struct budget_pace){
        .login_rate = o->login_rate,
        .handshakes = o->handshakes ? o->handshakes : PACE_HANDSHAKES_PER_CORE * engine_cores(),
        .per_host = o->per_host,
        .jitter_ms = (int64_t)(o->jitter_start_s * MS_PER_S + 0.5),
        .seed = (uint64_t)wall_ms(),
        .stop = o->stop_after,
    };
}
