/* What the tests of the dialogue's judges share: a stream to feed, and one platform's rules.
 * Included by one test program each. */
#ifndef TESTS_LIB_JUDGE_FIXTURE_H
#define TESTS_LIB_JUDGE_FIXTURE_H

#include "dialogue/rules.h"
#include "dialogue/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PATTERN(pattern)                                                                           \
    {                                                                                              \
        .text = (pattern), .file = "p.yaml", .line = 1, .column = 1                                \
    }
#define TEXT(text) (text), strlen(text)

struct judge {
    struct matcher matcher;
    struct dialogue_rules *rules;
    struct stream s;
};

static inline void judge_open(struct judge *j, const struct platform *platform)
{
    struct err e = {0};
    assert_int_equal(matcher_init(&j->matcher), 0);
    j->rules = dialogue_rules_new(platform, &e);
    if (!j->rules)
        fail_msg("%s", e.text);
    stream_init(&j->s, 1 << 20);
}

static inline void judge_close(struct judge *j)
{
    stream_free(&j->s);
    dialogue_rules_free(j->rules);
    matcher_free(&j->matcher);
}

/* A chunk. */
static inline void judge_feed(struct judge *j, const char *text)
{
    assert_int_equal(stream_add(&j->s, text, strlen(text)), 0);
    assert_int_equal(stream_read_tail(&j->s), 0);
}

/* Everything so far is forgotten. */
static inline void judge_anew(struct judge *j)
{
    stream_free(&j->s);
    stream_init(&j->s, 1 << 20);
}

#endif
