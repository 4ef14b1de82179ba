#include "lab/show.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- words and values --- */

size_t show_line_length(const char *text, size_t room)
{
    size_t n = strlen(text);
    if (n <= room)
        return n;
    for (n = room; n > 0 && text[n] != ' ';)
        n--;
    return n ? n : room;
}

int show_wrapped(const char *heading, const char *text, unsigned most, struct buf *out)
{
    size_t indent = strlen(heading), room = SHOW_COLUMNS - indent;
    int rc = buf_add_str(out, heading);
    for (unsigned line = 1; rc == 0; line++) {
        bool is_cut = line == most && strlen(text) > room;
        size_t n = show_line_length(text, is_cut ? room - 3 : room);
        rc = buf_addf(out, "%.*s%s\n", (int)n, text, is_cut ? "..." : "");
        text += n + (text[n] == ' ');
        if (!*text || line == most)
            break;
        rc = rc ? rc : buf_addf(out, "%*s", (int)indent, "");
    }
    return rc;
}

const char *show_value(double v, char out[SHOW_VALUE_LEN])
{
    double size = fabs(v);
    snprintf(out, SHOW_VALUE_LEN,
             size >= 1e9                           ? "%.3g"
             : size >= 1000 || size == floor(size) ? "%.0f"
             : size >= 10                          ? "%.1f"
                                                   : "%.3f",
             v);
    return out;
}

/* --- numbers --- */

struct columns {
    size_t name, value, unit, range;
};

static const char *range_text(const struct number *n, char out[2 * SHOW_VALUE_LEN])
{
    char low[SHOW_VALUE_LEN], high[SHOW_VALUE_LEN];
    out[0] = '\0';
    if (n->n > 1)
        snprintf(out, 2 * SHOW_VALUE_LEN, "%s-%s", show_value(n->low, low),
                 show_value(n->high, high));
    return out;
}

static void widen(size_t *columns, const char *text)
{
    size_t n = strlen(text);
    *columns = n > *columns ? n : *columns;
}

/* As wide as what stands in them; the names get what the others leave. */
static struct columns columns_for(const struct finding *f)
{
    struct columns c = {.name = strlen("measured"), .value = strlen("median")};
    char text[2 * SHOW_VALUE_LEN];
    for (unsigned i = 0; i < f->n_numbers; i++) {
        const struct number *n = &f->numbers[i];
        widen(&c.name, n->name);
        widen(&c.value, show_value(n->median, text));
        widen(&c.unit, n->unit);
        widen(&c.range, range_text(n, text));
    }
    if (c.range)
        widen(&c.range, "range");
    size_t others = strlen("  ") + 1 + c.value + 1 + c.unit + 1 + c.range;
    if (c.name + others > SHOW_COLUMNS)
        c.name = SHOW_COLUMNS - others;
    return c;
}

static int put_row(const struct columns *c, const char *name, const char *value, const char *unit,
                   const char *range, struct buf *out)
{
    size_t room = c->name, n;
    int rc = 0;
    while (rc == 0 && (n = show_line_length(name, room)) < strlen(name)) {
        rc = buf_addf(out, "%*s%.*s\n", (int)(2 + c->name - room), "", (int)n, name);
        name += n + (name[n] == ' ');
        room = c->name - 2; /* what goes on stands further in */
    }
    if (rc == 0)
        rc = buf_addf(out, "%*s%-*s %*s %-*s %s", (int)(2 + c->name - room), "", (int)room, name,
                      (int)c->value, value, (int)c->unit, unit, range);
    while (rc == 0 && out->len > 0 && buf_bytes(out)[out->len - 1] == ' ')
        buf_truncate(out, out->len - 1);
    return rc ? rc : buf_add_char(out, '\n');
}

static int put_numbers(const struct finding *f, struct buf *out)
{
    struct columns c = columns_for(f);
    int rc = f->n_numbers ? put_row(&c, "measured", "median", "", c.range ? "range" : "", out) : 0;
    for (unsigned i = 0; rc == 0 && i < f->n_numbers; i++) {
        const struct number *n = &f->numbers[i];
        char value[SHOW_VALUE_LEN], range[2 * SHOW_VALUE_LEN];
        rc = put_row(&c, n->name, show_value(n->median, value), n->unit, range_text(n, range), out);
    }
    return rc;
}

/* --- a finding --- */

int show_finding(const struct experiment *x, const struct finding *f,
                 const struct bars_style *style, struct buf *out)
{
    int rc = buf_addf(out, "== %s: %s\n", x->id, verdict_name(f->verdict));
    rc = rc ? rc : show_wrapped("claim:   ", x->claim, 0, out);
    rc = rc ? rc : show_wrapped("method:  ", x->method, 0, out);
    rc = rc ? rc : put_numbers(f, out);
    rc = rc ? rc : show_charts(f, style, out);
    for (unsigned i = 0; rc == 0 && i < f->n_skipped; i++)
        rc = show_wrapped("skipped: ", f->skipped[i], 0, out);
    if (rc == 0 && f->verdict == VERDICT_DEPENDS)
        rc = show_wrapped("depends: on ", f->depends_on, 0, out);
    rc = rc ? rc : show_wrapped("rule:    ", f->rule, 0, out);
    return rc ? rc : buf_addf(out, "         (%.1f s)\n\n", f->seconds);
}

/* --- the end --- */

#define RULE_LINES 7

static int put_verdict(const struct experiment *x, const struct finding *f, struct buf *out)
{
    static const char holds_where[] = "holds where ";
    char heading[40], text[2 * SENTENCE_LEN + 8] = "its process ended before it";
    snprintf(heading, sizeof heading, "%-16.16s  %-13s  ", x->id,
             f ? verdict_name(f->verdict) : "not measured");
    if (f) {
        bool depends = f->verdict == VERDICT_DEPENDS;
        size_t skip = strncmp(f->rule, holds_where, strlen(holds_where)) ? 0 : strlen(holds_where);
        snprintf(text, sizeof text, "%s%s%s%s", depends ? "on " : "", depends ? f->depends_on : "",
                 depends ? "; " : "", f->rule + skip);
    }
    return show_wrapped(heading, text, RULE_LINES, out);
}

int show_verdicts(const struct experiment *const *x, const struct finding *const *f, size_t n,
                  struct buf *out)
{
    size_t count[3] = {0}, none = 0;
    int rc = buf_addf(out, "%-16s  %-13s  %s\n", "experiment", "verdict",
                      "the rule and what decided (it holds where ...)");
    for (size_t i = 0; rc == 0 && i < n; i++) {
        rc = put_verdict(x[i], f[i], out);
        *(f[i] ? &count[f[i]->verdict] : &none) += 1;
    }
    if (rc == 0)
        rc = buf_addf(out, "\nof %zu: holds %zu, does not hold %zu, depends %zu", n,
                      count[VERDICT_HOLDS], count[VERDICT_NOT], count[VERDICT_DEPENDS]);
    if (rc == 0 && none > 0)
        rc = buf_addf(out, ", not measured %zu", none);
    return rc ? rc : buf_add_char(out, '\n');
}
