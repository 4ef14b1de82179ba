#include "lab/show.h"

#include <stdio.h>
#include <string.h>

/* What the charts with one pair of axes have in common, so that bars of the one can be compared
 * with bars of the other. */
struct axes {
    double most;
    size_t label_columns, text_columns;
};

static bool has_same_axes(const struct series *a, const struct series *b)
{
    return strcmp(a->x, b->x) == 0 && strcmp(a->y, b->y) == 0 && strcmp(a->unit, b->unit) == 0;
}

struct line {
    char label[24], text[SHOW_VALUE_LEN];
};

static void say_point(const struct series *s, unsigned i, struct line *line)
{
    snprintf(line->label, sizeof line->label, "%g", s->points[i][0]);
    show_value(s->points[i][1], line->text);
}

static void take_in(const struct series *s, struct axes *axes)
{
    for (unsigned i = 0; i < s->n; i++) {
        struct line line;
        say_point(s, i, &line);
        size_t label = strlen(line.label), text = strlen(line.text);
        axes->label_columns = label > axes->label_columns ? label : axes->label_columns;
        axes->text_columns = text > axes->text_columns ? text : axes->text_columns;
        axes->most = s->points[i][1] > axes->most ? s->points[i][1] : axes->most;
    }
}

static int put_title(const struct series *s, struct buf *out)
{
    char text[2 * NAME_LEN + 64];
    snprintf(text, sizeof text, "%s: %s%s%s%s by %s", s->name, s->y, *s->unit ? " (" : "", s->unit,
             *s->unit ? ")" : "", s->x);
    int rc = show_wrapped("  ", text, 0, out);
    if (rc == 0)
        buf_truncate(out, out->len - 1); /* the chart ends the line */
    return rc;
}

static int draw(const struct series *s, const struct axes *axes, const struct bars_style *style,
                struct buf *out)
{
    struct line lines[POINTS_MAX];
    struct bar bars[POINTS_MAX];
    struct bars_style own = *style;
    own.full_scale = axes->most;
    for (unsigned i = 0; i < s->n; i++) {
        struct line line;
        double value = s->points[i][1] > 0 ? s->points[i][1] : 0;
        say_point(s, i, &line);
        snprintf(lines[i].label, sizeof lines[i].label, "  %*.21s", (int)axes->label_columns,
                 line.label);
        snprintf(lines[i].text, sizeof lines[i].text, "%*.31s", (int)axes->text_columns, line.text);
        bars[i] = (struct bar){lines[i].label, value, value, value, -1, lines[i].text};
    }
    int rc = put_title(s, out);
    return rc ? rc : bars_draw("", "", bars, s->n, &own, out);
}

int show_charts(const struct finding *f, const struct bars_style *style, struct buf *out)
{
    int rc = 0;
    for (unsigned i = 0; rc == 0 && i < f->n_series; i++) {
        struct axes axes = {0};
        for (unsigned j = 0; j < f->n_series; j++)
            if (has_same_axes(&f->series[i], &f->series[j]))
                take_in(&f->series[j], &axes);
        if (f->series[i].n > 0)
            rc = draw(&f->series[i], &axes, style, out);
    }
    return rc;
}
