/* links: base/arena base/buf base/clock base/err base/escape base/file base/filename base/log
 * model/hostlist model/hostlist_each model/inventory model/inventory_commands
 * model/inventory_device model/inventory_finish model/inventory_groups
 * model/inventory_native model/inventory_netmiko model/inventory_pace
 * model/inventory_settings model/limit model/limit_match model/plan model/platform
 * model/platform_extra model/platform_steps model/platform_yaml model/result model/secret
 * model/secret_fetch model/secret_program model/secret_vault base/strmap base/text
 * model/transport_kind base/yaml base/yaml_map base/yaml_parse base/yaml_read
 * gen/platform_builtin base/mask session/pump session/session session/trace
 * session/verdict tests/lib/memory_device tests/lib/memory_run dialogue/above
 * dialogue/advance dialogue/again dialogue/clean dialogue/closing dialogue/dialogue
 * dialogue/digits dialogue/echo dialogue/echo_line dialogue/ending dialogue/entering
 * dialogue/exec dialogue/hindsight dialogue/input dialogue/late dialogue/learn
 * dialogue/log_line dialogue/login dialogue/look dialogue/match dialogue/outcome
 * dialogue/owed dialogue/pager dialogue/place dialogue/prompt dialogue/question
 * dialogue/reading dialogue/rules dialogue/run dialogue/script dialogue/settling
 * dialogue/setup dialogue/sighting dialogue/stream dialogue/turn dialogue/waiting
 * dialogue/words */

/* One session with a device in memory: every class, every deadline, one result whatever happens.
 * Time is a number that the test moves. */
#include "tests/lib/memory_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const commands[] = {"show version", "show clock"};
static struct memory_run run;
static struct mono now;

static struct session *begin(const char *name)
{
    memory_run_open(&run, name, commands, 2);
    run.env.connect_timeout_ms = 5000;
    run.env.silence_timeout_ms = 7000;
    run.env.total_timeout_ms = 60000;
    now = (struct mono){.ns = 1000000000};
    struct job job = plan_job(run.plan, 0);
    struct session *s = session_new(&job, &run.env, 3.5, now);
    assert_non_null(s);
    return s;
}

/* Steps until it waits, at most so often. */
static enum session_state step(struct session *s, int most)
{
    enum session_state state = SESSION_AGAIN_NOW;
    for (int i = 0; i < most && (state == SESSION_AGAIN_NOW || state == SESSION_SETTLED); i++)
        state = session_step(s, now);
    return state;
}

/* Steps, and moves time to the next deadline where it waits for one; counts SETTLED. */
static int run_out(struct session *s)
{
    int settled = 0;
    for (int i = 0; i < 20000; i++) {
        enum session_state state = session_step(s, now);
        settled += state == SESSION_SETTLED;
        if (state == SESSION_DONE)
            return settled;
        if (state != SESSION_WANT)
            continue;
        struct mono deadline = session_deadline(s);
        assert_false(mono_is_never(deadline));
        if (deadline.ns > now.ns)
            now = deadline;
    }
    fail_msg("a session that never ends");
    return -1;
}

static struct result *finish(struct session *s, enum fail_class class)
{
    struct result *r = session_finish(s);
    assert_non_null(r);
    if (r->class != class)
        fail_msg("class %s: %s", r->class ? fail_name(r->class) : "ok", r->err.text);
    if (class != FAIL_NONE) {
        const char *name = inventory_at(run.inventory, 0)->name;
        assert_memory_equal(r->err.text, name, strlen(name));
    }
    assert_int_equal(memory_device_alive(), 0);
    return r;
}

static void end(struct result *r)
{
    result_free(r);
    memory_run_close(&run);
}

static void a_visit_brings_both_outputs(void **state)
{
    (void)state;
    struct session *s = begin("well");
    assert_int_equal(run_out(s), 1);
    struct result *r = finish(s, FAIL_NONE);
    assert_string_equal(r->commands[0].output, "well says show version\nand no more\n");
    assert_string_equal(r->commands[1].output, "well says show clock\nand no more\n");
    assert_int_equal(r->commands[0].proofs, PROOF_ECHO | PROOF_PROMPT | PROOF_NEXT_ECHO);
    assert_string_equal(r->prompt, "well#");
    assert_true(r->phase_ms[PHASE_QUEUED] == 3.5);
    assert_true(r->phase_ms[PHASE_COMMANDS] >= 0);
    end(r);
}

static void no_word_is_silence(void **state)
{
    (void)state;
    struct session *s = begin("deaf");
    assert_int_equal(run_out(s), 1);
    struct result *r = finish(s, FAIL_SILENCE);
    assert_int_equal(r->commands[0].status, COMMAND_NOT_RUN);
    assert_true(r->total_ms >= 5000 && r->total_ms < 7100);
    end(r);
}

static void an_unanswered_command_is_silence_at_its_own_limit(void **state)
{
    (void)state;
    struct session *s = begin("mute");
    run_out(s);
    struct result *r = finish(s, FAIL_SILENCE);
    assert_int_equal(r->commands[0].status, COMMAND_FAILED);
    assert_int_equal(r->commands[1].status, COMMAND_NOT_RUN);
    assert_true(result_device_ms(r) >= 7000 && result_device_ms(r) < 7100);
    assert_true(r->was_ready);
    end(r);
}

static void a_peer_that_leaves_keeps_what_it_said(void **state)
{
    (void)state;
    struct session *s = begin("closes");
    run_out(s);
    struct result *r = finish(s, FAIL_PEER_CLOSED);
    assert_int_equal(r->commands[0].class, FAIL_TRUNCATED);
    assert_string_equal(r->commands[0].output, "a line without an end");
    end(r);
}

static void a_flood_stops_at_its_cap_and_starves_nobody(void **state)
{
    (void)state;
    struct session *s = begin("floods");
    run.env.max_command_bytes = 0; /* the env was read when the session was made */
    assert_int_equal(step(s, 20), SESSION_AGAIN_NOW); /* 64 KiB a step, and it says so */
    run_out(s);
    struct result *r = finish(s, FAIL_TOO_MUCH_OUTPUT);
    assert_true(r->commands[0].output_len <= SESSION_MAX_COMMAND_BYTES);
    assert_true(r->commands[0].output_len > SESSION_MAX_COMMAND_BYTES / 2);
    end(r);
}

static void a_refusal_is_the_transports_to_name(void **state)
{
    (void)state;
    struct session *s = begin("refused");
    assert_int_equal(run_out(s), 1);
    struct result *r = finish(s, FAIL_REFUSED);
    assert_string_equal(r->err.text, "refused: port 22 refused the connection");
    assert_true(r->phase_ms[PHASE_READY] < 0);
    end(r);
}

static void never_open_is_a_connect_timeout(void **state)
{
    (void)state;
    struct session *s = begin("opening");
    run_out(s);
    struct result *r = finish(s, FAIL_CONNECT_TIMEOUT);
    assert_true(r->total_ms >= 5000 && r->total_ms < 5100);
    end(r);
}

static void the_total_is_hard(void **state)
{
    (void)state;
    struct session *s = begin("mute");
    assert_int_equal(step(s, 100), SESSION_WANT);
    now = mono_add_ms(now, 60000);
    run_out(s);
    struct result *r = finish(s, FAIL_TOTAL_TIMEOUT);
    assert_true(r->total_ms >= 60000);
    end(r);
}

static void a_cancel_ends_it_within_its_own_time(void **state)
{
    static const char *const names[] = {"well", "deaf", "mute", "opening", "floods"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (int before = 0; before < 8; before++) {
            struct session *s = begin(names[i]);
            for (int k = 0; k < before; k++)
                session_step(s, now);
            session_cancel(s, now);
            struct mono asked = now;
            int settled = run_out(s);
            assert_true(settled <= 1);
            assert_true(mono_ms_between(asked, now) <= SESSION_CANCEL_CLOSE_MS);
            struct result *r = session_finish(s);
            assert_non_null(r);
            if (r->class != FAIL_CANCELLED) /* it was through before */
                assert_int_equal(r->class, FAIL_NONE);
            end(r);
        }
}

static void finish_gives_a_result_at_any_time(void **state)
{
    (void)state;
    for (int before = 0; before < 12; before++) {
        struct session *s = begin("well");
        for (int k = 0; k < before; k++)
            if (session_step(s, now) == SESSION_DONE)
                break;
        struct result *r = session_finish(s);
        assert_non_null(r);
        assert_int_equal(r->n_commands, 2);
        assert_true(r->class == FAIL_NONE || r->class == FAIL_CANCELLED);
        end(r);
        assert_int_equal(memory_device_alive(), 0);
    }
}

static void spurious_steps_change_nothing(void **state)
{
    (void)state;
    struct session *s = begin("mute");
    assert_int_equal(step(s, 100), SESSION_WANT);
    struct mono deadline = session_deadline(s);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(session_step(s, now), SESSION_WANT);
    assert_int_equal(session_deadline(s).ns, deadline.ns);
    assert_int_equal(session_phase(s), PHASE_COMMANDS);
    run_out(s);
    end(finish(s, FAIL_SILENCE));
}

/* Whatever becomes of the visit afterwards, and never before. */
static void it_knows_when_it_is_logged_in(void **state)
{
    static const struct {
        const char *name;
        bool logged_in;
    } rows[] = {{"mute", true}, {"well", true}, {"refused", false}, {"opening", false}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct session *s = begin(rows[i].name);
        assert_false(session_logged_in(s));
        run_out(s);
        assert_int_equal(session_logged_in(s), rows[i].logged_in);
        struct result *r = session_finish(s);
        assert_int_equal(r->phase_ms[PHASE_AUTH] >= 0, rows[i].logged_in);
        end(r);
    }
}

static void a_lost_descriptor_is_a_closed_peer(void **state)
{
    (void)state;
    struct session *s = begin("mute");
    step(s, 100);
    session_lost(s, "the kernel cannot wait for it", now);
    run_out(s);
    struct result *r = finish(s, FAIL_PEER_CLOSED);
    assert_non_null(strstr(r->err.text, "the kernel cannot wait for it"));
    end(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_visit_brings_both_outputs),
        cmocka_unit_test(no_word_is_silence),
        cmocka_unit_test(an_unanswered_command_is_silence_at_its_own_limit),
        cmocka_unit_test(a_peer_that_leaves_keeps_what_it_said),
        cmocka_unit_test(a_flood_stops_at_its_cap_and_starves_nobody),
        cmocka_unit_test(a_refusal_is_the_transports_to_name),
        cmocka_unit_test(never_open_is_a_connect_timeout),
        cmocka_unit_test(the_total_is_hard),
        cmocka_unit_test(a_cancel_ends_it_within_its_own_time),
        cmocka_unit_test(finish_gives_a_result_at_any_time),
        cmocka_unit_test(it_knows_when_it_is_logged_in),
        cmocka_unit_test(spurious_steps_change_nothing),
        cmocka_unit_test(a_lost_descriptor_is_a_closed_peer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
