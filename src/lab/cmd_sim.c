/* poller-lab sim: its options. */
#include "lab/command.h"
#include "lab/fleet_popt.h"
#include "lab/sim/sim.h"
#include "lab/sim/stats.h"
#include "lab/wire/duration.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define GRACE_DEFAULT "120s"
#define IDLE_DEFAULT  "600s"

struct raw {
    const char *ssh_ports, *telnet_ports, *grace, *idle;
};

/* FIRST-LAST into two ports; -1: it is something else. */
static int split_range(const char *text, struct port_range *out)
{
    char *end;
    long first = strtol(text, &end, 10);
    if (end == text || *end != '-' || first < 1)
        return -1;
    text = end + 1;
    long last = strtol(text, &end, 10);
    if (end == text || *end != '\0' || last < first || last > UINT16_MAX)
        return -1;
    *out = (struct port_range){(uint16_t)first, (uint16_t)last};
    return 0;
}

static int read_range(const char *text, const char *option, uint32_t n, struct port_range *out,
                      struct err *e)
{
    if (!text)
        return 0;
    if (split_range(text, out) != 0)
        return err_set(e, FAIL_USAGE, "%s '%.60s': say FIRST-LAST, such as 22000-22009", option,
                       text);
    unsigned ports = (unsigned)out->last - out->first + 1;
    return ports == n ? 0
                      : err_set(e, FAIL_USAGE, "%s %s has %u ports for %u devices", option, text,
                                ports, n);
}

static int read_time(const char *text, const char *option, int64_t *ns, struct err *e)
{
    return duration_parse(text, ns) == 0 && *ns > 0
               ? 0
               : err_set(e, FAIL_USAGE, "%s '%.60s' is no time such as 120s", option, text);
}

static int check(struct sim_config *config, const struct raw *raw, struct err *e)
{
    if (config->shards < 0 || config->shards > SIM_SHARDS_MAX)
        return err_set(e, FAIL_USAGE, "--shards %d: from 1 to %d", config->shards, SIM_SHARDS_MAX);
    if (config->logins_per_second < 1 || config->logins_per_second > STATS_STORM_MAX)
        return err_set(e, FAIL_USAGE, "--logins-per-second %d: from 1 to %d",
                       config->logins_per_second, STATS_STORM_MAX);
    if (config->sessions_per_device < 1)
        return err_set(e, FAIL_USAGE, "--sessions-per-device is at least 1");
    if ((config->listen != NULL) != (raw->ssh_ports || raw->telnet_ports))
        return err_set(e, FAIL_USAGE,
                       "--listen goes with --port-per-device: elsewhere than on loopback a device "
                       "has no address of its own");
    return 0;
}

/* How many devices ports were given for, where nothing else says it. */
static void count_devices(struct sim_config *config, const struct raw *raw)
{
    const char *text = raw->ssh_ports ? raw->ssh_ports : raw->telnet_ports;
    struct port_range range;
    if (text && !config->devices.devices && split_range(text, &range) == 0)
        config->devices.devices = range.last - range.first + 1;
}

static int read_all(struct sim_config *config, const struct raw *raw, struct err *e)
{
    count_devices(config, raw);
    if (check(config, raw, e) != 0 || fleet_make(&config->fleet, &config->devices, e) != 0)
        return -1;
    uint32_t n = config->fleet.n;
    return read_range(raw->ssh_ports, "--port-per-device", n, &config->ssh_ports, e) != 0 ||
                   read_range(raw->telnet_ports, "--telnet-port-per-device", n,
                              &config->telnet_ports, e) != 0 ||
                   read_time(raw->grace, "--login-grace", &config->grace_ns, e) != 0 ||
                   read_time(raw->idle, "--idle", &config->idle_ns, e) != 0
               ? -1
               : 0;
}

static int run(int argc, const char **argv, struct err *e)
{
    struct sim_config config = {.logins_per_second = 1, .sessions_per_device = 1};
    struct raw raw = {.grace = GRACE_DEFAULT, .idle = IDLE_DEFAULT};
    struct poptOption devices[FLEET_POPT_SIZE];
    const struct poptOption table[] = {
        {"stats", 's', POPT_ARG_STRING, &config.stats_path, 0,
         "what it saw, as JSON, at the end and on SIGUSR1", "FILE"},
        {"shards", 0, POPT_ARG_INT, &config.shards, 0, "processes (one per core)", "N"},
        {"listen", 0, POPT_ARG_STRING, &config.listen, 0,
         "listen there instead of on loopback, with --port-per-device", "ADDRESS"},
        {"port-per-device", 0, POPT_ARG_STRING, &raw.ssh_ports, 0, "SSH, a port for each device",
         "FIRST-LAST"},
        {"telnet-port-per-device", 0, POPT_ARG_STRING, &raw.telnet_ports, 0, "the same for Telnet",
         "FIRST-LAST"},
        {"authorized-keys", 0, POPT_ARG_STRING, &config.authorized_path, 0,
         "public keys that may log in as anybody's user", "FILE"},
        {"login-grace", 0, POPT_ARG_STRING, &raw.grace, 0, "time for a log-in (120s)", "TIME"},
        {"idle", 0, POPT_ARG_STRING, &raw.idle, 0, "a session nobody types in ends (600s)", "TIME"},
        {"logins-per-second", 0, POPT_ARG_INT, &config.logins_per_second, 0,
         "what a device with login_limit takes (1)", "N"},
        {"sessions-per-device", 0, POPT_ARG_INT, &config.sessions_per_device, 0,
         "what a device with session_limit takes (1)", "N"},
        {NULL, 0, POPT_ARG_INCLUDE_TABLE, devices, 0, "Devices:", NULL},
        POPT_AUTOHELP POPT_TABLEEND};
    fleet_popt(devices, &config.devices);
    int rc = lab_popt_parse(argc, argv, table, e);
    if (rc == 0)
        rc = read_all(&config, &raw, e);
    int code = rc == 0 ? sim_run(&config, e) : fail_exit_code(e->class, false);
    fleet_free(&config.fleet);
    return code;
}

const struct lab_command lab_command_sim = {"sim", "simulated devices on loopback, SSH and Telnet",
                                            run};
