/* links: output/sink_outdir output/record output/out output/utf8 base/aside base/file base/filename
 * base/buf base/err model/result model/transport_kind tests/lib/sample_result */
#include "output/sink.h"
#include "tests/lib/sample_result.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char top[] = "/tmp/test_outdir.XXXXXX";
static char dir[64]; /* of the sink: beneath top, made by it */

static int make_top(void **state)
{
    (void)state;
    if (!mkdtemp(top))
        return -1;
    snprintf(dir, sizeof dir, "%s/out", top);
    return 0;
}

static int remove_top(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", top);
    return system(command) == 0 ? 0 : -1;
}

static struct sink new_sink(void)
{
    return (struct sink){.ops = &sink_outdir,
                         .options = {.run_id = SAMPLE_RUN_ID, .mode = "threads", .outdir = dir}};
}

static int give(const char *device_name, const struct command *commands, const struct result *r,
                struct err *e)
{
    struct sink s = new_sink();
    struct device device = sample_device;
    struct job job = sample_job();
    device.name = device_name;
    if (commands)
        job.commands = (struct command_list){commands, r->n_commands};
    int rc = s.ops->begin(&s, e);
    return rc ? rc : s.ops->result(&s, &device, &job, r, e);
}

static void gives(const char *device_name, const struct command *commands, const struct result *r)
{
    struct err e = {0};
    assert_int_equal(give(device_name, commands, r, &e), 0);
    assert_false(err_is_set(&e));
}

/* The file's bytes, or NULL where there is none; the caller's. */
static char *content(const char *name, size_t *n)
{
    static char bytes[1 << 16];
    char path[512];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    int fd = open(path, O_RDONLY);
    if (fd < 0)
        return NULL;
    ssize_t got = read(fd, bytes, sizeof bytes - 1);
    close(fd);
    assert_true(got >= 0);
    bytes[got] = '\0';
    *n = (size_t)got;
    return bytes;
}

static void holds(const char *name, const char *expected)
{
    size_t n = 0;
    const char *bytes = content(name, &n);
    assert_non_null(bytes);
    assert_string_equal(bytes, expected);
    assert_int_equal(n, strlen(expected));
}

static void is_missing(const char *name)
{
    size_t n;
    assert_null(content(name, &n));
}

static size_t count_entries(const char *path)
{
    size_t n = 0;
    DIR *d = opendir(path);
    assert_non_null(d);
    for (struct dirent *entry; (entry = readdir(d));)
        n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(d);
    return n;
}

static size_t count_files(const char *device)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", dir, device);
    return count_entries(path);
}

/* The file that record.json names for command i, or "" for none. */
static const char *file_in_record(const char *device, size_t i)
{
    static char name[300];
    char path[512];
    snprintf(path, sizeof path, "%s/%s/record.json", dir, device);
    json_t *record = json_load_file(path, JSON_ALLOW_NUL, NULL);
    assert_non_null(record);
    json_t *command = json_array_get(json_object_get(record, "commands"), i);
    const char *file = json_string_value(json_object_get(command, "file"));
    snprintf(name, sizeof name, "%s", file ? file : "");
    json_decref(record);
    return name;
}

static void a_device_has_its_files(void **state)
{
    (void)state;
    struct result *r = sample_failed();
    gives("r1", NULL, r);
    holds("r1/show%20version.txt", r->commands[0].output);
    holds("r1/show%20version.raw", r->commands[0].raw);
    holds("r1/show%20vresion.failed.txt", r->commands[1].output);
    is_missing("r1/show%20vresion.failed.raw"); /* it does not differ */
    is_missing("r1/show%20vresion.txt");
    assert_string_equal(file_in_record("r1", 0), "show%20version.txt");
    assert_string_equal(file_in_record("r1", 1), "show%20vresion.failed.txt");
    assert_int_equal(count_files("r1"), 4);
    result_free(r);
}

/* The record is that of the other sinks, with file and prompt besides. */
static void the_record_stands_beside(void **state)
{
    (void)state;
    struct result *r = sample_unreached();
    char path[128];
    r->prompt = strdup("r2#");
    gives("r2", NULL, r);
    assert_int_equal(count_files("r2"), 1); /* what did not run has no file */
    snprintf(path, sizeof path, "%s/r2/record.json", dir);
    json_t *record = json_load_file(path, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(record, "prompt")), "r2#");
    assert_string_equal(json_string_value(json_object_get(record, "class")), "dns");
    assert_string_equal(json_string_value(json_object_get(record, "run_id")), SAMPLE_RUN_ID);
    json_decref(record);
    result_free(r);
}

static void bytes_are_kept_raw(void **state)
{
    (void)state;
    static const char bytes[] = "a\0b\xff\033[2J\r\n\xc3";
    struct result *r = sample_ok();
    size_t n;
    sample_set_output(r, 0, bytes, sizeof bytes - 1);
    sample_set_raw(r, 0, "", 0);
    gives("raw", NULL, r);
    const char *there = content("raw/show%20version.txt", &n);
    assert_non_null(there);
    assert_int_equal(n, sizeof bytes - 1);
    assert_memory_equal(there, bytes, n);
    holds("raw/show%20version.raw", ""); /* it differs: it is there, and empty */
    holds("raw/show%20vresion.txt", "");
    result_free(r);
}

/* A bad output never takes a good one's place; a good one ends what an earlier failure left. */
static void good_files_stay_and_bad_ones_go(void **state)
{
    (void)state;
    struct result *ok = sample_ok(), *failed = sample_ok(), *unreached = sample_unreached();
    sample_set_output(ok, 0, "good", 4);
    gives("keep", NULL, ok);
    failed->commands[0].status = COMMAND_FAILED;
    failed->commands[0].class = FAIL_TRUNCATED;
    sample_set_output(failed, 0, "ba", 2);
    gives("keep", NULL, failed);
    holds("keep/show%20version.txt", "good");
    holds("keep/show%20version.failed.txt", "ba");
    assert_non_null(strstr(file_in_record("keep", 0), ".failed.txt"));
    gives("keep", NULL, unreached);
    holds("keep/show%20version.txt", "good");
    assert_string_equal(file_in_record("keep", 0), "");
    sample_set_output(ok, 0, "better", 6);
    free(ok->commands[0].raw);
    ok->commands[0].raw = NULL;
    gives("keep", NULL, ok);
    holds("keep/show%20version.txt", "better");
    is_missing("keep/show%20version.raw"); /* it would belong to the output before */
    is_missing("keep/show%20version.failed.txt");
    is_missing("keep/show%20version.failed.raw");
    assert_int_equal(count_files("keep"), 3);
    result_free(ok);
    result_free(failed);
    result_free(unreached);
}

static struct result *result_of(size_t n_commands)
{
    struct job job = {.attempt = 1, .commands.n = n_commands};
    struct result *r = result_new(&job);
    assert_non_null(r);
    for (size_t i = 0; i < n_commands; i++) {
        char number[32];
        r->commands[i].status = COMMAND_OK;
        sample_set_output(r, i, number, (size_t)snprintf(number, sizeof number, "output %zu", i));
    }
    return r;
}

/* Each command has a file of its own, whatever the names of the others are. */
static void files_never_meet(void **state)
{
    (void)state;
    static const struct command commands[] = {{.text = "a"}, {.text = "a"},        {.text = "a.2"},
                                              {.text = "a"}, {.text = "a.failed"}, {.text = "a.2"},
                                              {.text = "A"}, {.text = "a.failed"}};
    static const char *const files[] = {"a.txt",   "a.2.txt",         "a.2.2.txt",
                                        "a.3.txt", "a%2Efailed.txt",  "a.2.3.txt",
                                        "A.txt",   "a%2Efailed.2.txt"};
    enum { N = sizeof commands / sizeof *commands };
    struct result *r = result_of(N);
    gives("meet", commands, r);
    for (size_t i = 0; i < N; i++) {
        char path[300];
        assert_string_equal(file_in_record("meet", i), files[i]);
        snprintf(path, sizeof path, "meet/%s", files[i]);
        holds(path, r->commands[i].output);
    }
    assert_int_equal(count_files("meet"), N + 1);
    for (size_t i = 0; i < N; i++) { /* all fail: none of the good files is touched */
        r->commands[i].status = COMMAND_FAILED;
        r->commands[i].class = FAIL_COMMAND_ERROR;
        sample_set_output(r, i, "bad", 3);
    }
    gives("meet", commands, r);
    for (size_t i = 0; i < N; i++) {
        char path[300], good[32];
        snprintf(path, sizeof path, "meet/%s", files[i]);
        snprintf(good, sizeof good, "output %zu", i);
        holds(path, good);
    }
    assert_int_equal(count_files("meet"), 2 * N + 1);
    result_free(r);
}

/* Nothing leaves the directory, hides in it, or is too long for it. */
static void names_from_outside_are_escaped(void **state)
{
    (void)state;
    char name[5000];
    struct result *r = result_of(2);
    memset(name, '/', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    const struct command commands[] = {{.text = "../../x\n"}, {.text = name}};
    r->commands[1].status = COMMAND_FAILED;
    sample_set_raw(r, 1, "raw", 3);
    gives("../up", commands, r);
    holds("%2E.%2Fup/%2E.%2F..%2Fx%0A.txt", "output 0");
    gives("..", commands, r);
    holds("%2E./%2E.%2F..%2Fx%0A.txt", "output 0");
    gives("", commands, r);
    holds("%/%2E.%2F..%2Fx%0A.txt", "output 0");
    gives(name, commands, r);
    assert_int_equal(strspn(file_in_record("%", 1), "%2F"), 189);
    assert_non_null(strstr(file_in_record("%", 1), ".failed.txt"));
    result_free(r);
}

static void fails(const char *name, const struct result *r, const char *because)
{
    struct err e = {0};
    assert_int_equal(give(name, NULL, r, &e), -1);
    assert_int_equal(e.class, FAIL_INTERNAL);
    assert_memory_equal(e.text, dir, strlen(dir));
    assert_non_null(strstr(e.text, because));
}

static void what_is_in_the_way_is_told(void **state)
{
    (void)state;
    char before[64], path[128];
    struct result *r = sample_ok();
    snprintf(path, sizeof path, "%s/link", dir);
    assert_int_equal(symlink("/", path), 0);
    fails("link", r, "cannot make the directory"); /* nobody leads us elsewhere */
    snprintf(path, sizeof path, "%s/file", dir);
    int fd = creat(path, 0600);
    close(fd);
    fails("file", r, "Not a directory");
    memcpy(before, dir, sizeof before);
    snprintf(dir, sizeof dir, "%s/out/file", top);
    fails("r1", r, "Not a directory");
    snprintf(dir, sizeof dir, "%s/none/out", top);
    fails("r1", r, "No such file");
    memcpy(dir, before, sizeof dir);
    result_free(r);
}

/* A file that could not be written whole leaves the one before, and nothing beside it. */
static void a_full_disk_keeps_the_old_file(void **state)
{
    (void)state;
    static char large[100000];
    struct rlimit before, small;
    struct result *r = sample_ok();
    sample_set_output(r, 0, "old", 3);
    gives("full", NULL, r);
    size_t files = count_files("full");
    sample_set_output(r, 0, large, sizeof large);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = (struct rlimit){50000, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    struct err e = {0};
    int rc = give("full", NULL, r, &e);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(rc, -1);
    assert_non_null(
        strstr(e.text, "/full/show%20version.txt could not be written: File too large"));
    holds("full/show%20version.txt", "old");
    assert_int_equal(count_files("full"), files);
    result_free(r);
}

static void no_descriptor_stays_open(void **state)
{
    (void)state;
    struct result *r = sample_failed();
    size_t before = count_entries("/proc/self/fd");
    for (int i = 0; i < 3; i++) {
        gives("fds", NULL, r);
        fails("link", r, "cannot make");
    }
    assert_int_equal(count_entries("/proc/self/fd"), before);
    result_free(r);
}

/* The good name, and the record beside it says what is not known. */
static void an_output_in_doubt_is_written_as_good(void **state)
{
    (void)state;
    struct result *r = sample_in_doubt();
    size_t n;
    gives("doubted", NULL, r);
    holds("doubted/show%20version.txt", r->commands[0].output);
    is_missing("doubted/show%20version.failed.txt");
    json_t *record = json_loads(content("doubted/record.json", &n), 0, NULL);
    json_t *commands = json_object_get(record, "commands");
    assert_string_equal(json_string_value(json_object_get(json_array_get(commands, 0), "doubt")),
                        SAMPLE_DOUBT);
    assert_true(json_is_null(json_object_get(json_array_get(commands, 1), "doubt")));
    json_decref(record);
    result_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_has_its_files),
        cmocka_unit_test(the_record_stands_beside),
        cmocka_unit_test(bytes_are_kept_raw),
        cmocka_unit_test(good_files_stay_and_bad_ones_go),
        cmocka_unit_test(files_never_meet),
        cmocka_unit_test(names_from_outside_are_escaped),
        cmocka_unit_test(what_is_in_the_way_is_told),
        cmocka_unit_test(a_full_disk_keeps_the_old_file),
        cmocka_unit_test(no_descriptor_stays_open),
        cmocka_unit_test(an_output_in_doubt_is_written_as_good),
    };
    return cmocka_run_group_tests(tests, make_top, remove_top);
}
