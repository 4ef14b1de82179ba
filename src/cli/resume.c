#include "cli/resume.h"

#include "base/file.h"
#include "base/strmap.h"
#include "output/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_CHUNK ((size_t)65536)
/* What -o json begins with: its object has the records within. */
#define DOCUMENT_HEAD "{\"schema\":1,\"results\":["
#define NAMES_MAX     3 /* of devices that a sentence lists */

enum found { FOUND_NOTHING, FOUND_OK, FOUND_AGAIN, FOUND_LET_BE, FOUND_ELSEWHERE };

/* The last record of a device. */
struct last {
    unsigned char found, class; /* enum found, enum fail_class */
    bool was_ready;
};

struct reading {
    struct resume *out;
    const char *path;
    const struct inventory *inventory;
    fail_set on;
    bool is_part;
    struct strmap names; /* to found's elements */
    struct last *found;  /* by device index */
    size_t line, n_known;
    int fd;
    struct buf bytes;
    size_t looked; /* of bytes: there is no line end in them */
    struct err *err;
};

static int no_memory(struct err *e)
{
    return err_set(e, FAIL_USAGE, "out of memory");
}

static int no_record(struct reading *r, const char *why)
{
    return err_set(r->err, FAIL_USAGE, "--resume %s: line %zu is no record of -o jsonl (%s)",
                   file_name(r->path), r->line, why);
}

static int whole_document(struct reading *r)
{
    return err_set(r->err, FAIL_USAGE,
                   "--resume %s: it is a document of -o json; a run is resumed from the lines that "
                   "-o jsonl writes",
                   file_name(r->path));
}

static int map_names(struct reading *r)
{
    size_t n = inventory_count(r->inventory);
    r->found = calloc(n + 1, sizeof *r->found);
    r->out->done = calloc(n + 1, sizeof *r->out->done);
    if (!r->found || !r->out->done)
        return no_memory(r->err);
    for (size_t i = 0; i < n; i++) {
        const char *name = inventory_at(r->inventory, i)->name;
        void **place = strmap_put(&r->names, name, strlen(name));
        if (!place)
            return no_memory(r->err);
        *place = &r->found[i];
    }
    return 0;
}

/* What a record says of its device. */
static struct last judge(const struct reading *r, const struct device *device, const json_t *record)
{
    const char *host = json_string_value(json_object_get(record, "host"));
    if (strcmp(json_string_value(json_object_get(record, "status")), "ok") == 0) {
        bool same = host && strcmp(host, device->host) == 0 &&
                    json_integer_value(json_object_get(record, "port")) == device->port;
        return (struct last){.found = same ? FOUND_OK : FOUND_ELSEWHERE};
    }
    const char *class = json_string_value(json_object_get(record, "class"));
    enum fail_class c = class ? fail_by_name(class) : FAIL_NONE;
    bool missing = c == FAIL_NONE || c == FAIL_CANCELLED; /* a visit that was not made */
    bool again = missing || (r->on & fail_bit(c));
    const json_t *ready = json_object_get(json_object_get(record, "timing_ms"), "ready");
    return (struct last){.found = again ? FOUND_AGAIN : FOUND_LET_BE,
                         .class = (unsigned char)c,
                         .was_ready = json_is_number(ready)};
}

static int take_record(struct reading *r, const json_t *record)
{
    const json_t *schema = json_object_get(record, "schema");
    const json_t *device = json_object_get(record, "device");
    if (!json_is_integer(schema))
        return no_record(r, "it has no schema");
    if (json_integer_value(schema) > RECORD_SCHEMA)
        return err_set(r->err, FAIL_USAGE,
                       "--resume %s: line %zu was written by a newer version (schema %lld, and "
                       "this one reads %d)",
                       file_name(r->path), r->line, (long long)json_integer_value(schema),
                       RECORD_SCHEMA);
    if (json_object_get(record, "results"))
        return whole_document(r);
    if (!json_is_string(device) || !json_is_string(json_object_get(record, "status")))
        return no_record(r, "it names no device, or no status");
    struct last *found =
        strmap_get(&r->names, json_string_value(device), json_string_length(device));
    if (!found) {
        r->out->n_unknown++;
        return 0;
    }
    r->n_known++;
    size_t index = (size_t)(found - r->found);
    *found = judge(r, inventory_at(r->inventory, index), record);
    return 0;
}

/* A line that was cut may be followed by nothing, or, where records were appended to the file, by a
 * whole record in the same line. */
static int take_line(struct reading *r, const char *line, size_t n)
{
    json_error_t error;
    for (;;) {
        json_t *record = json_loadb(line, n, JSON_ALLOW_NUL, &error);
        if (record) {
            int rc = take_record(r, record);
            json_decref(record);
            return rc;
        }
        if (json_error_code(&error) == json_error_out_of_memory)
            return no_memory(r->err);
        const char *next = memmem(line + 1, n - 1, RECORD_HEAD, strlen(RECORD_HEAD));
        if (n >= strlen(DOCUMENT_HEAD) && memcmp(line, DOCUMENT_HEAD, strlen(DOCUMENT_HEAD)) == 0)
            return whole_document(r);
        if (!record_begins(line, next ? (size_t)(next - line) : n))
            return no_record(r, "it is no JSON object");
        r->out->n_cut++;
        if (!next)
            return 0;
        n -= (size_t)(next - line);
        line = next;
    }
}

/* More bytes: 1, or 0 at the end; -1 with err. */
static int read_more(struct reading *r)
{
    char *room = buf_room(&r->bytes, READ_CHUNK);
    if (r->bytes.len > RESUME_LINE_MAX)
        return err_set(r->err, FAIL_USAGE, "--resume %s: line %zu is over %zu MiB",
                       file_name(r->path), r->line, RESUME_LINE_MAX >> 20);
    if (!room)
        return no_memory(r->err);
    for (;;) {
        ssize_t n = read(r->fd, room, READ_CHUNK);
        if (n >= 0) {
            buf_grew(&r->bytes, (size_t)n);
            return n > 0;
        }
        if (errno != EINTR)
            return err_set(r->err, FAIL_USAGE, "--resume %s: cannot be read: %s",
                           file_name(r->path), strerror(errno));
    }
}

static bool is_blank(const char *line, size_t n)
{
    while (n > 0 && strchr(" \t\r", line[n - 1]) && line[n - 1])
        n--;
    return n == 0;
}

/* The lines that are there, without the last where no line end follows yet. */
static int take_lines(struct reading *r)
{
    const char *at, *end;
    while ((at = buf_bytes(&r->bytes)) &&
           (end = memchr(at + r->looked, '\n', r->bytes.len - r->looked))) {
        size_t n = (size_t)(end - at);
        if (!is_blank(at, n) && take_line(r, at, n) != 0)
            return -1;
        buf_drop_front(&r->bytes, n + 1);
        r->looked = 0;
        r->line++;
    }
    r->looked = r->bytes.len;
    return 0;
}

static int read_lines(struct reading *r)
{
    int more;
    buf_init(&r->bytes, RESUME_LINE_MAX + 2 * READ_CHUNK);
    r->line = 1;
    while ((more = read_more(r)) > 0)
        if (take_lines(r) != 0)
            return -1;
    if (more == 0 && !is_blank(buf_bytes(&r->bytes), r->bytes.len))
        more = take_line(r, buf_bytes(&r->bytes), r->bytes.len);
    return more;
}

/* Devices that are done, but not at the address that they have now: another inventory's. */
static int check_addresses(const struct reading *r)
{
    struct buf names;
    size_t n = 0;
    buf_init(&names, ERR_TEXT_MAX);
    for (size_t i = 0; i < inventory_count(r->inventory); i++)
        if (r->found[i].found == FOUND_ELSEWHERE && n++ < NAMES_MAX)
            buf_addf(&names, "%s%s", n > 1 ? ", " : "", inventory_at(r->inventory, i)->name);
    if (n > 0)
        err_set(r->err, FAIL_USAGE,
                "--resume %s: it is of another inventory: %zu device%s had another address (%s%s)",
                file_name(r->path), n, n == 1 ? "" : "s", names.len ? buf_bytes(&names) : "",
                n > NAMES_MAX ? ", …" : "");
    else if (!r->is_part && r->n_known == 0 && r->out->n_unknown > 0)
        err_set(r->err, FAIL_USAGE,
                "--resume %s: it is of another inventory: none of its devices is in this one",
                file_name(r->path));
    buf_free(&names);
    return err_is_set(r->err) ? -1 : 0;
}

static void count_done(const struct reading *r)
{
    struct resume *out = r->out;
    for (size_t i = 0; i < inventory_count(r->inventory); i++) {
        const struct last *last = &r->found[i];
        out->done[i] = last->found == FOUND_OK || last->found == FOUND_LET_BE;
        out->n_done += out->done[i];
        if (last->found != FOUND_LET_BE)
            continue;
        out->let_be[last->class]++;
        out->let_be_exit =
            fail_exit_merge(out->let_be_exit, fail_exit_code(last->class, last->was_ready));
    }
}

int resume_read(struct resume *out, const char *path, const struct inventory *inventory,
                fail_set on, bool is_part, struct err *e)
{
    struct reading r = {
        .out = out, .path = path, .inventory = inventory, .on = on, .is_part = is_part, .err = e};
    *out = (struct resume){0};
    r.fd = file_open(path, e);
    if (r.fd < 0) {
        err_prefix(e, "--resume ");
        return -1;
    }
    int rc = map_names(&r);
    if (rc == 0)
        rc = read_lines(&r);
    if (rc == 0)
        rc = check_addresses(&r);
    if (rc == 0)
        count_done(&r);
    if (r.fd != STDIN_FILENO)
        close(r.fd);
    buf_free(&r.bytes);
    strmap_free(&r.names);
    free(r.found);
    return rc;
}

void resume_free(struct resume *r)
{
    free(r->done);
    *r = (struct resume){0};
}
