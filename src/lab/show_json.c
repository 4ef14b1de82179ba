#include "lab/show.h"

#include <sys/utsname.h>
#include <unistd.h>

static json_t *number_json(const struct number *n)
{
    return json_pack("{s:s, s:s, s:f, s:f, s:f, s:i}", "name", n->name, "unit", n->unit, "median",
                     n->median, "low", n->low, "high", n->high, "n", (int)n->n);
}

static json_t *series_json(const struct series *s)
{
    json_t *points = json_array();
    for (unsigned i = 0; i < s->n; i++)
        json_array_append_new(points, json_pack("[f, f]", s->points[i][0], s->points[i][1]));
    return json_pack("{s:s, s:s, s:s, s:s, s:o}", "name", s->name, "x", s->x, "y", s->y, "unit",
                     s->unit, "points", points);
}

static json_t *finding_json(const struct experiment *x, const struct finding *f)
{
    json_t *numbers = json_array(), *series = json_array(), *skipped = json_array();
    for (unsigned i = 0; i < f->n_numbers; i++)
        json_array_append_new(numbers, number_json(&f->numbers[i]));
    for (unsigned i = 0; i < f->n_series; i++)
        json_array_append_new(series, series_json(&f->series[i]));
    for (unsigned i = 0; i < f->n_skipped; i++)
        json_array_append_new(skipped, json_string(f->skipped[i]));
    return json_pack("{s:s, s:s, s:s, s:s, s:s?, s:s, s:f, s:o, s:o, s:o}", "id", x->id, "claim",
                     x->claim, "method", x->method, "verdict", verdict_name(f->verdict),
                     "depends_on", f->verdict == VERDICT_DEPENDS ? f->depends_on : NULL, "rule",
                     f->rule, "seconds", f->seconds, "numbers", numbers, "series", series,
                     "skipped", skipped);
}

static json_t *machine_json(const struct experiment_env *env)
{
    struct utsname name = {0};
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    (void)uname(&name);
    return json_pack("{s:i, s:I, s:s, s:s, s:s}", "cores", (int)env->cores, "memory_mib",
                     (json_int_t)pages * page >> 20, "kernel", name.release, "architecture",
                     name.machine, "lab", env->is_docker ? "docker" : "sim");
}

json_t *show_json(const struct experiment *const *x, const struct finding *const *f, size_t n,
                  const struct experiment_env *env)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        if (f[i])
            json_array_append_new(list, finding_json(x[i], f[i]));
    return json_pack("{s:i, s:s, s:o, s:o}", "schema", 1, "kind", "experiments", "machine",
                     machine_json(env), "experiments", list);
}
