/* What the tests of recorded devices share: a directory of records, and what a device of it says.
 */
#ifndef TESTS_LIB_RECORDS_FIXTURE_H
#define TESTS_LIB_RECORDS_FIXTURE_H

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

static inline int make_dir(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/test_records.XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static inline int remove_dir(void **state)
{
    (void)state;
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", dir);
    return system(command) == 0 ? 0 : -1;
}

static inline const char *path_of(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

/* name is device/file; its directory is made. */
static inline void write_bytes(const char *name, const char *bytes, size_t n)
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

static inline void write_text(const char *name, const char *text)
{
    write_bytes(name, text, strlen(text));
}

static inline void made(struct fleet *fleet)
{
    const struct fleet_options options = {.seed = 1, .from = dir};
    struct err e = {0};
    int rc = fleet_make(fleet, &options, &e);
    assert_string_equal(e.text, "");
    assert_int_equal(rc, 0);
}

/* One sentence that names the file and holds why. */
static inline void refused(const char *file, const char *why)
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

static inline const struct persona_command *command_of(const struct device *d, int mode,
                                                       const char *line)
{
    const struct persona_command *command = NULL;
    size_t bad_at;
    persona_match(d->persona, mode, line, &command, &bad_at);
    return command;
}

static inline void says_bytes(const struct device *d, const char *line, const char *bytes, size_t n,
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

static inline void says(const struct device *d, const char *line, const char *text)
{
    says_bytes(d, line, text, strlen(text), false);
}

static inline void prompts(const struct device *d, size_t mode, const char *prompt)
{
    struct say_world world = device_world(d);
    struct buf b;
    buf_init(&b, 1 << 10);
    assert_int_equal(say_to(&d->persona->modes[mode].prompt, &world, &b), 0);
    assert_string_equal(buf_bytes(&b), prompt);
    buf_free(&b);
}

#define IN_A_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, make_dir, remove_dir)

#endif
