#include "cli/options_idle.h"

#include "base/log.h"

static void note(const struct options *o, const char *option, unsigned value, const char *owner)
{
    log_warn("%s %u has no effect with -m %s: it is for -m %s", option, value,
             engine_mode_name(o->mode), owner);
}

void options_note_shards(const struct options *o)
{
    if (o->shards > engine_cores())
        log_warn("--shards %u: more loops than the %u core%s that they share", o->shards,
                 engine_cores(), engine_cores() == 1 ? "" : "s");
}

void options_note_idle(const struct options *o)
{
    if (o->shards > 0 && o->mode != ENGINE_EVENTS)
        note(o, "--shards", o->shards, "events");
    if (o->processes > 0 && o->mode != ENGINE_HYBRID)
        note(o, "--processes", o->processes, "hybrid");
    if (o->workers > 1 && o->mode == ENGINE_SEQUENTIAL)
        log_warn("-n %u has no effect with -m sequential: one device is visited after another",
                 o->workers);
}
