/* Reading files of documents. The results of a run are taken one by one, so that a file with all
 * that ten thousand devices said costs its own size and no more. */
#include "report/html_parts.h"

#include "base/file.h"
#include "base/log.h"
#include "model/record_head.h"

#include <string.h>

#define LOAD_FLAGS (JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL)

struct reader {
    const char *start, *at, *end;
    struct html *html;
    struct err *err;
    bool is_broken; /* the object under way is no JSON, or is cut off */
    bool results;   /* some of it may be taken already */
    size_t n_records, n_broken;
    struct err first; /* of those that were passed over */
};

static int line_of(const struct reader *r, const char *at)
{
    int line = 1;
    for (const char *p = r->start; p < at; p++)
        line += *p == '\n';
    return line;
}

static int cut_off(struct reader *r)
{
    r->is_broken = true;
    return err_set(r->err, FAIL_USAGE, "ends in the middle of its JSON: it is cut off");
}

static int not_json(struct reader *r)
{
    r->is_broken = true;
    /* Only the first is ever told: lines are not counted again for each of many. */
    int line = r->n_broken == 0 ? line_of(r, r->at) : 0;
    return err_set(r->err, FAIL_USAGE, "is not JSON (line %d)", line);
}

static void skip_blanks(struct reader *r)
{
    while (r->at < r->end && strchr(" \t\r\n", *r->at) && *r->at)
        r->at++;
}

/* The next character that counts, or 0 at the end. */
static char peek(struct reader *r)
{
    skip_blanks(r);
    return r->at < r->end ? *r->at : '\0';
}

/* The next value, the caller's; NULL with err. */
static json_t *read_value(struct reader *r)
{
    json_error_t error;
    skip_blanks(r);
    json_t *value = json_loadb(r->at, (size_t)(r->end - r->at), LOAD_FLAGS, &error);
    if (value) {
        r->at += error.position;
        return value;
    }
    enum json_error_code code = json_error_code(&error);
    if (code == json_error_out_of_memory)
        html_no_memory(r->err);
    else if (code == json_error_premature_end_of_input || r->at == r->end ||
             r->at + error.position >= r->end)
        cut_off(r);
    else {
        r->at += error.position;
        not_json(r);
    }
    return NULL;
}

/* Behind a member of a list or object: 1 a comma, 0 the closing mark; -1 with err. */
static int after_member(struct reader *r, char closing)
{
    char c = peek(r);
    if (c == ',' || c == closing) {
        r->at++;
        return c == ',';
    }
    return r->at == r->end ? cut_off(r) : not_json(r);
}

static int read_results(struct reader *r)
{
    int more = 1;
    r->at++; /* [ */
    if (peek(r) == ']') {
        r->at++;
        return 0;
    }
    for (size_t n = 1; more == 1; n++) {
        json_t *record = read_value(r);
        if (!record)
            return -1;
        int rc = html_add_record(r->html, record, r->err);
        json_decref(record);
        if (rc != 0) {
            err_prefix(r->err, "record %zu: ", n);
            return -1;
        }
        more = after_member(r, ']');
    }
    return more;
}

/* One member of the object: into rest, or, where it is the results of a run, record by record. */
static int read_member(struct reader *r, json_t *rest)
{
    json_t *key = read_value(r);
    int rc = -1;
    if (key && (!json_is_string(key) || peek(r) != ':')) {
        rc = r->at == r->end ? cut_off(r) : not_json(r);
    } else if (key) {
        r->at++;
        if (!r->results && strcmp(json_string_value(key), "results") == 0 && peek(r) == '[') {
            r->results = true;
            rc = read_results(r);
        } else {
            json_t *value = read_value(r);
            if (value && (rc = html_put(rest, json_string_value(key), value)) != 0)
                html_no_memory(r->err);
        }
    }
    json_decref(key);
    return rc;
}

static int take_object(struct reader *r, json_t *rest)
{
    if (!r->results) {
        r->n_records += json_object_get(rest, "device") != NULL;
        return html_add_document(r->html, rest, r->err);
    }
    if (html_check_schema(rest, r->err) != 0)
        return -1;
    return html_add_run(r->html, json_object_get(rest, "run"), r->err);
}

static int read_object(struct reader *r)
{
    json_t *rest = json_object();
    int more = 1;
    if (!rest)
        return html_no_memory(r->err);
    r->at++; /* { */
    if (peek(r) == '}') {
        r->at++;
        more = 0;
    }
    while (more == 1) {
        more = read_member(r, rest);
        if (more == 0)
            more = after_member(r, '}');
    }
    int rc = more == 0 ? take_object(r, rest) : -1;
    json_decref(rest);
    return rc;
}

/* Goes on behind a line of records that is not whole, such as a killed run leaves: to a record that
 * was appended to it, or to the next line. -1: it is none, or something else went wrong. */
static int pass_over(struct reader *r, const char *start)
{
    const char *line_end = memchr(start, '\n', (size_t)(r->end - start));
    const char *end = line_end ? line_end : r->end;
    const char *next =
        memmem(start + 1, (size_t)(end - start - 1), RECORD_HEAD, strlen(RECORD_HEAD));
    if (next)
        end = next;
    if (!r->is_broken || r->results ||
        (r->n_records == 0 && !record_begins(start, (size_t)(end - start))))
        return -1;
    r->at = end;
    if (r->n_broken++ == 0)
        r->first = *r->err;
    err_clear(r->err);
    return 0;
}

static int read_all(struct reader *r)
{
    if (peek(r) == '\0' && r->at == r->end)
        return err_set(r->err, FAIL_USAGE, "is empty");
    while (r->at < r->end) {
        const char *start = r->at;
        r->results = r->is_broken = false;
        if ((*start == '{' ? read_object(r) : not_json(r)) != 0 && pass_over(r, start) != 0)
            return -1;
        skip_blanks(r);
    }
    if (r->n_broken > 0 && r->n_records == 0)
        return err_set(r->err, r->first.class, "%s", r->first.text);
    return html_run_end(r->html, NULL, r->err); /* lines of records have no run object */
}

int html_add_file(struct html *h, const char *path, struct err *e)
{
    struct buf text;
    buf_init(&text, HTML_FILE_MAX + 1);
    int rc = file_read(path, HTML_FILE_MAX, &text, NULL, e);
    if (rc == 0) {
        const char *start = buf_bytes(&text);
        struct reader r = {
            .start = start, .at = start, .end = start + text.len, .html = h, .err = e};
        rc = read_all(&r);
        if (rc == 0 && r.n_broken > 0)
            log_warn("%s: %zu line%s not whole: left out", file_name(path), r.n_broken,
                     r.n_broken == 1 ? " is" : "s are");
        if (rc != 0)
            err_prefix(e, "%s: ", file_name(path));
    }
    buf_free(&text);
    return rc;
}
