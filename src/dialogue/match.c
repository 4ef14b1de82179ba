#include "dialogue/match.h"

#include <string.h>

/* A prompt of 512 bytes needs hundreds; a pattern that backtracks without end stops in a few
 * milliseconds. */
#define MATCH_STEPS 100000
#define MATCH_DEPTH 5000

int matcher_init(struct matcher *m)
{
    m->data = pcre2_match_data_create(1, NULL);
    m->limits = pcre2_match_context_create(NULL);
    if (!m->data || !m->limits) {
        matcher_free(m);
        return -1;
    }
    pcre2_set_match_limit(m->limits, MATCH_STEPS);
    pcre2_set_depth_limit(m->limits, MATCH_DEPTH);
    return 0;
}

void matcher_free(struct matcher *m)
{
    pcre2_match_data_free(m->data);
    pcre2_match_context_free(m->limits);
    *m = (struct matcher){0};
}

static int refuse(const struct platform_pattern *from, int code, size_t offset, struct err *e)
{
    char why[128] = "";
    pcre2_get_error_message(code, (PCRE2_UCHAR *)why, sizeof why);
    return err_set(e, FAIL_USAGE, "%s:%d:%d: pattern '%s', at its byte %zu: %s",
                   from->file ? from->file : "-", from->line, from->column, from->text, offset + 1,
                   why);
}

int match_compile(struct match *to, const struct platform_pattern *from, enum match_kind kind,
                  struct err *e)
{
    *to = (struct match){0};
    if (!from->text)
        return 0;
    if (from->exact) {
        to->exact = from->text;
        to->exact_len = strlen(from->text);
        return 0;
    }
    uint32_t options = PCRE2_CASELESS | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C;
    if (kind == MATCH_LINE)
        options |= PCRE2_ANCHORED | PCRE2_ENDANCHORED;
    int code = 0;
    PCRE2_SIZE at = 0;
    to->code =
        pcre2_compile((PCRE2_SPTR)from->text, PCRE2_ZERO_TERMINATED, options, &code, &at, NULL);
    if (!to->code)
        return refuse(from, code, at, e);
    /* Where the machine has no JIT the interpreter serves. */
    (void)pcre2_jit_compile(to->code, PCRE2_JIT_COMPLETE);
    return 0;
}

void match_free(struct match *m)
{
    pcre2_code_free(m->code);
    *m = (struct match){0};
}

static size_t without_blanks(const char *text, size_t n)
{
    while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\t'))
        n--;
    return n;
}

/* A plain text stands at the end of the line; blanks behind it are nobody's business. */
static bool ends_in(const struct match *m, const char *text, size_t n, size_t *start)
{
    size_t want = without_blanks(m->exact, m->exact_len);
    n = without_blanks(text, n);
    if (want == 0 || n < want || memcmp(text + n - want, m->exact, want) != 0)
        return false;
    if (start)
        *start = n - want;
    return true;
}

bool match_text(const struct match *m, const struct matcher *with, const char *text, size_t n,
                size_t *start)
{
    if (m->exact)
        return ends_in(m, text, n, start);
    if (!m->code)
        return false;
    if (pcre2_match(m->code, (PCRE2_SPTR)text, n, 0, 0, with->data, with->limits) < 0)
        return false;
    if (start)
        *start = pcre2_get_ovector_pointer(with->data)[0];
    return true;
}
