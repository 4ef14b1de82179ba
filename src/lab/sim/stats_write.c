/* The statistics as JSON. */
#include "base/aside.h"
#include "lab/sim/stats_block.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *names_json(const struct stats_name *table, size_t n, uint64_t others)
{
    json_t *o = json_object();
    for (size_t i = 0; i < n; i++) {
        /* What a client typed need not be text. */
        json_t *count = table[i].count ? json_integer((json_int_t)table[i].count) : NULL;
        if (count && json_object_set(o, table[i].name, count) != 0)
            others += table[i].count;
        json_decref(count);
    }
    /* Someone may have typed just that. */
    others += (uint64_t)json_integer_value(json_object_get(o, "(others)"));
    if (others)
        json_object_set_new(o, "(others)", json_integer((json_int_t)others));
    return o;
}

/* These return 0, or -1 where memory is out; so does jansson, given a NULL that came of that. */

static int put(json_t *o, const char *name, uint64_t n)
{
    return json_object_set_new(o, name, json_integer((json_int_t)n));
}

static int put_level(json_t *o, const struct stats_level *level)
{
    return put(o, "now", level->now) | put(o, "most", level->most);
}

static int put_rate(json_t *o, const struct rate *rate)
{
    return put(o, "total", rate->total) | put(o, "most_in_a_second", rate->most) |
           json_object_set_new(o, "per_second", json_real(rate_mean(rate)));
}

static int put_tally(json_t *o, const struct stats_tally *tally)
{
    json_t *connections = json_object(), *handshakes = json_object();
    json_t *attempts = json_object(), *logins = json_object();
    int rc = put_level(connections, &tally->connections) | put_rate(connections, &tally->connected);
    rc |= put_level(handshakes, &tally->handshakes);
    rc |= put_rate(attempts, &tally->attempts);
    rc |= put_level(logins, &tally->sessions) | put_rate(logins, &tally->logins);
    rc |= json_object_set_new(o, "connections", connections);
    rc |= json_object_set_new(o, "handshakes", handshakes);
    rc |= json_object_set_new(o, "attempts", attempts);
    return rc | json_object_set_new(o, "logins", logins);
}

/* Those that were visited. */
static int put_personas(json_t *o, const struct stats *s)
{
    json_t *personas = json_object();
    int rc = json_object_set_new(o, "by_persona", personas);
    for (uint32_t i = 0; i < s->n_personas; i++) {
        const struct stats_persona *persona = &s->personas[i];
        if (persona->tally.connected.total == 0)
            continue;
        json_t *tally = json_object();
        rc |= put_tally(tally, &persona->tally);
        rc |= json_object_set_new(personas, persona->name, tally);
    }
    return rc;
}

/* What only the whole has. */
static int put_devices(json_t *connections, json_t *logins, const struct stats *s)
{
    uint32_t most_connections = 0, most_sessions = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        const struct stats_device *d = &s->devices[i];
        if (d->connections.most > most_connections)
            most_connections = d->connections.most;
        if (d->sessions.most > most_sessions)
            most_sessions = d->sessions.most;
    }
    return put(connections, "most_per_device", most_connections) |
           put(connections, "devices", s->connected_devices) |
           put(logins, "most_per_device", most_sessions) |
           put(logins, "devices", s->login_devices) | put(logins, "logged_out", s->logged_out) |
           put(logins, "dropped", s->dropped);
}

static int put_refused(json_t *o, const struct stats *s)
{
    json_t *refused = json_object();
    int rc = put(refused, "total", s->refused);
    rc |=
        json_object_set_new(refused, "by_user", names_json(s->users, STATS_USERS, s->users_others));
    return rc | json_object_set_new(o, "refused", refused);
}

static int put_all(json_t *o, const struct stats *s)
{
    int rc = put_tally(o, &s->all) | put_personas(o, s) | put_refused(o, s);
    rc |= put_devices(json_object_get(o, "connections"), json_object_get(o, "logins"), s);
    rc |= put(o, "devices", s->n) | put(o, "commands", s->commands) | put(o, "shed", s->shed);
    rc |= json_object_set_new(o, "by_command",
                              names_json(s->command_names, STATS_COMMANDS, s->commands_others));
    return rc | put(o, "login_storms", s->storms);
}

char *stats_json(struct stats *s, uint64_t seed, double elapsed_ms)
{
    json_t *o = json_object();
    int rc = put(o, "schema", 1) | put(o, "seed", seed) |
             json_object_set_new(o, "elapsed_ms", json_real(elapsed_ms));
    stats_lock(s);
    rc |= put_all(o, s);
    stats_unlock(s);
    char *text = rc == 0 ? json_dumps(o, JSON_INDENT(2) | JSON_SORT_KEYS) : NULL;
    json_decref(o);
    return text;
}

int stats_write(struct stats *s, uint64_t seed, double elapsed_ms, const char *path, struct err *e)
{
    char *text = stats_json(s, seed, elapsed_ms);
    int rc = 0;
    if (!text)
        return err_set(e, FAIL_INTERNAL, "--stats %s: out of memory", path);
    if (strcmp(path, "-") != 0)
        rc = aside_put(AT_FDCWD, path, text, strlen(text), e);
    else if (fprintf(stdout, "%s\n", text) < 0 || fflush(stdout) != 0)
        rc = err_set(e, FAIL_INTERNAL, "standard output could not be written: %s", strerror(errno));
    free(text);
    if (rc != 0)
        err_prefix(e, "--stats ");
    return rc;
}
