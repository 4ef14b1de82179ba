/* links: engine/share base/clock base/err model/result tests/lib/failing_malloc */

/* What is told of a visit, and what becomes of a result for which there is no memory. */
#include "engine/share.h"
#include "tests/lib/failing_malloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A session as a test says it is. */
struct session {
    bool logged_in;
    size_t settled;
};

static const struct command_result settled;

bool session_logged_in(const struct session *s)
{
    return s->logged_in;
}

const struct command_result *session_command(const struct session *s, size_t index)
{
    return index < s->settled ? &settled : NULL;
}

struct heard {
    unsigned results, lost, log_ins;
    size_t commands;
    enum fail_class class;
};

static void take_result(void *ctx, struct result *r)
{
    struct heard *h = ctx;
    h->results++;
    h->class = r->class;
    result_free(r);
}

static void note_lost(void *ctx, const struct job *job)
{
    struct heard *h = ctx;
    assert_int_equal(job->index, 7);
    h->lost++;
}

static void note_log_in(void *ctx, const struct job *job)
{
    struct heard *h = ctx;
    (void)job;
    assert_int_equal(h->commands, 0); /* first */
    h->log_ins++;
}

static void note_command(void *ctx, const struct job *job, size_t index,
                         const struct command_result *command)
{
    struct heard *h = ctx;
    (void)job;
    assert_ptr_equal(command, &settled);
    assert_int_equal(index, h->commands++);
}

static const struct command three[3];
static const struct device device = {.name = "r7"};
static const struct job job = {
    .index = 7, .attempt = 1, .device = &device, .commands = {.items = three, .n = 3}};

static void no_memory_for_a_visit_is_its_result(void **state)
{
    (void)state;
    struct heard h = {0};
    struct engine_client client = {.ctx = &h, .result = take_result, .lost = note_lost};
    struct share share = {.client = &client};
    share_give(&share, &job, 0, NULL);
    assert_true(h.results == 1 && h.lost == 0 && h.class == FAIL_INTERNAL);
}

static void no_memory_for_that_either_loses_the_job(void **state)
{
    (void)state;
    struct heard h = {0};
    struct engine_client client = {.ctx = &h, .result = take_result, .lost = note_lost};
    struct share share = {.client = &client};
    if (!failing_malloc_works())
        return;
    failing_malloc_at(1);
    share_give(&share, &job, 0, NULL);
    assert_true(failing_malloc_stop());
    assert_true(h.results == 0 && h.lost == 1);
    client.lost = NULL;
    failing_malloc_at(1);
    share_give(&share, &job, 0, NULL);
    assert_true(failing_malloc_stop());
    assert_true(h.results == 0 && h.lost == 1);
}

static void each_thing_is_told_once(void **state)
{
    (void)state;
    struct heard h = {0};
    struct engine_client client = {
        .ctx = &h, .command = note_command, .logged_in = note_log_in, .result = take_result};
    struct share share = {.client = &client};
    struct session s = {0};
    struct share_told told = {0};
    share_tell(&share, &job, &s, &told);
    assert_true(h.log_ins == 0 && h.commands == 0);
    s = (struct session){.logged_in = true, .settled = 1};
    share_tell(&share, &job, &s, &told);
    share_tell(&share, &job, &s, &told);
    assert_true(h.log_ins == 1 && h.commands == 1);
    s.settled = 3; /* the last comes with the result */
    share_tell(&share, &job, &s, &told);
    assert_true(h.log_ins == 1 && h.commands == 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_memory_for_a_visit_is_its_result),
        cmocka_unit_test(no_memory_for_that_either_loses_the_job),
        cmocka_unit_test(each_thing_is_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
