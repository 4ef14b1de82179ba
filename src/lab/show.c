#include "lab/show.h"

#include "report/html.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define COLUMNS 80

/* --- for people --- */

/* A paragraph behind a heading, broken at blanks. */
static void show_paragraph(const char *heading, const char *text)
{
    size_t indent = strlen(heading), room = COLUMNS - indent;
    printf("%s", heading);
    while (strlen(text) > room) {
        size_t n = room;
        while (n > 0 && text[n] != ' ')
            n--;
        n = n ? n : room;
        printf("%.*s\n%*s", (int)n, text, (int)indent, "");
        text += n + (text[n] == ' ');
    }
    printf("%s\n", text);
}

static const char *value_text(double v, char out[32])
{
    double size = v < 0 ? -v : v;
    snprintf(out, 32,
             size >= 1000 || size == floor(size) ? "%.0f"
             : size >= 10                        ? "%.1f"
                                                 : "%.3f",
             v);
    return out;
}

static void show_number(const struct number *n)
{
    char median[32], low[32], high[32];
    printf("  %-48.48s %10s %-6s", n->name, value_text(n->median, median), n->unit);
    if (n->n > 1)
        printf(" %s-%s", value_text(n->low, low), value_text(n->high, high));
    putchar('\n');
}

void show_text(const struct experiment *x, const struct finding *f)
{
    printf("== %s: %s\n", x->id, verdict_name(f->verdict));
    show_paragraph("claim:   ", x->claim);
    show_paragraph("method:  ", x->method);
    for (unsigned i = 0; i < f->n_numbers; i++)
        show_number(&f->numbers[i]);
    for (unsigned i = 0; i < f->n_skipped; i++)
        show_paragraph("skipped: ", f->skipped[i]);
    if (f->verdict == VERDICT_DEPENDS)
        show_paragraph("depends: on ", f->depends_on);
    show_paragraph("rule:    ", f->rule);
    printf("         (%.1f s)\n\n", f->seconds);
    fflush(stdout);
}

/* --- as JSON --- */

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

static json_t *all_json(const struct experiment *const *x, const struct finding *const *f, size_t n,
                        const struct experiment_env *env)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        if (f[i])
            json_array_append_new(list, finding_json(x[i], f[i]));
    return json_pack("{s:i, s:s, s:o, s:o}", "schema", 1, "kind", "experiments", "machine",
                     machine_json(env), "experiments", list);
}

static int put_json(const json_t *all, struct err *e)
{
    char *text = json_dumps(all, JSON_INDENT(1) | JSON_REAL_PRECISION(10));
    if (!text)
        return err_set(e, FAIL_INTERNAL, "out of memory");
    puts(text);
    free(text);
    return 0;
}

/* --- the end --- */

static void show_verdicts(const struct experiment *const *x, const struct finding *const *f,
                          size_t n)
{
    for (size_t i = 0; i < n; i++)
        printf("%-17s %s\n", x[i]->id, f[i] ? verdict_name(f[i]->verdict) : "not measured");
}

int show_all(const struct experiment *const *x, const struct finding *const *f, size_t n,
             const struct experiment_env *env, bool is_json, const char *html, struct err *e)
{
    json_t *all = is_json || html ? all_json(x, f, n, env) : NULL;
    int rc = 0;
    if ((is_json || html) && !all)
        return err_set(e, FAIL_INTERNAL, "out of memory");
    if (is_json)
        rc = put_json(all, e);
    else if (n > 1)
        show_verdicts(x, f, n);
    if (rc == 0 && html)
        rc = html_write_document(html, all, e);
    json_decref(all);
    return rc;
}
