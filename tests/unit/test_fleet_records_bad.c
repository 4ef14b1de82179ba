/* links: lab/devices/fleet lab/devices/fleet_file lab/devices/fleet_records lab/devices/record_read
 *        lab/devices/record_device lab/devices/record_prompt lab/devices/misbehave base/seed
 *        lab/devices/share lab/devices/spread lab/wire/duration lab/personas/say
 *        lab/personas/persona_commands lab/personas/persona_match lab/personas/persona_read
 *        lab/personas/persona_say lab/personas/persona_set gen/persona_builtin base/arena base/buf
 *        base/err base/file base/log base/strmap base/text base/yaml base/yaml_map base/yaml_parse
 *        base/yaml_read tests/lib/failing_malloc */

#include "tests/lib/records_fixture.h"

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
    const struct CMUnitTest tests[] = {
        IN_A_DIRECTORY(what_is_no_record_is_refused),
        IN_A_DIRECTORY(nothing_outside_of_the_directory_is_read),
        IN_A_DIRECTORY(a_linked_device_is_refused),
        IN_A_DIRECTORY(what_is_past_a_bound_is_refused),
        IN_A_DIRECTORY(a_directory_without_devices_is_refused),
        IN_A_DIRECTORY(memory_that_runs_out_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
