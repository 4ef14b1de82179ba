#include "base/arena.h"
#include "base/text.h"

#include <poller/err.h>
#include <poller/plan.h>
#include <poller/platform.h>
#include <stdlib.h>
#include <string.h>

struct plan {
    struct arena arena;
    const struct inventory *inventory;
    struct command_list commands; /* items NULL: every device's own */
    const char *privilege;        /* NULL: every device's own */
};

static const char *where(const struct device *d, char *out, size_t size)
{
    struct source_pos pos = {d->file, d->line, d->column};
    return source_pos_text(&pos, out, size);
}

static int no_memory(struct err *e)
{
    return err_set(e, FAIL_INTERNAL, "out of memory");
}

static int copy_commands(struct plan *plan, const char *const *texts, size_t n, struct err *e)
{
    if (n == 0)
        return 0;
    struct command *items = arena_array(&plan->arena, n, sizeof *items);
    if (!items)
        return no_memory(e);
    for (size_t i = 0; i < n; i++) {
        if (texts[i][0] == '\0' || strpbrk(texts[i], "\r\n"))
            return err_set(e, FAIL_USAGE, "-c: a command is one line, and not empty");
        items[i].file = "-c";
        items[i].text = arena_strdup(&plan->arena, texts[i]);
        if (!items[i].text)
            return no_memory(e);
    }
    plan->commands = (struct command_list){items, n};
    return 0;
}

static int fail_privilege(const struct device *d, const char *privilege, struct err *e)
{
    char at[512];
    const struct platform *p = d->platform;
    const char **names = calloc(p->n_modes + 1, sizeof *names);
    if (!names)
        return no_memory(e);
    for (size_t i = 0; i < p->n_modes; i++)
        names[i] = p->modes[i].name;
    const char *near = text_nearest(privilege, names, p->n_modes);
    if (!near && p->n_modes > 0)
        near = names[0];
    int rc = err_set(e, FAIL_USAGE,
                     "%s: %.60s: platform %s has no mode '%.60s' for privilege, did you mean "
                     "'%s'?",
                     where(d, at, sizeof at), d->name, p->name, privilege, near ? near : "");
    free(names);
    return rc;
}

static int check_device(const struct plan *plan, size_t index, struct err *e)
{
    char at[512];
    struct job job = plan_job(plan, index);
    const struct device *d = job.device;
    if (job.commands.n == 0)
        return err_set(e, FAIL_USAGE, "%s: %.60s has no command: give -c, or set `commands`",
                       where(d, at, sizeof at), d->name);
    if (job.privilege && d->platform && platform_mode_index(d->platform, job.privilege) < 0)
        return fail_privilege(d, job.privilege, e);
    return 0;
}

struct plan *plan_new(const struct inventory *inv, const char *const *commands, size_t n,
                      const char *privilege, struct err *e)
{
    struct plan *plan = calloc(1, sizeof *plan);
    if (!plan) {
        no_memory(e);
        return NULL;
    }
    plan->inventory = inv;
    int rc = copy_commands(plan, commands, n, e);
    if (rc == 0 && privilege) {
        plan->privilege = arena_strdup(&plan->arena, privilege);
        rc = plan->privilege ? 0 : no_memory(e);
    }
    if (rc == 0 && plan_count(plan) == 0)
        rc = err_set(e, FAIL_USAGE,
                     "no devices: name an inventory with -f FILE or hosts with "
                     "-w LIST");
    for (size_t i = 0; rc == 0 && i < plan_count(plan); i++)
        rc = check_device(plan, i, e);
    if (rc == 0)
        return plan;
    plan_free(plan);
    return NULL;
}

void plan_free(struct plan *plan)
{
    if (!plan)
        return;
    arena_free(&plan->arena);
    free(plan);
}

size_t plan_count(const struct plan *plan)
{
    return inventory_count(plan->inventory);
}

struct job plan_job(const struct plan *plan, size_t index)
{
    const struct device *d = inventory_at(plan->inventory, index);
    return (struct job){
        .index = (uint32_t)index,
        .attempt = 1,
        .device = d,
        .commands = plan->commands.items ? plan->commands : d->commands,
        .privilege = plan->privilege ? plan->privilege : d->privilege,
    };
}
