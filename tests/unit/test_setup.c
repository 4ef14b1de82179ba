/* links: base/arena base/buf base/err base/escape base/file base/log model/platform
 * model/platform_extra model/platform_steps model/platform_yaml base/strmap base/text base/yaml
 * base/yaml_map base/yaml_parse base/yaml_read gen/platform_builtin dialogue/setup */
#include "dialogue/setup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { USER, ENABLED, CONFIG, LOST };

static const struct instruction enable[] = {
    {.kind = INSTRUCTION_SEND_PROMPTED_INPUT, .input = "enable", .response = "__lookup::enable"}};
static const struct instruction configure[] = {
    {.kind = INSTRUCTION_SEND_INPUT, .input = "configure"}};
static const struct instruction leave[] = {{.kind = INSTRUCTION_SEND_INPUT, .input = "end"}};
static const struct accessible_mode of_user[] = {{.target = ENABLED, .instructions = {enable, 1}}};
static const struct accessible_mode of_enabled[] = {
    {.target = CONFIG, .instructions = {configure, 1}}};
static const struct accessible_mode of_config[] = {{.target = ENABLED, .instructions = {leave, 1}}};
static const struct platform_mode modes[] = {
    [USER] = {.name = "user", .accessible = of_user, .n_accessible = 1},
    [ENABLED] = {.name = "enabled", .accessible = of_enabled, .n_accessible = 1},
    [CONFIG] = {.name = "config", .accessible = of_config, .n_accessible = 1},
    [LOST] = {.name = "lost"}};
static const struct instruction on_open[] = {
    {.kind = INSTRUCTION_SEND_INPUT, .input = "terminal length 0"},
    {.kind = INSTRUCTION_WRITE, .input = "terminal width 511"},
};
static const struct platform platform = {
    .name = "x", .modes = modes, .n_modes = 4, .default_mode = ENABLED, .on_open = {on_open, 2}};
static const struct platform simple = {.name = "x", .on_open = {on_open, 1}};

static struct job job;
static struct setup s;
static struct input done;
static struct setup_step step;

static void begin(const struct platform *p, const char *secret, const char *privilege)
{
    job = (struct job){.privilege = privilege};
    s = (struct setup){.platform = p, .job = &job, .enable = secret, .target = -1};
    done = (struct input){.kind = INPUT_NONE};
}

static enum setup_kind next_refused(int mode, const char *refusal)
{
    step = (struct setup_step){.kind = SETUP_DONE};
    setup_next(&s, mode, &done, refusal, &step);
    if (step.kind == SETUP_SEND)
        done = step.input;
    return step.kind;
}

static enum setup_kind next(int mode)
{
    return next_refused(mode, "");
}

static void expect_sent(int mode, const char *text)
{
    assert_int_equal(next(mode), SETUP_SEND);
    assert_string_equal(step.input.text, text);
}

/* The response was sent: that is the input that ended. */
static void respond(void)
{
    assert_int_equal(done.kind, INPUT_PROMPTED);
    done.kind = INPUT_RESPONSE;
}

static void instructions_come_first_then_the_mode(void **state)
{
    (void)state;
    begin(&platform, "secret", NULL);
    expect_sent(USER, "terminal length 0");
    assert_int_equal(step.input.kind, INPUT_SETUP);
    assert_int_equal(next(USER), SETUP_WRITE);
    assert_string_equal(step.input.text, "terminal width 511");
    expect_sent(USER, "enable");
    assert_int_equal(step.input.kind, INPUT_PROMPTED);
    assert_int_equal(setup_target(&s), ENABLED);
    respond();
    assert_int_equal(next(ENABLED), SETUP_DONE);
    assert_int_equal(setup_target(&s), -1);
}

static void a_platform_without_modes_has_its_instructions_alone(void **state)
{
    (void)state;
    begin(&simple, "", NULL);
    expect_sent(-1, "terminal length 0");
    assert_int_equal(next(-1), SETUP_DONE);
}

static void who_is_there_already_walks_nowhere(void **state)
{
    (void)state;
    begin(&platform, "secret", NULL);
    expect_sent(ENABLED, "terminal length 0");
    assert_int_equal(next(ENABLED), SETUP_WRITE);
    assert_int_equal(next(ENABLED), SETUP_DONE);
}

static void past_instructions(int mode)
{
    expect_sent(mode, "terminal length 0");
    assert_int_equal(next(mode), SETUP_WRITE);
}

static void a_way_of_two_steps_is_found(void **state)
{
    (void)state;
    begin(&platform, "secret", "config");
    past_instructions(USER);
    expect_sent(USER, "enable");
    respond();
    expect_sent(ENABLED, "configure");
    assert_int_equal(setup_target(&s), CONFIG);
    assert_int_equal(next(CONFIG), SETUP_DONE);
}

static void without_a_secret_it_stays_and_says_so(void **state)
{
    (void)state;
    begin(&platform, "", NULL);
    past_instructions(USER);
    assert_int_equal(next(USER), SETUP_NOTE);
    assert_non_null(strstr(step.why, "stayed in 'user', mode 'enabled' was not reached"));
    assert_non_null(strstr(step.why, "needs an enable secret"));
    assert_int_equal(next(USER), SETUP_DONE);
}

static void a_mode_that_was_asked_for_must_be_reached(void **state)
{
    (void)state;
    begin(&platform, "", "enabled"); /* perhaps it asks for none */
    past_instructions(USER);
    expect_sent(USER, "enable");
    assert_int_equal(next_refused(USER, "% No password set"), SETUP_FAILED);
    assert_non_null(strstr(step.why, "mode 'enabled' was not reached, it is still in 'user': % No "
                                     "password set"));
}

static void a_secret_that_is_not_taken_is_a_failure(void **state)
{
    (void)state;
    begin(&platform, "secret", NULL);
    past_instructions(USER);
    expect_sent(USER, "enable");
    respond();
    assert_int_equal(next(USER), SETUP_FAILED);
    assert_non_null(strstr(step.why, "the device did not take the enable secret"));
}

static void where_no_way_leads_it_says_so(void **state)
{
    (void)state;
    begin(&platform, "secret", "lost");
    past_instructions(USER);
    assert_int_equal(next(USER), SETUP_FAILED);
    assert_non_null(strstr(step.why, "no way leads there from here"));
    begin(&platform, "secret", NULL);
    past_instructions(-1);
    assert_int_equal(next(-1), SETUP_NOTE);
    assert_non_null(strstr(step.why, "stayed in 'a mode the platform does not know'"));
}

static void a_refused_input_is_noted_and_tried_again_in_the_new_mode(void **state)
{
    (void)state;
    begin(&platform, "secret", NULL);
    expect_sent(USER, "terminal length 0");
    assert_int_equal(next_refused(USER, "% Invalid input"), SETUP_NOTE);
    assert_string_equal(step.why, "'terminal length 0' was refused: % Invalid input");
    assert_int_equal(next_refused(USER, "% Invalid input"), SETUP_WRITE); /* noted once */
    expect_sent(USER, "enable");
    respond();
    expect_sent(ENABLED, "terminal length 0");
    assert_int_equal(next_refused(ENABLED, "% Invalid input"), SETUP_NOTE);
    assert_int_equal(next(ENABLED), SETUP_DONE); /* and no third time */
}

static void in_the_same_mode_it_is_not_tried_again(void **state)
{
    (void)state;
    begin(&platform, "secret", NULL);
    expect_sent(ENABLED, "terminal length 0");
    assert_int_equal(next_refused(ENABLED, "% Invalid input"), SETUP_NOTE);
    assert_int_equal(next(ENABLED), SETUP_WRITE);
    assert_int_equal(next(ENABLED), SETUP_DONE);
}

static void responses_are_looked_up(void **state)
{
    (void)state;
    const struct instruction plain = {.response = "yes"}, other = {.response = "__lookup::other"};
    begin(&platform, "secret", NULL);
    assert_string_equal(setup_response(&s, &plain), "yes");
    assert_string_equal(setup_response(&s, enable), "secret");
    assert_null(setup_response(&s, &other));
    s.enable = "";
    assert_null(setup_response(&s, enable));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instructions_come_first_then_the_mode),
        cmocka_unit_test(a_platform_without_modes_has_its_instructions_alone),
        cmocka_unit_test(who_is_there_already_walks_nowhere),
        cmocka_unit_test(a_way_of_two_steps_is_found),
        cmocka_unit_test(without_a_secret_it_stays_and_says_so),
        cmocka_unit_test(a_mode_that_was_asked_for_must_be_reached),
        cmocka_unit_test(a_secret_that_is_not_taken_is_a_failure),
        cmocka_unit_test(where_no_way_leads_it_says_so),
        cmocka_unit_test(a_refused_input_is_noted_and_tried_again_in_the_new_mode),
        cmocka_unit_test(in_the_same_mode_it_is_not_tried_again),
        cmocka_unit_test(responses_are_looked_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
