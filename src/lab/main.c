/* poller-lab: simulated devices, and wires between anything and anything. */
#include "lab/command.h"
#include "lab/fleet_popt.h"
#include "lab/relay/relay.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

const struct lab_command lab_command_relay = {
    "relay", "a TCP relay with a round trip, a rate, faults, and a count of trips", relay_main};

static const struct lab_command *const commands[] = {
    &lab_command_sim,        &lab_command_inventory,     &lab_command_outputs,
    &lab_command_personas,   &lab_command_misbehaviours, &lab_command_relay,
    &lab_command_experiments};

#define COMMANDS (sizeof commands / sizeof *commands)

static void usage(FILE *to)
{
    fprintf(to, "usage: poller-lab COMMAND [OPTION...]\n\n");
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(to, "  %-15s %s\n", commands[i]->name, commands[i]->summary);
    fprintf(to, "\npoller-lab COMMAND --help tells the options of each.\n");
}

static const struct lab_command *find(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

int main(int argc, char **argv)
{
    struct err e = {0};
    const struct lab_command *command = argc > 1 ? find(argv[1]) : NULL;
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-?") == 0)) {
        usage(stdout);
        return 0;
    }
    if (!command) {
        if (argc > 1)
            fprintf(stderr, "poller-lab: there is no command '%.60s'\n", argv[1]);
        usage(stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    int code = command->run(argc - 1, (const char **)argv + 1, &e);
    if (err_is_set(&e))
        fprintf(stderr, "poller-lab: %s\n", e.text);
    lab_popt_free();
    return fflush(stdout) != 0 && code == 0 ? 1 : code;
}
