#include "report/bars.h"

#include "base/term.h"

#include <math.h>
#include <string.h>

#define COLUMNS_DEFAULT 80
#define COLUMNS_LEAST   40
#define LABEL_COLUMNS   24
#define EIGHTHS         8

/* What a place in a line holds. */
enum cell { CELL_EMPTY, CELL_FULL, CELL_SPREAD, CELL_MARK };

struct layout {
    const struct bars_style *style;
    double full_scale; /* the value at the last column */
    size_t label_columns, text_columns, bar_columns;
};

struct bars_style bars_style_for(const char *when, int fd)
{
    return (struct bars_style){
        .columns = COLUMNS_DEFAULT, .utf8 = term_utf8(), .color = term_color(when, fd)};
}

static bool begins_character(char c)
{
    return ((unsigned char)c & 0xc0) != 0x80;
}

static size_t columns_of(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += begins_character(*text);
    return n;
}

/* Exactly so many columns; what does not fit is cut. */
static int put_padded(const char *text, size_t columns, bool right, struct buf *out)
{
    size_t have = columns_of(text);
    int rc = 0;
    for (size_t i = have; right && i < columns && rc == 0; i++)
        rc = buf_add_char(out, ' ');
    for (size_t column = 0; *text && rc == 0; text++) {
        column += begins_character(*text);
        if (column > columns)
            break;
        rc = buf_add_char(out, (unsigned char)*text < ' ' || *text == 127 ? '?' : *text);
    }
    for (size_t i = have; !right && i < columns && rc == 0; i++)
        rc = buf_add_char(out, ' ');
    return rc;
}

static double greatest_of(const struct bar *bar)
{
    double most = bar->greatest > bar->value ? bar->greatest : bar->value;
    return bar->mark > most ? bar->mark : most;
}

static struct layout lay_out(const struct bar *bars, size_t n, const struct bars_style *style)
{
    struct layout l = {.style = style, .full_scale = style->full_scale};
    for (size_t i = 0; i < n; i++) {
        size_t label = columns_of(bars[i].label), text = columns_of(bars[i].text);
        l.label_columns = label > l.label_columns ? label : l.label_columns;
        l.text_columns = text > l.text_columns ? text : l.text_columns;
        l.full_scale = greatest_of(&bars[i]) > l.full_scale ? greatest_of(&bars[i]) : l.full_scale;
    }
    if (l.label_columns > LABEL_COLUMNS)
        l.label_columns = LABEL_COLUMNS;
    if (l.text_columns > LABEL_COLUMNS / 2)
        l.text_columns = LABEL_COLUMNS / 2;
    size_t columns = style->columns > COLUMNS_LEAST ? style->columns : COLUMNS_LEAST;
    l.bar_columns = columns - l.label_columns - l.text_columns - 2;
    return l;
}

/* In columns, with a fraction. */
static double scaled(const struct layout *l, double value)
{
    if (l->full_scale <= 0 || !(value > 0))
        return 0;
    return value / l->full_scale * (double)l->bar_columns;
}

static bool has_spread(const struct bar *bar)
{
    return bar->greatest > bar->least;
}

static enum cell cell_at(const struct layout *l, const struct bar *bar, size_t column)
{
    double least = has_spread(bar) ? scaled(l, bar->least) : scaled(l, bar->value);
    double place = (double)column + 0.5;
    double mark = scaled(l, bar->mark);
    if (bar->mark >= 0) {
        size_t at = mark < 1 ? 0 : (size_t)ceil(mark) - 1;
        if (at == column)
            return CELL_MARK;
    }
    if (place <= least)
        return CELL_FULL;
    if (has_spread(bar) && place <= scaled(l, bar->greatest))
        return CELL_SPREAD;
    return CELL_EMPTY;
}

/* The end of a bar without a range, to an eighth of a column; 0: nothing stands here. */
static unsigned eighths_at(const struct layout *l, const struct bar *bar, size_t column)
{
    double rest = scaled(l, bar->value) - (double)column;
    if (has_spread(bar) || rest <= 0 || rest >= 1)
        return 0;
    unsigned eighths = (unsigned)lround(rest * EIGHTHS);
    return eighths == 0 && column == 0 ? 1 : eighths; /* what is not nothing shows */
}

static const char *sign_of(const struct layout *l, enum cell cell)
{
    static const char *const blocks[] = {" ", "█", "▒", "┃"};
    static const char *const plain[] = {" ", "#", "~", "|"};
    return l->style->utf8 ? blocks[cell] : plain[cell];
}

static int put_cell(const struct layout *l, const struct bar *bar, size_t column, struct buf *out)
{
    static const char *const eighths[] = {" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
    enum cell cell = cell_at(l, bar, column);
    if (cell != CELL_MARK && l->style->utf8) {
        unsigned part = eighths_at(l, bar, column);
        if (part)
            return buf_add_str(out, eighths[part]);
    }
    if (cell == CELL_EMPTY && column == 0 && bar->value > 0)
        cell = CELL_FULL;
    if (cell == CELL_MARK && l->style->color)
        return buf_addf(out, "\033[33m%s\033[36m", sign_of(l, cell));
    return buf_add_str(out, sign_of(l, cell));
}

static int put_bar(const struct layout *l, const struct bar *bar, struct buf *out)
{
    int rc = put_padded(bar->label, l->label_columns, false, out);
    rc |= buf_add_str(out, l->style->color ? " \033[36m" : " ");
    for (size_t i = 0; rc == 0 && i < l->bar_columns; i++)
        rc = put_cell(l, bar, i, out);
    rc |= buf_add_str(out, l->style->color ? "\033[0m " : " ");
    rc = rc ? rc : put_padded(bar->text, l->text_columns, true, out);
    return rc ? rc : buf_add_char(out, '\n');
}

static int put_key(const struct layout *l, const char *mark_name, bool spread, bool mark,
                   struct buf *out)
{
    int rc = 0;
    if (spread)
        rc = buf_addf(out, "%s to the fastest repeat, %s to the slowest\n", sign_of(l, CELL_FULL),
                      sign_of(l, CELL_SPREAD));
    if (mark && rc == 0)
        rc = buf_addf(out, "%s %s\n", sign_of(l, CELL_MARK), mark_name);
    return rc;
}

int bars_draw(const char *title, const char *mark_name, const struct bar *bars, size_t n,
              const struct bars_style *style, struct buf *out)
{
    struct layout l = lay_out(bars, n, style);
    bool spread = false, mark = false;
    int rc = buf_addf(out, "%s\n", title);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        spread |= has_spread(&bars[i]);
        mark |= bars[i].mark >= 0;
        rc = put_bar(&l, &bars[i], out);
    }
    return rc ? rc : put_key(&l, mark_name, spread, mark, out);
}
