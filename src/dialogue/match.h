/* One compiled pattern: PCRE2, caseless and multi-line as the schema has it, JIT where the machine
 * can, with a match limit, so that no pattern of a file can hang a session. Or a plain text.
 *
 * Patterns are applied to bounded texts only: the last line, or the last few KiB before the first
 * prompt. A pattern is const once compiled and shared by threads; match data belongs to one. */
#ifndef POLLER_DIALOGUE_MATCH_H
#define POLLER_DIALOGUE_MATCH_H

#include <poller/err.h>
#include <poller/platform.h>
#include <stdbool.h>
#include <stddef.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

struct match {
    pcre2_code *code;  /* NULL: exact, or absent */
    const char *exact; /* borrowed from the platform */
    size_t exact_len;
};

/* What a dialogue needs to match: one for each. */
struct matcher {
    pcre2_match_data *data;
    pcre2_match_context *limits;
};

int matcher_init(struct matcher *m); /* -1: memory is out */
void matcher_free(struct matcher *m);

/* MATCH_LINE: the whole text must match, as a prompt does. */
enum match_kind { MATCH_SEARCH, MATCH_LINE };

/* 0, or -1 with err: "file:line:column: pattern '…': what PCRE2 says". An absent pattern (text
 * NULL) compiles to one that matches nothing. */
int match_compile(struct match *to, const struct platform_pattern *from, enum match_kind kind,
                  struct err *e);
void match_free(struct match *m);

/* *start, if not NULL, gets where it began. What runs into the match limit does not match. */
bool match_text(const struct match *m, const struct matcher *with, const char *text, size_t n,
                size_t *start);

#endif
