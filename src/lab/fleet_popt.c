#include "lab/fleet_popt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fleet_popt(struct poptOption table[FLEET_POPT_SIZE], struct fleet_options *o)
{
    const struct poptOption all[FLEET_POPT_SIZE] = {
        {"devices", 'd', POPT_ARG_INT, &o->devices, 0, "how many devices (40)", "N"},
        {"first", 0, POPT_ARG_STRING, &o->first, 0, "address of the first (127.1.0.1)", "ADDRESS"},
        {"seed", 0, POPT_ARG_LONGLONG, &o->seed, 0, "what everything follows from (0)", "N"},
        {"ssh-port", 0, POPT_ARG_INT, &o->ssh_port, 0, "port for SSH (10022)", "PORT"},
        {"telnet-port", 0, POPT_ARG_INT, &o->telnet_port, 0, "port for Telnet (10023)", "PORT"},
        {"persona", 'p', POPT_ARG_STRING, &o->persona, 0,
         "what they are: cisco_ios, or shares such as cisco_ios:60%,arista_eos:40%", "LIST"},
        {"persona-dir", 0, POPT_ARG_STRING, &o->persona_dir, 0, "more personas, *.yaml", "DIR"},
        {"misbehave", 0, POPT_ARG_STRING, &o->misbehave, 0,
         "what is wrong: silent:1%,drips@127.1.0.9 (poller-lab misbehaviours lists them)", "LIST"},
        {"device-file", 0, POPT_ARG_STRING, &o->device_file, 0,
         "YAML: what single devices are, by address", "FILE"},
        {"from", 0, POPT_ARG_STRING, &o->from, 0, "devices that poller -O recorded", "DIR"},
        {"user", 'u', POPT_ARG_STRING, &o->user, 0, "user name of all (admin)", "NAME"},
        {"password", 0, POPT_ARG_STRING, &o->password, 0, "password of all (admin)", "WORD"},
        {"secret", 0, POPT_ARG_STRING, &o->secret, 0, "enable secret of all (enable)", "WORD"},
        {"rtt", 0, POPT_ARG_STRING, &o->rtt, 0, "round trip: 20ms, or lognormal:20ms,0.5", "TIME"},
        {"jitter", 0, POPT_ARG_STRING, &o->jitter, 0, "each segment up to so much later", "TIME"},
        {"rate", 0, POPT_ARG_STRING, &o->rate, 0, "bytes a second, each way", "N"},
        {"login-delay", 0, POPT_ARG_STRING, &o->login_delay, 0, "time for a password", "TIME"},
        {"think", 0, POPT_ARG_STRING, &o->think, 0, "time for a command that has an output",
         "TIME"},
        POPT_TABLEEND,
    };
    memcpy(table, all, sizeof all);
}

#define STRINGS_MAX 64

/* The values of a table's options that are strings: popt leaves what it allocates to its caller. */
struct strings {
    const char *values[STRINGS_MAX];
    size_t n;
};

static struct strings kept;

static void collect(const struct poptOption *table, struct strings *out)
{
    for (; table->longName || table->shortName || table->arg; table++) {
        unsigned type = table->argInfo & POPT_ARG_MASK;
        if (type == POPT_ARG_INCLUDE_TABLE && table->arg != poptHelpOptions)
            collect(table->arg, out);
        else if (type == POPT_ARG_STRING && out->n < STRINGS_MAX)
            out->values[out->n++] = *(const char **)table->arg;
    }
}

/* Those that are no longer what they were by default. */
static void keep(const struct strings *before, const struct strings *now)
{
    for (size_t i = 0; i < now->n; i++)
        if (now->values[i] != before->values[i] && kept.n < STRINGS_MAX)
            kept.values[kept.n++] = now->values[i];
}

void lab_popt_free(void)
{
    while (kept.n > 0)
        free((void *)kept.values[--kept.n]);
}

int lab_popt_parse(int argc, const char **argv, const struct poptOption *table, struct err *e)
{
    return lab_popt_parse_with(argc, argv, table, NULL, NULL, e);
}

int lab_popt_parse_with(int argc, const char **argv, const struct poptOption *table,
                        const struct lab_popt_arguments *take, void *ctx, struct err *e)
{
    struct strings before = {.n = 0}, now = {.n = 0};
    const char *name = argv[0];
    char whole[64]; /* for --help: the program with its subcommand */
    snprintf(whole, sizeof whole, "poller-lab %s", name);
    argv[0] = whole;
    collect(table, &before);
    poptContext context = poptGetContext(whole, argc, argv, table, 0);
    if (take)
        poptSetOtherOptionHelp(context, take->usage);
    int rc = poptGetNextOpt(context);
    argv[0] = name;
    while (rc == -1 && take && poptPeekArg(context) && !err_is_set(e))
        take->one(ctx, poptGetArg(context), e);
    const char *left = poptPeekArg(context);
    if (rc < -1)
        err_set(e, FAIL_USAGE, "%s %s: %s (poller-lab %s --help)", argv[0],
                poptBadOption(context, POPT_BADOPTION_NOALIAS), poptStrerror(rc), argv[0]);
    else if (left)
        err_set(e, FAIL_USAGE, "%s: '%.100s' is left over (poller-lab %s --help)", argv[0], left,
                argv[0]);
    poptFreeContext(context);
    collect(table, &now);
    keep(&before, &now);
    return err_is_set(e) ? -1 : 0;
}
