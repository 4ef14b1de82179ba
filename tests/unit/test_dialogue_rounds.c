/* links: base/arena base/buf base/clock base/err base/escape base/file base/log base/mask
 * model/platform model/platform_extra model/platform_steps model/platform_yaml
 * model/result base/strmap base/text base/yaml base/yaml_map base/yaml_parse
 * base/yaml_read gen/platform_builtin tests/lib/failing_malloc dialogue/above
 * dialogue/advance dialogue/again dialogue/clean dialogue/closing dialogue/dialogue
 * dialogue/digits dialogue/echo dialogue/echo_line dialogue/ending dialogue/entering
 * dialogue/exec dialogue/hindsight dialogue/input dialogue/late dialogue/learn
 * dialogue/log_line dialogue/login dialogue/look dialogue/match dialogue/outcome
 * dialogue/owed dialogue/pager dialogue/place dialogue/prompt dialogue/question
 * dialogue/reading dialogue/rules dialogue/run dialogue/script dialogue/settling
 * dialogue/setup dialogue/sighting dialogue/stream dialogue/turn dialogue/waiting
 * dialogue/words */

/* Rounds as a caller sees them: who owns what between them, and what stays of a round. What is sent
 * and proved is in tests/dialogues/, *_rounds*.txt. */
#include "tests/lib/failing_malloc.h"

#include <poller/dialogue.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SAYS_MAX   (64u << 10)
#define TYPED_MAX  256
#define OUTPUT_MAX (32u << 10)
#define CAP        (64u << 10)
#define STEPS_MAX  100

static struct platform_set *platforms;

/* A router with a line editor: it echoes each byte, DEL takes one back. */
struct router {
    struct dialogue *d;
    const struct platform *platform;
    struct dialogue_rules *rules;
    struct device device;
    char *says;
    size_t n_says;
    char typed[TYPED_MAX];
    size_t n_typed;
    size_t output; /* bytes of "show tech" */
    bool left;
    unsigned rounds_over, settled;
    bool finished;
};

static void say(struct router *r, const char *text)
{
    size_t n = strlen(text);
    assert_true(r->n_says + n < SAYS_MAX);
    memcpy(r->says + r->n_says, text, n);
    r->n_says += n;
}

static void answer(struct router *r)
{
    static const char line[] = "0123456789 abcdefghijklmnopqrstuvwxyz\r\n";
    char words[TYPED_MAX + 32];
    r->typed[r->n_typed] = '\0';
    say(r, "\r\n");
    r->left = strcmp(r->typed, "exit") == 0;
    if (strcmp(r->typed, "show tech") == 0)
        for (size_t n = 0; n < r->output; n += sizeof line - 1)
            say(r, line);
    else if (strncmp(r->typed, "show", 4) == 0) {
        snprintf(words, sizeof words, "it is %s\r\n", r->typed + 5);
        say(r, words);
    } else if (strcmp(r->typed, "wrong") == 0) {
        say(r, "% Incomplete command.\r\n");
    }
    if (!r->left)
        say(r, "r1#");
    r->n_typed = 0;
}

static void type(struct router *r, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char byte[] = {bytes[i], '\0'};
        if (bytes[i] == '\n') {
            answer(r);
        } else if (bytes[i] == '\x7f') {
            assert_true(r->n_typed > 0);
            r->n_typed--;
            say(r, "\b \b");
        } else {
            assert_true(r->n_typed + 1 < sizeof r->typed);
            r->typed[r->n_typed++] = bytes[i];
            say(r, byte);
        }
    }
}

static void take_update(struct router *r, const struct dialogue_update *u)
{
    type(r, u->send, u->send_len);
    r->rounds_over += u->round_over;
    r->settled += u->settled;
    r->finished |= u->finished;
}

static void step(struct router *r, struct dialogue_event event)
{
    struct dialogue_update u;
    dialogue_step(r->d, &event, (struct mono){.ns = 1000000000}, &u);
    take_update(r, &u);
}

/* Until the router has nothing more to say. */
static void converse(struct router *r)
{
    for (int i = 0; i < STEPS_MAX && r->n_says > 0 && !r->finished; i++) {
        char *piece = malloc(r->n_says);
        size_t n = r->n_says;
        assert_non_null(piece);
        memcpy(piece, r->says, n);
        r->n_says = 0;
        step(r, (struct dialogue_event){.kind = DIALOGUE_BYTES, .data = piece, .len = n});
        free(piece);
    }
    if (r->left && !r->finished)
        step(r, (struct dialogue_event){.kind = DIALOGUE_END});
}

static int go_on(struct router *r, const struct job *job)
{
    struct dialogue_update u;
    int rc = dialogue_continue(r->d, job, (struct mono){.ns = 2000000000}, &u);
    take_update(r, &u);
    if (rc == 0)
        converse(r);
    return rc;
}

/* A job whose strings go away with it: what is borrowed longer than promised shows in valgrind. */
static struct job *job_new(struct router *r, const char *first, const char *second)
{
    const char *const texts[] = {first, second};
    struct job *job = calloc(1, sizeof *job);
    struct command *commands = calloc(2, sizeof *commands);
    size_t n = 0;
    assert_true(job && commands);
    for (; n < 2 && texts[n]; n++)
        commands[n] = (struct command){.text = strdup(texts[n]), .file = "test"};
    *job = (struct job){.device = &r->device, .commands = {commands, n}};
    return job;
}

static void job_free(struct job *job)
{
    for (size_t i = 0; i < job->commands.n; i++)
        free((char *)job->commands.items[i].text);
    free((void *)job->commands.items);
    free(job);
}

static void router_init(struct router *r, const char *platform)
{
    struct err e = {0};
    *r = (struct router){.platform = platform_find(platforms, platform), .output = 1000};
    r->device = (struct device){.name = "r1", .platform = r->platform};
    r->rules = dialogue_rules_new(r->platform, &e);
    r->says = malloc(SAYS_MAX);
    assert_true(r->rules && r->says);
}

static struct dialogue *dialogue_of(const struct router *r, const struct job *job)
{
    const struct dialogue_config config = {
        .rules = r->rules,
        .job = job,
        .username = "lab",
        .password = "",
        .enable = "",
        .may_exec = true,
        .line_end = "\n",
        .silence_ms = 1000,
        .max_command_bytes = CAP,
        .max_device_bytes = CAP,
        .nonce = true,
        .nonce_seed = 7,
        .rounds = true,
    };
    return dialogue_new(&config);
}

/* A session over which job has run. */
static void open_session(struct router *r, const struct job *job)
{
    router_init(r, "cisco_ios");
    r->d = dialogue_of(r, job);
    assert_non_null(r->d);
    say(r, "r1#");
    step(r, (struct dialogue_event){.kind = DIALOGUE_OPENED});
    step(r, (struct dialogue_event){.kind = DIALOGUE_STARTED});
    converse(r);
    assert_int_equal(r->rounds_over, 1);
    assert_false(r->finished);
}

static void close_session(struct router *r)
{
    dialogue_free(r->d);
    dialogue_rules_free(r->rules);
    free(r->says);
}

static struct result *take(struct router *r, const struct job *job)
{
    struct result *result = result_new(job);
    assert_non_null(result);
    dialogue_take(r->d, result);
    return result;
}

static void check_output(const struct result *result, size_t i, const char *output)
{
    const struct command_result *c = &result->commands[i];
    assert_int_equal(c->status, COMMAND_OK);
    assert_true(c->proofs & PROOF_NONCE);
    assert_null(c->doubt);
    assert_string_equal(c->output, output);
}

static void each_round_has_its_own_results(void **state)
{
    struct router r;
    (void)state;
    struct job *job = job_new(&r, "show one", "wrong");
    open_session(&r, job);
    assert_non_null(dialogue_command(r.d, 1));
    struct result *first = take(&r, job);
    assert_null(dialogue_command(r.d, 0)); /* moved */
    assert_int_equal(first->class, FAIL_COMMAND_ERROR);
    assert_true(first->was_ready);
    assert_string_equal(first->prompt, "r1#");
    check_output(first, 0, "it is one\n");
    job_free(job);

    job = job_new(&r, "show two", NULL);
    assert_int_equal(go_on(&r, job), 0);
    assert_int_equal(r.rounds_over, 2);
    struct result *second = take(&r, job);
    assert_int_equal(second->class, FAIL_NONE);
    assert_null(second->note);
    assert_true(second->was_ready);
    assert_string_equal(second->prompt, "r1#");
    check_output(second, 0, "it is two\n");
    check_output(first, 0, "it is one\n"); /* ours since it was taken */
    job_free(job);

    assert_int_equal(go_on(&r, NULL), 0);
    assert_true(r.left && r.finished);
    assert_int_equal(r.rounds_over, 2);
    assert_int_equal(r.settled, 1);
    close_session(&r);
    result_free(first);
    result_free(second);
}

/* A round's results that nobody takes go with the next round, or with the dialogue. */
static void results_need_not_be_taken(void **state)
{
    struct router r;
    (void)state;
    struct job *job = job_new(&r, "show one", "wrong");
    open_session(&r, job);
    struct job *next = job_new(&r, "show two", NULL);
    assert_int_equal(go_on(&r, next), 0);
    job_free(job);
    assert_string_equal(dialogue_command(r.d, 0)->output, "it is two\n");
    close_session(&r);
    job_free(next);
}

/* The session ends between its round and the taking: what was settled stays settled. */
static void results_outlive_the_session(void **state)
{
    static const enum dialogue_event_kind ends[] = {DIALOGUE_END, DIALOGUE_LOST, DIALOGUE_CANCEL,
                                                    DIALOGUE_TIMEOUT};
    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct router r;
        struct job *job = job_new(&r, "show one", NULL);
        open_session(&r, job);
        step(&r, (struct dialogue_event){.kind = ends[i], .timeout = FAIL_TOTAL_TIMEOUT});
        assert_true(r.finished && r.settled == 1);
        struct result *result = take(&r, job);
        assert_int_equal(result->class, FAIL_NONE);
        check_output(result, 0, "it is one\n");
        assert_int_equal(go_on(&r, job), -1); /* there is nothing to go on with */
        close_session(&r);
        result_free(result);
        job_free(job);
    }
}

static void only_an_idle_session_continues(void **state)
{
    struct router r;
    struct dialogue_update u;
    (void)state;
    struct job *job = job_new(&r, "show one", NULL);
    router_init(&r, "cisco_ios");
    r.d = dialogue_of(&r, job);
    assert_int_equal(go_on(&r, job), -1);
    step(&r, (struct dialogue_event){.kind = DIALOGUE_OPENED});
    step(&r, (struct dialogue_event){.kind = DIALOGUE_STARTED});
    assert_int_equal(go_on(&r, NULL), -1);
    say(&r, "r1#");
    converse(&r);
    assert_int_equal(r.rounds_over, 1);
    assert_int_equal(dialogue_continue(r.d, job, (struct mono){.ns = 3000000000}, &u), 0);
    take_update(&r, &u);
    assert_int_equal(go_on(&r, NULL), -1); /* in the middle of a round */
    close_session(&r);
    job_free(job);
}

/* By exec nobody could answer a command's question: such a job needs a session with a shell. */
static void answers_need_a_shell(void **state)
{
    static const struct answer answer = {.prompt = "sure", .response = "y"};
    struct router r;
    (void)state;
    struct job *job = job_new(&r, "id -un", NULL);
    router_init(&r, "linux");
    r.d = dialogue_of(&r, job);
    step(&r, (struct dialogue_event){.kind = DIALOGUE_OPENED});
    step(&r, (struct dialogue_event){.kind = DIALOGUE_STARTED});
    step(&r, (struct dialogue_event){.kind = DIALOGUE_EXIT_STATUS, .exit_status = 0});
    step(&r, (struct dialogue_event){.kind = DIALOGUE_END});
    assert_int_equal(r.rounds_over, 1);
    struct command asks = {.text = "sh ask", .file = "test", .answers = (void *)&answer};
    asks.n_answers = 1;
    struct job with = {.device = &r.device, .commands = {&asks, 1}};
    assert_int_equal(go_on(&r, &with), -1);
    assert_int_equal(go_on(&r, job), 0); /* it is idle still */
    close_session(&r);
    job_free(job);
}

/* Hundreds of rounds, each near the byte limit, which is some thirty times less than all of them.
 */
static void rounds_do_not_add_up(void **state)
{
    struct router r;
    (void)state;
    struct job *job = job_new(&r, "show tech", "show one");
    open_session(&r, job);
    r.output = OUTPUT_MAX;
    for (unsigned round = 2; round < 100; round++) {
        assert_int_equal(go_on(&r, job), 0);
        assert_int_equal(r.rounds_over, round);
        struct result *result = take(&r, job);
        assert_int_equal(result->class, FAIL_NONE);
        assert_true(result->commands[0].output_len > OUTPUT_MAX - 2000);
        result_free(result);
    }
    close_session(&r);
    job_free(job);
}

/* Two rounds whose nth allocation fails. True: that many were made. */
static bool rounds_without(long nth)
{
    struct router r;
    struct dialogue_update u;
    struct job *job = job_new(&r, "show one", NULL);
    open_session(&r, job);
    struct result *result = result_new(job);
    failing_malloc_at(nth);
    int rc = dialogue_continue(r.d, job, (struct mono){.ns = 2000000000}, &u);
    bool failed = failing_malloc_stop();
    take_update(&r, &u);
    if (rc == 0)
        converse(&r);
    assert_true(rc == 0 || (failed && !r.finished));
    assert_true(rc != 0 || r.rounds_over == 2 || (failed && r.finished));
    dialogue_take(r.d, result);
    assert_int_equal(result->class, r.finished ? FAIL_INTERNAL : FAIL_NONE);
    close_session(&r);
    result_free(result);
    job_free(job);
    return failed;
}

static void memory_may_be_out_at_a_round(void **state)
{
    long nth = 1;
    (void)state;
    if (!failing_malloc_works())
        skip();
    while (rounds_without(nth))
        nth++;
    assert_true(nth > 1);
}

static int load(void **state)
{
    struct err e = {0};
    (void)state;
    platforms = platform_set_load(NULL, 0, &e);
    return platforms ? 0 : -1;
}

static int unload(void **state)
{
    (void)state;
    platform_set_free(platforms);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_round_has_its_own_results),
        cmocka_unit_test(results_need_not_be_taken),
        cmocka_unit_test(results_outlive_the_session),
        cmocka_unit_test(only_an_idle_session_continues),
        cmocka_unit_test(answers_need_a_shell),
        cmocka_unit_test(rounds_do_not_add_up),
        cmocka_unit_test(memory_may_be_out_at_a_round),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
