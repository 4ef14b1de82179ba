/* Who may log in to a device. */
#include "lab/sim/visit.h"

#include <string.h>

#define LOCKOUT_ROW 3
#define LOCKOUT_MS  60000.0

static bool is_locked(const struct visit *v, struct mono now)
{
    return v->device.misbehaviour == MIS_LOCKOUT &&
           stats_refused_in_row(v->shard->stats, v->device.index, now, LOCKOUT_MS) >= LOCKOUT_ROW;
}

/* RouterOS takes terminal settings behind a plus sign in the user name ("admin+ct80w"). */
static bool is_user(const struct visit *v, const char *user)
{
    size_t len = strlen(v->device.user);
    return strncmp(user, v->device.user, len) == 0 && (user[len] == '\0' || user[len] == '+');
}

static bool decide(struct visit *v, const char *user, bool is_right, struct mono now)
{
    stats_attempt(v->shard->stats, v->device.index, now);
    if (is_right && is_user(v, user) && v->device.misbehaviour != MIS_AUTH_REFUSED &&
        !is_locked(v, now))
        return true;
    stats_refused(v->shard->stats, v->device.index, user, now);
    return false;
}

bool door_check(struct visit *v, const char *user, const char *password, struct mono now)
{
    return decide(v, user, strcmp(password, v->device.password) == 0, now);
}

bool door_check_key(struct visit *v, const char *user, struct mono now)
{
    return decide(v, user, true, now);
}

bool door_has_line(const struct visit *v, uint32_t sessions)
{
    return v->device.misbehaviour != MIS_SESSION_LIMIT ||
           sessions <= (uint32_t)v->shard->config->sessions_per_device;
}
