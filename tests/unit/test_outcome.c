/* links: base/buf base/err base/escape base/mask dialogue/clean dialogue/outcome dialogue/stream
 * dialogue/words model/result */
#include "dialogue/outcome.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const indicators[] = {"% Invalid", "Error:"};
static const struct platform platform = {
    .name = "x", .failure_indicators = indicators, .n_failure_indicators = 2};
static const struct command commands[] = {{.text = "show a"}, {.text = "show b"}};
static const struct job job = {.commands = {commands, 2}};

static struct outcome o;
static struct stream s;
static struct result *r;

static int open_all(void **state)
{
    (void)state;
    stream_init(&s, 1 << 20);
    r = result_new(&job);
    return outcome_init(&o, &platform, &job);
}

static int close_all(void **state)
{
    (void)state;
    outcome_free(&o);
    stream_free(&s);
    result_free(r);
    return 0;
}

/* The bytes of an output, as they came. */
static struct span came(size_t command, const char *bytes)
{
    size_t start = stream_end(&s);
    assert_int_equal(stream_add(&s, bytes, strlen(bytes)), 0);
    return (struct span){
        .command = command, .start = start, .end = stream_end(&s), .proofs = PROOF_ECHO, .ms = 5};
}

static const struct command_result *settle(size_t command, const char *bytes, const char *doubt)
{
    struct span what = came(command, bytes);
    what.doubt = doubt;
    outcome_settle(&o, &s, &what);
    return &o.results[command];
}

static void fail_device(enum fail_class class, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    outcome_fail(&o, class, format, ap);
    va_end(ap);
}

static void an_output_is_cleaned_and_kept_raw(void **state)
{
    (void)state;
    const struct command_result *c = settle(0, "one\r\ntwo\r\n", NULL);
    assert_int_equal(c->status, COMMAND_OK);
    assert_string_equal(c->output, "one\ntwo\n");
    assert_int_equal(c->raw_len, 10);
    assert_memory_equal(c->raw, "one\r\ntwo\r\n", 10);
    assert_int_equal(c->proofs, PROOF_ECHO);
    assert_true(c->ms == 5);
    assert_int_equal(o.results[1].status, COMMAND_NOT_RUN);
}

static void raw_bytes_that_are_the_output_are_not_kept_twice(void **state)
{
    (void)state;
    const struct command_result *c = settle(0, "one\ntwo\n", NULL);
    assert_string_equal(c->output, "one\ntwo\n");
    assert_null(c->raw);
    assert_int_equal(c->raw_len, 0);
}

static void what_is_ours_stays_out(void **state)
{
    (void)state;
    struct span what = came(0, "one\nr1#\ntwo\n");
    stream_omit(&s, 4, 8);
    outcome_settle(&o, &s, &what);
    assert_string_equal(o.results[0].output, "one\ntwo\n");
}

static void an_end_before_its_start_is_an_empty_output(void **state)
{
    (void)state;
    struct span what = came(0, "one\n");
    what.end = what.start;
    what.start += 2;
    outcome_settle(&o, &s, &what);
    assert_int_equal(o.results[0].status, COMMAND_OK);
    assert_int_equal(o.results[0].output_len, 0);
}

static void a_refusal_is_looked_for_at_both_ends(void **state)
{
    (void)state;
    size_t len = 0;
    static const char first[] = "\n\n1\n2\n3\n% Invalid input\n5\n6\n7\n8\n";
    static const char middle[] = "1\n2\n3\n4\n% Invalid input\n6\n7\n";
    static const char last[] = "1\n2\n3\n4\n5\nError: no such thing\n\n7\n\n";
    const char *line = outcome_refusal(&platform, first, strlen(first), &len);
    assert_non_null(line);
    assert_int_equal(len, 15);
    assert_memory_equal(line, "% Invalid input", len);
    assert_null(outcome_refusal(&platform, middle, strlen(middle), &len));
    line = outcome_refusal(&platform, last, strlen(last), &len);
    assert_non_null(line);
    assert_memory_equal(line, "Error: no such thing", len);
}

static void a_refused_command_failed(void **state)
{
    (void)state;
    const struct command_result *c = settle(1, "  % Invalid input\r\n", NULL);
    assert_int_equal(c->status, COMMAND_FAILED);
    assert_int_equal(c->class, FAIL_COMMAND_ERROR);
    assert_string_equal(c->error, "'show b' was refused: % Invalid input");
    assert_string_equal(c->output, "  % Invalid input\n");
}

static void an_exit_status_tells_too(void **state)
{
    (void)state;
    o.results[0].exit_status = 3;
    const struct command_result *c = settle(0, "one\nno such file\n\n", NULL);
    assert_int_equal(c->class, FAIL_COMMAND_ERROR);
    assert_string_equal(c->error, "'show a' ended with exit status 3: no such file");
    o.results[1].exit_status = 0;
    assert_int_equal(settle(1, "fine\n", NULL)->status, COMMAND_OK);
}

static void a_doubt_leaves_it_ok(void **state)
{
    (void)state;
    const struct command_result *c = settle(0, "one\n", "it may lack its end");
    assert_int_equal(c->status, COMMAND_OK);
    assert_string_equal(c->doubt, "it may lack its end");
    outcome_doubt(&o, 0, "another"); /* the first one counts */
    assert_string_equal(c->doubt, "it may lack its end");
    assert_null(c->error);
}

static void a_doubt_may_come_later_but_not_before_the_output(void **state)
{
    (void)state;
    outcome_doubt(&o, 0, "too early");
    assert_null(o.results[0].doubt);
    settle(0, "one\n", NULL);
    outcome_doubt(&o, 0, "late");
    assert_string_equal(o.results[0].doubt, "late");
    outcome_doubt(&o, 1, "never run");
    assert_null(o.results[1].doubt);
}

static void a_doubt_fails_where_that_is_asked_for(void **state)
{
    (void)state;
    o.doubt_fails = true;
    const struct command_result *c = settle(0, "one\n", "it may lack its end");
    assert_int_equal(c->status, COMMAND_FAILED);
    assert_int_equal(c->class, FAIL_TRUNCATED);
    assert_string_equal(c->doubt, "it may lack its end");
    assert_string_equal(c->error, "the output of 'show a' is in doubt: it may lack its end");
    assert_string_equal(c->output, "one\n");
    c = settle(1, "% Invalid\n", "some doubt"); /* it was refused all the same */
    assert_int_equal(c->class, FAIL_COMMAND_ERROR);
}

static enum fail_class given_up(size_t command, const char *bytes, enum fail_class class)
{
    struct span what = came(command, bytes);
    outcome_give_up(&o, &s, &what, class, "it broke");
    assert_int_equal(o.results[command].status, COMMAND_FAILED);
    assert_string_equal(o.results[command].error, "it broke");
    return o.results[command].class;
}

static void an_output_that_broke_off_is_truncated(void **state)
{
    (void)state;
    assert_int_equal(given_up(0, "half\r\n", FAIL_PEER_CLOSED), FAIL_TRUNCATED);
    assert_string_equal(o.results[0].output, "half\n");
    assert_int_equal(given_up(1, "", FAIL_PEER_CLOSED), FAIL_PEER_CLOSED);
    assert_null(o.results[1].output);
}

static void a_question_and_a_cap_keep_their_class(void **state)
{
    (void)state;
    assert_int_equal(given_up(0, "Really? [y/n]", FAIL_PROMPT), FAIL_PROMPT);
    assert_int_equal(given_up(1, "much\n", FAIL_TOO_MUCH_OUTPUT), FAIL_TOO_MUCH_OUTPUT);
}

static void the_first_failure_of_the_device_counts(void **state)
{
    (void)state;
    fail_device(FAIL_SILENCE, "nothing for %d s", 3);
    fail_device(FAIL_CANCELLED, "later");
    outcome_note(&o, "one %s", "note");
    outcome_note(&o, "two");
    outcome_take(&o, r);
    assert_int_equal(r->class, FAIL_SILENCE);
    assert_string_equal(r->err.text, "nothing for 3 s");
    assert_string_equal(r->note, "one note; two");
}

static void without_one_the_first_failed_command_is_the_devices(void **state)
{
    (void)state;
    settle(0, "fine\n", NULL);
    settle(1, "% Invalid\n", NULL);
    outcome_take(&o, r);
    assert_int_equal(r->class, FAIL_COMMAND_ERROR);
    assert_string_equal(r->err.text, "'show b' was refused: % Invalid");
    assert_string_equal(r->commands[0].output, "fine\n");
    assert_null(o.results[0].output); /* it is the result's now */
    assert_null(r->note);
}

static void all_well_is_no_class(void **state)
{
    (void)state;
    settle(0, "fine\n", NULL);
    settle(1, "fine\n", "in doubt");
    outcome_take(&o, r);
    assert_int_equal(r->class, FAIL_NONE);
    assert_false(err_is_set(&r->err));
    assert_string_equal(r->commands[1].doubt, "in doubt");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_output_is_cleaned_and_kept_raw),
        TEST(raw_bytes_that_are_the_output_are_not_kept_twice),
        TEST(what_is_ours_stays_out),
        TEST(an_end_before_its_start_is_an_empty_output),
        TEST(a_refusal_is_looked_for_at_both_ends),
        TEST(a_refused_command_failed),
        TEST(an_exit_status_tells_too),
        TEST(a_doubt_leaves_it_ok),
        TEST(a_doubt_may_come_later_but_not_before_the_output),
        TEST(a_doubt_fails_where_that_is_asked_for),
        TEST(an_output_that_broke_off_is_truncated),
        TEST(a_question_and_a_cap_keep_their_class),
        TEST(the_first_failure_of_the_device_counts),
        TEST(without_one_the_first_failed_command_is_the_devices),
        TEST(all_well_is_no_class),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
