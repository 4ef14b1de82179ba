#include "base/buf.h"
#include "base/yaml.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FIELDS_MAX      64
#define SECONDS_MAX     (30.0 * 24 * 3600)
#define LIST_TEXT_MAX   4096
#define NUMBER_TEXT_MAX 64
#define SHOWN_TEXT_MAX  60

struct record {
    const struct yaml_in *in;
    const struct yaml_field *fields;
    size_t n;
    const char *what;
    void *to;
};

static int fail_unknown_key(const struct record *r, const struct yaml_node *key)
{
    const char *names[FIELDS_MAX];
    size_t n = r->n < FIELDS_MAX ? r->n : FIELDS_MAX;
    for (size_t i = 0; i < n; i++)
        names[i] = r->fields[i].name;
    const char *word = yaml_text(key, NULL);
    const char *near = text_nearest(word, names, n);
    if (near)
        return yaml_fail(r->in->doc, key, r->in->e, "unknown key '%.60s' in %s, did you mean '%s'?",
                         word, r->what, near);
    return yaml_fail(r->in->doc, key, r->in->e, "unknown key '%.60s' in %s", word, r->what);
}

static int read_pair(void *ctx, const struct yaml_node *key, const struct yaml_node *value)
{
    const struct record *r = ctx;
    const char *name = yaml_text(key, NULL);
    for (size_t i = 0; i < r->n; i++) {
        const struct yaml_field *f = &r->fields[i];
        if (strcmp(f->name, name) != 0)
            continue;
        if (yaml_kind(value) == YAML_NULL && f->read != yaml_read_node)
            return 0;
        return f->read(r->in, f, value, (char *)r->to + f->offset);
    }
    return fail_unknown_key(r, key);
}

int yaml_read_map(const struct yaml_in *in, const struct yaml_node *map,
                  const struct yaml_field *fields, size_t n, const char *what, void *record)
{
    if (yaml_kind(map) != YAML_MAP)
        return yaml_fail(in->doc, map, in->e, "%s must be a mapping, not %s", what,
                         yaml_kind_name(map));
    struct record r = {in, fields, n, what, record};
    return yaml_each_pair(in->doc, map, read_pair, &r, in->e);
}

/* A value is never shown where a text was due: it may be part of a secret. */
static int fail_type(const struct yaml_in *in, const struct yaml_field *field,
                     const struct yaml_node *value, const char *due)
{
    return yaml_fail(in->doc, value, in->e, "'%s' must be %s, not %s", field->name, due,
                     yaml_kind_name(value));
}

static int fail_value(const struct yaml_in *in, const struct yaml_field *field,
                      const struct yaml_node *value, const char *due)
{
    return yaml_fail(in->doc, value, in->e, "'%s' must be %s, not '%.*s'", field->name, due,
                     SHOWN_TEXT_MAX, yaml_text(value, NULL));
}

static int no_memory(const struct yaml_in *in)
{
    return err_set(in->e, FAIL_INTERNAL, "out of memory");
}

int yaml_read_string(const struct yaml_in *in, const struct yaml_field *field,
                     const struct yaml_node *value, void *to)
{
    if (yaml_kind(value) != YAML_SCALAR)
        return fail_type(in, field, value, "a text");
    size_t len;
    const char *text = yaml_text(value, &len);
    if (memchr(text, '\0', len))
        return yaml_fail(in->doc, value, in->e, "'%s' holds a NUL byte", field->name);
    const char *kept = intern_text(in->strings, text, len);
    if (!kept)
        return no_memory(in);
    *(const char **)to = kept;
    return 0;
}

int yaml_read_bool(const struct yaml_in *in, const struct yaml_field *field,
                   const struct yaml_node *value, void *to)
{
    static const struct {
        const char *text;
        bool value;
    } words[] = {{"true", true},   {"yes", true}, {"on", true},
                 {"false", false}, {"no", false}, {"off", false}};
    if (yaml_kind(value) != YAML_SCALAR)
        return fail_type(in, field, value, "true or false");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasecmp(yaml_text(value, NULL), words[i].text) == 0) {
            *(bool *)to = words[i].value;
            return 0;
        }
    }
    return fail_value(in, field, value, "true or false");
}

int yaml_read_int(const struct yaml_in *in, const struct yaml_field *field,
                  const struct yaml_node *value, void *to)
{
    if (yaml_kind(value) != YAML_SCALAR)
        return fail_type(in, field, value, "a whole number");
    const char *text = yaml_text(value, NULL);
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || strchr(" \t\n+", text[0]))
        return fail_value(in, field, value, "a whole number");
    bool is_bounded = field->min != 0 || field->max != 0;
    if (is_bounded && (number < field->min || number > field->max))
        return yaml_fail(in->doc, value, in->e, "'%s' must be %lld to %lld, not %lld", field->name,
                         (long long)field->min, (long long)field->max, number);
    *(int64_t *)to = number;
    return 0;
}

/* Whether a text is a decimal number. */
static bool parse_number(const struct yaml_node *value, double *number)
{
    size_t len;
    const char *text = yaml_text(value, &len);
    char *end;
    /* strtod alone would take "inf", "nan", hexadecimal and leading blanks. */
    if (len == 0 || len > NUMBER_TEXT_MAX || strspn(text, "0123456789.eE+-") != len)
        return false;
    *number = strtod(text, &end);
    return *end == '\0' && isfinite(*number);
}

int yaml_read_number(const struct yaml_in *in, const struct yaml_field *field,
                     const struct yaml_node *value, void *to)
{
    if (yaml_kind(value) != YAML_SCALAR)
        return fail_type(in, field, value, "a number");
    return parse_number(value, to) ? 0 : fail_value(in, field, value, "a number");
}

int yaml_read_seconds(const struct yaml_in *in, const struct yaml_field *field,
                      const struct yaml_node *value, void *to)
{
    static const char due[] = "a number of seconds above 0, at most 30 days";
    if (yaml_kind(value) != YAML_SCALAR)
        return fail_type(in, field, value, due);
    double seconds = 0;
    if (!parse_number(value, &seconds) || !(seconds > 0) || seconds > SECONDS_MAX)
        return fail_value(in, field, value, due);
    *(int64_t *)to = (int64_t)ceil(seconds * 1000);
    return 0;
}

int yaml_read_strings(const struct yaml_in *in, const struct yaml_field *field,
                      const struct yaml_node *value, void *to)
{
    struct yaml_strings *list = to;
    bool is_list = yaml_kind(value) == YAML_LIST;
    if (!is_list && yaml_kind(value) != YAML_SCALAR)
        return fail_type(in, field, value, "a list of texts");
    size_t n = is_list ? yaml_count(value) : 1, at = 0;
    const char **items = arena_array(in->arena, n ? n : 1, sizeof *items);
    if (!items)
        return no_memory(in);
    if (!is_list) {
        if (yaml_read_string(in, field, value, &items[at++]) != 0)
            return -1;
    }
    for (const struct yaml_node *el = yaml_first(value); el; el = yaml_next(el))
        if (yaml_read_string(in, field, el, &items[at++]) != 0)
            return -1;
    *list = (struct yaml_strings){items, n};
    return 0;
}

int yaml_read_comma_list(const struct yaml_in *in, const struct yaml_field *field,
                         const struct yaml_node *value, void *to)
{
    struct yaml_strings list = {0};
    if (yaml_read_strings(in, field, value, &list) != 0)
        return -1;
    struct buf joined;
    buf_init(&joined, LIST_TEXT_MAX);
    int rc = 0;
    for (size_t i = 0; i < list.n && rc == 0; i++)
        rc = buf_addf(&joined, "%s%s", i ? "," : "", list.items[i]);
    if (rc != 0) {
        yaml_fail(in->doc, value, in->e, "'%s' is over %d bytes", field->name, LIST_TEXT_MAX);
    } else {
        *(const char **)to = intern_text(in->strings, buf_bytes(&joined), joined.len);
        rc = *(const char **)to ? 0 : no_memory(in);
    }
    buf_free(&joined);
    return rc;
}

int yaml_read_node(const struct yaml_in *in, const struct yaml_field *field,
                   const struct yaml_node *value, void *to)
{
    (void)in;
    (void)field;
    *(const struct yaml_node **)to = value;
    return 0;
}

int yaml_read_nothing(const struct yaml_in *in, const struct yaml_field *field,
                      const struct yaml_node *value, void *to)
{
    (void)in;
    (void)field;
    (void)value;
    (void)to;
    return 0;
}
