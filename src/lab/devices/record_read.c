/* One device of a directory that `poller -O` wrote. Nothing in it is believed: types, lengths and
 * names are checked, and no file outside of the device's directory is read. */
#include "base/file.h"
#include "lab/devices/fleet_records.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define BYTES_MAX    (64u << 20)
#define LINE_MAX_LEN 65536 /* of a command: by exec it may be longer than a line */
#define PROMPT_MAX   512
#define NAME_BYTES   256
#define SCHEMA       1

static const char advice[] =
    "write the directory anew with poller -O, or take the device out of it";

struct reader {
    const char *dir;
    char path[PATH_MAX]; /* of the file under way */
    struct arena *arena;
    struct err *e;
};

static int no_memory(const struct reader *r)
{
    return err_set(r->e, FAIL_INTERNAL, "out of memory");
}

static int refuse(const struct reader *r, const char *why)
{
    return err_set(r->e, FAIL_USAGE, "%s: %s: %s", r->path, why, advice);
}

static int enter_file(struct reader *r, const char *name)
{
    int n = snprintf(r->path, sizeof r->path, "%s/%s", r->dir, name);
    return n > 0 && (size_t)n < sizeof r->path ? 0 : refuse(r, "is too long a path");
}

/* The file at r->path, an ordinary one beneath the directory. */
static int read_bytes(const struct reader *r, struct buf *b)
{
    struct stat here, opened;
    if (lstat(r->path, &here) != 0)
        return err_set(r->e, FAIL_USAGE, "%s: cannot be read: %s: %s", r->path, strerror(errno),
                       advice);
    if (S_ISLNK(here.st_mode))
        return refuse(r, "is a symbolic link, and only what lies in the directory is read");
    if (!S_ISREG(here.st_mode))
        return refuse(r, "is no ordinary file");
    if (file_read(r->path, BYTES_MAX, b, &opened, r->e) != 0)
        return -1;
    if (here.st_dev != opened.st_dev || here.st_ino != opened.st_ino)
        return refuse(r, "was replaced while it was read");
    return 0;
}

static bool is_there(const struct reader *r)
{
    struct stat st;
    return lstat(r->path, &st) == 0;
}

static bool has_controls(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    return false;
}

/* A key's text into *out, or NULL where there is none: at most max bytes. */
static int read_text(const struct reader *r, const json_t *object, const char *key, size_t max,
                     const char **out)
{
    const json_t *value = json_object_get(object, key);
    const char *text = json_string_value(value);
    *out = NULL;
    if (!value || json_is_null(value))
        return 0;
    if (!text || strlen(text) != json_string_length(value) || strlen(text) > max)
        return err_set(r->e, FAIL_USAGE, "%s: '%s' is no text of at most %zu bytes: %s", r->path,
                       key, max, advice);
    *out = arena_strdup(r->arena, text);
    return *out ? 0 : no_memory(r);
}

/* One that is said or shown: what moves a cursor has no place in it. */
static int read_line(const struct reader *r, const json_t *object, const char *key, size_t max,
                     const char **out)
{
    if (read_text(r, object, key, max, out) != 0)
        return -1;
    if (!*out || !has_controls(*out))
        return 0;
    return err_set(r->e, FAIL_USAGE, "%s: '%s' holds control characters: %s", r->path, key, advice);
}

/* Marks of pagers: raw bytes with them in hold a dialogue, and not only an output. */
static bool holds_pager(const char *bytes, size_t n)
{
    static const char *const marks[] = {"--More--", "---- More ----", "---(more", "-- [Q quit"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (memmem(bytes, n, marks[i], strlen(marks[i])))
            return true;
    return false;
}

static int keep(const struct reader *r, const char *bytes, size_t n, struct record_command *c)
{
    c->output = arena_dup(r->arena, bytes, n);
    c->len = n;
    return c->output ? 0 : no_memory(r);
}

/* The raw bytes at r->path; c->output stays NULL where the text says it better. */
static int read_raw(const struct reader *r, struct record_command *c)
{
    struct buf bytes;
    buf_init(&bytes, BYTES_MAX + 1);
    int rc = read_bytes(r, &bytes);
    if (rc == 0 && !holds_pager(buf_bytes(&bytes), bytes.len)) {
        c->is_raw = true;
        rc = keep(r, buf_bytes(&bytes), bytes.len, c);
    }
    buf_free(&bytes);
    return rc;
}

static int read_output_file(const struct reader *r, struct record_command *c)
{
    struct buf bytes;
    buf_init(&bytes, BYTES_MAX + 1);
    int rc = read_bytes(r, &bytes);
    if (rc == 0)
        rc = keep(r, buf_bytes(&bytes), bytes.len, c);
    buf_free(&bytes);
    return rc;
}

/* name is that of the text; the raw bytes, where they differ, have the other ending. */
static int read_files(struct reader *r, const char *name, struct record_command *c)
{
    static const char text_ending[] = ".txt", raw_ending[] = ".raw";
    char raw[NAME_BYTES + 8];
    size_t n = strlen(name), tail = strlen(text_ending);
    if (strchr(name, '/') || name[0] == '.' || n <= tail ||
        strcmp(name + n - tail, text_ending) != 0)
        return refuse(r, "'file' is no name of a .txt file beside it");
    snprintf(raw, sizeof raw, "%.*s%s", (int)(n - tail), name, raw_ending);
    if (enter_file(r, raw) != 0 || (is_there(r) && read_raw(r, c) != 0))
        return -1;
    return c->output ? 0 : enter_file(r, name) != 0 || read_output_file(r, c) != 0 ? -1 : 0;
}

/* What a device said: an output that is complete, or a refusal. */
static bool was_answered(const json_t *command, bool *is_refused)
{
    const char *status = json_string_value(json_object_get(command, "status"));
    const char *class = json_string_value(json_object_get(command, "class"));
    *is_refused = class && strcmp(class, "command_error") == 0;
    return json_is_string(json_object_get(command, "output")) &&
           (*is_refused || (status && strcmp(status, "ok") == 0));
}

static bool is_known(const struct record *record, const char *text)
{
    for (size_t i = 0; i < record->n_commands; i++)
        if (strcmp(record->commands[i].text, text) == 0)
            return true;
    return false;
}

/* As a device reads a line: without the blanks at its end. */
static const char *without_blanks(char *text)
{
    size_t n = strlen(text);
    while (n > 0 && text[n - 1] == ' ')
        text[--n] = '\0';
    return text;
}

static int read_exit_status(const json_t *command)
{
    const json_t *status = json_object_get(command, "exit_status");
    json_int_t n = json_is_integer(status) ? json_integer_value(status) : -1;
    return n >= 0 && n <= 255 ? (int)n : -1;
}

static int read_command(struct reader *r, const json_t *command, struct record *record)
{
    struct record_command c = {.exit_status = read_exit_status(command)};
    const char *text, *file;
    const json_t *output = json_object_get(command, "output");
    if (enter_file(r, "record.json") != 0)
        return -1;
    if (!json_is_object(command))
        return refuse(r, "one of 'commands' is no object");
    if (!was_answered(command, &c.is_refused))
        return 0;
    if (read_text(r, command, "command", LINE_MAX_LEN, &text) != 0 ||
        read_line(r, command, "file", NAME_BYTES, &file) != 0)
        return -1;
    c.text = text ? without_blanks((char *)text) : "";
    /* Said twice: what came first is what the device says. */
    if (!c.text[0] || is_known(record, c.text))
        return c.text[0] ? 0 : refuse(r, "one of 'commands' has no 'command'");
    int rc = file ? read_files(r, file, &c)
                  : keep(r, json_string_value(output), json_string_length(output), &c);
    if (rc == 0)
        record->commands[record->n_commands++] = c;
    return rc;
}

static int read_commands(struct reader *r, const json_t *list, struct record *record)
{
    size_t n = json_array_size(list);
    if (!json_is_array(list))
        return refuse(r, "has no 'commands'");
    if (n > RECORD_COMMANDS_MAX)
        return err_set(r->e, FAIL_USAGE, "%s: has %zu commands, and a device at most %d: %s",
                       r->path, n, RECORD_COMMANDS_MAX, advice);
    record->commands = arena_array(r->arena, n + 1, sizeof *record->commands);
    if (!record->commands)
        return no_memory(r);
    for (size_t i = 0; i < n; i++)
        if (read_command(r, json_array_get(list, i), record) != 0)
            return -1;
    return 0;
}

static int read_record(struct reader *r, const json_t *root, struct record *record)
{
    const json_t *schema = json_object_get(root, "schema");
    if (!json_is_object(root) || !json_is_integer(schema))
        return refuse(r, "is no record of a device");
    if (json_integer_value(schema) != SCHEMA)
        return err_set(r->e, FAIL_USAGE, "%s: has the schema %lld, and only %d is known: %s",
                       r->path, (long long)json_integer_value(schema), SCHEMA, advice);
    if (read_line(r, root, "device", NAME_BYTES, &record->device) != 0 ||
        read_line(r, root, "platform", NAME_BYTES, &record->platform) != 0 ||
        read_line(r, root, "prompt", PROMPT_MAX, &record->prompt) != 0)
        return -1;
    if (!record->device || !record->device[0])
        return refuse(r, "has no 'device'");
    return read_commands(r, json_object_get(root, "commands"), record);
}

int record_read(const char *dir, struct arena *arena, struct record *out, struct err *e)
{
    struct reader r = {.dir = dir, .arena = arena, .e = e};
    struct buf bytes;
    json_error_t at;
    json_t *root = NULL;
    *out = (struct record){0};
    buf_init(&bytes, BYTES_MAX + 1);
    int rc = enter_file(&r, "record.json");
    if (rc == 0)
        rc = read_bytes(&r, &bytes);
    /* Outputs may hold NUL; other texts are checked for it. */
    if (rc == 0)
        root =
            json_loadb(buf_bytes(&bytes), bytes.len, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &at);
    buf_free(&bytes);
    if (rc == 0 && !root && !at.text[0])
        rc = no_memory(&r);
    if (rc == 0 && !root)
        rc = err_set(e, FAIL_USAGE, "%s:%d: is not JSON: %s: %s", r.path, at.line, at.text, advice);
    if (rc == 0)
        rc = read_record(&r, root, out);
    json_decref(root);
    return rc;
}
