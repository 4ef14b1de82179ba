#include "lab/wire/duration.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static const struct {
    const char *name;
    int64_t ns;
} units[] = {
    {"", 1000000000},
    {"s", 1000000000},
    {"ms", 1000000},
    {"us", 1000},
    {"m", 60 * INT64_C(1000000000)},
};

static int64_t unit_of(const char *name)
{
    for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
        if (strcmp(name, units[i].name) == 0)
            return units[i].ns;
    return 0;
}

/* What stands behind the point: each digit's worth is a tenth of the one before. */
static int64_t fraction_of(const char *digits, int64_t unit)
{
    int64_t ns = 0;
    for (; isdigit((unsigned char)*digits) && unit > 0; digits++) {
        unit /= 10;
        ns += (*digits - '0') * unit;
    }
    return ns;
}

int duration_parse(const char *text, int64_t *ns)
{
    size_t whole = strspn(text, "0123456789");
    bool has_point = text[whole] == '.';
    const char *fraction = text + whole + has_point;
    size_t parts = has_point ? strspn(fraction, "0123456789") : 0;
    int64_t unit = unit_of(fraction + parts), found = 0;
    if (unit == 0 || whole == 0 || (has_point && parts == 0))
        return -1;
    for (size_t i = 0; i < whole; i++) {
        found = found * 10 + (text[i] - '0');
        if (found > DURATION_MAX_NS / unit)
            return -1;
    }
    found = found * unit + fraction_of(fraction, unit);
    if (found > DURATION_MAX_NS)
        return -1;
    *ns = found;
    return 0;
}
