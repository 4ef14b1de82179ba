/* links: base/buf base/clock base/err base/escape base/filename base/log base/mask model/result
 *        session/pump session/session session/trace session/verdict */

/* What a session tells its dialogue of the run's options. The dialogue is a fake that keeps it. */
#include <poller/session.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct dialogue {
    char unused;
};

static struct dialogue_config told;

struct dialogue *dialogue_new(const struct dialogue_config *config)
{
    told = *config;
    return calloc(1, sizeof(struct dialogue));
}

void dialogue_free(struct dialogue *d)
{
    free(d);
}

void dialogue_step(struct dialogue *d, const struct dialogue_event *event, struct mono now,
                   struct dialogue_update *update)
{
    (void)d, (void)event, (void)now;
    *update = (struct dialogue_update){.deadline = MONO_NEVER, .settled = true, .finished = true};
}

void dialogue_take(struct dialogue *d, struct result *r)
{
    (void)d;
    r->class = FAIL_CANCELLED;
}

const struct command_result *dialogue_command(const struct dialogue *d, size_t index)
{
    (void)d, (void)index;
    return NULL;
}

const char *secret_value(const struct secret *secret)
{
    (void)secret;
    return "";
}

/* There is no way to a device, which is one failure more that a session knows. */
static struct transport *open_none(const struct transport_config *config, struct err *e)
{
    (void)config, (void)e;
    return NULL;
}

static const struct transport_ops no_transport = {.name = "no", .open = open_none};

const struct transport_ops *transport_by_kind(enum transport_kind kind)
{
    (void)kind;
    return &no_transport;
}

/* A session of the second of two platforms under env. */
static void visit(struct session_env env)
{
    static const struct platform platform = {.name = "second", .index = 1};
    static const struct device device = {.name = "r1", .host = "192.0.2.1", .platform = &platform};
    struct dialogue_rules *rules[] = {NULL, (struct dialogue_rules *)&env}; /* never looked into */
    struct job job = {.attempt = 1, .device = &device};
    struct mono now = {.ns = 1000000000};
    env.rules = rules;
    struct session *s = session_new(&job, &env, 0, now);
    assert_non_null(s);
    result_free(session_finish(s));
}

/* What an environment does not set is off: nobody gets digits who did not ask for them. */
static void by_itself_there_are_no_digits(void **state)
{
    (void)state;
    visit((struct session_env){0});
    assert_false(told.nonce);
    assert_int_equal(told.nonce_seed, 0);
    assert_null(told.no_erase);
    assert_false(told.doubt_fails);
}

static void the_options_reach_the_dialogue(void **state)
{
    (void)state;
    atomic_bool no_erase[2] = {false, true};
    visit((struct session_env){.nonce = true, .no_erase = no_erase});
    assert_true(told.nonce);
    assert_ptr_equal(told.no_erase, &no_erase[1]); /* its own platform's */
    assert_false(told.doubt_fails);
    visit((struct session_env){.doubt_fails = true});
    assert_true(told.doubt_fails);
    assert_false(told.nonce);
}

static void each_session_has_its_own_seed(void **state)
{
    (void)state;
    uint64_t seeds[100], alike = ~(uint64_t)0;
    for (size_t i = 0; i < 100; i++) {
        visit((struct session_env){.nonce = true});
        seeds[i] = told.nonce_seed;
        for (size_t k = 0; k < i; k++)
            assert_true(seeds[k] != seeds[i]);
        alike &= ~(seeds[0] ^ seeds[i]);
    }
    assert_true(alike == 0); /* every bit is one of chance */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_itself_there_are_no_digits),
        cmocka_unit_test(the_options_reach_the_dialogue),
        cmocka_unit_test(each_session_has_its_own_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
