#include "cli/pace.h"

#define MS_PER_S 1000.0
/* Groups named in one line. */
#define GROUPS_MAX 8

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

/* What stands between one thing and the next. */
static const char *between(const struct buf *out)
{
    return out->len == 0 ? "pace: " : ", ";
}

static int put_number(struct buf *out, const char *option, double value)
{
    return value > 0 ? buf_addf(out, "%s%s %.7g", between(out), option, value) : 0;
}

static int put_options(const struct options *o, struct buf *out)
{
    int rc = put_number(out, "--login-rate", o->login_rate);
    rc |= put_number(out, "--handshakes", o->handshakes);
    rc |= put_number(out, "--per-host", o->per_host);
    rc |= put_number(out, "--jitter-start", o->jitter_start_s);
    if (o->stop_after.after > 0)
        rc |= buf_addf(out, "%s--stop-after %s:%u", between(out), fail_name(o->stop_after.class),
                       o->stop_after.after);
    return rc | put_number(out, "--retry", o->retry);
}

static int put_group(struct buf *out, const struct device_group *group)
{
    const char *inner = "";
    int rc = buf_addf(out, "%sgroup %s (", between(out), group->name);
    if (group->limit > 0) {
        rc |= buf_addf(out, "limit %u", group->limit);
        inner = ", ";
    }
    if (group->login_rate > 0)
        rc |= buf_addf(out, "%slogin_rate %.7g", inner, group->login_rate);
    return rc | buf_add_char(out, ')');
}

int pace_line(const struct options *o, const struct inventory *inventory, struct buf *out)
{
    size_t n = inventory_group_count(inventory);
    int rc = put_options(o, out);
    for (size_t i = 0; i < n && i < GROUPS_MAX; i++)
        rc |= put_group(out, inventory_group_at(inventory, i));
    if (n > GROUPS_MAX)
        rc |=
            buf_addf(out, ", and %zu more group%s", n - GROUPS_MAX, n > GROUPS_MAX + 1 ? "s" : "");
    return out->len > 0 ? rc | buf_add_char(out, '\n') : rc;
}
