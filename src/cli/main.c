/* The program: signals, the table of subcommands, the last error, the exit code. */
#include "cli/command.h"

#include <poller/poller.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static const struct subcommand *const subcommands[] = {
    &command_run,       &command_compare, &command_sweep,         &command_report,
    &command_platforms, &command_version, &command_version_option};

static struct cancel *_Atomic current_cancel;

void command_set_cancel(struct cancel *c)
{
    atomic_store(&current_cancel, c);
}

/* The first signal asks for an end in order; the second, or one before there is a run, leaves. A
 * terminal that goes may send SIGHUP twice, by the shell and by the kernel: that is one wish. */
static void on_signal(int number)
{
    struct cancel *c = atomic_load(&current_cancel);
    bool raised = c && cancel_raised(c);
    if (raised && number == SIGHUP)
        return;
    if (!c || raised)
        _exit(130);
    cancel_raise(c);
}

/* Not where it is ignored, as under nohup: then a run outlives its terminal. */
static void set_hangup(const struct sigaction *interrupt)
{
    struct sigaction before;
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(SIGHUP, interrupt, NULL);
}

static void set_signals(void)
{
    struct sigaction interrupt = {.sa_handler = on_signal};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&interrupt.sa_mask);
    sigaction(SIGINT, &interrupt, NULL);
    sigaction(SIGTERM, &interrupt, NULL);
    set_hangup(&interrupt);
    sigaction(SIGPIPE, &ignore, NULL);
}

/* Secrets must not end up in a core file, wherever the system sends those. */
static void forbid_core_dumps(void)
{
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
}

static const struct subcommand *find(const char *name)
{
    for (size_t i = 0; i < sizeof subcommands / sizeof *subcommands; i++)
        if (strcmp(subcommands[i]->name, name) == 0)
            return subcommands[i];
    return NULL;
}

int main(int argc, char **argv)
{
    struct err e = {0};
    const struct subcommand *command = argc > 1 ? find(argv[1]) : NULL;
    set_signals();
    forbid_core_dumps();
    int skip = command ? 1 : 0;
    if (!command)
        command = &command_run;
    int code = command->run(argc - skip, (const char **)argv + skip, &e);
    if (err_is_set(&e) && e.text[0])
        fprintf(stderr, "poller: %s\n", e.text);
    if (fflush(stdout) != 0 && code == 0)
        code = 1;
    return code;
}
