/* links: base/err model/result */
#include <poller/result.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct command commands[] = {{.text = "show version"}, {.text = "show clock"}};

static void names_are_those_of_the_records(void **state)
{
    (void)state;
    static const char *const phases[] = {"queued", "resolve", "connect",  "kex",
                                         "auth",   "ready",   "commands", "close"};
    static const char *const proofs[PROOF_KINDS] = {"echo",        "prompt", "pattern", "next_echo",
                                                    "exit_status", "nudge",  "second",  "nonce"};
    for (int i = 0; i < PHASE_COUNT; i++)
        assert_string_equal(phase_name((enum phase)i), phases[i]);
    assert_null(phase_name(PHASE_COUNT));
    for (int i = 0; i < PROOF_KINDS; i++)
        assert_string_equal(proof_name(i), proofs[i]);
    assert_null(proof_name(-1));
    assert_null(proof_name(PROOF_KINDS));
    /* The bits and the names go together. */
    assert_string_equal(proof_name(__builtin_ctz(PROOF_NEXT_ECHO)), "next_echo");
    assert_string_equal(proof_name(__builtin_ctz(PROOF_SECOND)), "second");
    assert_string_equal(proof_name(__builtin_ctz(PROOF_NONCE)), "nonce");
}

static void a_new_result_says_that_nothing_was_done(void **state)
{
    (void)state;
    struct job job = {.index = 7, .attempt = 2, .commands = {commands, 2}};
    struct result *r = result_new(&job);
    assert_non_null(r);
    assert_int_equal(r->index, 7);
    assert_int_equal(r->attempt, 2);
    assert_int_equal(r->class, FAIL_NONE);
    assert_false(r->was_ready);
    for (int i = 0; i < PHASE_COUNT; i++)
        assert_true(r->phase_ms[i] < 0);
    assert_int_equal(r->n_commands, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(r->commands[i].status, COMMAND_NOT_RUN);
        assert_null(r->commands[i].output);
        assert_int_equal(r->commands[i].exit_status, -1);
        assert_true(r->commands[i].ms < 0);
        assert_int_equal(r->commands[i].proofs, 0);
    }
    result_free(r);
    result_free(NULL);
}

static void a_job_without_commands_has_a_result(void **state)
{
    (void)state;
    struct job job = {.attempt = 1};
    struct result *r = result_new(&job);
    assert_non_null(r);
    assert_int_equal(r->n_commands, 0);
    assert_true(result_size(r) >= sizeof(*r));
    result_free(r);
}

static void size_counts_all_that_it_holds(void **state)
{
    (void)state;
    struct job job = {.attempt = 1, .commands = {commands, 2}};
    struct result *r = result_new(&job);
    size_t empty = result_size(r);
    assert_true(empty >= sizeof(*r) + 2 * sizeof(*r->commands));
    r->commands[1].output = calloc(1, 1000);
    r->commands[1].output_len = 1000;
    assert_true(result_size(r) >= empty + 1000);
    r->commands[1].raw = calloc(1, 2000);
    r->commands[1].raw_len = 2000;
    assert_true(result_size(r) >= empty + 3000);
    r->commands[0].error = strdup("refused");
    r->commands[0].doubt = strdup("in doubt");
    r->prompt = strdup("r1#");
    r->host_key = strdup("SHA256:x");
    r->known_hosts_line = strdup("r1 ssh-ed25519 AAAA");
    r->note = strdup("note");
    assert_true(result_size(r) >= empty + 3000 + 7 + 8 + 3 + 8 + 19 + 4);
    result_free(r); /* the address sanitizer sees what it forgets */
}

static void device_ms_leaves_the_close_out(void **state)
{
    (void)state;
    struct job job = {.attempt = 1};
    struct result *r = result_new(&job);
    r->total_ms = 51.5;
    assert_true(result_device_ms(r) == 51.5); /* never closed: nothing to take off */
    r->phase_ms[PHASE_CLOSE] = 1.5;
    assert_true(result_device_ms(r) == 50.0);
    r->phase_ms[PHASE_CLOSE] = 60;
    assert_true(result_device_ms(r) == 0);
    result_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_those_of_the_records),
        cmocka_unit_test(a_new_result_says_that_nothing_was_done),
        cmocka_unit_test(a_job_without_commands_has_a_result),
        cmocka_unit_test(size_counts_all_that_it_holds),
        cmocka_unit_test(device_ms_leaves_the_close_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
