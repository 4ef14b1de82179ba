#include "lab/sim/stats.h"

#include "lab/sim/stats_block.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define STORM_WINDOW_MS 1000

struct stats *stats_new(const struct stats_setup *setup)
{
    size_t passed = sizeof(struct stats) + setup->devices * sizeof(struct stats_device);
    size_t size = passed + sizeof(struct mono) * setup->devices * setup->logins_per_second;
    struct stats *s =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    pthread_mutexattr_t attributes;
    if (s == MAP_FAILED)
        return NULL;
    s->size = size;
    s->n = setup->devices;
    s->logins_per_second = setup->logins_per_second;
    s->passed = (struct mono *)&s->devices[s->n];
    for (; s->n_personas < setup->n_personas && s->n_personas < STATS_PERSONAS_MAX; s->n_personas++)
        snprintf(s->personas[s->n_personas].name, STATS_NAME_MAX, "%s",
                 setup->personas[s->n_personas]);
    /* Robust: a shard that is killed inside leaves counts that are off by one, not a lock. */
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&s->lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return s;
}

void stats_free(struct stats *s)
{
    if (s)
        munmap(s, s->size);
}

void stats_lock(struct stats *s)
{
    if (pthread_mutex_lock(&s->lock) == EOWNERDEAD)
        pthread_mutex_consistent(&s->lock);
}

void stats_unlock(struct stats *s)
{
    pthread_mutex_unlock(&s->lock);
}

static uint32_t rise(struct stats_level *level)
{
    if (level->most < ++level->now)
        level->most = level->now;
    return level->now;
}

/* The whole, and the device's persona; NULL behind them. */
static struct stats_tally **tallies(struct stats *s, uint32_t device, struct stats_tally *out[3])
{
    uint32_t persona = s->devices[device].persona;
    out[0] = &s->all;
    out[1] = persona < s->n_personas ? &s->personas[persona].tally : NULL;
    out[2] = NULL;
    return out;
}

uint32_t stats_connected(struct stats *s, uint32_t device, uint32_t persona, struct mono now)
{
    struct stats_device *d = &s->devices[device];
    struct stats_tally *both[3];
    stats_lock(s);
    d->persona = persona;
    for (struct stats_tally **t = tallies(s, device, both); *t; t++) {
        rise(&(*t)->connections);
        rise(&(*t)->handshakes);
        rate_count(&(*t)->connected, now);
    }
    rise(&d->connections);
    s->connected_devices += d->n_connections == 0;
    uint32_t so_far = ++d->n_connections;
    stats_unlock(s);
    return so_far;
}

void stats_disconnected(struct stats *s, uint32_t device, enum stats_end end)
{
    struct stats_device *d = &s->devices[device];
    struct stats_tally *both[3];
    stats_lock(s);
    for (struct stats_tally **t = tallies(s, device, both); *t; t++) {
        (*t)->connections.now--;
        *(end == STATS_NO_LOGIN ? &(*t)->handshakes.now : &(*t)->sessions.now) -= 1;
    }
    d->connections.now--;
    d->sessions.now -= end != STATS_NO_LOGIN;
    s->logged_out += end == STATS_LOGGED_OUT;
    s->dropped += end == STATS_DROPPED;
    stats_unlock(s);
}

void stats_attempt(struct stats *s, uint32_t device, struct mono now)
{
    struct stats_tally *both[3];
    stats_lock(s);
    for (struct stats_tally **t = tallies(s, device, both); *t; t++)
        rate_count(&(*t)->attempts, now);
    stats_unlock(s);
}

uint32_t stats_logged_in(struct stats *s, uint32_t device, struct mono now)
{
    struct stats_device *d = &s->devices[device];
    struct stats_tally *both[3];
    stats_lock(s);
    for (struct stats_tally **t = tallies(s, device, both); *t; t++) {
        (*t)->handshakes.now--;
        rise(&(*t)->sessions);
        rate_count(&(*t)->logins, now);
    }
    s->login_devices += d->n_logins++ == 0;
    d->refused_in_row = 0;
    uint32_t have = rise(&d->sessions);
    stats_unlock(s);
    return have;
}

/* Open addressing; what does not fit is counted in one place for all. */
static void count_name(struct stats_name *table, size_t n, const char *name, uint64_t *others)
{
    char key[STATS_NAME_MAX];
    uint64_t hash = 0xcbf29ce484222325u;
    size_t len = strlen(name) < sizeof key - 1 ? strlen(name) : sizeof key - 1;
    /* Not cut inside of a character. */
    while (name[len] && len > 0 && ((unsigned char)name[len] & 0xc0) == 0x80)
        len--;
    memcpy(key, name, len);
    key[len] = '\0';
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)key[i]) * 0x100000001b3u;
    for (size_t i = 0; i < STATS_PROBES; i++) {
        struct stats_name *slot = &table[(hash + i) % n];
        if (slot->count == 0)
            memcpy(slot->name, key, len + 1);
        else if (strcmp(slot->name, key) != 0)
            continue;
        slot->count++;
        return;
    }
    ++*others;
}

uint32_t stats_refused(struct stats *s, uint32_t device, const char *user, struct mono now)
{
    struct stats_device *d = &s->devices[device];
    stats_lock(s);
    s->refused++;
    count_name(s->users, STATS_USERS, user, &s->users_others);
    d->refused_at = now;
    uint32_t row = ++d->refused_in_row;
    stats_unlock(s);
    return row;
}

uint32_t stats_refused_in_row(struct stats *s, uint32_t device, struct mono now, double forget_ms)
{
    struct stats_device *d = &s->devices[device];
    stats_lock(s);
    if (d->refused_in_row > 0 && mono_ms_between(d->refused_at, now) >= forget_ms)
        d->refused_in_row = 0;
    uint32_t row = d->refused_in_row;
    stats_unlock(s);
    return row;
}

void stats_command(struct stats *s, const char *command)
{
    stats_lock(s);
    s->commands++;
    count_name(s->command_names, STATS_COMMANDS, command, &s->commands_others);
    stats_unlock(s);
}

bool stats_is_storm(struct stats *s, uint32_t device, struct mono now)
{
    struct stats_device *d = &s->devices[device];
    stats_lock(s);
    /* The oldest of those that passed. */
    struct mono *oldest =
        &s->passed[(size_t)device * s->logins_per_second + d->n_passed % s->logins_per_second];
    bool is_storm =
        d->n_passed >= s->logins_per_second && mono_ms_between(*oldest, now) < STORM_WINDOW_MS;
    s->storms += is_storm;
    if (!is_storm) {
        *oldest = now;
        d->n_passed++;
    }
    stats_unlock(s);
    return is_storm;
}

void stats_shed(struct stats *s)
{
    stats_lock(s);
    s->shed++;
    stats_unlock(s);
}
