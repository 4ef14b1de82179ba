#include "lab/personas/say.h"

#include "base/seed.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_LEN 47
#define WIDTH_MAX    200
#define HEX_MAX      64
/* What one placeholder may stand for: a whole typed line, a caret behind prompt and line. */
#define SLOT_OUT_MAX 2304

/* One placeholder as it stands in a text: {{name arguments:width}}. */
struct slot {
    size_t start, end; /* of the whole, with its braces; end 0: it has none */
    char name[NAME_MAX_LEN + 1];
    char arguments[128];
    long width; /* below 0: left */
};

struct speaker {
    const struct say_world *world;
    uint64_t random; /* of this place */
};

/* Writes what it stands for into out; false: the arguments make no sense. */
typedef bool slot_fn(const struct speaker *s, const char *arguments, char *out, size_t size);

static bool put(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text ? text : "");
    return true;
}

static bool say_hostname(const struct speaker *s, const char *arguments, char *out, size_t size)
{
    (void)arguments;
    return put(out, size, s->world->hostname);
}

static bool say_user(const struct speaker *s, const char *arguments, char *out, size_t size)
{
    (void)arguments;
    return put(out, size, s->world->user);
}

static bool say_client(const struct speaker *s, const char *arguments, char *out, size_t size)
{
    (void)arguments;
    return put(out, size, s->world->client);
}

static bool say_mode(const struct speaker *s, const char *arguments, char *out, size_t size)
{
    (void)arguments;
    return put(out, size, s->world->mode);
}

static bool say_input(const struct speaker *s, const char *arguments, char *out, size_t size)
{
    (void)arguments;
    return put(out, size, s->world->input);
}

static bool say_word(const struct speaker *s, const char *arguments, char *out, size_t size)
{
    (void)arguments;
    return put(out, size, s->world->word);
}

static bool say_address(const struct speaker *s, const char *arguments, char *out, size_t size)
{
    uint32_t a = s->world->address;
    (void)arguments;
    snprintf(out, size, "%u.%u.%u.%u", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255);
    return true;
}

static bool say_index(const struct speaker *s, const char *arguments, char *out, size_t size)
{
    (void)arguments;
    snprintf(out, size, "%u", s->world->index + 1);
    return true;
}

static bool say_n(const struct speaker *s, const char *arguments, char *out, size_t size)
{
    (void)arguments;
    snprintf(out, size, "%u", s->world->row + 1);
    return true;
}

static bool say_n0(const struct speaker *s, const char *arguments, char *out, size_t size)
{
    (void)arguments;
    snprintf(out, size, "%u", s->world->row);
    return true;
}

static bool say_serial(const struct speaker *s, const char *arguments, char *out, size_t size)
{
    static const char signs[] = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    uint64_t state = seed_mix(s->world->seed, 'S');
    (void)arguments;
    for (size_t i = 0; i < 11 && i + 1 < size; i++) {
        out[i] = signs[i < 3 ? 10 + seed_next(&state) % 24 : seed_next(&state) % 34];
        out[i + 1] = '\0';
    }
    return true;
}

static bool put_mac(const struct speaker *s, const char *form, char *out, size_t size)
{
    uint64_t v = seed_mix(s->world->seed, 'M');
    unsigned b[3] = {v & 255, v >> 8 & 255, v >> 16 & 255};
    char plain[13];
    size_t at = 0;
    snprintf(plain, sizeof plain, "525400%02x%02x%02x", b[0], b[1], b[2]);
    for (size_t i = 0; *form && at + 1 < size; form++) {
        char c = *form == 'x' ? plain[i++] : *form == 'X' ? plain[i++] : *form;
        out[at++] = *form == 'X' && c >= 'a' ? (char)(c - 'a' + 'A') : c;
    }
    out[at] = '\0';
    return true;
}

static bool say_mac(const struct speaker *s, const char *arguments, char *out, size_t size)
{
    (void)arguments;
    return put_mac(s, "xx:xx:xx:xx:xx:xx", out, size);
}

static bool say_mac_dot(const struct speaker *s, const char *arguments, char *out, size_t size)
{
    (void)arguments;
    return put_mac(s, "xxxx.xxxx.xxxx", out, size);
}

static bool say_mac_dash(const struct speaker *s, const char *arguments, char *out, size_t size)
{
    (void)arguments;
    return put_mac(s, "XX-XX-XX-XX-XX-XX", out, size);
}

static bool say_mac_comware(const struct speaker *s, const char *arguments, char *out, size_t size)
{
    (void)arguments;
    return put_mac(s, "xxxx-xxxx-xxxx", out, size);
}

static bool put_uptime(const struct speaker *s, unsigned salt, int64_t most, char *out, size_t size)
{
    snprintf(out, size, "%lld", (long long)seed_between(seed_mix(s->world->seed, salt), 0, most));
    return true;
}

static bool say_weeks(const struct speaker *s, const char *arguments, char *out, size_t size)
{
    (void)arguments;
    return put_uptime(s, 'w', 99, out, size);
}

static bool say_days(const struct speaker *s, const char *arguments, char *out, size_t size)
{
    (void)arguments;
    return put_uptime(s, 'd', 6, out, size);
}

static bool say_hours(const struct speaker *s, const char *arguments, char *out, size_t size)
{
    (void)arguments;
    return put_uptime(s, 'h', 23, out, size);
}

static bool say_minutes(const struct speaker *s, const char *arguments, char *out, size_t size)
{
    (void)arguments;
    return put_uptime(s, 'm', 59, out, size);
}

static bool say_seconds(const struct speaker *s, const char *arguments, char *out, size_t size)
{
    (void)arguments;
    return put_uptime(s, 's', 59, out, size);
}

static bool say_count(const struct speaker *s, const char *arguments, char *out, size_t size)
{
    char *end;
    long long low = strtoll(arguments, &end, 10);
    if (end == arguments || *end != ' ')
        return false;
    const char *second = end;
    long long high = strtoll(second, &end, 10);
    if (end == second || *end != '\0' || high < low)
        return false;
    snprintf(out, size, "%lld", (long long)seed_between(s->random, low, high));
    return true;
}

static bool say_hex(const struct speaker *s, const char *arguments, char *out, size_t size)
{
    char *end;
    long n = strtol(arguments, &end, 10);
    uint64_t state = s->random;
    if (end == arguments || *end != '\0' || n < 1 || n > HEX_MAX || (size_t)n >= size)
        return false;
    for (long i = 0; i < n; i++)
        out[i] = "0123456789abcdef"[seed_next(&state) >> 60];
    out[n] = '\0';
    return true;
}

static bool say_pick(const struct speaker *s, const char *arguments, char *out, size_t size)
{
    uint64_t n = 1;
    for (const char *p = arguments; *p; p++)
        n += *p == '|';
    for (uint64_t skip = s->random % n; skip > 0; skip--)
        arguments = strchr(arguments, '|') + 1;
    snprintf(out, size, "%.*s", (int)strcspn(arguments, "|"), arguments);
    return n > 1;
}

static bool say_caret(const struct speaker *s, const char *arguments, char *out, size_t size)
{
    size_t n = s->world->caret < size - 2 ? s->world->caret : size - 2;
    (void)arguments;
    memset(out, ' ', n);
    out[n] = '^';
    out[n + 1] = '\0';
    return true;
}

static const struct {
    const char *name;
    slot_fn *say;
    bool has_arguments;
} slots[] = {
    {"hostname", say_hostname, false},
    {"address", say_address, false},
    {"index", say_index, false},
    {"user", say_user, false},
    {"client", say_client, false},
    {"serial", say_serial, false},
    {"mac", say_mac, false},
    {"mac.dot", say_mac_dot, false},
    {"mac.dash", say_mac_dash, false},
    {"mac.comware", say_mac_comware, false},
    {"uptime.weeks", say_weeks, false},
    {"uptime.days", say_days, false},
    {"uptime.hours", say_hours, false},
    {"uptime.minutes", say_minutes, false},
    {"uptime.seconds", say_seconds, false},
    {"count", say_count, true},
    {"hex", say_hex, true},
    {"pick", say_pick, true},
    {"n", say_n, false},
    {"n0", say_n0, false},
    {"input", say_input, false},
    {"word", say_word, false},
    {"caret", say_caret, false},
    {"mode", say_mode, false},
};

#define SLOTS (sizeof slots / sizeof slots[0])

static int slot_number(const char *name)
{
    for (size_t i = 0; i < SLOTS; i++)
        if (strcmp(slots[i].name, name) == 0)
            return (int)i;
    return -1;
}

/* Splits the inside of the braces. False: too long, or a width that is no number. */
static bool split(const char *inside, size_t len, struct slot *out)
{
    char copy[sizeof out->arguments + NAME_MAX_LEN];
    if (len >= sizeof copy)
        return false;
    memcpy(copy, inside, len);
    copy[len] = '\0';
    out->width = 0;
    char *colon = strrchr(copy, ':'), *end;
    /* Else the colon belongs to the arguments, or to a name that nobody knows. */
    if (colon && colon[1] && (out->width = strtol(colon + 1, &end, 10), !*end))
        *colon = '\0';
    else
        out->width = 0;
    if (out->width > WIDTH_MAX || out->width < -WIDTH_MAX)
        return false;
    size_t name = strcspn(copy, " ");
    if (name > NAME_MAX_LEN || strlen(copy + name) > sizeof out->arguments)
        return false;
    snprintf(out->name, sizeof out->name, "%.*s", (int)name, copy);
    snprintf(out->arguments, sizeof out->arguments, "%s", copy[name] ? copy + name + 1 : "");
    return true;
}

/* The next placeholder at or behind *at: 1, 0 when there is none, -1 when it is unfinished (start
 * is set). */
static int next_slot(const char *text, size_t len, size_t at, struct slot *out)
{
    const char *open = memmem(text + at, len - at, "{{", 2);
    if (!open)
        return 0;
    out->start = (size_t)(open - text);
    out->name[0] = '\0';
    out->end = 0;
    const char *close = memmem(open, len - out->start, "}}", 2);
    /* The next one's end is not this one's. */
    if (!close || memmem(open + 2, (size_t)(close - open) - 2, "{{", 2))
        return -1;
    out->end = (size_t)(close - text) + 2;
    return split(open + 2, (size_t)(close - open) - 2, out) ? 1 : -1;
}

static bool is_sound(const struct slot *slot, struct say_fault *fault)
{
    static const struct say_world nowhere = {.hostname = "x"};
    struct speaker speaker = {.world = &nowhere};
    const char *names[SLOTS];
    char out[SLOT_OUT_MAX];
    int number = slot_number(slot->name);
    if (number >= 0 && slots[number].has_arguments == (slot->arguments[0] != '\0') &&
        slots[number].say(&speaker, slot->arguments, out, sizeof out))
        return true;
    for (size_t i = 0; i < SLOTS; i++)
        names[i] = slots[i].name;
    fault->nearest = number < 0 && slot->name[0] ? text_nearest(slot->name, names, SLOTS) : NULL;
    return false;
}

bool say_make(const char *text, size_t len, struct say *out, struct say_fault *fault)
{
    struct slot slot;
    size_t at = 0;
    int found;
    *out = (struct say){text, (uint32_t)len, true, seed_text(text, len)};
    while ((found = next_slot(text, len, at, &slot)) != 0) {
        *fault = (struct say_fault){.at = slot.start, .is_open = slot.end == 0};
        snprintf(fault->name, sizeof fault->name, "%s", slot.name);
        if (found < 0 || !is_sound(&slot, fault))
            return false;
        out->is_plain = false;
        at = slot.end;
    }
    return true;
}

static int say_slot(const struct say *say, const struct slot *slot, const struct say_world *world,
                    struct buf *b)
{
    struct speaker speaker = {
        world, seed_mix(world->seed ^ say->place, slot->start ^ (uint64_t)world->row << 32)};
    char out[SLOT_OUT_MAX];
    int number = slot_number(slot->name);
    if (number < 0 || !slots[number].say(&speaker, slot->arguments, out, sizeof out))
        return 0;
    return buf_addf(b, "%*s", (int)slot->width, out);
}

int say_to(const struct say *say, const struct say_world *world, struct buf *b)
{
    struct slot slot;
    size_t at = 0;
    if (say->is_plain || !say->text)
        return say->text ? buf_add(b, say->text, say->len) : 0;
    while (next_slot(say->text, say->len, at, &slot) == 1) {
        if (buf_add(b, say->text + at, slot.start - at) != 0 || say_slot(say, &slot, world, b) != 0)
            return -1;
        at = slot.end;
    }
    return buf_add(b, say->text + at, say->len - at);
}
