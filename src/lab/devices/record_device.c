/* A recorded device as a simulated one: the persona of its platform, with the recorded prompt and
 * the recorded outputs in front of its own. */
#include "base/log.h"
#include "lab/devices/fleet_records.h"
#include "lab/devices/record_prompt.h"

#include <stdio.h>
#include <string.h>

static const char fallback[] = "linux";

/* Other names under which records know the platforms of our personas. */
static const struct {
    const char *name, *persona;
} aliases[] = {
    {"cisco_xe", "cisco_ios"}, {"cisco_iosxe", "cisco_ios"},   {"cisco_iosxr", "cisco_xr"},
    {"huawei", "huawei_vrp"},  {"huawei_vrpv8", "huawei_vrp"}, {"juniper", "juniper_junos"},
};

static const struct persona *persona_of(const struct persona_set *set, const char *platform)
{
    const struct persona *p = personas_find(set, platform);
    for (size_t i = 0; !p && i < set->n; i++)
        if (strcmp(set->items[i]->platform, platform) == 0)
            p = set->items[i];
    return p;
}

static const struct persona *base_of(const struct persona_set *set, const struct record *record)
{
    static const char telnet[] = "_telnet";
    char platform[64];
    snprintf(platform, sizeof platform, "%s", record->platform ? record->platform : fallback);
    size_t n = strlen(platform), tail = strlen(telnet);
    if (n > tail && strcmp(platform + n - tail, telnet) == 0)
        platform[n - tail] = '\0';
    const struct persona *p = persona_of(set, platform);
    for (size_t i = 0; !p && i < sizeof aliases / sizeof *aliases; i++)
        if (strcmp(aliases[i].name, platform) == 0)
            p = personas_find(set, aliases[i].persona);
    if (p)
        return p;
    log_warn("%s: no persona is of the platform '%s': beneath what was recorded it is '%s'",
             record->device, platform, fallback);
    return personas_find(set, fallback);
}

/* Would its words, one blank between each two, be the line again? */
static bool is_words(const char *line)
{
    return line[0] != ' ' && !strstr(line, "  ") && !strpbrk(line, "\t\r\n");
}

/* The words of a line; none where a pattern cannot say it: then the line itself is meant. */
static int set_words(struct persona_command *c, struct arena *arena)
{
    char *text = is_words(c->text) ? arena_strdup(arena, c->text) : NULL, *rest = NULL;
    if (!text)
        return is_words(c->text) ? -1 : 0;
    for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        if (c->n_words == PERSONA_WORDS_MAX || strcmp(word, "*") == 0 || strcmp(word, "**") == 0) {
            c->n_words = 0;
            return 0;
        }
        c->words[c->n_words++] = word;
    }
    return 0;
}

static int make_recorded(const struct record_command *from, const struct persona *base,
                         struct arena *arena, struct persona_command *c)
{
    struct persona_part *part = arena_alloc(arena, sizeof *part);
    if (!part)
        return -1;
    /* By hand: braces in an output are what the device said. */
    *part = (struct persona_part){
        .text = {.text = from->output, .len = (uint32_t)from->len, .is_plain = true}, .repeat = 1};
    *c = (struct persona_command){
        .text = from->text,
        .modes = UINT32_MAX,
        .parts = part,
        .n_parts = 1,
        .enters = -1,
        .is_raw = from->is_raw,
        .is_recorded = true,
        .exit_status = from->exit_status >= 0 ? from->exit_status
                       : from->is_refused     ? base->error_status
                                              : 0,
    };
    return set_words(c, arena);
}

struct merge {
    const struct persona *base;
    struct persona_command *commands;
    size_t n;
};

static bool acts(const struct persona_command *c)
{
    return c->enters >= 0 || c->logs_out || c->pager != PAGER_STAYS;
}

static bool is_same(const struct persona_command *own, const struct persona_command *recorded)
{
    unsigned i = 0;
    while (i < recorded->n_words && i < own->n_words &&
           strcmp(own->words[i], recorded->words[i]) == 0)
        i++;
    return i > 0 && i == recorded->n_words && i == own->n_words;
}

/* Where the persona's own command of that text does something, what was recorded is what it says
 * while it does it; one that asks a question stays as it is, since the dialogue is its own. */
static void add_recorded(struct merge *m, const struct persona_command *recorded, bool is_refused)
{
    uint32_t left = recorded->modes;
    for (size_t i = 0; i < m->base->n_commands; i++) {
        const struct persona_command *own = &m->base->commands[i];
        if (!is_same(own, recorded) || (!own->ask.is_set && (is_refused || !acts(own))))
            continue;
        uint32_t modes = own->modes & left;
        left &= ~own->modes;
        if (own->ask.is_set || !modes)
            continue;
        struct persona_command *c = &m->commands[m->n++];
        *c = *recorded;
        c->modes = modes;
        c->enters = own->enters;
        c->pager = own->pager;
        c->logs_out = own->logs_out;
        c->logout = own->logout;
    }
    if (left) {
        m->commands[m->n] = *recorded;
        m->commands[m->n++].modes = left;
    }
}

static void add_own(struct merge *m, size_t n_recorded)
{
    for (size_t i = 0; i < m->base->n_commands; i++) {
        const struct persona_command *own = &m->base->commands[i];
        bool is_replaced = false;
        for (size_t k = 0; k < n_recorded && !own->ask.is_set && !is_replaced; k++)
            is_replaced = is_same(own, &m->commands[k]);
        if (!is_replaced)
            m->commands[m->n++] = *own;
    }
}

static int merge_commands(struct persona *p, const struct record *record, struct arena *arena)
{
    /* Each own command gives one at most: itself, or a recorded one in its modes. */
    struct merge m = {.base = p};
    m.commands = arena_array(arena, p->n_commands + record->n_commands + 1, sizeof *m.commands);
    if (!m.commands)
        return -1;
    for (size_t i = 0; i < record->n_commands; i++) {
        struct persona_command recorded;
        if (make_recorded(&record->commands[i], p, arena, &recorded) != 0)
            return -1;
        add_recorded(&m, &recorded, record->commands[i].is_refused);
    }
    add_own(&m, m.n);
    p->commands = m.commands;
    p->n_commands = m.n;
    return 0;
}

struct device_override *record_device(struct fleet *fleet, const struct record *record,
                                      struct err *e)
{
    const struct persona *base = base_of(&fleet->personas, record);
    struct persona *p = base ? arena_alloc(&fleet->arena, sizeof *p) : NULL;
    struct device_override *device = p ? arena_alloc(&fleet->arena, sizeof *device) : NULL;
    if (!device) {
        err_set(e, FAIL_INTERNAL, "out of memory");
        return NULL;
    }
    *p = *base;
    /* What was recorded holds them, where the device says them. */
    p->input_done = p->before_output = (struct say){0};
    *device = (struct device_override){
        .persona = p, .name = record->device, .misbehaviour = -1, .think_ms = -1, .rtt_ms = -1};
    if ((record->prompt &&
         record_prompt(p, record->prompt, &fleet->arena, &device->hostname) != 0) ||
        merge_commands(p, record, &fleet->arena) != 0) {
        err_set(e, FAIL_INTERNAL, "out of memory");
        return NULL;
    }
    return device;
}
