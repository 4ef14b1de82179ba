/* links: base/arena base/buf base/clock base/err base/escape base/file base/filename base/log
 * model/hostlist model/hostlist_each model/inventory model/inventory_commands
 * model/inventory_device model/inventory_finish model/inventory_groups
 * model/inventory_native model/inventory_netmiko model/inventory_pace
 * model/inventory_settings model/limit model/limit_match model/plan model/platform
 * model/platform_extra model/platform_steps model/platform_yaml model/result model/secret
 * model/secret_fetch model/secret_program model/secret_vault base/strmap base/text
 * model/transport_kind base/yaml base/yaml_map base/yaml_parse base/yaml_read
 * gen/platform_builtin base/mask session/pump session/session session/trace
 * session/verdict tests/lib/memory_device tests/lib/memory_run tests/lib/failing_malloc
 * dialogue/above dialogue/advance dialogue/again dialogue/clean dialogue/closing
 * dialogue/dialogue dialogue/digits dialogue/echo dialogue/echo_line dialogue/ending
 * dialogue/entering dialogue/exec dialogue/hindsight dialogue/input dialogue/late
 * dialogue/learn dialogue/log_line dialogue/login dialogue/look dialogue/match
 * dialogue/outcome dialogue/owed dialogue/pager dialogue/place dialogue/prompt
 * dialogue/question dialogue/reading dialogue/rules dialogue/run dialogue/script
 * dialogue/settling dialogue/setup dialogue/sighting dialogue/stream dialogue/turn
 * dialogue/waiting dialogue/words */

/* A dialogue whose memory runs out, once at each of its allocations: it ends with a verdict, and
 * says nothing that is not so. The lines that it keeps grow with what the device shows. */
#include "tests/lib/failing_malloc.h"
#include "tests/lib/memory_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SAYS_MAX 4096

static const char *const commands[] = {"show version"};
static const char prompt[] = "a-switch-with-a-name-that-is-nearly-too-long-for-its-own-line#";
static const char output[] = "one line\r\nand another\r\n";

/* A device that answers what is typed, without memory of its own. */
struct device_twin {
    char says[SAYS_MAX], typed[256];
    size_t n_says, n_typed;
    bool left;
};

static void say(struct device_twin *t, const char *text)
{
    size_t n = strlen(text);
    assert_true(t->n_says + n < sizeof t->says);
    memcpy(t->says + t->n_says, text, n);
    t->n_says += n;
}

static void answer(struct device_twin *t)
{
    t->left = strcmp(t->typed, "exit") == 0;
    say(t, t->typed);
    say(t, "\r\n");
    if (strncmp(t->typed, "show", 4) == 0)
        say(t, output);
    if (!t->left)
        say(t, prompt);
}

static void type(struct device_twin *t, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        assert_true(t->n_typed < sizeof t->typed);
        t->typed[t->n_typed] = bytes[i] == '\n' ? '\0' : bytes[i];
        t->n_typed++;
        if (bytes[i] == '\n') {
            answer(t);
            t->n_typed = 0;
        }
    }
}

/* True: it is finished. What the device says comes in two pieces, cut in a line. */
static bool step(struct dialogue *d, struct device_twin *t, const struct dialogue_event *event)
{
    static const struct mono now = {.ns = 1000000000};
    struct dialogue_update u;
    dialogue_step(d, event, now, &u);
    type(t, u.send, u.send_len);
    return u.finished;
}

/* True: the dialogue came to its end. */
static bool converse(struct dialogue *d, struct device_twin *t)
{
    char piece[SAYS_MAX];
    if (step(d, t, &(struct dialogue_event){.kind = DIALOGUE_OPENED}) ||
        step(d, t, &(struct dialogue_event){.kind = DIALOGUE_STARTED}))
        return true;
    for (int i = 0; i < 50; i++) {
        size_t n = t->n_says > 1 ? t->n_says - t->n_says / 3 : t->n_says;
        memcpy(piece, t->says, n);
        memmove(t->says, t->says + n, t->n_says - n);
        t->n_says -= n;
        struct dialogue_event bytes = {.kind = DIALOGUE_BYTES, .data = piece, .len = n};
        if (n == 0)
            bytes = (struct dialogue_event){.kind = t->left ? DIALOGUE_END : DIALOGUE_CANCEL};
        if (step(d, t, &bytes))
            return true;
    }
    return false;
}

static struct dialogue *open_dialogue(const struct memory_run *run, const struct job *job)
{
    const struct dialogue_config config = {
        .rules = run->rules[job->device->platform->index],
        .job = job,
        .username = "lab",
        .line_end = "\n",
        .silence_ms = 1000,
        .max_command_bytes = 1 << 20,
        .max_device_bytes = 1 << 20,
    };
    return dialogue_new(&config);
}

static void check_result(const struct result *r, bool failed)
{
    const struct command_result *c = &r->commands[0];
    if (!failed) {
        assert_int_equal(r->class, FAIL_NONE);
        assert_string_equal(r->prompt, prompt);
    }
    if (r->class == FAIL_NONE) {
        assert_int_equal(c->status, COMMAND_OK);
        assert_string_equal(c->output, "one line\nand another\n");
        assert_true(!r->prompt || strcmp(r->prompt, prompt) == 0);
    } else {
        assert_int_equal(r->class, FAIL_INTERNAL);
        assert_non_null(strstr(r->err.text, "memory is out"));
    }
}

/* One visit, whose nth allocation fails (0: none does). True: that many were made. */
static bool visit(const struct memory_run *run, long nth)
{
    struct job job = plan_job(run->plan, 0);
    struct device_twin t = {0};
    struct result *r = result_new(&job);
    bool ended = true;
    for (int i = 0; i < 20; i++)
        say(&t, "a banner's long line, ");
    say(&t, "\r\n");
    say(&t, prompt);
    if (nth > 0)
        failing_malloc_at(nth);
    struct dialogue *d = open_dialogue(run, &job);
    if (d)
        ended = converse(d, &t);
    bool failed = nth > 0 && failing_malloc_stop();
    assert_true(ended && (d || failed));
    if (d) {
        dialogue_take(d, r);
        check_result(r, failed);
    }
    dialogue_free(d);
    result_free(r);
    return failed;
}

static void with_memory_it_is_answered(void **state)
{
    struct memory_run run;
    (void)state;
    memory_run_open(&run, "r1", commands, 1);
    assert_false(visit(&run, 0));
    memory_run_close(&run);
}

static void memory_may_be_out_at_any_time(void **state)
{
    struct memory_run run;
    long nth = 1;
    (void)state;
    if (!failing_malloc_works())
        skip();
    memory_run_open(&run, "r1", commands, 1);
    while (visit(&run, nth))
        nth++;
    assert_true(nth > 10);
    memory_run_close(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_memory_it_is_answered),
        cmocka_unit_test(memory_may_be_out_at_any_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
