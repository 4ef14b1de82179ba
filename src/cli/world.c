#include "cli/world.h"

#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/shared.h"
#include "cli/ask.h"
#include "cli/commands_file.h"
#include "cli/options_values.h"
#include "cli/resume.h"
#include "transport/hostkeys.h"
#include "transport/keyring.h"

#include <errno.h>
#include <malloc.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define MS_PER_S 1000.0
/* Descriptors beside the engine's own: standard ones, sinks, look-ups, libraries. */
#define SPARE_DESCRIPTORS 64

static int load_platforms(struct world *w, const struct options *o, struct err *e)
{
    w->platforms = platform_set_load(o->platform_dirs.items, o->platform_dirs.n, e);
    return w->platforms ? 0 : -1;
}

static int load_inventory(struct world *w, const struct options *o, struct err *e)
{
    struct inventory_options options = {
        .platforms = w->platforms,
        .username = o->user,
        .password = o->ask_pass ? "ask" : NULL,
        .enable = o->ask_enable ? "ask" : NULL,
        .default_platform = o->default_platform,
        .skip_unknown = o->skip_unknown,
    };
    if (o->files.n == 0 && o->hosts.n == 0)
        return err_set(e, FAIL_USAGE,
                       "no devices: name an inventory with -f FILE or hosts with -w LIST");
    w->inventory = inventory_new(&options);
    if (!w->inventory)
        return err_set(e, FAIL_USAGE, "out of memory");
    for (size_t i = 0; i < o->files.n; i++)
        if (inventory_add_file(w->inventory, o->files.items[i], e) != 0)
            return -1;
    for (size_t i = 0; i < o->hosts.n; i++)
        if (inventory_add_hosts(w->inventory, o->hosts.items[i], e) != 0)
            return -1;
    return inventory_finish(w->inventory, o->excludes.items, o->excludes.n, o->limit, e);
}

static int make_plan(struct world *w, const struct options *o, struct err *e)
{
    struct string_list commands = {0};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < o->commands.n; i++)
        rc = list_add(&commands, o->commands.items[i]);
    for (size_t i = 0; rc == 0 && i < o->command_files.n; i++)
        rc = commands_file_read(o->command_files.items[i], &commands, e);
    if (rc == 0)
        w->plan = plan_new(w->inventory, commands.items, commands.n, o->privilege, e);
    else
        err_set(e, FAIL_USAGE, "out of memory");
    list_free(&commands);
    return w->plan ? 0 : -1;
}

/* Patterns are compiled once for each platform in use, before any thread or fork. */
static int compile_rules(struct world *w, struct err *e)
{
    w->rules = calloc(platform_count(w->platforms) + 1, sizeof(struct dialogue_rules *));
    if (!w->rules)
        return err_set(e, FAIL_USAGE, "out of memory");
    const struct command *checked = NULL; /* groups share lists: one check for a row of equals */
    for (size_t i = 0; i < plan_count(w->plan); i++) {
        struct job job = plan_job(w->plan, i);
        const struct platform *platform = job.device->platform;
        if (platform && !w->rules[platform->index]) {
            w->rules[platform->index] = dialogue_rules_new(platform, e);
            if (!w->rules[platform->index])
                return -1;
        }
        const struct command_list *own = &job.device->commands; /* also where -c overrides them */
        if (own->items == checked)
            continue;
        checked = own->items;
        for (size_t k = 0; k < own->n; k++)
            if (dialogue_check_command(&own->items[k], e) != 0)
                return -1;
    }
    return 0;
}

/* A definition that --platforms gives is checked even where no device uses it. */
static int check_given_platforms(const struct world *w, const struct options *o, struct err *e)
{
    for (size_t i = 0; o->platform_dirs.n > 0 && i < platform_count(w->platforms); i++) {
        struct dialogue_rules *rules = dialogue_rules_new(platform_at(w->platforms, i), e);
        if (!rules)
            return -1;
        dialogue_rules_free(rules);
    }
    return 0;
}

static int read_resume(struct world *w, const struct options *o, struct err *e)
{
    struct resume resume;
    fail_set on = o->resume_on ? o->resume_on : (fail_set)-1;
    bool is_part = o->limit || o->excludes.n > 0;
    w->n_left = plan_count(w->plan);
    if (!o->resume)
        return 0;
    int rc = resume_read(&resume, o->resume, w->inventory, on, is_part, e);
    if (rc == 0) {
        w->done = resume.done;
        w->n_left -= resume.n_done;
        resume.done = NULL;
        memcpy(w->let_be, resume.let_be, sizeof w->let_be);
        w->let_be_exit = resume.let_be_exit;
        if (resume.n_cut > 0)
            log_warn("--resume %s: %zu record%s cut off in the middle: not counted",
                     file_name(o->resume), resume.n_cut, resume.n_cut == 1 ? " is" : "s are");
        if (resume.n_unknown > 0 && !is_part)
            log_warn("--resume %s: %zu record%s of devices that this inventory does not have",
                     file_name(o->resume), resume.n_unknown,
                     resume.n_unknown == 1 ? " is" : "s are");
    }
    resume_free(&resume);
    return rc;
}

int world_load(struct world *w, const struct options *o, struct err *e)
{
    *w = (struct world){0};
    if (load_platforms(w, o, e) != 0 || check_given_platforms(w, o, e) != 0 ||
        load_inventory(w, o, e) != 0 || make_plan(w, o, e) != 0)
        return -1;
    memory_trim(); /* reading needed more than is kept, and a run is long */
    return compile_rules(w, e) == 0 ? read_resume(w, o, e) : -1;
}

static char *default_known_hosts(void)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    const struct passwd *user = home && *home ? NULL : getpwuid(getuid());
    char *path = NULL;
    if (user)
        home = user->pw_dir;
    int rc = state && *state
                 ? asprintf(&path, "%s/poller/known_hosts", state)
                 : asprintf(&path, "%s/.local/state/poller/known_hosts", home ? home : "");
    return rc < 0 ? NULL : path;
}

static struct hostkeys_file *find_file(const struct world *w, const char *path)
{
    for (size_t i = 0; i < w->n_device_hostkeys; i++)
        if (strcmp(w->device_hostkeys[i].path, path) == 0)
            return &w->device_hostkeys[i];
    return NULL;
}

static const struct hostkeys *device_hostkeys(const void *ctx, const struct device *device)
{
    const struct world *w = ctx;
    const struct hostkeys_file *file =
        device->known_hosts ? find_file(w, device->known_hosts) : NULL;
    return file ? file->keys : NULL;
}

static int add_device_file(struct world *w, const char *path, struct err *e)
{
    struct hostkeys_file *more =
        realloc(w->device_hostkeys, (w->n_device_hostkeys + 1) * sizeof *more);
    if (!more)
        return err_set(e, FAIL_USAGE, "out of memory");
    w->device_hostkeys = more;
    struct hostkeys *keys = hostkeys_load(path, e);
    if (!keys)
        return -1;
    w->device_hostkeys[w->n_device_hostkeys++] = (struct hostkeys_file){path, keys};
    return 0;
}

static void free_hostkeys(struct world *w)
{
    for (size_t i = 0; i < w->n_device_hostkeys; i++)
        hostkeys_free(w->device_hostkeys[i].keys);
    free(w->device_hostkeys);
    w->device_hostkeys = NULL;
    w->n_device_hostkeys = 0;
    hostkeys_free(w->hostkeys);
    w->hostkeys = NULL;
}

int world_load_hostkeys(struct world *w, struct err *e)
{
    free_hostkeys(w);
    w->hostkeys = hostkeys_load(w->known_hosts, e);
    if (!w->hostkeys)
        return -1;
    for (size_t i = 0; i < inventory_count(w->inventory); i++) {
        const char *path = inventory_at(w->inventory, i)->known_hosts;
        if (path && !find_file(w, path) && add_device_file(w, path, e) != 0)
            return -1;
    }
    w->env.transport.hostkeys = w->hostkeys;
    return 0;
}

const char *world_known_hosts_of(const struct world *w, const struct device *device)
{
    return device->known_hosts ? device->known_hosts : w->known_hosts;
}

static int64_t ms_or(double seconds, int64_t otherwise)
{
    return seconds > 0 ? (int64_t)(seconds * MS_PER_S + 0.5) : otherwise;
}

static size_t no_erase_size(const struct world *w)
{
    return platform_count(w->platforms) * sizeof(atomic_bool);
}

static void fill_env(struct world *w, const struct options *o)
{
    w->env = (struct session_env){
        .transport = {.keyring = w->keyring,
                      .policy = o->host_key,
                      .device_hostkeys = device_hostkeys,
                      .device_hostkeys_ctx = w},
        .rules = w->rules,
        .connect_timeout_ms = ms_or(o->connect_timeout_s, SESSION_CONNECT_TIMEOUT_MS),
        .silence_timeout_ms = ms_or(o->silence_timeout_s, SESSION_SILENCE_TIMEOUT_MS),
        .total_timeout_ms = ms_or(o->total_timeout_s, SESSION_TOTAL_TIMEOUT_MS),
        .max_command_bytes = SESSION_MAX_COMMAND_BYTES,
        .max_device_bytes = SESSION_MAX_DEVICE_BYTES,
        .session_log_dir = o->session_log,
        .trace = o->verbose >= 2,
        .doubt_fails = o->doubt_fails,
        .nonce = o->nonce,
        .no_erase = w->no_erase,
    };
}

/* Only for the person who runs this: a session log holds what devices said. */
static int make_session_log(const char *dir, struct err *e)
{
    if (mkdir(dir, 0700) == 0 || (errno == EEXIST && access(dir, W_OK | X_OK) == 0))
        return 0;
    return err_set(e, FAIL_USAGE, "--session-log %s: no directory to write to: %s", dir,
                   strerror(errno));
}

/* glibc reserves 64 MiB of address space for each of several arenas: where there is a limit
 * (ulimit -v), that would be what the threads and their visits need. */
static void save_space(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        mallopt(M_ARENA_MAX, 1);
}

int world_prepare(struct world *w, const struct options *o, struct err *e)
{
    save_space();
    if (o->session_log && make_session_log(o->session_log, e) != 0)
        return -1;
    w->known_hosts = o->known_hosts ? strdup(o->known_hosts) : default_known_hosts();
    if (!w->known_hosts)
        return err_set(e, FAIL_USAGE, "out of memory");
    if (secret_resolve_all(inventory_secrets(w->inventory), ask_person, NULL, e) != 0)
        return -1;
    w->keyring = keyring_load(w->inventory, e);
    if (!w->keyring)
        return -1;
    w->no_erase = shared_new(no_erase_size(w));
    if (!w->no_erase)
        return err_set(e, FAIL_USAGE, "out of memory");
    fill_env(w, o);
    return world_load_hostkeys(w, e);
}

/* The greatest number of workers that fits; 0: none. Need does not grow with every worker: where
 * there are enough for another shard it falls. So all are looked at. */
static unsigned most_workers(const struct engine_options *engine, size_t limit)
{
    struct engine_options fewer = *engine;
    while (fewer.workers > 0 && engine_descriptors(&fewer) + SPARE_DESCRIPTORS > limit)
        fewer.workers--;
    return fewer.workers;
}

/* The hard limit, which becomes the soft one; SIZE_MAX: none. */
static size_t raise_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return SIZE_MAX;
    if (limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    return limit.rlim_cur == RLIM_INFINITY ? SIZE_MAX : (size_t)limit.rlim_cur;
}

/* most: the workers that fit. */
static int refuse(const struct engine_options *engine, unsigned most, size_t limit, struct err *e)
{
    char each[48] = "", advice[48] = "";
    unsigned processes = engine_processes(engine);
    /* With one worker in each process, it is the parent that needs the most. */
    if (processes > 1 && engine->mode != ENGINE_PROCESSES)
        snprintf(each, sizeof each, ": each of its %u processes", processes);
    if (most > 0)
        snprintf(advice, sizeof advice, "use -n %u, or ", most);
    return err_set(e, FAIL_USAGE,
                   "-n %u in mode %s%s needs %zu descriptors and the limit is %zu: %sraise the "
                   "limit (ulimit -Hn)",
                   engine->workers, engine_mode_name(engine->mode), each,
                   engine_descriptors(engine) + SPARE_DESCRIPTORS, limit, advice);
}

/* Of a number that nobody gave nothing is said: not even one worker fits. */
static int refuse_any(const struct engine_options *engine, size_t limit, struct err *e)
{
    struct engine_options one = *engine;
    one.workers = 1;
    return err_set(e, FAIL_USAGE,
                   "mode %s needs %zu descriptors to visit one device at a time and the limit is "
                   "%zu: raise the limit (ulimit -Hn)",
                   engine_mode_name(engine->mode), engine_descriptors(&one) + SPARE_DESCRIPTORS,
                   limit);
}

int world_check_descriptors(struct engine_options *engine, bool fewer, struct err *e)
{
    size_t limit = raise_limit();
    if (engine_descriptors(engine) + SPARE_DESCRIPTORS <= limit)
        return 0;
    unsigned most = most_workers(engine, limit);
    if (most == 0 && (fewer || engine->mode == ENGINE_SEQUENTIAL))
        return refuse_any(engine, limit, e);
    if (!fewer)
        return refuse(engine, most, limit, e);
    engine->workers = most;
    return 0;
}

void world_print_no_erase(const struct world *w)
{
    const char *before = "digits were not wiped out, and are left off since: ";
    for (size_t i = 0; w->no_erase && i < platform_count(w->platforms); i++) {
        if (!atomic_load(&w->no_erase[i]))
            continue;
        fprintf(stderr, "%s%s", before, platform_at(w->platforms, i)->name);
        before = ", ";
    }
    if (*before == ',')
        fprintf(stderr, " (see poller.erase in README)\n");
}

void world_free(struct world *w)
{
    shared_free(w->no_erase, w->platforms ? no_erase_size(w) : 0);
    free_hostkeys(w);
    keyring_free(w->keyring);
    for (size_t i = 0; w->rules && i < platform_count(w->platforms); i++)
        dialogue_rules_free(w->rules[i]);
    free(w->rules);
    free(w->done);
    plan_free(w->plan);
    inventory_free(w->inventory);
    platform_set_free(w->platforms);
    free(w->known_hosts);
    cancel_free(w->cancel);
}
