/* poller-lab personas, poller-lab misbehaviours: what there is. */
#include "lab/command.h"
#include "lab/fleet_popt.h"

#include <stdio.h>

static int run_personas(int argc, const char **argv, struct err *e)
{
    const char *dir = NULL;
    int check = 0;
    const struct poptOption table[] = {
        {"persona-dir", 0, POPT_ARG_STRING, &dir, 0, "more personas, *.yaml", "DIR"},
        {"check", 0, POPT_ARG_NONE, &check, 0, "read them all, say nothing but errors", NULL},
        POPT_AUTOHELP POPT_TABLEEND};
    struct persona_set set = {0};
    int rc = lab_popt_parse(argc, argv, table, e) != 0 ? -1 : personas_load(&set, dir, e);
    for (size_t i = 0; rc == 0 && !check && i < set.n; i++)
        printf("%-20s %zu modes, %zu commands, platform %s\n", set.items[i]->name,
               set.items[i]->n_modes, set.items[i]->n_commands, set.items[i]->platform);
    personas_free(&set);
    return rc == 0 ? 0 : fail_exit_code(e->class, false);
}

static int run_misbehaviours(int argc, const char **argv, struct err *e)
{
    const struct poptOption table[] = {POPT_AUTOHELP POPT_TABLEEND};
    if (lab_popt_parse(argc, argv, table, e) != 0)
        return 2;
    for (int i = 0; i < MIS_COUNT; i++) {
        const struct misbehaviour_entry *m = misbehave_entry((enum misbehaviour)i);
        const char *where = m->by_inventory ? "inventory"
                            : !m->telnet    ? "SSH"
                            : !m->ssh       ? "Telnet"
                                            : "both";
        printf("%-20s %-10s %s\n", m->name, where, m->summary);
    }
    return 0;
}

const struct lab_command lab_command_personas = {"personas", "the kinds of devices there are",
                                                 run_personas};
const struct lab_command lab_command_misbehaviours = {
    "misbehaviours", "what can be wrong with a device, by name", run_misbehaviours};
