/* links: lab/devices/fleet lab/devices/fleet_file lab/devices/fleet_records lab/devices/record_read
 *        lab/devices/record_device lab/devices/record_prompt lab/devices/misbehave base/seed
 *        lab/devices/share lab/devices/spread lab/wire/duration lab/personas/say
 *        lab/personas/persona_commands lab/personas/persona_match lab/personas/persona_read
 *        lab/personas/persona_say lab/personas/persona_set gen/persona_builtin base/arena base/buf
 *        base/err base/file base/log base/strmap base/text base/yaml base/yaml_map base/yaml_parse
 *        base/yaml_read tests/lib/failing_malloc */

#include "tests/lib/records_fixture.h"

static void each_directory_with_a_record_is_a_device(void **state)
{
    (void)state;
    struct fleet fleet;
    struct device d;
    write_text("b2/record.json", RECORD("second", "\"cisco_ios\"", "null", ""));
    write_text("a1/record.json", RECORD("first/1", "\"cisco_ios\"", "null", ""));
    write_text("notes/readme.txt", "no device");
    write_text("summary.json", "{}");
    write_text(".cache/record.json", "junk");
    made(&fleet);
    assert_int_equal(fleet.n, 2);
    fleet_device(&fleet, 0, &d);
    assert_string_equal(d.name, "first/1");
    fleet_device(&fleet, 1, &d);
    assert_string_equal(d.name, "second");
    prompts(&d, 0, "second>");
    assert_int_equal(d.misbehaviour, MIS_NONE);
    fleet_free(&fleet);
}

static void outputs_are_the_recorded_bytes(void **state)
{
    (void)state;
    static const char raw[] = "one\r\nnul \0 esc \x1b[0m\xff\r\n";
    struct fleet fleet;
    struct device d;
    write_text(
        "r1/record.json",
        RECORD(
            "r1", "\"cisco_ios\"", "null",
            COMMAND("show a", "\"file\":\"show%20a.txt\",\"output\":\"?\"") "," COMMAND("show b", "\"file\":\"show%20b.txt\",\"output\":\"?\"") "," COMMAND(
                "show c",
                "\"output\":\"in\\u0000side\\n\"") "," COMMAND("show d",
                                                               "\"output\":\"\"") "," COMMAND("show"
                                                                                              " a",
                                                                                              "\"ou"
                                                                                              "tput"
                                                                                              "\":"
                                                                                              "\"a "
                                                                                              "seco"
                                                                                              "nd "
                                                                                              "time"
                                                                                              "\"")));
    write_bytes("r1/show%20a.raw", raw, sizeof raw - 1);
    write_text("r1/show%20a.txt", "not this one");
    write_text("r1/show%20b.txt", "{{hostname}} and {{ and {{nobody knows}}\n");
    made(&fleet);
    fleet_device(&fleet, 0, &d);
    says_bytes(&d, "show a", raw, sizeof raw - 1, true);
    says(&d, "show b", "{{hostname}} and {{ and {{nobody knows}}\n");
    says_bytes(&d, "show c", "in\0side\n", 8, false);
    says(&d, "show d", "");
    fleet_free(&fleet);
}

/* Raw bytes with a pager's marks are a dialogue: the device pages by itself. */
static void a_recorded_pager_is_not_played(void **state)
{
    (void)state;
    struct fleet fleet;
    struct device d;
    write_text("r1/record.json", RECORD("r1", "\"cisco_ios\"", "null",
                                        COMMAND("show a", "\"file\":\"a.txt\",\"output\":\"?\"")));
    write_text("r1/a.raw", "one\r\n --More-- \b\b\b\b\b\b\b\b\b\btwo\r\n");
    write_text("r1/a.txt", "one\ntwo\n");
    made(&fleet);
    fleet_device(&fleet, 0, &d);
    says(&d, "show a", "one\ntwo\n");
    fleet_free(&fleet);
}

static void only_whole_answers_are_taken(void **state)
{
    (void)state;
    struct fleet fleet;
    struct device d;
    write_text(
        "r1/record.json",
        RECORD(
            "r1", "\"cisco_ios\"", "null",
            REFUSED(
                "show vresion",
                "\"file\":\"v.failed.txt\",\"output\":\"?\"") ","
                                                              "{\"command\":\"show "
                                                              "cut\",\"status\":\"failed\","
                                                              "\"class\":\"silence\","
                                                              "\"output\":\"ha\"},"
                                                              "{\"command\":\"show "
                                                              "never\",\"status\":null,\"class\":"
                                                              "null,\"output\":null}"));
    write_text("r1/v.failed.txt", "% Invalid input\n");
    made(&fleet);
    fleet_device(&fleet, 0, &d);
    says(&d, "show vresion", "% Invalid input\n");
    assert_int_equal(command_of(&d, 0, "show vresion")->exit_status, d.persona->error_status);
    assert_null(command_of(&d, 0, "show cut"));
    assert_null(command_of(&d, 0, "show never"));
    fleet_free(&fleet);
}

static void a_command_still_does_what_the_persona_does(void **state)
{
    (void)state;
    struct fleet fleet;
    struct device d;
    write_text(
        "r1/record.json",
        RECORD("r1", "\"cisco_ios\"", "null",
               COMMAND("terminal length 0", "\"output\":\"quiet\\n\"") "," COMMAND(
                   "enable",
                   "\"output"
                   "\":"
                   "\"Passwo"
                   "rd: "
                   "\\n\"") "," COMMAND("show version",
                                        "\"output\":\"mine\\n\"") "," COMMAND("configure terminal",
                                                                              "\"output\":\"here "
                                                                              "we go\\n\"")));
    made(&fleet);
    fleet_device(&fleet, 0, &d);
    says(&d, "terminal length 0", "quiet\n");
    assert_int_equal(command_of(&d, 0, "terminal length 0")->pager, PAGER_OFF);
    assert_true(command_of(&d, 0, "enable")->ask.is_set);
    says(&d, "show version", "mine\n");
    says(&d, "sh ver", "mine\n");
    const struct persona_command *configure = command_of(&d, 1, "configure terminal");
    assert_non_null(configure);
    assert_true(configure->enters >= 0);
    assert_memory_equal(configure->parts[0].text.text, "here we go\n", 11);
    /* What was not recorded is the persona's. */
    assert_non_null(command_of(&d, 1, "show running-config"));
    fleet_free(&fleet);
}

static void a_line_that_words_cannot_say_is_compared_whole(void **state)
{
    (void)state;
    struct fleet fleet;
    struct device d;
    write_text(
        "h1/record.json",
        RECORD(
            "h1", "\"linux\"", "null",
            COMMAND("ls *", "\"output\":\"star\\n\"") "," COMMAND(
                "echo 1 2 3 4 5 6 7 8 9 10 11 12 13",
                "\"output\":\"long\\n\"") "," COMMAND("echo a  b",
                                                      "\"output\":\"wide\\n\"") "," COMMAND("echo "
                                                                                            "a b",
                                                                                            "\"outp"
                                                                                            "ut\":"
                                                                                            "\"narr"
                                                                                            "ow\\n"
                                                                                            "\"")));
    made(&fleet);
    fleet_device(&fleet, 0, &d);
    says(&d, "ls *", "star\n");
    assert_null(command_of(&d, 0, "ls /nowhere/at/all"));
    says(&d, "echo 1 2 3 4 5 6 7 8 9 10 11 12 13", "long\n");
    says(&d, "echo a  b", "wide\n");
    says(&d, "echo a b", "narrow\n");
    fleet_free(&fleet);
}

static void the_host_name_is_read_from_the_prompt(void **state)
{
    (void)state;
    static const struct {
        const char *record, *prompt;
        size_t mode;
    } cases[] = {
        {RECORD("a", "\"cisco_ios\"", "\"core-1.x#\"", ""), "core-1.x#", 1},
        {RECORD("b", "\"cisco_xe\"", "\"edge>\"", ""), "edge>", 0},
        {RECORD("c", "\"frr\"", "\"vty01(config)# \"", ""), "vty01(config)# ", 2},
        {RECORD("d", "\"linux\"", "\"lab@vm:~$ \"", ""), "\x1b[?2004hadmin@vm:~$ ", 0},
        {RECORD("e", "\"juniper_junos_telnet\"", "\"ops@mx> \"", ""), "admin@mx> ", 0},
        {RECORD("f", "\"mikrotik_routeros\"", "\"[ops@rb] > \"", ""), "\x1b[9999B[admin@rb] > ", 0},
        {RECORD("g", "\"cisco_xr\"", "\"RP/0/RSP1/CPU0:xr#\"", ""), "RP/0/RSP1/CPU0:xr#", 0},
        {RECORD("h", "\"cisco_xr\"", "\"RP/0/RSP1/CPU0:{{user}}#\"", ""),
         "RP/0/RSP1/CPU0:{{user}}#", 1},
    };
    struct fleet fleet;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[32];
        snprintf(name, sizeof name, "%c/record.json", (char)('a' + i));
        write_text(name, cases[i].record);
    }
    made(&fleet);
    for (uint32_t i = 0; i < fleet.n; i++) {
        struct device d;
        fleet_device(&fleet, i, &d);
        prompts(&d, cases[i].mode, cases[i].prompt);
        assert_int_equal(strlen(d.name), 1);
    }
    fleet_free(&fleet);
}

static void a_platform_without_a_persona_is_a_linux(void **state)
{
    (void)state;
    struct fleet fleet;
    struct device d;
    write_text("x/record.json", RECORD("x", "\"nobody_knows\"", "\"x1: \"",
                                       COMMAND("show a", "\"output\":\"a\\n\"")));
    write_text("y/record.json", RECORD("y", "null", "null", ""));
    log_set_level(LOG_QUIET);
    made(&fleet);
    log_set_level(LOG_WARN);
    fleet_device(&fleet, 0, &d);
    assert_string_equal(d.persona->name, "linux");
    assert_string_equal(d.persona->platform, "linux");
    says(&d, "show a", "a\n");
    prompts(&d, 0, "x1: ");
    prompts(&d, 1, "x1: ");
    fleet_device(&fleet, 1, &d);
    assert_string_equal(d.persona->platform, "linux");
    fleet_free(&fleet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_DIRECTORY(each_directory_with_a_record_is_a_device),
        IN_A_DIRECTORY(outputs_are_the_recorded_bytes),
        IN_A_DIRECTORY(a_recorded_pager_is_not_played),
        IN_A_DIRECTORY(only_whole_answers_are_taken),
        IN_A_DIRECTORY(a_command_still_does_what_the_persona_does),
        IN_A_DIRECTORY(a_line_that_words_cannot_say_is_compared_whole),
        IN_A_DIRECTORY(the_host_name_is_read_from_the_prompt),
        IN_A_DIRECTORY(a_platform_without_a_persona_is_a_linux),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
