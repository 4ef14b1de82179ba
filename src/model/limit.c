#include "model/limit.h"

#include "base/log.h"
#include "base/text.h"
#include "model/hostlist.h"
#include "model/limit_match.h"

#include <stdlib.h>
#include <string.h>

#define INTERSECTIONS_MAX 16

static int no_memory(struct err *e)
{
    return err_set(e, FAIL_INTERNAL, "out of memory");
}

/* --- -x --- */

static int add_excluded(void *ctx, const char *entry, size_t len, struct err *e)
{
    return limit_add_name(ctx, entry, len, e);
}

int limit_exclude(const struct limit_scope *scope, const char *list, bool *keep, struct err *e)
{
    struct limit_matcher m = {0};
    bool *hits = calloc(scope->n + 1, sizeof *hits);
    if (!hits)
        return no_memory(e);
    int rc = hostlist_each(list, add_excluded, &m, e);
    if (rc == 0)
        rc = limit_match(&m, scope, hits, e);
    for (size_t i = 0; rc == 0 && i < scope->n; i++)
        keep[i] = keep[i] && !hits[i];
    for (const struct limit_term *t = m.terms; rc == 0 && t; t = t->next)
        if (!t->has_matched)
            log_warn("-x: no device or group is called '%.60s'", t->text);
    limit_matcher_free(&m);
    free(hits);
    if (rc != 0)
        err_prefix(e, "-x: ");
    return rc;
}

/* --- -l --- */

struct expression {
    const struct limit_scope *scope;
    struct limit_matcher any, never, also[INTERSECTIONS_MAX];
    size_t n_also;
    struct err *e;
};

/* Where the term at text ends that is no pattern: at the next comma or colon outside brackets. A
 * name that holds a colon itself (an address, host:port) is one term where there is such a device.
 */
static size_t name_length(const struct expression *x, const char *text)
{
    size_t comma = 0, colon = 0;
    bool in_brackets = false, has_colon = false;
    for (; text[comma] && (in_brackets || text[comma] != ','); comma++) {
        if (text[comma] == '[' || text[comma] == ']')
            in_brackets = text[comma] == '[';
        if (text[comma] == ':' && !in_brackets && !has_colon) {
            has_colon = true;
            colon = comma;
        }
    }
    if (!has_colon || strmap_get(x->scope->names, text, comma))
        return comma;
    return colon;
}

/* The slash that ends a pattern is followed by a separator or nothing. NULL: there is none. */
static const char *pattern_end(const char *text)
{
    for (const char *slash = strchr(text, '/'); slash; slash = strchr(slash + 1, '/'))
        if (slash[1] == '\0' || slash[1] == ',' || slash[1] == ':')
            return slash;
    return NULL;
}

static struct limit_matcher *matcher_for(struct expression *x, char sign)
{
    if (sign == '!')
        return &x->never;
    if (sign != '&')
        return &x->any;
    return x->n_also < INTERSECTIONS_MAX ? &x->also[x->n_also++] : NULL;
}

static int take_term(struct expression *x, const char **text)
{
    char sign = **text == '!' || **text == '&' ? *(*text)++ : '\0';
    struct limit_matcher *m = matcher_for(x, sign);
    const char *term = *text;
    if (!m)
        return err_set(x->e, FAIL_USAGE, "over %d terms with '&'", INTERSECTIONS_MAX);
    if (*term == '/') {
        const char *end = pattern_end(term + 1);
        if (!end)
            return err_set(x->e, FAIL_USAGE, "the pattern %.60s has no '/' at its end", term);
        *text = end + 1;
        return limit_add_regex(m, term + 1, (size_t)(end - term - 1), x->e);
    }
    size_t len = name_length(x, term);
    *text = term + len;
    if (len == 0)
        return err_set(x->e, FAIL_USAGE, "'%c' without a name behind it", sign);
    return limit_add_name(m, term, len, x->e);
}

static int read_expression(struct expression *x, const char *text)
{
    for (;;) {
        text += strspn(text, ",: \t");
        if (*text == '\0')
            break;
        if (take_term(x, &text) != 0)
            return -1;
    }
    if (!x->any.terms && !x->never.terms && x->n_also == 0)
        return err_set(x->e, FAIL_USAGE, "nothing in it");
    return x->any.terms ? 0 : limit_add_name(&x->any, "all", 3, x->e);
}

static int fail_unmatched(const struct limit_scope *scope, const char *text, struct err *e)
{
    size_t n = 0, most = scope->n;
    for (size_t i = 0; i < scope->n; i++)
        most += scope->devices[i].n_groups;
    const char **names = calloc(most + 1, sizeof *names);
    if (!names)
        return no_memory(e);
    for (size_t i = 0; i < scope->n; i++) {
        names[n++] = scope->devices[i].name;
        for (size_t k = 0; k < scope->devices[i].n_groups; k++)
            names[n++] = scope->devices[i].groups[k];
    }
    const char *near = text_nearest(text, names, n);
    free(names);
    if (near)
        return err_set(e, FAIL_USAGE, "no device or group matches '%.60s', did you mean '%s'?",
                       text, near);
    return err_set(e, FAIL_USAGE, "no device or group matches '%.60s'", text);
}

/* Keeps what matches (or, where not, what does not). */
static int sieve(struct limit_matcher *m, const struct limit_scope *scope, bool wanted, bool *keep,
                 struct err *e)
{
    bool *hits = calloc(scope->n + 1, sizeof *hits);
    if (!hits)
        return no_memory(e);
    int rc = limit_match(m, scope, hits, e);
    for (size_t i = 0; rc == 0 && i < scope->n; i++)
        keep[i] = keep[i] && hits[i] == wanted;
    for (const struct limit_term *t = m->terms; rc == 0 && t; t = t->next)
        if (!t->has_matched)
            rc = fail_unmatched(scope, t->text, e);
    free(hits);
    return rc;
}

int limit_apply(const struct limit_scope *scope, const char *expression, bool *keep, struct err *e)
{
    struct expression x = {.scope = scope, .e = e};
    int rc = read_expression(&x, expression);
    if (rc == 0)
        rc = sieve(&x.any, scope, true, keep, e);
    for (size_t i = 0; rc == 0 && i < x.n_also; i++)
        rc = sieve(&x.also[i], scope, true, keep, e);
    if (rc == 0 && x.never.terms)
        rc = sieve(&x.never, scope, false, keep, e);
    for (size_t i = 0; i < x.n_also; i++)
        limit_matcher_free(&x.also[i]);
    limit_matcher_free(&x.any);
    limit_matcher_free(&x.never);
    if (rc != 0)
        err_prefix(e, "-l: ");
    return rc;
}
