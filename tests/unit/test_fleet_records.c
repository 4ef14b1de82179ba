/* links: lab/devices/fleet lab/devices/fleet_file lab/devices/fleet_records lab/devices/record_read
 *        lab/devices/record_device lab/devices/record_prompt lab/devices/misbehave base/seed
 *        lab/devices/share lab/devices/spread lab/wire/duration lab/personas/say
 *        lab/personas/persona_commands lab/personas/persona_match lab/personas/persona_read
 *        lab/personas/persona_say lab/personas/persona_set gen/persona_builtin base/arena base/buf
 *        base/err base/file base/log base/strmap base/text base/yaml base/yaml_map base/yaml_parse
 *        base/yaml_read tests/lib/failing_malloc */
#include "base/log.h"
#include "lab/devices/fleet_records.h"
#include "tests/lib/failing_malloc.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define COMMAND(text, more) "{\"command\":\"" text "\",\"status\":\"ok\",\"class\":null," more "}"
#define REFUSED(text, more)                                                                        \
    "{\"command\":\"" text "\",\"status\":\"failed\",\"class\":\"command_error\"," more "}"
#define RECORD(device, platform, prompt, commands)                                                 \
    "{\"schema\":1,\"device\":\"" device "\",\"platform\":" platform ",\"prompt\":" prompt         \
    ",\"commands\":[" commands "]}"

static char dir[32];

static int make_dir(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/test_records.XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    (void)state;
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", dir);
    return system(command) == 0 ? 0 : -1;
}

static const char *path_of(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

/* name is device/file; its directory is made. */
static void write_bytes(const char *name, const char *bytes, size_t n)
{
    char device[64];
    snprintf(device, sizeof device, "%.*s", (int)strcspn(name, "/"), name);
    if (strchr(name, '/'))
        mkdir(path_of(device), 0700);
    int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, n), n);
    close(fd);
}

static void write_text(const char *name, const char *text)
{
    write_bytes(name, text, strlen(text));
}

static void made(struct fleet *fleet)
{
    const struct fleet_options options = {.seed = 1, .from = dir};
    struct err e = {0};
    int rc = fleet_make(fleet, &options, &e);
    assert_string_equal(e.text, "");
    assert_int_equal(rc, 0);
}

/* One sentence that names the file and holds why. */
static void refused(const char *file, const char *why)
{
    const struct fleet_options options = {.seed = 1, .from = dir};
    struct fleet fleet;
    struct err e = {0};
    assert_int_equal(fleet_make(&fleet, &options, &e), -1);
    fleet_free(&fleet);
    assert_int_equal(e.class, FAIL_USAGE);
    if (!strstr(e.text, file) || !strstr(e.text, why))
        fail_msg("'%s' does not name '%s' and say '%s'", e.text, file, why);
}

static const struct persona_command *command_of(const struct device *d, int mode, const char *line)
{
    const struct persona_command *command = NULL;
    size_t bad_at;
    persona_match(d->persona, mode, line, &command, &bad_at);
    return command;
}

static void says_bytes(const struct device *d, const char *line, const char *bytes, size_t n,
                       bool is_raw)
{
    const struct persona_command *command = command_of(d, 0, line);
    struct say_world world = device_world(d);
    struct buf b;
    buf_init(&b, 1 << 20);
    assert_non_null(command);
    assert_int_equal(persona_output(d->persona, command, &world, &b), 0);
    assert_int_equal(b.len, n);
    assert_memory_equal(buf_bytes(&b), bytes, n);
    assert_int_equal(command->is_raw, is_raw);
    buf_free(&b);
}

static void says(const struct device *d, const char *line, const char *text)
{
    says_bytes(d, line, text, strlen(text), false);
}

static void prompts(const struct device *d, size_t mode, const char *prompt)
{
    struct say_world world = device_world(d);
    struct buf b;
    buf_init(&b, 1 << 10);
    assert_int_equal(say_to(&d->persona->modes[mode].prompt, &world, &b), 0);
    assert_string_equal(buf_bytes(&b), prompt);
    buf_free(&b);
}

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

static void what_is_no_record_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", "is not JSON"},
        {"{\"schema\":1,", "is not JSON"},
        {"[1]", "is no record"},
        {"{}", "is no record"},
        {"{\"schema\":2}", "the schema 2"},
        {"{\"schema\":1,\"schema\":1}", "is not JSON"},
        {"{\"schema\":1,\"commands\":[]}", "no 'device'"},
        {"{\"schema\":1,\"device\":7}", "'device' is no text"},
        {"{\"schema\":1,\"device\":\"a\\u0000b\"}", "'device' is no text"},
        {"{\"schema\":1,\"device\":\"a\\u001b[2J\"}", "control characters"},
        {"{\"schema\":1,\"device\":\"a\"}", "no 'commands'"},
        {"{\"schema\":1,\"device\":\"a\",\"commands\":{}}", "no 'commands'"},
        {RECORD("a", "null", "null", "7"), "is no object"},
        {RECORD("a", "[]", "null", ""), "'platform' is no text"},
        {RECORD("a", "null", "null", COMMAND("", "\"output\":\"\"")), "no 'command'"},
        {RECORD("a", "null", "null", COMMAND("c", "\"output\":\"\",\"file\":\"../x.txt\"")),
         "'file' is no name"},
        {RECORD("a", "null", "null", COMMAND("c", "\"output\":\"\",\"file\":\"/etc/x.txt\"")),
         "'file' is no name"},
        {RECORD("a", "null", "null", COMMAND("c", "\"output\":\"\",\"file\":\"..\"")),
         "'file' is no name"},
        {RECORD("a", "null", "null", COMMAND("c", "\"output\":\"\",\"file\":\"passwd\"")),
         "'file' is no name"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_text("r1/record.json", cases[i].text);
        refused("r1/record.json", cases[i].why);
    }
}

static void nothing_outside_of_the_directory_is_read(void **state)
{
    (void)state;
    const char *record =
        RECORD("a", "null", "null", COMMAND("c", "\"output\":\"\",\"file\":\"c.txt\""));
    write_text("r1/record.json", record);
    refused("r1/c.txt", "cannot be read");
    assert_int_equal(symlink("/etc/passwd", path_of("r1/c.txt")), 0);
    refused("r1/c.txt", "symbolic link");
    assert_int_equal(unlink(path_of("r1/c.txt")), 0);
    assert_int_equal(mkfifo(path_of("r1/c.txt"), 0600), 0);
    refused("r1/c.txt", "no ordinary file");
    assert_int_equal(unlink(path_of("r1/c.txt")), 0);
    write_text("r1/c.txt", "");
    assert_int_equal(symlink("/dev/zero", path_of("r1/c.raw")), 0);
    refused("r1/c.raw", "symbolic link");
    write_text("elsewhere", record);
    assert_int_equal(unlink(path_of("r1/record.json")), 0);
    assert_int_equal(symlink("../elsewhere", path_of("r1/record.json")), 0);
    refused("r1/record.json", "symbolic link");
}

static void a_linked_device_is_refused(void **state)
{
    (void)state;
    write_text("r1/record.json", RECORD("a", "null", "null", ""));
    assert_int_equal(symlink("r1", path_of("r2")), 0);
    refused("/r2", "symbolic link");
}

static void what_is_past_a_bound_is_refused(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 1 << 20);
    buf_add_str(&text, "{\"schema\":1,\"device\":\"a\",\"commands\":[{}");
    for (int i = 0; i < RECORD_COMMANDS_MAX; i++)
        buf_add_str(&text, ",{}");
    buf_add_str(&text, "]}");
    write_bytes("r1/record.json", buf_bytes(&text), text.len);
    buf_free(&text);
    refused("r1/record.json", "4097 commands");
    int fd = open(path_of("r1/record.json"), O_WRONLY | O_TRUNC);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (64 << 20) + 1), 0);
    close(fd);
    refused("r1/record.json", "over 64 MiB");
}

static void a_directory_without_devices_is_refused(void **state)
{
    (void)state;
    refused(dir, "no <device>/record.json");
    assert_int_equal(rmdir(dir), 0);
    refused(dir, "No such file or directory");
    int fd = open(dir, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    close(fd);
    refused(dir, "Not a directory");
}

static void memory_that_runs_out_is_an_error(void **state)
{
    (void)state;
    struct fleet fleet = {0};
    struct err e = {0};
    bool failed = failing_malloc_works();
    long nth = 0;
    write_text("r1/record.json", RECORD("r1", "\"cisco_ios\"", "\"r1#\"",
                                        COMMAND("show a", "\"file\":\"a.txt\",\"output\":\"?\"")));
    write_text("r1/a.raw", "one\r\n");
    assert_int_equal(personas_load(&fleet.personas, NULL, &e), 0);
    while (failed) {
        failing_malloc_at(++nth);
        int rc = fleet_read_records(&fleet, dir, &e);
        failed = failing_malloc_stop();
        assert_int_equal(rc, failed ? -1 : 0);
        assert_int_equal(err_is_set(&e), failed);
        err_clear(&e);
        arena_free(&fleet.arena);
    }
    assert_true(nth > 10 || !failing_malloc_works());
    fleet_free(&fleet);
}

int main(void)
{
#define IN_A_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, make_dir, remove_dir)
    const struct CMUnitTest tests[] = {
        IN_A_DIRECTORY(each_directory_with_a_record_is_a_device),
        IN_A_DIRECTORY(outputs_are_the_recorded_bytes),
        IN_A_DIRECTORY(a_recorded_pager_is_not_played),
        IN_A_DIRECTORY(only_whole_answers_are_taken),
        IN_A_DIRECTORY(a_command_still_does_what_the_persona_does),
        IN_A_DIRECTORY(a_line_that_words_cannot_say_is_compared_whole),
        IN_A_DIRECTORY(the_host_name_is_read_from_the_prompt),
        IN_A_DIRECTORY(a_platform_without_a_persona_is_a_linux),
        IN_A_DIRECTORY(what_is_no_record_is_refused),
        IN_A_DIRECTORY(nothing_outside_of_the_directory_is_read),
        IN_A_DIRECTORY(a_linked_device_is_refused),
        IN_A_DIRECTORY(what_is_past_a_bound_is_refused),
        IN_A_DIRECTORY(a_directory_without_devices_is_refused),
        IN_A_DIRECTORY(memory_that_runs_out_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
