/* The statistics as JSON. */
#include "lab/sim/stats_block.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

struct busiest {
    uint32_t connections, sessions;
};

static struct busiest busiest_device(const struct stats *s)
{
    struct busiest most = {0, 0};
    for (uint32_t i = 0; i < s->n; i++) {
        const struct stats_device *d = &s->devices[i];
        if (d->connections_most > most.connections)
            most.connections = d->connections_most;
        if (d->sessions_most > most.sessions)
            most.sessions = d->sessions_most;
    }
    return most;
}

static json_t *number(uint64_t n)
{
    return json_integer((json_int_t)n);
}

static json_t *block_json(const struct stats *s, uint64_t seed, double elapsed_ms)
{
    struct busiest most = busiest_device(s);
    return json_pack(
        "{s:i, s:o, s:i, s:f, s:{s:o, s:i, s:i, s:i}, s:{s:o, s:i, s:i, s:i, s:i, s:o, s:o},"
        " s:{s:o, s:o}, s:o, s:o, s:o, s:o}",
        "schema", 1, "seed", number(seed), "devices", (int)s->n, "elapsed_ms", elapsed_ms,
        "connections", "total", number(s->connections), "now", (int)s->connections_now, "most",
        (int)s->connections_most, "most_per_device", (int)most.connections, "logins", "total",
        number(s->logins), "most_in_a_second", (int)s->logins_most_a_second, "now",
        (int)s->sessions_now, "most", (int)s->sessions_most, "most_per_device", (int)most.sessions,
        "logged_out", number(s->logged_out), "dropped", number(s->dropped), "refused", "total",
        number(s->refused), "by_user", names_json(s->users, STATS_USERS, s->users_others),
        "commands", number(s->commands), "by_command",
        names_json(s->command_names, STATS_COMMANDS, s->commands_others), "login_storms",
        number(s->storms), "shed", number(s->shed));
}

char *stats_json(struct stats *s, uint64_t seed, double elapsed_ms)
{
    stats_lock(s);
    json_t *o = block_json(s, seed, elapsed_ms);
    stats_unlock(s);
    char *text = o ? json_dumps(o, JSON_INDENT(2) | JSON_SORT_KEYS) : NULL;
    json_decref(o);
    return text;
}

static int put_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    size_t len = strlen(text), at = 0;
    if (fd < 0)
        return -1;
    while (at < len) {
        ssize_t n = write(fd, text + at, len - at);
        if (n < 0 && errno != EINTR)
            break;
        at += n > 0 ? (size_t)n : 0;
    }
    return close(fd) == 0 && at == len ? 0 : -1;
}

int stats_write(struct stats *s, uint64_t seed, double elapsed_ms, const char *path, struct err *e)
{
    char aside[4096];
    char *text = stats_json(s, seed, elapsed_ms);
    int rc = -1;
    if (!text)
        return err_set(e, FAIL_INTERNAL, "--stats %s: out of memory", path);
    if (strcmp(path, "-") == 0)
        rc = fprintf(stdout, "%s\n", text) > 0 && fflush(stdout) == 0 ? 0 : -1;
    else if ((size_t)snprintf(aside, sizeof aside, "%s.part", path) < sizeof aside)
        rc = put_file(aside, text) == 0 && rename(aside, path) == 0 ? 0 : -1;
    free(text);
    return rc == 0 ? 0
                   : err_set(e, FAIL_INTERNAL, "--stats %s could not be written: %s", path,
                             strerror(errno));
}
