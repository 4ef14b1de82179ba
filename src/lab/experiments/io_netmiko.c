#include "lab/experiments/io_bound.h"
#include "lab/experiments/python.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SCRIPT_LEN 8192
#define NUMBERS    2

/* Prints the milliseconds and how many devices answered. YAML is there where netmiko is. */
static const char script[] = "import time, yaml, netmiko\n"
                             "from concurrent.futures import ThreadPoolExecutor\n"
                             "def visit(device):\n"
                             "    try:\n"
                             "        with netmiko.ConnectHandler(**device) as c:\n"
                             "            return len(c.send_command('show version')) > 0\n"
                             "    except Exception:\n"
                             "        return False\n"
                             "devices = yaml.safe_load(open('%s'))\n"
                             "start = time.monotonic()\n"
                             "with ThreadPoolExecutor(%u) as pool:\n"
                             "    answered = sum(pool.map(visit, devices))\n"
                             "print((time.monotonic() - start) * 1000, answered)\n";

static const char *python_with_netmiko(const struct experiment_env *env, struct finding *f)
{
    const char *const pythons[] = {"build/peers/bin/python3", env->python};
    unsigned skipped = f->n_skipped;
    for (size_t i = 0; i < 2; i++) {
        double one;
        struct experiment_env own = *env;
        own.python = pythons[i];
        if (own.python && access(own.python, X_OK) == 0 &&
            python_run(&own, f, "import netmiko, yaml; print(1)", &one, 1))
            return own.python;
        f->n_skipped = skipped; /* one sentence will say it */
    }
    return NULL;
}

int io_netmiko(const struct experiment_env *env, const struct target *t, const char *const *options,
               struct finding *f, struct err *e)
{
    static const unsigned counts[] = {40, 20, 10, 5, 1};
    const char *all[32];
    char path[4096], text[SCRIPT_LEN];
    size_t n = 0, n_counts = env->thorough ? 5 : 2;
    struct experiment_env own = *env;
    own.python = python_with_netmiko(env, f);
    if (!own.python) {
        finding_skip(f, "netmiko on the same devices: neither build/peers nor python3 has it (pip "
                        "install netmiko)");
        return 0;
    }
    for (; options[n] && n < 29; n++)
        all[n] = options[n];
    all[n++] = "--dialect";
    all[n++] = "netmiko";
    all[n] = NULL;
    snprintf(path, sizeof path, "%s/netmiko.yaml", env->place);
    if (target_list(t, env, all, path, e) != 0)
        return -1;
    struct series *s = finding_series(f, "netmiko here, 40 devices", "workers", "elapsed", "ms");
    for (size_t i = n_counts; i-- > 0;) { /* ascending, as the other curves */
        double out[NUMBERS];
        snprintf(text, sizeof text, script, path, counts[i]);
        if (!python_run(&own, f, text, out, NUMBERS))
            return 0;
        series_add(s, counts[i], out[0]);
        finding_value(f, out[0], "ms", "netmiko, %u threads; %.0f answered", counts[i], out[1]);
    }
    return 0;
}
