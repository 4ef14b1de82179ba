#include "lab/sim/sim.h"

#include "base/log.h"
#include "lab/sim/limits.h"
#include "lab/sim/listen.h"
#include "lab/sim/shard.h"
#include "lab/sim/stats.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* A shard that dies more often than this is no accident. */
#define REPLACEMENTS_MAX 8
#define READY_SECONDS    30

struct sim {
    struct sim_config *config;
    struct stats *stats;
    struct listeners listeners[SIM_SHARDS_MAX];
    struct roll *rolls[SIM_SHARDS_MAX];
    struct dead_ports dead_ports;
    pid_t pids[SIM_SHARDS_MAX];
    struct mono started;
    int replacements;
};

/* --- keys --- */

static int add_key(struct sim_config *config, char *line)
{
    char *type = strtok(line, " \t"), *key = strtok(NULL, " \t");
    if (!type || *type == '#' || !key || config->n_authorized == SIM_KEYS_MAX)
        return 0;
    return ssh_pki_import_pubkey_base64(key, ssh_key_type_from_name(type),
                                        &config->authorized[config->n_authorized]) == SSH_OK
               ? (int)++config->n_authorized
               : -1;
}

static int read_keys(struct sim_config *config, struct err *e)
{
    const char *path = config->authorized_path;
    char line[16384];
    FILE *file = path ? fopen(path, "re") : NULL;
    int rc = 0;
    if (!path)
        return 0;
    if (!file)
        return err_set(e, FAIL_USAGE, "--authorized-keys %s: %s", path, strerror(errno));
    for (int number = 1; rc >= 0 && fgets(line, sizeof line, file); number++) {
        line[strcspn(line, "\r\n")] = '\0';
        rc = add_key(config, line);
        if (rc < 0)
            err_set(e, FAIL_USAGE, "%s:%d: no public key that can be read", path, number);
    }
    fclose(file);
    return rc < 0 ? -1 : 0;
}

static void free_keys(struct sim_config *config)
{
    for (unsigned i = 0; i < config->n_authorized; i++)
        ssh_key_free(config->authorized[i]);
    ssh_key_free(config->old_key);
}

/* --- shards --- */

/* A shard's own, and nothing else of the parent's. */
static void close_others(struct sim *sim, int own)
{
    for (int i = 0; i < sim->config->shards; i++)
        if (i != own)
            listeners_close(&sim->listeners[i]);
    dead_ports_close(&sim->dead_ports);
}

static pid_t start_shard(struct sim *sim, int number, int ready_fd)
{
    pid_t parent = getpid(), pid = fork();
    if (pid != 0)
        return pid;
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _Exit(1);
    (void)signal(SIGINT, SIG_IGN); /* orders come from the parent */
    close_others(sim, number);
    int code =
        shard_run(sim->config, sim->stats, sim->rolls[number], &sim->listeners[number], ready_fd);
    listeners_close(&sim->listeners[number]);
    _Exit(code);
}

/* True once all have said that they serve. */
static bool wait_ready(int fd, int n)
{
    char byte;
    (void)alarm(READY_SECONDS);
    while (n > 0 && read(fd, &byte, 1) == 1)
        n--;
    (void)alarm(0);
    return n == 0;
}

static int make_rolls(struct sim *sim)
{
    for (int i = 0; i < sim->config->shards; i++) {
        sim->rolls[i] = roll_new(limits_visits(sim->config));
        if (!sim->rolls[i])
            return -1;
    }
    return 0;
}

static int start_shards(struct sim *sim, struct err *e)
{
    int ready[2];
    bool is_forked = true;
    if (make_rolls(sim) != 0)
        return err_set(e, FAIL_INTERNAL, "out of memory");
    if (pipe2(ready, O_CLOEXEC) != 0)
        return err_set(e, FAIL_INTERNAL, "no pipe: %s", strerror(errno));
    for (int i = 0; i < sim->config->shards && is_forked; i++) {
        sim->pids[i] = start_shard(sim, i, ready[1]);
        is_forked = sim->pids[i] > 0;
    }
    close(ready[1]);
    bool is_ready = is_forked && wait_ready(ready[0], sim->config->shards);
    close(ready[0]);
    return is_ready ? 0 : err_set(e, FAIL_INTERNAL, "a shard could not be started");
}

static void replace(struct sim *sim, pid_t pid, int status)
{
    for (int i = 0; i < sim->config->shards; i++) {
        if (sim->pids[i] != pid)
            continue;
        sim->pids[i] = 0;
        log_warn("shard %d ended by itself (%s %d): its sessions are lost", i,
                 WIFSIGNALED(status) ? "signal" : "status",
                 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
        roll_settle(sim->rolls[i], sim->stats);
        if (sim->replacements++ < REPLACEMENTS_MAX)
            sim->pids[i] = start_shard(sim, i, open("/dev/null", O_WRONLY | O_CLOEXEC));
    }
}

static void stop_shards(struct sim *sim)
{
    for (int i = 0; i < sim->config->shards; i++)
        if (sim->pids[i] > 0)
            kill(sim->pids[i], SIGTERM);
    for (int i = 0; i < sim->config->shards; i++)
        if (sim->pids[i] > 0)
            (void)waitpid(sim->pids[i], NULL, 0);
}

/* --- the parent --- */

static int open_listeners(struct sim *sim, struct err *e)
{
    const struct sim_config *config = sim->config;
    if (listeners_check(config, e) != 0)
        return -1;
    for (int i = 0; i < config->shards; i++)
        if (listeners_open(config, &sim->listeners[i], e) != 0)
            return -1;
    return config->listen ? 0 : dead_ports_open(&config->fleet, &sim->dead_ports, e);
}

static void say_ready(const struct sim *sim)
{
    const struct sim_config *c = sim->config;
    const struct fleet *f = &c->fleet;
    struct in_addr first = {htonl(f->first)}, last = {htonl(f->first + f->n - 1)};
    char from[INET_ADDRSTRLEN], to[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, &first, from, sizeof from);
    inet_ntop(AF_INET, &last, to, sizeof to);
    double ms = mono_ms_between(sim->started, mono_now());
    if (c->listen)
        printf("ready: %u devices on %s, SSH ports %u-%u, %d shards, %.0f ms\n", f->n, c->listen,
               c->ssh_ports.first, c->ssh_ports.last, c->shards, ms);
    else
        printf("ready: %u devices, %s to %s, SSH port %u, Telnet port %u, %d shards, %.0f ms\n",
               f->n, from, to, f->ssh_port, f->telnet_port, c->shards, ms);
    fflush(stdout);
}

static int write_stats(struct sim *sim, struct err *e)
{
    const struct sim_config *c = sim->config;
    double ms = mono_ms_between(sim->started, mono_now());
    return c->stats_path ? stats_write(sim->stats, c->fleet.seed, ms, c->stats_path, e) : 0;
}

/* Said before the start what would be said at the end. */
static int check_stats(struct sim *sim, struct err *e)
{
    const char *path = sim->config->stats_path;
    struct err found = {0};
    if (!path || strcmp(path, "-") == 0 || write_stats(sim, &found) == 0)
        return 0;
    return err_set(e, FAIL_USAGE, "%s", found.text);
}

static void block_signals(sigset_t *set)
{
    static const int all[] = {SIGTERM, SIGINT, SIGUSR1, SIGCHLD};
    sigemptyset(set);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        sigaddset(set, all[i]);
    sigprocmask(SIG_BLOCK, set, NULL);
}

static int watch(struct sim *sim, const sigset_t *set, struct err *e)
{
    for (;;) {
        int number = 0, status;
        pid_t pid;
        struct err at_once = {0};
        if (sigwait(set, &number) != 0)
            continue;
        if (number == SIGTERM || number == SIGINT)
            return 0;
        if (number == SIGUSR1 && write_stats(sim, &at_once) != 0)
            log_warn("%s", at_once.text);
        while (number == SIGCHLD && (pid = waitpid(-1, &status, WNOHANG)) > 0)
            replace(sim, pid, status);
        if (sim->replacements > REPLACEMENTS_MAX)
            return err_set(e, FAIL_INTERNAL, "shards end by themselves again and again");
    }
}

static int run(struct sim *sim, struct err *e)
{
    sigset_t set;
    if (read_keys(sim->config, e) != 0 || limits_check(sim->config, e) != 0 ||
        hostkeys_make_old(&sim->config->fleet, &sim->config->old_key, e) != 0 ||
        check_stats(sim, e) != 0 || open_listeners(sim, e) != 0)
        return -1;
    block_signals(&set);
    int rc = start_shards(sim, e);
    if (rc == 0) {
        say_ready(sim);
        rc = watch(sim, &set, e);
    }
    stop_shards(sim);
    struct err last = {0};
    if (write_stats(sim, &last) != 0 && rc == 0)
        *e = last;
    return err_is_set(e) ? -1 : rc;
}

static struct stats *make_stats(const struct sim_config *config)
{
    const struct persona_set *all = &config->fleet.personas;
    const char *names[sizeof all->items / sizeof *all->items];
    for (size_t i = 0; i < all->n; i++)
        names[i] = all->items[i]->name;
    const struct stats_setup setup = {.devices = config->fleet.n,
                                      .logins_per_second = (uint32_t)config->logins_per_second,
                                      .personas = names,
                                      .n_personas = (uint32_t)all->n};
    return stats_new(&setup);
}

int sim_run(struct sim_config *config, struct err *e)
{
    struct sim sim = {.config = config,
                      .started = mono_now(),
                      .dead_ports = {-1, -1, {-1, -1}},
                      .stats = make_stats(config)};
    int rc = sim.stats ? run(&sim, e) : err_set(e, FAIL_INTERNAL, "out of memory");
    for (int i = 0; i < config->shards; i++)
        listeners_close(&sim.listeners[i]);
    for (int i = 0; i < config->shards; i++)
        roll_free(sim.rolls[i]);
    dead_ports_close(&sim.dead_ports);
    free_keys(config);
    stats_free(sim.stats);
    return rc == 0 ? 0 : fail_exit_code(e->class, false);
}
