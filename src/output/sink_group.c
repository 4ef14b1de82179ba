/* The text form with identical outputs once (--group): the groups at the end of the run, largest
 * first, then the devices that failed, one by one. An output in doubt shares no group with a proved
 * one. What passes the bound on memory is written at once, as sink_text would. */
#include "base/strmap.h"
#include "output/out.h"
#include "output/sinks.h"
#include "output/text_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define KEPT_MAX ((size_t)256 << 20)

/* In a group's key. */
#define PROVED   '+'
#define IN_DOUBT '?'

struct member {
    size_t index; /* the device's place in the plan */
    const char *name;
};

struct group {
    const char *command, *output;
    size_t output_len, n, cap;
    bool in_doubt;
    struct member *members;
};

/* Of an attempt that failed, or that was not the first: a device's last one is written. */
struct failed {
    size_t index, attempt;
    struct buf text; /* as it will be written; empty where it went well */
};

struct group_state {
    struct arena arena;
    struct strmap map; /* by command, NUL, whether in doubt, and output */
    struct group **groups;
    size_t n_groups, cap_groups;
    struct failed *failed;
    size_t n_failed, cap_failed;
    size_t kept;
};

/* Room for one more of size bytes behind n; NULL: memory is out. */
static void *grown(void *items, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return items;
    size_t more = *cap ? 2 * *cap : 16;
    void *moved = realloc(items, more * size);
    if (moved)
        *cap = more;
    return moved;
}

static int group_begin(struct sink *s, struct err *e)
{
    s->state = calloc(1, sizeof(struct group_state));
    return s->state ? 0 : err_set(e, FAIL_INTERNAL, "out of memory");
}

static struct group *make_group(struct group_state *g, const char *key, size_t key_len,
                                size_t command_len)
{
    struct group *group = arena_alloc(&g->arena, sizeof *group);
    const char *kept = arena_dup(&g->arena, key, key_len);
    void *list = grown(g->groups, g->n_groups, &g->cap_groups, sizeof(struct group *));
    if (list)
        g->groups = list;
    void **place = group && kept && list ? strmap_put(&g->map, kept, key_len) : NULL;
    if (!place)
        return NULL;
    group->command = kept;
    group->in_doubt = kept[command_len + 1] == IN_DOUBT;
    group->output = kept + command_len + 2;
    group->output_len = key_len - command_len - 2;
    g->groups[g->n_groups++] = group;
    g->kept += key_len;
    return *place = group;
}

static int join_group(struct group_state *g, const struct device *d, size_t index,
                      const struct command *command, const struct command_result *c)
{
    struct buf key;
    size_t command_len = strlen(command->text);
    buf_init(&key, SIZE_MAX / 2);
    int rc = buf_add(&key, command->text, command_len + 1);
    rc |= buf_add_char(&key, c->doubt ? IN_DOUBT : PROVED);
    if (c->output_len > 0)
        rc |= buf_add(&key, c->output, c->output_len);
    struct group *group = rc == 0 ? strmap_get(&g->map, buf_bytes(&key), key.len) : NULL;
    if (rc == 0 && !group)
        group = make_group(g, buf_bytes(&key), key.len, command_len);
    buf_free(&key);
    void *members =
        group ? grown(group->members, group->n, &group->cap, sizeof *group->members) : NULL;
    if (!members)
        return -1;
    group->members = members;
    group->members[group->n++] = (struct member){index, d->name};
    return 0;
}

static int put_result(struct buf *to, bool color, bool only_failed, const struct device *d,
                      const struct job *job, const struct result *r)
{
    int rc = 0;
    for (size_t i = 0; i < r->n_commands; i++) {
        enum command_status status = r->commands[i].status;
        if (status == COMMAND_FAILED || (status == COMMAND_OK && !only_failed))
            rc |= text_put_command(to, color, d, &job->commands.items[i], &r->commands[i]);
    }
    return r->class != FAIL_NONE ? rc | text_put_failure(to, color, d, r) : rc;
}

static int keep_failed(struct sink *s, const struct device *d, const struct job *job,
                       const struct result *r)
{
    struct group_state *g = s->state;
    void *list = grown(g->failed, g->n_failed, &g->cap_failed, sizeof *g->failed);
    if (!list)
        return -1;
    g->failed = list;
    struct failed *f = &g->failed[g->n_failed++];
    f->index = r->index;
    f->attempt = r->attempt;
    buf_init(&f->text, SIZE_MAX / 2);
    int rc = put_result(&f->text, s->options.color, true, d, job, r);
    g->kept += f->text.len;
    return rc;
}

static int group_result(struct sink *s, const struct device *d, const struct job *job,
                        const struct result *r, struct err *e)
{
    struct group_state *g = s->state;
    int rc = 0;
    if (g->kept + result_size(r) > KEPT_MAX) {
        rc = put_result(&s->out->pending, s->options.color, false, d, job, r);
    } else {
        for (size_t i = 0; i < r->n_commands && rc == 0; i++)
            if (r->commands[i].status == COMMAND_OK)
                rc = join_group(g, d, r->index, &job->commands.items[i], &r->commands[i]);
        if ((r->class != FAIL_NONE || r->attempt > 1) && rc == 0)
            rc = keep_failed(s, d, job, r);
    }
    if (rc != 0 && !s->out->error)
        s->out->error = ENOMEM;
    return out_flush(s->out, "standard output", e);
}

static int by_index(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    return (x->index > y->index) - (x->index < y->index);
}

/* A device that gave it in several attempts stands there once. */
static void sort_members(struct group *group)
{
    size_t n = 0;
    qsort(group->members, group->n, sizeof *group->members, by_index);
    for (size_t i = 0; i < group->n; i++)
        if (n == 0 || group->members[n - 1].index != group->members[i].index)
            group->members[n++] = group->members[i];
    group->n = n;
}

static int failed_by_index(const void *a, const void *b)
{
    const struct failed *x = a, *y = b;
    int order = (x->index > y->index) - (x->index < y->index);
    return order ? order : (x->attempt > y->attempt) - (x->attempt < y->attempt);
}

/* Largest first; then as the inventory has them. */
static int by_size(const void *a, const void *b)
{
    const struct group *x = *(struct group *const *)a, *y = *(struct group *const *)b;
    if (x->n != y->n)
        return y->n > x->n ? 1 : -1;
    int order = by_index(x->members, y->members);
    return order ? order : strcmp(x->command, y->command);
}

static int put_group(struct buf *to, bool color, const struct group *group)
{
    int rc = text_start_heading(to, color, true);
    for (size_t i = 0; i < group->n; i++) {
        rc |= i ? buf_add_str(to, ", ") : 0;
        rc |= text_put_line(to, group->members[i].name);
    }
    if (group->n > 1)
        rc |= buf_addf(to, " (%zu devices)", group->n);
    rc |= buf_add_str(to, ": ");
    rc |= text_put_line(to, group->command);
    rc |=
        buf_addf(to, " (ok, %s%zu bytes)", group->in_doubt ? TEXT_IN_DOUBT : "", group->output_len);
    rc |= text_end_heading(to, color);
    return rc | text_put_output(to, group->output, group->output_len);
}

static int group_end(struct sink *s, const struct run_summary *run, struct err *e)
{
    struct group_state *g = s->state;
    struct buf *to = &s->out->pending;
    int rc = 0;
    (void)run;
    for (size_t i = 0; i < g->n_groups; i++)
        sort_members(g->groups[i]);
    if (g->n_groups > 0)
        qsort(g->groups, g->n_groups, sizeof *g->groups, by_size);
    if (g->n_failed > 0)
        qsort(g->failed, g->n_failed, sizeof *g->failed, failed_by_index);
    for (size_t i = 0; i < g->n_groups && rc == 0; i++) {
        rc = put_group(to, s->options.color, g->groups[i]);
        if (rc == 0)
            rc = out_flush(s->out, "standard output", e);
    }
    for (size_t i = 0; i < g->n_failed; i++)
        if (i + 1 == g->n_failed || g->failed[i].index != g->failed[i + 1].index)
            out_bytes(s->out, buf_bytes(&g->failed[i].text), g->failed[i].text.len);
    if (rc != 0 && !s->out->error)
        s->out->error = ENOMEM;
    return out_flush(s->out, "standard output", e);
}

static void group_free(struct sink *s)
{
    struct group_state *g = s->state;
    if (!g)
        return;
    for (size_t i = 0; i < g->n_groups; i++)
        free(g->groups[i]->members);
    for (size_t i = 0; i < g->n_failed; i++)
        buf_free(&g->failed[i].text);
    free(g->groups);
    free(g->failed);
    strmap_free(&g->map);
    arena_free(&g->arena);
    free(g);
    s->state = NULL;
}

const struct sink_ops sink_group = {.name = "group",
                                    .begin = group_begin,
                                    .result = group_result,
                                    .end = group_end,
                                    .free = group_free};
