/* poller-lab outputs: what each device says to each command, as JSON lines: what a client must
 * bring back. */
#include "lab/command.h"
#include "lab/fleet_popt.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* By name. NULL: memory is out. */
static json_t *modes_of(const struct persona *p, const struct persona_command *command)
{
    json_t *names = json_array();
    for (size_t i = 0; names && i < p->n_modes; i++)
        if (command->modes >> i & 1)
            json_array_append_new(names, json_string(p->modes[i].name));
    return names;
}

/* As said in the first mode that has the command. */
static const char *mode_of(const struct persona *p, const struct persona_command *command)
{
    size_t i = 0;
    while (i + 1 < p->n_modes && !(command->modes >> i & 1))
        i++;
    return p->modes[i].name;
}

static int print_output(const struct device *d, const struct persona_command *command)
{
    struct say_world world = device_world(d);
    struct buf text;
    char host[16];
    uint32_t a = d->address;
    snprintf(host, sizeof host, "%u.%u.%u.%u", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255);
    buf_init(&text, 64u << 20);
    world.mode = mode_of(d->persona, command);
    int rc = persona_output(d->persona, command, &world, &text);
    json_t *o = rc == 0
                    ? json_pack("{s:s, s:s, s:s, s:s, s:o, s:s%}", "host", host, "device", d->name,
                                "persona", d->persona->name, "command", command->text, "modes",
                                modes_of(d->persona, command), "output", buf_bytes(&text), text.len)
                    : NULL;
    buf_free(&text);
    /* Recorded bytes need not be text. */
    char *line = o ? json_dumps(o, JSON_COMPACT) : NULL;
    if (line)
        puts(line);
    free(line);
    json_decref(o);
    return rc;
}

static bool is_wanted(const struct persona_command *c, const char *only)
{
    return only ? strcmp(c->text, only) == 0
                : c->n_parts > 0 && !c->takes_rest && !strchr(c->text, '*') && c->enters < 0;
}

static int print_all(const struct fleet *fleet, const char *only, struct err *e)
{
    for (uint32_t i = 0; i < fleet->n; i++) {
        struct device d;
        fleet_device(fleet, i, &d);
        for (size_t c = 0; c < d.persona->n_commands; c++)
            if (is_wanted(&d.persona->commands[c], only) &&
                print_output(&d, &d.persona->commands[c]) != 0)
                return err_set(e, FAIL_INTERNAL, "out of memory");
    }
    return 0;
}

static int run(int argc, const char **argv, struct err *e)
{
    struct fleet_options options = {0};
    struct fleet fleet = {0};
    const char *only = NULL;
    struct poptOption devices[FLEET_POPT_SIZE];
    const struct poptOption table[] = {
        {"command", 'c', POPT_ARG_STRING, &only, 0, "this command alone", "COMMAND"},
        {NULL, 0, POPT_ARG_INCLUDE_TABLE, devices, 0, "Devices:", NULL},
        POPT_AUTOHELP POPT_TABLEEND};
    fleet_popt(devices, &options);
    int rc = lab_popt_parse(argc, argv, table, e);
    if (rc == 0)
        rc = fleet_make(&fleet, &options, e);
    if (rc == 0)
        rc = print_all(&fleet, only, e);
    fleet_free(&fleet);
    return rc == 0 ? 0 : fail_exit_code(e->class, false);
}

const struct lab_command lab_command_outputs = {
    "outputs", "what each device says to each command, as JSON lines", run};
