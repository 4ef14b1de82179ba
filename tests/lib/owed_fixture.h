/* What the tests of owed echoes share: a prompt that is believed, an input sent there, and what the
 * device shows then. Included by one test program each. */
#ifndef TESTS_LIB_OWED_FIXTURE_H
#define TESTS_LIB_OWED_FIXTURE_H

#include "dialogue/owed.h"
#include "tests/lib/judge_fixture.h"

#define NONCE   "0a1b2c3d"
#define EDITED1 "\b\x1b[K" /* how a line editor wipes out one of them */
#define PLAIN1  "\b \b"    /* and a kernel */
#define EDITED  NONCE EDITED1 EDITED1 EDITED1 EDITED1 EDITED1 EDITED1 EDITED1 EDITED1
#define PLAIN   NONCE PLAIN1 PLAIN1 PLAIN1 PLAIN1 PLAIN1 PLAIN1 PLAIN1 PLAIN1

static const struct platform tested = {.name = "x", .prompt = PATTERN("^\\S+[#>] ?$")};

static struct judge j;
static struct prompts p;
static struct owed o;
static struct input next;
static struct sight sight;
static bool edited;
static size_t prompt_at;

static inline int open_owed(void **state)
{
    (void)state;
    judge_open(&j, &tested);
    prompts_init(&p, j.rules, &j.matcher);
    o = (struct owed){.at = 0};
    edited = true;
    return 0;
}

static inline int close_owed(void **state)
{
    (void)state;
    prompts_free(&p);
    judge_close(&j);
    return 0;
}

/* An output, with a proved prompt behind it at which text was sent. */
static inline void stand_at(const char *output, const char *prompt, const char *text,
                            const char *nonce)
{
    judge_feed(&j, output);
    prompt_at = stream_end(&j.s);
    judge_feed(&j, prompt);
    assert_int_equal(prompt_prove(&p, prompt, strlen(prompt)), 0);
    assert_int_equal(prompt_believe(&p, prompt, strlen(prompt)), 0);
    owed_begin(&o, &j.s, &p, prompt_at);
    next = (struct input){.kind = INPUT_COMMAND, .text = text};
    strcpy(next.nonce, nonce);
}

static inline enum sight_kind look(const char *chunk)
{
    judge_feed(&j, chunk);
    owed_look_for_echo(&o, &j.s, &p, &next, edited, &sight);
    return sight.kind;
}

/* The echo was seen: where the output ends, and that the next begins behind all that came. */
static inline void expect_echo(size_t place)
{
    assert_int_equal(sight.kind, SIGHT_ECHO);
    assert_int_equal(sight.place, place);
    assert_int_equal(sight.out_start, j.s.line_start);
}

#endif
