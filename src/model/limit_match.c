#define PCRE2_CODE_UNIT_WIDTH 8
#include "model/limit_match.h"

#include "base/text.h"
#include "model/hostlist.h"

#include <pcre2.h>
#include <string.h>

#define GLOBS_MAX   1000 /* each is tried on each device */
#define NAMES_MAX   1000000
#define MATCH_LIMIT 100000

struct limit_glob {
    struct limit_glob *next;
    const char *pattern;
    struct limit_term *term;
};

struct limit_regex {
    struct limit_regex *next;
    pcre2_code *code;
    pcre2_match_data *data;
    pcre2_match_context *context;
    struct limit_term *term;
};

static int no_memory(struct err *e)
{
    return err_set(e, FAIL_INTERNAL, "out of memory");
}

static struct limit_term *add_term(struct limit_matcher *m, const char *text, size_t len)
{
    struct limit_term *t = arena_alloc(&m->arena, sizeof *t);
    if (!t)
        return NULL;
    t->text = arena_dup(&m->arena, text, len);
    if (m->last)
        m->last->next = t;
    else
        m->terms = t;
    m->last = t;
    return t->text ? t : NULL;
}

static int add_glob(struct limit_matcher *m, struct limit_term *term, const char *pattern,
                    struct err *e)
{
    if (m->n_globs++ == GLOBS_MAX)
        return err_set(e, FAIL_USAGE, "'%.60s': over %d names with wildcards", term->text,
                       GLOBS_MAX);
    struct limit_glob *g = arena_alloc(&m->arena, sizeof *g);
    if (!g)
        return no_memory(e);
    *g = (struct limit_glob){m->globs, pattern, term};
    m->globs = g;
    return 0;
}

static int add_one(struct limit_matcher *m, struct limit_term *term, const char *name,
                   struct err *e)
{
    const char *kept = arena_strdup(&m->arena, name);
    if (!kept)
        return no_memory(e);
    void **place = strmap_put(&m->plain, kept, strlen(kept));
    if (!place)
        return no_memory(e);
    *place = term;
    /* A name may hold brackets itself, so what looks like a glob is looked up as a name as well. */
    return strpbrk(name, "*?[") ? add_glob(m, term, kept, e) : 0;
}

/* Nothing but numbers in its brackets, or no end to them. */
static bool meant_as_range(const char *text)
{
    const char *open = strchr(text, '[');
    if (!open)
        return false;
    const char *end = open + 1 + strspn(open + 1, "0123456789,-");
    return *end == ']' || !strchr(open, ']');
}

int limit_add_name(struct limit_matcher *m, const char *text, size_t len, struct err *e)
{
    struct limit_term *term = add_term(m, text, len);
    struct host_pattern p;
    struct err not_a_range = {0};
    if (!term)
        return no_memory(e);
    if (strcmp(term->text, "all") == 0 || strcmp(term->text, "*") == 0) {
        m->all = term;
        return 0;
    }
    /* Brackets that hold no range are a glob's; a range with a mistake in it is no glob. */
    if (host_pattern_parse(text, len, &p, &not_a_range) != 0)
        return meant_as_range(term->text) ? err_set(e, FAIL_USAGE, "%s", not_a_range.text)
                                          : add_one(m, term, term->text, e);
    if (m->plain.n + p.count > NAMES_MAX)
        return err_set(e, FAIL_USAGE, "'%.60s': over %d names in all", term->text, NAMES_MAX);
    for (size_t i = 0; i < p.count; i++) {
        char name[HOST_NAME_MAX_BYTES + 1];
        if (add_one(m, term, host_pattern_name(&p, i, name), e) != 0)
            return -1;
    }
    return 0;
}

int limit_add_regex(struct limit_matcher *m, const char *text, size_t len, struct err *e)
{
    int code;
    PCRE2_SIZE offset;
    struct limit_term *term = add_term(m, text, len);
    struct limit_regex *r = arena_alloc(&m->arena, sizeof *r);
    if (!term || !r)
        return no_memory(e);
    r->term = term;
    r->next = m->regexes;
    m->regexes = r;
    r->code = pcre2_compile((PCRE2_SPTR)text, len, PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, &code,
                            &offset, NULL);
    if (!r->code && code == PCRE2_ERROR_HEAP_FAILED)
        return no_memory(e);
    if (!r->code) {
        PCRE2_UCHAR why[160];
        pcre2_get_error_message(code, why, sizeof why);
        return err_set(e, FAIL_USAGE, "the pattern /%.60s/ is wrong at character %zu: %s",
                       term->text, (size_t)offset + 1, (const char *)why);
    }
    r->data = pcre2_match_data_create(1, NULL);
    r->context = pcre2_match_context_create(NULL);
    if (!r->data || !r->context)
        return no_memory(e);
    pcre2_set_match_limit(r->context, MATCH_LIMIT);
    return 0;
}

static bool hit_plain(const struct limit_matcher *m, const char *name)
{
    struct limit_term *term = strmap_get(&m->plain, name, strlen(name));
    if (term)
        term->has_matched = true;
    return term != NULL;
}

static bool hit_glob(const struct limit_glob *g, const struct device *d)
{
    bool hit = text_glob(g->pattern, d->name) || text_glob(g->pattern, d->host);
    for (size_t i = 0; !hit && i < d->n_groups; i++)
        hit = text_glob(g->pattern, d->groups[i]);
    if (hit)
        g->term->has_matched = true;
    return hit;
}

/* 1, 0, or -1 with err. */
static int hit_regex(const struct limit_regex *r, const struct device *d, struct err *e)
{
    int rc = pcre2_match(r->code, (PCRE2_SPTR)d->name, strlen(d->name), 0, 0, r->data, r->context);
    if (rc == PCRE2_ERROR_NOMATCH)
        return 0;
    if (rc == PCRE2_ERROR_NOMEMORY)
        return no_memory(e);
    if (rc < 0)
        return err_set(e, FAIL_USAGE, "the pattern /%.60s/ takes too many steps on '%.60s'",
                       r->term->text, d->name);
    r->term->has_matched = true;
    return 1;
}

/* Every term is tried, so that each knows whether it has matched anything. */
static int hit_device(struct limit_matcher *m, const struct device *d, bool *hit, struct err *e)
{
    if (m->all)
        *hit = m->all->has_matched = true;
    *hit |= hit_plain(m, d->name);
    *hit |= hit_plain(m, d->host);
    for (size_t i = 0; i < d->n_groups; i++)
        *hit |= hit_plain(m, d->groups[i]);
    for (const struct limit_glob *g = m->globs; g; g = g->next)
        *hit |= hit_glob(g, d);
    for (const struct limit_regex *r = m->regexes; r; r = r->next) {
        int rc = hit_regex(r, d, e);
        if (rc < 0)
            return -1;
        *hit |= rc > 0;
    }
    return 0;
}

int limit_match(struct limit_matcher *m, const struct limit_scope *scope, bool *hits, struct err *e)
{
    for (size_t i = 0; i < scope->n; i++)
        if (hit_device(m, &scope->devices[i], &hits[i], e) != 0)
            return -1;
    return 0;
}

void limit_matcher_free(struct limit_matcher *m)
{
    for (struct limit_regex *r = m->regexes; r; r = r->next) {
        pcre2_match_context_free(r->context);
        pcre2_match_data_free(r->data);
        pcre2_code_free(r->code);
    }
    strmap_free(&m->plain);
    arena_free(&m->arena);
    *m = (struct limit_matcher){0};
}
