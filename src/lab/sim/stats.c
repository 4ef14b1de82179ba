#include "lab/sim/stats.h"

#include "lab/sim/stats_block.h"

#include <string.h>
#include <sys/mman.h>

struct stats *stats_new(uint32_t n)
{
    size_t size = sizeof(struct stats) + n * sizeof(struct stats_device);
    struct stats *s = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_t attributes;
    if (s == MAP_FAILED)
        return NULL;
    s->size = size;
    s->n = n;
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

static void raise_to(uint32_t *most, uint32_t value)
{
    if (*most < value)
        *most = value;
}

uint32_t stats_connected(struct stats *s, uint32_t device)
{
    struct stats_device *d = &s->devices[device];
    stats_lock(s);
    s->connections++;
    raise_to(&s->connections_most, ++s->connections_now);
    d->connections++;
    raise_to(&d->connections_most, ++d->connections_now);
    uint32_t so_far = d->connections;
    stats_unlock(s);
    return so_far;
}

void stats_disconnected(struct stats *s, uint32_t device)
{
    stats_lock(s);
    s->connections_now--;
    s->devices[device].connections_now--;
    stats_unlock(s);
}

/* The logins of the last second, a millisecond each: a window that slides. */
static void count_second(struct stats *s, struct mono now)
{
    int64_t ms = now.ns / 1000000;
    if (ms - s->window_at >= STATS_WINDOW) {
        memset(s->window, 0, sizeof s->window);
        s->window_sum = 0;
        s->window_at = ms;
    }
    for (; s->window_at < ms; s->window_at++) {
        uint32_t *oldest = &s->window[(s->window_at + 1) % STATS_WINDOW];
        s->window_sum -= *oldest;
        *oldest = 0;
    }
    s->window[ms % STATS_WINDOW]++;
    raise_to(&s->logins_most_a_second, ++s->window_sum);
}

uint32_t stats_logged_in(struct stats *s, uint32_t device, struct mono now)
{
    struct stats_device *d = &s->devices[device];
    stats_lock(s);
    s->logins++;
    count_second(s, now);
    raise_to(&s->sessions_most, ++s->sessions_now);
    raise_to(&d->sessions_most, ++d->sessions_now);
    d->refused_in_row = 0;
    uint32_t have = d->sessions_now;
    stats_unlock(s);
    return have;
}

void stats_ended(struct stats *s, uint32_t device, bool in_order)
{
    stats_lock(s);
    s->sessions_now--;
    s->devices[device].sessions_now--;
    *(in_order ? &s->logged_out : &s->dropped) += 1;
    stats_unlock(s);
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

bool stats_is_storm(struct stats *s, uint32_t device, struct mono now, uint32_t most)
{
    struct stats_device *d = &s->devices[device];
    stats_lock(s);
    if (d->second_logins == 0 || mono_ms_between(d->second_from, now) >= 1000) {
        d->second_from = now;
        d->second_logins = 0;
    }
    bool is_storm = ++d->second_logins > most;
    s->storms += is_storm;
    stats_unlock(s);
    return is_storm;
}

void stats_shed(struct stats *s)
{
    stats_lock(s);
    s->shed++;
    stats_unlock(s);
}
