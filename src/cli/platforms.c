/* `poller platforms`: what kinds of device are known. */
#include "cli/command.h"
#include "cli/options.h"

#include <poller/poller.h>
#include <stdio.h>

static void print_platform(const struct platform *p)
{
    printf("%-20s %-18s", p->name, p->modes[p->default_mode].name);
    printf(" %s", p->file);
    for (size_t i = 0; i < p->n_aliases; i++)
        printf("%s%s", i ? ", " : "  also: ", p->aliases[i]);
    printf("\n");
}

static int list_platforms(const struct options *o, struct err *e)
{
    struct platform_set *set = platform_set_load(o->platform_dirs.items, o->platform_dirs.n, e);
    if (!set)
        return 2;
    int code = 0;
    printf("%-20s %-18s %s\n", "PLATFORM", "DEFAULT MODE", "FROM");
    for (size_t i = 0; code == 0 && i < platform_count(set); i++) {
        struct dialogue_rules *rules = dialogue_rules_new(platform_at(set, i), e);
        if (!rules)
            code = 2;
        else
            print_platform(platform_at(set, i));
        dialogue_rules_free(rules);
    }
    platform_set_free(set);
    return code;
}

static int platforms_main(int argc, const char **argv, struct err *e)
{
    struct options o;
    int code = 2;
    if (options_parse(&o, OPTIONS_RUN, argc, argv, e) == 0) {
        code = 0;
        if (o.help)
            puts("Usage: poller platforms [--platforms DIR]\n"
                 "Lists the platforms that are built in, and those of the directories given.");
        else
            code = list_platforms(&o, e);
    }
    options_free(&o);
    return code;
}

const struct subcommand command_platforms = {"platforms", "list the known platforms",
                                             platforms_main};
