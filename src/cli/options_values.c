#include "cli/options_values.h"

#include "base/text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SECONDS_MAX 86400.0
#define STOP_MAX    1000000

int value_seconds(const char *option, const char *value, double *out, struct err *e)
{
    char *end;
    double seconds = strtod(value, &end);
    if (end == value || *end || !isfinite(seconds) || seconds <= 0 || seconds > SECONDS_MAX)
        return err_set(e, FAIL_USAGE, "%s %s: expected seconds, over 0 and at most %.0f", option,
                       value, SECONDS_MAX);
    *out = seconds;
    return 0;
}

int value_rate(const char *option, const char *value, double *out, struct err *e)
{
    char *end;
    double rate = strtod(value, &end);
    if (end == value || *end || !(rate >= LOGIN_RATE_MIN && rate <= LOGIN_RATE_MAX))
        return err_set(
            e, FAIL_USAGE,
            "%s %s: expected logins a second, from %g to %.0f (0.5 is one in two seconds)", option,
            value, LOGIN_RATE_MIN, LOGIN_RATE_MAX);
    *out = rate;
    return 0;
}

int value_number(const char *option, const char *value, unsigned min, unsigned max, unsigned *out,
                 struct err *e)
{
    char *end;
    errno = 0;
    unsigned long n = strtoul(value, &end, 10);
    if (end == value || *end || errno || value[0] == '-' || n < min || n > max)
        return err_set(e, FAIL_USAGE, "%s %s: expected a number from %u to %u", option, value, min,
                       max);
    *out = (unsigned)n;
    return 0;
}

int value_count(const char *option, const char *value, unsigned max, unsigned *out, struct err *e)
{
    return value_number(option, value, 1, max, out, e);
}

int value_counts(const char *option, const char *value, struct options *out, struct err *e)
{
    struct string_list words = {0};
    int rc = list_add_split(&words, value);
    unsigned *counts = calloc(words.n + 1, sizeof *counts);
    if (rc != 0 || !counts) {
        free(counts);
        list_free(&words);
        return err_set(e, FAIL_USAGE, "out of memory");
    }
    for (size_t i = 0; rc == 0 && i < words.n; i++)
        rc = value_count(option, words.items[i], OPTIONS_WORKERS_MAX, &counts[i], e);
    if (rc == 0 && words.n == 0)
        rc = err_set(e, FAIL_USAGE, "%s: expected numbers with commas between", option);
    if (rc == 0) {
        free(out->worker_counts);
        out->worker_counts = counts;
        out->n_worker_counts = words.n;
    } else {
        free(counts);
    }
    list_free(&words);
    return rc;
}

int value_mode(const char *option, const char *value, enum engine_mode *out, struct err *e)
{
    const char *names[ENGINE_MODES];
    for (int m = 0; m < ENGINE_MODES; m++)
        names[m] = engine_mode_name((enum engine_mode)m);
    size_t choice = 0;
    if (value_choice(option, value, names, ENGINE_MODES, &choice, e) != 0)
        return -1;
    *out = (enum engine_mode)choice;
    return 0;
}

static void join(const char *const *words, size_t n, char *out, size_t size)
{
    size_t at = 0;
    out[0] = '\0';
    for (size_t i = 0; i < n && at < size; i++)
        at += (size_t)snprintf(out + at, size - at, "%s%s", i ? ", " : "", words[i]);
}

int value_choice(const char *option, const char *value, const char *const *choices, size_t n,
                 size_t *out, struct err *e)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(choices[i], value) == 0) {
            *out = i;
            return 0;
        }
    char all[160];
    join(choices, n, all, sizeof all);
    const char *near = text_nearest(value, choices, n);
    return err_set(e, FAIL_USAGE, "%s %s: expected one of %s%s%s%s", option, value, all,
                   near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

/* Of the classes that a record can have. */
static int value_class(const char *option, const char *name, enum fail_class *out, struct err *e)
{
    const char *names[FAIL_USAGE];
    size_t n = 0;
    enum fail_class c = fail_by_name(name);
    if (c != FAIL_NONE && c != FAIL_USAGE) {
        *out = c;
        return 0;
    }
    for (int k = FAIL_NONE + 1; k < FAIL_USAGE; k++)
        names[n++] = fail_name((enum fail_class)k);
    const char *near = text_nearest(name, names, n);
    return err_set(e, FAIL_USAGE, "%s %s: no class of failure has this name%s%s%s", option, name,
                   near ? "; did you mean " : " (poller(1) lists them)", near ? near : "",
                   near ? "?" : "");
}

int value_stop_rule(const char *option, const char *value, struct stop_rule *out, struct err *e)
{
    const char *colon = strchr(value, ':');
    if (!colon)
        return err_set(e, FAIL_USAGE,
                       "%s %s: expected a class of failure and a number, such as auth:3", option,
                       value);
    char *name = strndup(value, (size_t)(colon - value));
    int rc =
        name ? value_class(option, name, &out->class, e) : err_set(e, FAIL_USAGE, "out of memory");
    free(name);
    if (rc == 0 && out->class == FAIL_CANCELLED)
        rc = err_set(e, FAIL_USAGE,
                     "%s %s: a device is cancelled where the run ends: nothing ends after it",
                     option, value);
    if (rc == 0)
        rc = value_count(option, colon + 1, STOP_MAX, &out->after, e);
    return rc;
}

int value_classes(const char *option, const char *value, fail_set *out, struct err *e)
{
    struct string_list words = {0};
    enum fail_class class = FAIL_NONE;
    int rc = list_add_split(&words, value);
    if (rc != 0)
        err_set(e, FAIL_USAGE, "out of memory");
    else if (words.n == 0)
        rc = err_set(e, FAIL_USAGE, "%s: expected classes of failure with commas between", option);
    for (size_t i = 0; rc == 0 && i < words.n; i++)
        if ((rc = value_class(option, words.items[i], &class, e)) == 0)
            *out |= fail_bit(class);
    list_free(&words);
    return rc;
}

int list_add(struct string_list *list, const char *value)
{
    const char **more = realloc(list->items, (list->n + 1) * sizeof *more);
    char *copy = strdup(value);
    if (more)
        list->items = more;
    if (!more || !copy) {
        free(copy);
        return -1;
    }
    list->items[list->n++] = copy;
    return 0;
}

int list_add_split(struct string_list *list, const char *value)
{
    while (*value) {
        size_t len = strcspn(value, ",");
        char *word = strndup(value, len);
        int rc = word ? (len > 0 ? list_add(list, word) : 0) : -1;
        free(word);
        if (rc != 0)
            return -1;
        value += len + (value[len] == ',');
    }
    return 0;
}

void list_free(struct string_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free((char *)list->items[i]);
    free(list->items);
    *list = (struct string_list){0};
}
